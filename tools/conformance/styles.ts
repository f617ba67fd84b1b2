/**
 * The two ways of writing coroutines in which random programs run here.
 *
 * @module
 */

import type { Completions, Future, Queue } from "../../mod.ts";
import { driveAsync, waitIn, waitInAsync } from "../../tests/helpers/kinds.ts";
import type { Holdable } from "./sync_objects.ts";

/** The steps of a coroutine. */
export type Steps<T> = Generator<unknown, T, unknown>;

/** A way of writing coroutines. */
export interface Style {
  wait<T>(future: Future<T>): Steps<T>;
  coroutine<A extends unknown[], T>(
    steps: (...args: A) => Steps<T>,
  ): (...args: A) => Steps<T> | Promise<T>;
  /** `for await (const value of values) each(value)` */
  forAwait<T>(
    values: Completions<Future<unknown>> | Queue<unknown>,
    each: (value: T) => void,
  ): Steps<void>;
  /** `object.run(body)` */
  run(object: Holdable, body: () => Steps<unknown>): Steps<unknown>;
}

/** Generators. */
export const GENERATORS: Style = {
  wait: waitIn,
  coroutine: (steps) => steps,
  *forAwait<T>(values: AsyncIterable<unknown>, each: (value: T) => void) {
    const iterator = values[Symbol.asyncIterator]();
    const next = () => iterator.next() as unknown as Future<IteratorResult<T, undefined>>;
    for (let step = yield* next(); !step.done; step = yield* next()) each(step.value);
  },
  *run(object, body) {
    // The engine drives what `run()` does, in other turns than those of asyncio.
    const guard = yield* object.acquire();
    try {
      return yield* body();
    } finally {
      // Not by `using`, which makes a `SuppressedError` of two errors.
      guard[Symbol.dispose]();
    }
  },
};

/** Async functions. */
export const ASYNC_FUNCTIONS: Style = {
  wait: waitInAsync,
  coroutine: (steps) => (...args) => driveAsync(steps(...args)),
  *forAwait<T>(values: AsyncIterable<unknown>, each: (value: T) => void) {
    yield (async () => {
      for await (const value of values) each(value as T);
    })();
  },
  *run(object, body) {
    return yield object.run(() => driveAsync(body()));
  },
};
