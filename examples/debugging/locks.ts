/**
 * A program whose tasks wait for each other: two transfers lock the same two accounts, each in
 * another order.
 *
 * Run it with `deno run examples/debugging/locks.ts`; `docs/debugging.md` says how to read what it
 * prints.
 *
 * @module
 */

import "@asyncio/future/debug";
import { createTask, gather, Lock, run, sleep } from "@asyncio/future";

class Account {
  readonly lock = new Lock();
  balance = 100;
}

async function transfer(from: Account, to: Account): Promise<void> {
  using _from = await from.lock.acquire();
  await sleep(1); // the bank checks the balance
  using _to = await to.lock.acquire();
  from.balance -= 10;
  to.balance += 10;
}

async function main(): Promise<void> {
  const [ada, grace] = [new Account(), new Account()];
  await gather(
    createTask(() => transfer(ada, grace), { name: "from ada" }),
    createTask(() => transfer(grace, ada), { name: "from grace" }),
  );
}

void run(main, { debug: true });
