/**
 * A deadlock: two transfers lock the same two accounts, each in another order.
 *
 * Run it with `deno run examples/testing/explore.ts locks`.
 *
 * @module
 */

import { createTask, gather, Lock, sleep } from "@asyncio/future";
import { delay, runVirtual } from "@asyncio/future/testing";

class Account {
  readonly id: number;
  readonly lock = new Lock();
  balance = 100;

  constructor(id: number) {
    this.id = id;
  }
}

/** Waits for the bank, which checks the balance. */
type Check = () => PromiseLike<void>;

type Transfer = (from: Account, to: Account, check: Check) => Promise<void>;

async function transfer(from: Account, to: Account, check: Check): Promise<void> {
  using _from = await from.lock.acquire();
  await check();
  using _to = await to.lock.acquire();
  from.balance -= 10;
  to.balance += 10;
}

async function mendedTransfer(from: Account, to: Account, check: Check): Promise<void> {
  // In the same order for everybody.
  const [first, second] = from.id < to.id ? [from, to] : [to, from];
  using _first = await first.lock.acquire();
  await check();
  using _second = await second.lock.acquire();
  from.balance -= 10;
  to.balance += 10;
}

/** Ada pays Grace, and a moment later Grace pays Ada. */
async function payBoth(pay: Transfer): Promise<void> {
  const [ada, grace] = [new Account(1), new Account(2)];
  const check = () => delay(1, 5);
  const there = createTask(() => pay(ada, grace, check), { name: "from ada" });
  const back = createTask(async () => {
    await sleep(3);
    await pay(grace, ada, check);
  }, { name: "from grace" });
  await gather(there, back);
  if (ada.balance !== 100) throw new Error(`Ada has ${ada.balance}`);
}

/** Passes, as one transfer is made after the other. */
export const usualTest = () =>
  runVirtual(async () => {
    const [ada, grace] = [new Account(1), new Account(2)];
    await transfer(ada, grace, () => sleep(1));
    await transfer(grace, ada, () => sleep(1));
    if (ada.balance !== 100) throw new Error(`Ada has ${ada.balance}`);
  });

/** Is to be explored. */
export const test = () => payBoth(transfer);

/** Passes however slow the bank is. */
export const mendedTest = () => payBoth(mendedTransfer);
