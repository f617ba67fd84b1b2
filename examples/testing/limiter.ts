/**
 * A limiter that lets in one too many, ported from anyio 4.13 and the report
 * {@link https://github.com/agronholm/anyio/issues/1170 anyio #1170}: a token that is given back wakes
 * the first who waits, but belongs to nobody until that task goes on. Whoever asks in between gets the
 * token as well.
 *
 * Run it with `deno run examples/testing/explore.ts limiter`.
 *
 * @module
 */

import { createTask, Event, gather, sleep } from "@asyncio/future";
import { runVirtual } from "@asyncio/future/testing";

class WouldBlock extends Error {
  override readonly name = "WouldBlock";
}

class CapacityLimiter {
  readonly #totalTokens: number;
  protected readonly borrowers = new Set<string>();
  protected readonly waitQueue = new Map<string, Event>();

  constructor(totalTokens: number) {
    this.#totalTokens = totalTokens;
  }

  get availableTokens(): number {
    return this.#totalTokens - this.borrowers.size;
  }

  acquireOnBehalfOfNowait(borrower: string): void {
    if (this.waitQueue.size > 0 || this.availableTokens <= 0) throw new WouldBlock();
    this.borrowers.add(borrower);
  }

  async acquireOnBehalfOf(borrower: string): Promise<void> {
    try {
      return this.acquireOnBehalfOfNowait(borrower);
    } catch (error) {
      if (!(error instanceof WouldBlock)) throw error;
    }
    const event = new Event();
    this.waitQueue.set(borrower, event);
    try {
      await event.wait();
    } catch (error) {
      this.waitQueue.delete(borrower);
      throw error;
    }
    this.borrowers.add(borrower);
  }

  releaseOnBehalfOf(borrower: string): void {
    this.borrowers.delete(borrower);
    this.notifyNextWaiter();
  }

  protected notifyNextWaiter(): string | undefined {
    const [first] = this.waitQueue;
    if (!first || this.availableTokens <= 0) return undefined;
    const [borrower, event] = first;
    this.waitQueue.delete(borrower);
    // The fault: the token is promised to the borrower, and still free.
    event.set();
    return borrower;
  }
}

class MendedLimiter extends CapacityLimiter {
  protected override notifyNextWaiter(): string | undefined {
    const borrower = super.notifyNextWaiter();
    if (borrower !== undefined) this.borrowers.add(borrower);
    return borrower;
  }
}

/** Three jobs share one token. One of them does not wait for it. */
async function work(limiter: CapacityLimiter): Promise<void> {
  const done: string[] = [];
  async function useToken(name: string): Promise<void> {
    if (limiter.availableTokens < 0) throw new Error("two jobs have one token");
    await sleep(2);
    done.push(name);
    limiter.releaseOnBehalfOf(name);
  }
  async function hasty(): Promise<void> {
    await sleep(2);
    try {
      limiter.acquireOnBehalfOfNowait("hasty");
    } catch (error) {
      if (error instanceof WouldBlock) return; // no work then
      throw error;
    }
    await useToken("hasty");
  }
  async function patient(name: string): Promise<void> {
    await limiter.acquireOnBehalfOf(name);
    await useToken(name);
  }
  await gather(
    createTask(hasty),
    createTask(() => patient("first"), { name: "first" }),
    createTask(() => patient("second"), { name: "second" }),
  );
  if (done.length < 2) throw new Error(`only ${done} could work`);
}

/** Passes, as the hasty job comes a little earlier than the token. */
export const usualTest = () => runVirtual(() => work(new CapacityLimiter(1)));

/** Is to be explored. */
export const test = () => work(new CapacityLimiter(1));

/** Passes: a token that wakes somebody is no longer free. */
export const mendedTest = () => work(new MendedLimiter(1));
