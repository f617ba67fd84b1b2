/**
 * The work of `Executor.map()`.
 *
 * @module
 */

import { cannot, checkLimit } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { TimeoutError } from "../waiting/timeout_error.ts";
import type { ConcurrentFuture } from "./concurrent_future.ts";
import type { MapOptions, MappedResults } from "./executor.ts";

/** Does the work of `Executor.map()`. */
export function mapCalls<T>(
  submit: (item: unknown) => ConcurrentFuture<T>,
  iterable: Iterable<unknown>,
  options: MapOptions | undefined,
): MappedResults<T> {
  const action = "map a function";
  const { bufferSize = Infinity, timeout = null } = checkOptions(action, options);
  if (!(bufferSize === Infinity || (Number.isInteger(bufferSize) && bufferSize > 0))) {
    throw cannot(action, "bufferSize is not a positive whole number", bufferSize);
  }
  checkLimit(action, "timeout", timeout);
  if (typeof (iterable as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] !== "function") {
    throw cannot(action, "its arguments are not iterable", iterable);
  }
  const end = performance.now() + (timeout ?? Infinity);
  const items = iterable[Symbol.iterator]();
  const futures: ConcurrentFuture<T>[] = [];
  let isAtEnd = false;
  const cancelRest = () => {
    for (const future of futures.splice(0)) future.cancel();
  };
  const fill = () => {
    try {
      while (!isAtEnd && futures.length < bufferSize) {
        const { done, value } = items.next();
        if (done) isAtEnd = true;
        else futures.push(submit(value));
      }
    } catch (error) {
      isAtEnd = true;
      cancelRest();
      throw error;
    }
  };
  const stop = () => {
    cancelRest();
    if (!isAtEnd) items.return?.();
    isAtEnd = true;
  };
  fill();
  return {
    *[Symbol.iterator]() {
      try {
        for (fill(); futures.length > 0; fill()) {
          const result = futures[0]!.result(end - performance.now());
          futures.shift();
          yield result;
        }
      } finally {
        stop();
      }
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (fill(); futures.length > 0; fill()) {
          const result = await withLimit(futures[0]!, end);
          futures.shift();
          yield result;
        }
      } finally {
        stop();
      }
    },
  };
}

/** Waits for a future until an instant, and leaves it alone after that. */
function withLimit<T>(future: ConcurrentFuture<T>, end: number): PromiseLike<T> {
  if (end === Infinity || future.done()) return future;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new TimeoutError()),
      Math.max(0, end - performance.now()),
    );
    future.addDoneCallback(() => {
      clearTimeout(timer);
      future.then(resolve, reject);
    });
  });
}
