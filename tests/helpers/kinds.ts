/**
 * The two kinds of coroutine: generators and async functions.
 *
 * @module
 */

import type { Future } from "../../mod.ts";

/**
 * The two kinds of coroutine: the same body, which waits on `wait(future)`, as
 * an async function and as a generator.
 */
export type Wait = <T>(future: Future<T>) => Generator<unknown, T>;
export const kinds: [
  string,
  <A, T>(
    body: (wait: Wait, argument: A) => Generator<unknown, T>,
  ) => (argument: A) => Generator<unknown, T> | Promise<T>,
][] = [
  ["generator", (body) => (argument) => body(waitIn, argument)],
  ["async function", (body) => (argument) => driveAsync(body(waitInAsync, argument))],
];

/** Waits for a future in a generator coroutine. */
export function* waitIn<T>(future: Future<T>): Generator<unknown, T> {
  return yield* future;
}

/** Waits for a future in a generator that {@linkcode driveAsync} drives. */
export function* waitInAsync<T>(future: Future<T>): Generator<unknown, T> {
  return (yield future) as T;
}

/** Drives a generator with `await`, so that the engine drives its task. */
export async function driveAsync<T>(generator: Generator<unknown, T>): Promise<T> {
  let step = generator.next();
  while (!step.done) {
    try {
      const value = await (step.value as Future<unknown>);
      step = generator.next(value);
    } catch (error) {
      step = generator.throw(error);
    }
  }
  return step.value;
}
