/**
 * Coroutines: what a task can run.
 *
 * @module
 */

import { cannot, isAsyncGeneratorFunction, isGenerator, isThenable } from "../base/checks.ts";
import { sourceOf } from "../base/engine.ts";

/**
 * Checks a coroutine argument.
 *
 * @throws {TypeError} If it is neither a generator nor a function.
 */
export function checkCoroutine(action: string, coro: unknown): void {
  const isAsyncGenerator = isAsyncGeneratorFunction(coro);
  if ((typeof coro === "function" && !isAsyncGenerator) || isGenerator(coro)) return;
  const hint = isThenable(coro)
    ? " (a promise already runs: pass the async function itself, or use ensureFuture)"
    : isAsyncGenerator
    ? " (an async generator yields values: loop over it in an async function)"
    : "";
  throw cannot(action, `the coroutine is neither a generator nor a function${hint}`, coro);
}

/** The generators that tasks run: Python cannot reuse a coroutine either. */
export const claimedGenerators = new WeakSet<object>();

/**
 * Checks a generator that is to become a task.
 *
 * @throws {TypeError} If a task runs it already.
 */
export function checkUnclaimed(action: string, generator: object): void {
  if (claimedGenerators.has(generator)) {
    throw cannot(action, "another task runs the generator already", generator);
  }
}

/**
 * What a task runs.
 *
 * - A generator is driven by the loop step by step: `const x = yield* future`
 *   waits, a bare `yield` gives way for one turn.
 * - A function is called when the task starts, with the task's signal. It may
 *   be an async function, which waits with `await`, or return a generator.
 *
 * A promise is none: it runs already.
 *
 * Source: [coroutines](https://docs.python.org/3.14/library/asyncio-task.html#coroutines).
 *
 * @typeParam T The type of the result.
 */
export type Coroutine<T> =
  | Generator<unknown, T, unknown>
  | ((signal: AbortSignal) => Generator<unknown, T, unknown> | PromiseLike<T> | T);

/** A constant, as a literal is an object more each time: a task took 7 % longer (Node 24). */
const PARAMETERLESS_ARROW = /^(async\s*)?\(\s*\)\s*=>/;

/**
 * Whether a coroutine may look at its argument, the signal, which is not made for
 * those that cannot: an arrow function without parameters has no `arguments` either.
 */
export function takesSignal(coro: (signal?: AbortSignal) => unknown): boolean {
  // Not the `length`, which Bun makes when it is asked for: a task took a fifth longer.
  return !PARAMETERLESS_ARROW.test(sourceOf(coro));
}
