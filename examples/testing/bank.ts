/**
 * A lost update: two tasks change one balance, and one of them overwrites what the other has written.
 *
 * Run it with `deno run examples/testing/explore.ts bank`; `docs/testing.md` says how to read what
 * that prints.
 *
 * @module
 */

import { createTask, gather, Lock, sleep } from "@asyncio/future";
import { runVirtual } from "@asyncio/future/testing";

class Account {
  balance = 100;

  async deposit(amount: number): Promise<void> {
    const { balance } = this;
    await sleep(1); // the database
    this.balance = balance + amount;
  }
}

class LockedAccount extends Account {
  readonly #lock = new Lock();

  override async deposit(amount: number): Promise<void> {
    using _ = await this.#lock.acquire();
    await super.deposit(amount);
  }
}

async function payIn(account: Account): Promise<void> {
  async function salary(): Promise<void> {
    await account.deposit(50);
  }
  async function rent(): Promise<void> {
    await sleep(1); // the bill arrives
    await account.deposit(-30);
  }
  await gather(createTask(salary), createTask(rent));
  if (account.balance !== 120) throw new Error(`the balance is ${account.balance}, not 120`);
}

/** Passes, as one order is tried. */
export const usualTest = () => runVirtual(() => payIn(new Account()));

/** Is to be explored. */
export const test = () => payIn(new Account());

/** Passes in every order. */
export const mendedTest = () => payIn(new LockedAccount());
