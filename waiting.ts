/**
 * Functions that wait: for a time, for several futures, for one with a limit.
 *
 * @module
 */

import {
  cannot,
  checkLimit,
  checkMilliseconds,
  checkOptions,
  hasOfItsOwn,
  isGenerator,
  isObject,
  isThenable,
} from "./checks.ts";
import { enqueue } from "./context.ts";
import { DelegatingFuture, type Outcome, outcomeOf, settle, timedOut } from "./delegating.ts";
import { TimeoutError } from "./errors.ts";
import { type Awaitable, awaitableHint, checkAwaitable, futureOf } from "./ensure.ts";
import { callSoon, Future, internals, isFuture, isOwn, type Waiter, whenDone } from "./future.ts";
import {
  closedError,
  currentLoop,
  type EventLoop,
  HostEventLoop,
  isHostLoop,
  type TimerHandle,
} from "./loop.ts";
import { scheduleDeep } from "./pacing.ts";
import { CANCELLED, EXCEPTION, RESULT } from "./states.ts";
import { FRAME_REMOVED, type Timer, type TimerQueue } from "./timers.ts";

/**
 * Options of {@linkcode sleep}.
 *
 * @example Usage
 * ```ts
 * import { CancelledError, sleep, type SleepOptions } from "@asyncio/future";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * // Twice as long before each attempt, a minute at most.
 * function backOff<T = void>(attempt: number, options?: SleepOptions<T>) {
 *   return sleep(Math.min(2 ** attempt, 60_000), options);
 * }
 *
 * assertEquals(await backOff(0, { result: "again" }), "again");
 * const signal = AbortSignal.abort("shutting down");
 * await assertRejects(() => backOff(20, { signal }), CancelledError, "shutting down");
 * ```
 */
export interface SleepOptions<T> {
  /** The result. Default: `undefined`. */
  result?: T | undefined;
  /** Aborting it cancels the sleep, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for a time.
 *
 * Cancelling it releases its timer. `sleep(0)` gives way for one turn of the
 * loop; a loop that does nothing else leaves the host responsive.
 *
 * Source: [`asyncio.sleep`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.sleep).
 *
 * @param delay The time in milliseconds; a negative one counts as 0, and `Infinity`
 * is never over.
 * @param options The result, and a signal that cancels the sleep.
 * @returns A future that is done when the time is over.
 * @throws {TypeError} If the delay is no number or `NaN`, or the signal is no
 * `AbortSignal`.
 * @throws {Error} If the loop is closed, or the frame of the page was removed.
 *
 * @example Usage
 * ```ts
 * import { sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await sleep(1, { result: "awake" }), "awake");
 * ```
 */
export function sleep<T = void>(delay: number, options?: SleepOptions<T>): Future<T> {
  checkMilliseconds("sleep", "delay", delay);
  const { result, signal } = checkOptions("sleep", options);
  const loop = currentLoop();
  if (loop.isClosed()) throw closedError();
  const future = delay <= 0
    ? new Turn<T>({ loop, signal })
    : loop.createFuture<T>(signal && { signal });
  if (future.done()) return future;
  if (isHostLoop(loop) && delay > 0) {
    whenDone(future, new SleepTimer(future as Future<unknown>, delay, result, loop));
    return future;
  }
  const wake = () => {
    if (!future.done()) future.setResult(result as T);
  };
  const timer = delay > 0 ? loop.callLater(delay, wake) : scheduleDeep(() => loop.callSoon(wake));
  onEnd(future, () => timer.cancel());
  return future;
}

/** The timer of a sleep: unlike that of a callback it needs no context, and no handle. */
class SleepTimer implements Timer, Waiter {
  readonly due: number;
  order = 0;
  index = 0;
  readonly #future: Future<unknown>;
  readonly #result: unknown;
  readonly #queue: TimerQueue;

  constructor(future: Future<unknown>, delay: number, result: unknown, loop: HostEventLoop) {
    const timers = HostEventLoop.timersOf(loop);
    const now = timers.time();
    this.due = now + delay;
    this.#future = future;
    this.#result = result;
    this.#queue = timers.add(this, now);
  }

  fire(): void {
    enqueue(SleepTimer.#wake.bind(undefined, this));
  }

  abandon(): void {
    this.#future.cancel(FRAME_REMOVED);
  }

  static #wake(this: void, timer: SleepTimer): void {
    const future = timer.#future;
    if (!future.done() && !future.getLoop().isClosed()) future.setResult(timer.#result);
  }

  /** Called when the sleep is over or cancelled. */
  notify(): void {
    this.#queue.delete(this);
  }
}

/** A sleep of one turn, which a generator coroutine waits for in just one, too. */
class Turn<T> extends Future<T> {
  override *[Symbol.iterator](): Generator<Future<T>, T> {
    // By the time the task goes on, the turn is over.
    while (!this.done()) yield undefined as unknown as Future<T>;
    return this.result();
  }
}

/**
 * The result of an awaitable.
 *
 * @typeParam A The type of the awaitable.
 *
 * @example Usage
 * ```ts
 * import { type Awaitable, Future, type ResultOf, TimeoutError, waitFor } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * async function orElse<A extends Awaitable<unknown>>(awaitable: A, fallback: ResultOf<A>) {
 *   try {
 *     return await waitFor(awaitable, 5);
 *   } catch (error) {
 *     if (error instanceof TimeoutError) return fallback;
 *     throw error;
 *   }
 * }
 *
 * assertEquals(await orElse(new Future<number>(), 0), 0);
 * assertEquals(await orElse(Promise.resolve("in time"), "too late"), "in time");
 * ```
 */
export type ResultOf<A> = A extends Future<infer T> ? T
  : A extends Generator<unknown, infer T, unknown> ? T
  : Awaited<A>;

/**
 * The future that an awaitable is made into: itself, if it is one.
 *
 * @typeParam A The type of the awaitable.
 *
 * @example Usage
 * ```ts
 * import { asCompleted, type FutureOf, sleep } from "@asyncio/future";
 * import { assertEquals, assertStrictEquals } from "@std/assert";
 *
 * const promise = Promise.resolve("a promise");
 * const future = sleep(1, { result: "a future" });
 *
 * const done: FutureOf<typeof promise | typeof future>[] = [];
 * for await (const next of asCompleted([future, promise])) done.push(next);
 * assertEquals(done.map((each) => each.result()), ["a promise", "a future"]);
 * assertStrictEquals(done[1], future);
 * ```
 */
export type FutureOf<A> = A extends Future<unknown> ? A : Future<ResultOf<A>>;

/**
 * Options of {@linkcode gather}.
 *
 * @example Usage
 * ```ts
 * import { CancelledError, gather, type GatherOptions, sleep } from "@asyncio/future";
 * import { assert, assertRejects } from "@std/assert";
 *
 * const controller = new AbortController();
 * const options: GatherOptions = { signal: controller.signal };
 *
 * const loads = [sleep(60_000), sleep(60_000)];
 * const all = gather(...loads, options); // last, after those that are gathered
 * controller.abort("the user left");
 * await assertRejects(() => all, CancelledError, "the user left");
 * assert(loads.every((load) => load.cancelled()));
 * ```
 */
export interface GatherOptions {
  /**
   * Whether exceptions, and cancellations, stand among the results.
   *
   * @default {false}
   */
  returnExceptions?: boolean | undefined;
  /** Aborting it cancels everything gathered, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
}

/**
 * The results that {@linkcode gather} has for awaitables.
 *
 * @typeParam A The types of the awaitables: a tuple or an array.
 *
 * @example Usage
 * ```ts
 * import type { Awaitable, Future, Gathered } from "@asyncio/future";
 * import { gather, sleep, waitFor } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * function allWithin<A extends readonly Awaitable<unknown>[]>(
 *   ms: number,
 *   ...awaitables: A
 * ): Future<Gathered<A>> {
 *   return waitFor(gather(...awaitables), ms);
 * }
 *
 * const [name, age] = await allWithin(60_000, sleep(1, { result: "ada" }), Promise.resolve(36));
 * assertEquals(`${name.toUpperCase()} is ${age.toFixed(0)}`, "ADA is 36");
 * ```
 */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: ResultOf<A[K]> };

/**
 * The results or exceptions that {@linkcode gather} has for awaitables. What is
 * thrown is taken for an `Error`, though anything can be.
 *
 * @typeParam A The types of the awaitables: a tuple or an array.
 *
 * @example Usage
 * ```ts
 * import { createTask, gather, type GatheredOutcomes, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const loads = [
 *   sleep(1, { result: "ada" }),
 *   createTask(async (): Promise<string> => {
 *     throw new RangeError("no such host");
 *   }),
 * ];
 * const outcomes: GatheredOutcomes<typeof loads> = await gather(...loads, {
 *   returnExceptions: true,
 * });
 * const names = outcomes.filter((outcome) => !(outcome instanceof Error));
 * assertEquals(names, ["ada"]);
 * ```
 */
export type GatheredOutcomes<A extends readonly unknown[]> = {
  -readonly [K in keyof A]: ResultOf<A[K]> | Error;
};

/**
 * Waits for several things at once, and has their results in the order of the
 * arguments.
 *
 * The first exception is that of the future that is returned, and the others run
 * on. One that is cancelled counts as failed with its `CancelledError`. With
 * `returnExceptions`, exceptions stand among the results. Cancelling the future
 * cancels all that is gathered, and it is done when all of that has ended; a promise
 * cannot be cancelled, and is left behind. The same thing given twice is waited for
 * once.
 *
 * Source: [`asyncio.gather`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.gather).
 *
 * @param awaitables Futures, tasks, generator coroutines, promises; and, as the
 * last argument, the options.
 * @returns A future for the array of the results.
 * @throws {TypeError} If one cannot be waited for, such as an array or a set: write
 * `gather(...tasks)`. Then none is started.
 *
 * @example Usage
 * ```ts
 * import { createTask, gather, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const results = await gather(
 *   createTask(async () => {
 *     await sleep(2);
 *     return "a task";
 *   }),
 *   sleep(1, { result: "a future" }),
 *   Promise.resolve("a promise"),
 * );
 * assertEquals(results, ["a task", "a future", "a promise"]);
 * ```
 *
 * @example With exceptions among the results
 * ```ts
 * import { Future, gather, sleep } from "@asyncio/future";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * const failing = new Future<number>();
 * failing.setException(new RangeError("no such host"));
 * const [first, second] = await gather(failing, sleep(1, { result: 42 }), {
 *   returnExceptions: true,
 * });
 * assertInstanceOf(first, RangeError);
 * assertEquals(second, 42);
 * ```
 */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...awaitables: A
): Future<Gathered<A>>;
/** With options. */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...args: [...awaitables: A, options: GatherOptions & { returnExceptions?: false | undefined }]
): Future<Gathered<A>>;
/** With exceptions among the results. */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...args: [...awaitables: A, options: GatherOptions]
): Future<GatheredOutcomes<A>>;
export function gather(...args: unknown[]): Future<unknown[]> {
  const options = isGatherOptions(args.at(-1)) ? args.pop() as GatherOptions : undefined;
  const { returnExceptions, signal } = checkOptions("gather the awaitables", options);
  for (const arg of args) checkAwaitable("gather the awaitable", arg, gatherHint);
  const loop = openLoopOf(args);
  const made = new Map<unknown, Future<unknown>>();
  const futures = args.map((arg) => {
    if (isFuture(arg)) return arg;
    const child = made.get(arg) ?? futureOf(arg as Awaitable<unknown>, loop);
    made.set(arg, child);
    return child;
  });
  // Once all have ended, their results can be taken back no more.
  const outer = new DelegatingFuture<unknown[]>(loop, (reason) => {
    let passed = false;
    for (const child of new Set(futures)) if (child.cancel(reason)) passed = true;
    return passed;
  });

  // Let go of in the end, as in waitFor().
  let waiting: DelegatingFuture<unknown> | undefined = outer as DelegatingFuture<unknown>;
  let running = 0;
  let toLookAt = 0;
  let failure: Outcome | undefined;
  /** Looks at one even if it comes too late: gather() answers for every child. */
  const lookAt = (child: Future<unknown>) => {
    const [state, value] = outcomeOf(child);
    if (returnExceptions || state === RESULT) return;
    const request = waiting && DelegatingFuture.requestOf(waiting);
    if (state !== CANCELLED || !request) failure ??= [EXCEPTION, value];
  };
  const settleIfOver = () => {
    const future = waiting;
    if (!future) return;
    const request = DelegatingFuture.requestOf(future);
    if (toLookAt > 0 && (!failure || request)) return;
    waiting = undefined;
    const results = () => futures.map((future) => outcomeOf(future)[1]);
    settle(future, failure ?? (request ? [CANCELLED, request] : [RESULT, results()]));
  };
  const onDone = (child: Future<unknown>) => {
    toLookAt--;
    lookAt(child);
    settleIfOver();
  };
  // One for all, and no turn of the loop for a result that others still follow on.
  const waiter: Waiter = {
    label: "gather",
    notify(child) {
      running--;
      if (running > 0 && internals.stateOf(child) === RESULT) toLookAt--;
      else callSoon(child, onDone);
    },
  };
  const foreign = new Set<Future<unknown>>();
  for (const child of futures) {
    // Those that are done cost no turn.
    if (child.done()) {
      lookAt(child);
    } else if (!isOwn(child)) {
      foreign.add(child);
    } else if (internals.addWaiter(child, waiter)) {
      running++;
    }
  }
  toLookAt = running + foreign.size;
  for (const child of foreign) child.addDoneCallback(onDone);
  settleIfOver();
  if (signal) internals.follow(outer, signal);
  return outer;
}

/** What to do instead of giving `arg` to gather(). */
function gatherHint(arg: unknown): string {
  if (isObject(arg) && Symbol.iterator in arg) return " (write `...` before it)";
  if (isGatherOptions(arg)) return " (options come last)";
  if (isObject(arg) && "aborted" in arg) return " (write `{ signal }`)";
  return awaitableHint(arg);
}

/** Whether the last argument of gather() is its options: a plain object, or one that has some. */
function isGatherOptions(value: unknown): value is GatherOptions {
  if (typeof value !== "object" || value === null) return false;
  if (isFuture(value) || isGenerator(value) || hasOfItsOwn(value, "then")) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  // Classes of the platform, a Request for one, have tags, and perhaps a signal.
  return !(Symbol.toStringTag in value) &&
    (hasOfItsOwn(value, "returnExceptions") || hasOfItsOwn(value, "signal"));
}

/**
 * Options of {@linkcode wait}.
 *
 * @example Usage
 * ```ts
 * import { createTask, sleep, wait, type WaitOptions } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const failing = createTask(() => {
 *   throw new RangeError("no such host");
 * });
 * const slow = sleep(60_000);
 *
 * // All of them, but no longer than until one fails.
 * const options: WaitOptions = { returnWhen: "FIRST_EXCEPTION" };
 * const { done, pending } = await wait([failing, slow], options);
 * assertEquals([...done], [failing]);
 * assertEquals(String(failing.exception()), "RangeError: no such host");
 * for (const future of pending) future.cancel();
 * ```
 */
export interface WaitOptions {
  /**
   * How long to wait, in milliseconds; a negative time counts as 0. Default:
   * `null`, without limit.
   */
  timeout?: number | null | undefined;
  /**
   * What to wait for: the first that is done, the first that fails, or all.
   *
   * @default {"ALL_COMPLETED"}
   */
  returnWhen?: "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED" | undefined;
  /** Aborting it cancels the wait, not what is waited for. */
  signal?: AbortSignal | undefined;
}

/**
 * The result of {@linkcode wait}.
 *
 * @typeParam F The type of the futures.
 *
 * @example Usage
 * ```ts
 * import { type Future, sleep, wait, type WaitResult } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * // The results there are; what has none yet is not needed any more.
 * function take<T>({ done, pending }: WaitResult<Future<T>>): T[] {
 *   for (const future of pending) future.cancel();
 *   return Array.from(done, (future) => future.result());
 * }
 *
 * const mirrors = [sleep(1, { result: "near" }), sleep(60_000, { result: "far" })];
 * const result = await wait(mirrors, { returnWhen: "FIRST_COMPLETED" });
 * assertEquals(take(result), ["near"]);
 * ```
 */
export interface WaitResult<F> {
  /** Those that are done. */
  done: Set<F>;
  /** Those that are not. */
  pending: Set<F>;
}

const RETURN_WHEN = ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] as const;

/**
 * Waits until some futures are done, or for a time.
 *
 * It never fails for their outcomes, which it does not look at, and cancels
 * nothing, neither when the time is over nor when it is cancelled itself.
 *
 * Source: [`asyncio.wait`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.wait).
 *
 * @param futures The futures and tasks.
 * @param options The time limit in milliseconds, and what to wait for.
 * @returns A future for the sets of those that are done and of those that are not.
 * @throws {TypeError} If there is none, if one is no future, or if one of the
 * options is not what it should be.
 *
 * @example Usage
 * ```ts
 * import { sleep, wait } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const fast = sleep(1);
 * const slow = sleep(60_000);
 * const { done, pending } = await wait([fast, slow], { returnWhen: "FIRST_COMPLETED" });
 * assertEquals([...done], [fast]);
 * for (const future of pending) future.cancel();
 * ```
 */
export function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options?: WaitOptions,
): Future<WaitResult<F>> {
  const all = setOf("wait", futures, "futures");
  for (const future of all) {
    if (isFuture(future)) continue;
    throw cannot("wait", `there is something else among the futures${hintFor(future)}`, future);
  }
  if (all.size === 0) throw cannot("wait", "there are no futures", []);
  const { timeout = null, returnWhen = RETURN_WHEN[2], signal } = checkOptions("wait", options);
  checkLimit("wait", "timeout", timeout);
  if (!RETURN_WHEN.includes(returnWhen)) {
    throw cannot("wait", `returnWhen is none of ${RETURN_WHEN.join(", ")}`, returnWhen);
  }

  const loop = openLoopOf(all);
  const outer = loop.createFuture<WaitResult<F>>({ signal });
  if (outer.done()) return outer;
  const done = new Set<F>();
  const pending = new Set(all);
  const sort = () => {
    for (const future of pending) {
      if (!future.done()) continue;
      pending.delete(future);
      done.add(future);
    }
  };
  const finish = () => {
    if (outer.done()) return;
    sort();
    outer.setResult({ done, pending });
  };
  let running = all.size;
  const onDone = (future: Future<unknown>) => {
    running--;
    if (
      running === 0 || returnWhen === "FIRST_COMPLETED" ||
      (returnWhen === "FIRST_EXCEPTION" && hasFailed(future))
    ) finish();
  };
  const timer = startTimer(loop, timeout, finish);
  onEnd(outer, watch(all, "wait", onDone, timer));
  // Before whoever waits goes on, more may have ended in the turn of the timeout.
  outer.addDoneCallback(sort);
  return outer;
}

/**
 * Options of {@linkcode waitFor}.
 *
 * @example Usage
 * ```ts
 * import type { WaitForOptions } from "@asyncio/future";
 * import { CancelledError, Future, TimeoutError, waitFor } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * function ask(options?: WaitForOptions): Future<string> {
 *   const reply = new Future<string>(); // nobody answers
 *   return waitFor(reply, 1, options);
 * }
 *
 * // What ends the wait is told apart by the class.
 * await assertRejects(() => ask(), TimeoutError);
 * const signal = AbortSignal.abort("the user left");
 * await assertRejects(() => ask({ signal }), CancelledError, "the user left");
 * ```
 */
export interface WaitForOptions {
  /** Aborting it cancels what is waited for, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for something with a time limit.
 *
 * When the time is over, it cancels what it waits for, waits until that has
 * ended, and fails with a `TimeoutError`; if that ends otherwise than cancelled,
 * its result or exception counts. Cancelling the future that is returned cancels
 * what it waits for as well; see {@linkcode shield}.
 *
 * Source: [`asyncio.wait_for`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.wait_for).
 *
 * @param awaitable A future, a task, a generator coroutine or a promise. A
 * promise cannot be cancelled: it is left behind.
 * @param timeout The time in milliseconds; `null` for no limit. With zero or less,
 * what is not done yet is cancelled at once; a promise never is done at once.
 * @param options A signal that cancels the wait.
 * @returns A future with the outcome.
 * @throws {TypeError} If it cannot be waited for, the time is no number or `NaN`,
 * or the signal is no `AbortSignal`.
 *
 * @example Usage
 * ```ts
 * import { Future, TimeoutError, waitFor } from "@asyncio/future";
 * import { assert, assertRejects } from "@std/assert";
 *
 * const reply = new Future<string>();
 * await assertRejects(() => waitFor(reply, 10), TimeoutError);
 * assert(reply.cancelled());
 * ```
 */
export function waitFor<A extends Awaitable<unknown>>(
  awaitable: A,
  timeout: number | null,
  options?: WaitForOptions,
): Future<ResultOf<A>> {
  checkAwaitable("wait for the awaitable", awaitable);
  checkLimit("wait for the awaitable", "timeout", timeout);
  const { signal } = checkOptions("wait for the awaitable", options);
  const loop = loopOf([awaitable]);
  const inner = futureOf(awaitable, loop);
  const outer = new DelegatingFuture<unknown>(loop, (reason) => inner.cancel(reason));
  // Let go of in the end: the stack of an error that is made in `onDone` holds that
  // function, and what nobody looks at would never be collected.
  let waiting: DelegatingFuture<unknown> | undefined = outer;

  let timer: TimerHandle | undefined;
  let expired = false;
  const expire = () => {
    // Its result may have arrived just now.
    if (inner.done()) return;
    expired = true;
    inner.cancel();
  };
  const onDone = () => {
    const future = waiting;
    if (!future) return;
    timer?.cancel();
    const outcome = outcomeOf(inner);
    const isTimeout = expired && !DelegatingFuture.requestOf(future);
    waiting = undefined;
    settle(future, isTimeout ? timedOut(outcome) : outcome);
  };
  const isOver = timeout !== null && timeout <= 0;
  if (!inner.done() && !isOver) timer = startTimer(loop, timeout, expire);
  whenDone(inner, { notify: onDone, label: "waitFor" });
  // An aborted signal goes first: that is a cancellation, whatever the time is.
  if (signal) internals.follow(outer, signal);
  if (isOver) expire();
  return outer as Future<ResultOf<A>>;
}

/**
 * Options of {@linkcode asCompleted}.
 *
 * @example Usage
 * ```ts
 * import { asCompleted, type AsCompletedOptions, sleep, TimeoutError } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const loads = [sleep(1, { result: "near" }), sleep(60_000, { result: "far" })];
 * const options: AsCompletedOptions = { timeout: 20 }; // for all, not for each
 *
 * const results: string[] = [];
 * try {
 *   for await (const load of asCompleted(loads, options)) results.push(load.result());
 * } catch (error) {
 *   if (!(error instanceof TimeoutError)) throw error;
 *   for (const load of loads) load.cancel(); // it cancels nothing itself
 * }
 * assertEquals(results, ["near"]);
 * ```
 */
export interface AsCompletedOptions {
  /** How long to wait for all, in milliseconds. Default: `null`, without limit. */
  timeout?: number | null | undefined;
  /** Aborting it cancels the steps that wait, not what is waited for. */
  signal?: AbortSignal | undefined;
}

/**
 * What `for await` goes through of {@linkcode Completions}: the futures given.
 *
 * @typeParam F The type of the futures.
 *
 * @example Usage
 * ```ts
 * import { asCompleted, type CompletionIterator, type Future, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * async function next<T>(iterator: CompletionIterator<Future<T>>): Promise<T | undefined> {
 *   const step = await iterator.next();
 *   return step.done ? undefined : step.value.result();
 * }
 *
 * const loads = [sleep(20, { result: "slow" }), sleep(1, { result: "fast" })];
 * const iterator = asCompleted(loads)[Symbol.asyncIterator]();
 * assertEquals(await next(iterator), "fast");
 * assertEquals(await next(iterator), "slow");
 * assertEquals(await next(iterator), undefined);
 * ```
 */
// No bare AsyncIterableIterator: TypeScript 7 takes what comes of that for awaited.
export interface CompletionIterator<F> extends AsyncIterableIterator<F> {}

/**
 * What {@linkcode asCompleted} returns: an iterable of futures of the outcomes, in
 * the order in which they arrive, and an async iterable of the futures given, in
 * the order in which they are done. There is one sequence, whichever of the two
 * ways it is gone through.
 *
 * @typeParam A The type of the awaitables.
 *
 * @example Usage
 * ```ts
 * import { asCompleted, type Completions, type Future, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * async function first<T>(completions: Completions<Future<T>>): Promise<T | undefined> {
 *   for await (const future of completions) {
 *     if (!future.cancelled()) return future.result();
 *   }
 * }
 *
 * const loads = [sleep(1, { result: "lost" }), sleep(2, { result: "found" })];
 * loads[0]?.cancel();
 * assertEquals(await first(asCompleted(loads)), "found");
 * ```
 */
// A union, as TypeScript before 7 takes what `for await` has for awaited, which it is not,
// on every loop over a type but the first; the types of a union it keeps.
export type Completions<A> =
  | {
    [Symbol.iterator](): IterableIterator<Future<ResultOf<A>>>;
    [Symbol.asyncIterator](): CompletionIterator<FutureOf<A>>;
  }
  | {
    [Symbol.iterator](): IterableIterator<Future<ResultOf<A>>>;
    [Symbol.asyncIterator](): CompletionIterator<FutureOf<A>>;
    readonly [Symbol.toStringTag]?: never;
  };

/**
 * Goes through several things in the order in which they are done.
 *
 * With `for await`, the futures come themselves, done; for what is no future, the
 * future that was made of it. With `for`, each step is a future that will have the
 * outcome of the next one that is done. When the time is over, the step that
 * waits fails with a `TimeoutError`; nothing is cancelled.
 *
 * Source: [`asyncio.as_completed`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.as_completed).
 *
 * @param awaitables Futures, tasks, generator coroutines, promises.
 * @param options The time limit in milliseconds, and a signal that cancels the
 * steps.
 * @returns An iterable and async iterable.
 * @throws {TypeError} If they come in no iterable, or one cannot be waited for; then
 * none is started.
 *
 * @example In an async function
 * ```ts
 * import { asCompleted, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const mirrors = [sleep(20, { result: "slow" }), sleep(1, { result: "fast" })];
 * const order: string[] = [];
 * for await (const mirror of asCompleted(mirrors)) order.push(mirror.result());
 * assertEquals(order, ["fast", "slow"]);
 * ```
 *
 * @example In a generator
 * ```ts
 * import { asCompleted, run, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const first = await run(function* () {
 *   const mirrors = [sleep(20, { result: "slow" }), sleep(1, { result: "fast" })];
 *   for (const next of asCompleted(mirrors)) return yield* next;
 * });
 * assertEquals(first, "fast");
 * ```
 */
export function asCompleted<A extends Awaitable<unknown>>(
  awaitables: Iterable<A>,
  options?: AsCompletedOptions,
): Completions<A> {
  const list = setOf("iterate over the awaitables", awaitables, "awaitables");
  for (const awaitable of list) checkAwaitable("wait for the awaitable", awaitable);
  const { timeout = null, signal } = checkOptions("iterate over the awaitables", options);
  checkLimit("iterate over the awaitables", "timeout", timeout);
  const loop = openLoopOf(list);
  const futures = new Set(Array.from(list, (awaitable) => futureOf(awaitable, loop)));
  return complete(loop, futures, timeout, signal) as unknown as Completions<A>;
}

/** First in, first out, whatever is deleted in between. */
class Queue<T> extends Set<T> {
  readonly #rest = this.values();

  /** Takes out the first; there must be one. */
  shift(): T {
    const first = this.#rest.next().value!;
    this.delete(first);
    return first;
  }
}

/** A step of an iteration, which waits for the next future that is done. */
interface Step {
  readonly future: Future<unknown>;
  /** What the step makes of the future that is done. */
  take(done: Future<unknown>): Outcome;
}

/** Hands the futures that are done to the steps that wait, each in order. */
function complete(
  loop: EventLoop,
  /** Those that are not done; none when the time is over. */
  running: Set<Future<unknown>>,
  timeout: number | null,
  signal: AbortSignal | undefined,
): Iterable<Future<unknown>> & AsyncIterable<Future<unknown>> {
  /** Those that are done and that no step has taken. */
  const done = new Queue<Future<unknown>>();
  const steps = new Queue<Step>();
  let stepsLeft = running.size;
  let release = () => {};

  const onDone = (future: Future<unknown>) => {
    // It was done in the turn of the timeout.
    if (!running.delete(future)) return;
    done.add(future);
    if (running.size === 0) release();
    serve();
  };
  const onTimeout = () => {
    // Some may have been done just now.
    for (const future of running) if (future.done()) onDone(future);
    release();
    running.clear();
    serve();
  };
  const serve = () => {
    while (steps.size > 0 && (done.size > 0 || running.size === 0)) {
      const { future, take } = steps.shift();
      if (future.done()) continue;
      // There is one for each step, unless the time is over.
      settle(future, done.size > 0 ? take(done.shift()) : [EXCEPTION, new TimeoutError()]);
    }
  };
  const createStep = <T>(take: Step["take"]): Future<T> => {
    const future = loop.createFuture<T>({ signal });
    const step = { future, take };
    stepsLeft--;
    steps.add(step);
    onEnd(future, () => {
      steps.delete(step);
      releaseIfUnused();
    });
    serve();
    return future;
  };
  /** Takes note that no more steps will be asked for. */
  const stop = () => {
    stepsLeft = 0;
    releaseIfUnused();
  };
  const releaseIfUnused = () => {
    // `const [first] = asCompleted(…)` stops with a step that still waits.
    if (stepsLeft === 0 && steps.size === 0) release();
  };
  const timer = startTimer(loop, stepsLeft > 0 ? timeout : null, onTimeout);
  release = watch(running, "asCompleted", onDone, timer);
  // Futures of other copies may have called back at once.
  if (running.size === 0) release();

  return {
    *[Symbol.iterator]() {
      try {
        while (stepsLeft > 0) yield createStep(outcomeOf);
      } finally {
        stop();
      }
    },
    [Symbol.asyncIterator]() {
      type Result = IteratorResult<Future<unknown>, undefined>;
      const iterator = {
        next(): Future<Result> {
          if (stepsLeft > 0) {
            const step = createStep<Result>((value) => [RESULT, { done: false, value }]);
            // A loop that its own step throws out of does not call return().
            onEnd(step, () => step.cancelled() && stop());
            return step;
          }
          const end = loop.createFuture<Result>();
          end.setResult({ done: true, value: undefined });
          return end;
        },
        return() {
          stop();
          return iterator.next();
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
}

/**
 * Options of {@linkcode shield}.
 *
 * @example Usage
 * ```ts
 * import { CancelledError, createTask, shield, type ShieldOptions, sleep } from "@asyncio/future";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const saving = createTask(() => sleep(5, { result: "saved" }));
 *
 * // A caller may give up; what was begun is brought to its end.
 * const save = (options?: ShieldOptions) => shield(saving, options);
 *
 * const signal = AbortSignal.abort("the user left");
 * await assertRejects(() => save({ signal }), CancelledError, "the user left");
 * assertEquals(await save(), "saved");
 * ```
 */
export interface ShieldOptions {
  /** Aborting it cancels the future that is returned, not what is shielded. */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for something without cancelling it: when the future that is returned is
 * cancelled, what it waits for runs on.
 *
 * An async function that a task calls itself is not shielded from the task's
 * cancellation, as what it awaits counts as awaited by that task: write
 * `shield(createTask(save))`, not `shield(save())`.
 *
 * If that fails afterwards, its exception is reported unless somebody looks at
 * it. If it is cancelled otherwise, so is the future that is returned.
 *
 * Source: [`asyncio.shield`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.shield).
 *
 * @param awaitable A future, a task, a generator coroutine or a promise.
 * @param options A signal that cancels the wait.
 * @returns A future with the outcome; a future that is done is returned itself.
 * @throws {TypeError} If it cannot be waited for or the signal is no `AbortSignal`.
 *
 * @example Usage
 * ```ts
 * import { createTask, shield, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const saving = createTask(() => sleep(5, { result: "saved" }));
 * const waiting = shield(saving);
 * waiting.cancel();
 * assertEquals(await saving, "saved");
 * ```
 */
export function shield<A extends Awaitable<unknown>>(
  awaitable: A,
  options?: ShieldOptions,
): Future<ResultOf<A>> {
  checkAwaitable("shield the awaitable", awaitable);
  const { signal } = checkOptions("shield the awaitable", options);
  const loop = loopOf([awaitable]);
  const inner = futureOf(awaitable, loop) as Future<ResultOf<A>>;
  if (inner.done()) return inner;
  const outer = loop.createFuture<ResultOf<A>>({ signal });
  if (outer.done()) return outer;
  const onDone = () => {
    // An exception that comes too late is for the report, not to be looked at.
    if (!outer.done()) settle(outer, outcomeOf(inner));
  };
  onEnd(outer, watch([inner], "shield", onDone));
  return outer;
}

/**
 * Has `onDone` called, in a turn of the loop, with each of some futures that is done.
 *
 * @param label How it shows in the representation of a future.
 * @param timer A timer that bounds it.
 * @returns A function that takes all of it back, however many others wait.
 */
function watch(
  futures: Iterable<Future<unknown>>,
  label: string,
  onDone: (future: Future<unknown>) => void,
  timer?: TimerHandle,
): () => void {
  const waiter: Waiter = { label, notify: (future) => callSoon(future, onDone) };
  for (const future of futures) {
    if (isOwn(future)) internals.addWaiter(future, waiter);
    else future.addDoneCallback(onDone);
  }
  return () => {
    timer?.cancel();
    for (const future of futures) {
      if (isOwn(future)) internals.removeWaiter(future, waiter);
      else future.removeDoneCallback(onDone);
    }
  };
}

/** Calls `release` at once when a future is done. */
function onEnd(future: Future<unknown>, release: () => void): void {
  whenDone(future, { notify: release });
}

/** The loop of the first future among `values`, or else the running one. */
function loopOf(values: Iterable<unknown>): EventLoop {
  for (const value of values) {
    if (isFuture(value)) return value.getLoop();
  }
  return currentLoop();
}

/** As {@linkcode loopOf}, for what adds callbacks to several: to all or to none. */
function openLoopOf(values: Iterable<unknown>): EventLoop {
  const loop = loopOf(values);
  if (loop.isClosed()) throw closedError();
  return loop;
}

/** Whether a future failed, which does not count as looking at its exception. */
function hasFailed(future: Future<unknown>): boolean {
  if (isOwn(future)) return internals.stateOf(future) === EXCEPTION;
  return outcomeOf(future)[0] === EXCEPTION;
}

/** Has `expire` called when the time is over, if there is a limit. */
function startTimer(
  loop: EventLoop,
  timeout: number | null,
  expire: () => void,
): TimerHandle | undefined {
  return timeout === null || timeout === Infinity ? undefined : loop.callLater(timeout, expire);
}

/** The elements of an iterable, which must be no coroutine and no future itself. */
function setOf<T>(action: string, values: Iterable<T>, what: string): Set<T> {
  const isOne = isFuture(values) || isGenerator(values);
  const isObject = typeof values === "object" && values !== null;
  if (isObject && Symbol.iterator in values && !isOne) return new Set(values);
  const hint = isOne ? " (write `[…]` around them)" : "";
  throw cannot(action, `the ${what} come in no iterable, such as an array${hint}`, values);
}

/** What to do instead of giving `value` to wait(). */
function hintFor(value: unknown): string {
  if (isGenerator(value) || typeof value === "function") return " (make it a task with createTask)";
  if (isThenable(value)) return " (make it a future with ensureFuture)";
  return "";
}
