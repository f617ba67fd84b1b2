/**
 * `real()`: waits for a promise of the outside world in virtual time.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot, isThenable } from "../base/checks.ts";
import { whenDone } from "../future/waiters.ts";
import { currentLoop } from "../loop/running.ts";
import { futureOf } from "../waiting/ensure.ts";
import { VirtualLoop } from "./virtual_loop.ts";

/**
 * Waits for a promise of the outside world, such as that of a file or a socket: time stands still
 * until the promise is settled.
 *
 * Virtual time knows what the program itself waits for, but not what the world is about to send.
 * Without `real()`, time would jump, or the program would fail with a {@linkcode DeadlockError},
 * while a request is under way. Outside of {@linkcode runVirtual}, this is `ensureFuture()`.
 *
 * @param promise The promise. Time goes on as soon as it is settled, or the future is cancelled.
 * @returns A future that takes over the outcome.
 * @throws {TypeError} If `promise` is not a promise.
 * @category Testing
 *
 * @example
 * ```ts
 * import { sleep } from "@asyncio/future";
 * import { real, runVirtual } from "@asyncio/future/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const text = await runVirtual(async () => {
 *   await sleep(3_600_000);
 *   return await real(new Response("hello").text());
 * });
 * assertEquals(text, "hello");
 * ```
 */
export function real<T>(promise: PromiseLike<T>): Future<T> {
  if (!isThenable(promise)) throw cannot("wait for the outside world", "it is no promise", promise);
  const loop = currentLoop();
  if (!(loop instanceof VirtualLoop)) return futureOf(promise, loop) as Future<T>;
  loop.holds++;
  const future = futureOf(arrival(loop, promise), loop) as Future<T>;
  const label = "real";
  const notify = () => {
    loop.holds--;
    loop.pool.changes++;
    loop.pool.onChange?.();
  };
  whenDone(future as Future<unknown>, { notify, label, source: { operation: "real" } });
  return future;
}

/** Passes the outcome of a promise on when the program is at rest, if somebody chooses its order. */
function arrival<T>(loop: VirtualLoop, promise: PromiseLike<T>): PromiseLike<T> {
  if (!loop.pool.isOrdering) return promise;
  return new Promise((resolve, reject) => {
    const arrive = (pass: () => void) => {
      loop.arrivals.push(pass);
      loop.pool.onChange?.();
    };
    promise.then((result) => arrive(() => resolve(result)), (error) => arrive(() => reject(error)));
  });
}
