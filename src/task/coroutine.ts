/**
 * Coroutines: what a task can run and with which options, and the checks of such an argument.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import {
  cannot,
  isAsyncGeneratorFunction,
  isGenerator,
  isObject,
  isThenable,
} from "../base/checks.ts";
import { attempt, sourceOf } from "../base/engine.ts";
import { nameOrText, readName } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { GENERATOR } from "../base/text_names.ts";
import type { Context } from "../context/frame.ts";
import { isFuture } from "../future/brand.ts";
import { internals } from "../future/internals.ts";
import { timersBelongToRequests } from "../loop/host.ts";
import type { Task } from "./task.ts";

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
 * @category Tasks
 */
export type Coroutine<T> =
  | (Generator<unknown, T, unknown> & {
    readonly then?: "a promise runs already: pass the function, as in createTask(() => load())";
  })
  | ((signal: AbortSignal) => Generator<unknown, T, unknown> | PromiseLike<T> | T);

/**
 * A generator coroutine, to annotate generator functions with: `function* load(): Coro<string>`.
 *
 * @typeParam T The type of the result.
 *
 * @category Tasks
 */
export type Coro<T> = Generator<unknown, T, unknown>;

/**
 * Options of {@linkcode Task}.
 *
 * @category Tasks
 */
export interface TaskOptions {
  /** The loop to run on. Default: {@linkcode getEventLoop}. */
  loop?: EventLoop | undefined;
  /** The name of the task, which is converted to a string. Default: `Task-1`, `Task-2`, … */
  name?: unknown;
  /** The context to run in. Default: a copy of the current one. */
  context?: Context | undefined;
  /**
   * A signal that cancels the task; its reason is the `cause` of the `CancelledError`. In a `catch`,
   * `signal.throwIfAborted()` throws that reason itself.
   */
  signal?: AbortSignal | undefined;
  /**
   * Whether the coroutine starts at once and runs until it first waits, rather than in a later
   * turn. If an async function does not wait, its task is done one turn later, and can be
   * cancelled until then; the task of any other coroutine that does not wait is done at once.
   *
   * @default {false}
   */
  eagerStart?: boolean | undefined;
}

/** Checks the options of a task; an empty object if there are none. */
export function checkTaskOptions(options: TaskOptions | undefined): Partial<TaskOptions> {
  // People write `createTask(greet, "ada")`.
  return checkOptions("create a task", options, " (a closure passes parameters)");
}

/**
 * Checks a coroutine argument.
 *
 * @throws {TypeError} If the argument is neither a generator nor a function, or makes an async
 * generator.
 */
export function checkCoroutine(action: string, coro: unknown): void {
  const isAsyncGenerator = isAsyncGeneratorFunction(coro) || isAsyncGeneratorObject(coro);
  if ((typeof coro === "function" && !isAsyncGenerator) || isGenerator(coro)) return;
  const hint = isThenable(coro)
    ? " (a promise already runs: pass the async function itself, or use ensureFuture)"
    : isAsyncGenerator
    ? " (an async generator yields values: loop over it in an async function)"
    : "";
  throw cannot(action, `the coroutine is neither a generator nor a function${hint}`, coro);
}

/**
 * Returns what the name of a coroutine is read from, which is kept once its task is done: the name
 * or, as reading that takes time, the source text.
 */
export function nameSourceOf(coro: Coroutine<unknown> | string): string {
  if (typeof coro === "string") return coro;
  return typeof coro === "function" ? nameOrText(coro) : GENERATOR;
}

/** Returns the name of the coroutine of a task, or of what is kept of that. */
export function coroutineName(coro: Coroutine<unknown> | string, task: object): string {
  return readName(nameSourceOf(coro), task);
}

function isAsyncGeneratorObject(value: unknown): boolean {
  return isObject(value) && Symbol.asyncIterator in value &&
    typeof (value as { next?: unknown }).next === "function";
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
function takesSignal(coro: (signal?: AbortSignal) => unknown): boolean {
  return !PARAMETERLESS_ARROW.test(sourceOf(coro));
}

/** A constant rather than a literal: see docs/performance.md#signals-of-tasks. */
const PARAMETERLESS_ARROW = /^(async\s*)?\(\s*\)\s*=>/;

/** Calls a coroutine that is a function, with the signal of its task. */
export function callCoroutine(
  coro: (signal?: AbortSignal) => unknown,
  task: Task<unknown>,
): unknown {
  // In the global scope of a Cloudflare Worker, making a signal throws.
  const signalOf = () => timersBelongToRequests ? attempt(() => task.signal) : task.signal;
  const body = takesSignal(coro) ? coro(signalOf()) : coro();
  return isThenable(body) ? Promise.resolve(body) : body;
}

/** The error for what a generator yielded; `undefined` for a future of another copy. */
export function problemOfYield(yielded: unknown): Error | undefined {
  let hint = "no future";
  try {
    if (isFuture(yielded)) {
      // A future of another copy of the module cannot say how it was yielded.
      return internals.isOfThisCopy(yielded)
        ? cannot("wait for the future", "it was yielded bare, write `yield*`", yielded)
        : undefined;
    }
    if (isGenerator(yielded)) hint = "a generator, write `yield*`";
    else if (isThenable(yielded)) hint = "a promise, write `yield* ensureFuture(promise)`";
  } catch {
    // A proxy that throws whenever its properties are read.
  }
  return cannot("wait for what was yielded", `it is ${hint}`, yielded);
}
