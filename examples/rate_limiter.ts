/**
 * A rate limiter: so many calls in any span of time. The calls wait in the order in which they came.
 *
 * Run it with `deno run examples/rate_limiter.ts`.
 *
 * @module
 */

import { gather, getRunningLoop, run, Semaphore } from "@asyncio/future";

class RateLimiter {
  readonly #permits: Semaphore;
  readonly #ms: number;

  /** Lets `count` calls begin in any `ms` milliseconds. */
  constructor(count: number, ms: number) {
    this.#permits = new Semaphore(count);
    this.#ms = ms;
  }

  async call<T>(fn: () => T): Promise<T> {
    // Not `using`: the permit comes back when its time is over, even if the call has failed.
    await this.#permits.acquire();
    getRunningLoop().callLater(this.#ms, () => this.#permits.release());
    return fn();
  }
}

async function main() {
  const limiter = new RateLimiter(3, 100);
  const start = getRunningLoop().time();
  const elapsed = () => Math.floor((getRunningLoop().time() - start) / 100);
  const calls = Array.from({ length: 8 }, () => limiter.call(elapsed));
  const tenths = await gather(...calls);
  console.log(`begun after so many tenths of a second: ${tenths.join(", ")}`);
}

await run(main);
