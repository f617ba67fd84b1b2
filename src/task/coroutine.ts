/**
 * Coroutines: the type of what a task can run, and the checks of such an argument.
 *
 * @module
 */

import { cannot, isAsyncGeneratorFunction, isGenerator, isThenable } from "../base/checks.ts";
import { sourceOf } from "../base/engine.ts";

/**
 * A generator or a function that a task can run.
 *
 * - The loop drives a generator step by step: `const x = yield* future` waits, a bare `yield`
 *   gives way for one turn.
 * - The task calls a function when it starts, with its signal. The function may be an async
 *   function, which waits with `await`, or return a generator.
 *
 * A promise is not a coroutine, as it already runs.
 *
 * Source: [coroutines](https://docs.python.org/3.14/library/asyncio-task.html#coroutines).
 *
 * @typeParam T The type of the result.
 */
export type Coroutine<T> =
  | Generator<unknown, T, unknown>
  | ((signal: AbortSignal) => Generator<unknown, T, unknown> | PromiseLike<T> | T);

/**
 * Checks a coroutine argument.
 *
 * @throws {TypeError} If the argument is neither a generator nor a function, or makes an async
 * generator.
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

/** The generators that a task runs or ran: like a coroutine of Python, each runs once. */
export const claimedGenerators = new WeakSet<object>();

/**
 * Checks a generator that is to become a task.
 *
 * @throws {TypeError} If another task already runs the generator.
 */
export function checkUnclaimed(action: string, generator: object): void {
  if (claimedGenerators.has(generator)) {
    throw cannot(action, "another task runs the generator already", generator);
  }
}

/**
 * Whether a coroutine may look at its argument, the signal. An arrow function without parameters
 * cannot: see docs/performance.md#signals-of-tasks.
 */
export function takesSignal(coro: (signal?: AbortSignal) => unknown): boolean {
  return !PARAMETERLESS_ARROW.test(sourceOf(coro));
}

/** A constant rather than a literal: see docs/performance.md#signals-of-tasks. */
const PARAMETERLESS_ARROW = /^(async\s*)?\(\s*\)\s*=>/;
