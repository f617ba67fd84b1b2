/**
 * `moveOnAfter()` and `moveOnAt()`: time limits without an error.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { checkLimit } from "../base/checks.ts";
import type { Outcome } from "../future/outcome.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import { runScope, type ScopeBody, type ScopeOptions } from "./scope.ts";
import { type Timeout, TimeoutScope } from "./timeout.ts";

/**
 * Runs a function with a time limit, and goes on without an error when the time is over.
 *
 * asyncio has no such function; Trio and anyio have `move_on_after`.
 *
 * Everything is as with {@linkcode timeout}, but in place of a `TimeoutError`, the future has the
 * result `undefined`. If the body may return `undefined` itself, ask {@linkcode Timeout.expired}.
 * When the time is over, the body is cancelled, and the future waits until the body has ended; a
 * result or another error of the body counts.
 *
 * @param ms The time in milliseconds; `null` or `Infinity` for no limit. Zero or less expires in
 * the next turn.
 * @param body The function to run (async, generator or plain). Its argument is the scope, which can
 * move the deadline.
 * @param options A signal that cancels the body.
 * @returns A future of the result of the body, or of `undefined` if the time was over.
 * @throws {TypeError} If `ms` is neither a number nor `null`, or is `NaN`; if the body is not a
 * function (an async generator function is refused); or if the signal is not an `AbortSignal`.
 * @category Scopes
 *
 * @example
 * ```ts
 * import { moveOnAfter, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = await moveOnAfter(5, () => sleep(60_000, { result: "too late" }));
 * assertEquals(answer ?? "no answer", "no answer");
 * ```
 */
export function moveOnAfter<T>(
  ms: number | null,
  body: ScopeBody<Timeout, T>,
  options?: ScopeOptions,
): Future<T | undefined> {
  checkLimit("run with a time limit", "delay", ms);
  return runScope("run with a time limit", body, options, (outer) => {
    const start = outer.getLoop().time();
    return TimeoutScope.run(outer, body, ms === null ? null : start + ms, start, movedOn);
  });
}

/**
 * Runs a function with a deadline: like {@linkcode moveOnAfter}, but with a time of the loop's clock.
 *
 * asyncio has no such function; Trio has `move_on_at`.
 *
 * @param when The deadline in milliseconds of {@linkcode EventLoop.time}; `null` or `Infinity` for
 * none. A deadline in the past expires in the next turn.
 * @param body The function to run (async, generator or plain). Its argument is the scope.
 * @param options A signal that cancels the body.
 * @returns A future of the result of the body, or of `undefined` if the time was over.
 * @throws {TypeError} If `when` is neither a number nor `null`, or is `NaN`; if the body is not a
 * function (an async generator function is refused); or if the signal is not an `AbortSignal`.
 * @category Scopes
 *
 * @example
 * ```ts
 * import { getEventLoop, moveOnAt, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const deadline = getEventLoop().time() + 5;
 * const answers = [1, 2].map((i) => moveOnAt(deadline, () => sleep(60_000, { result: i })));
 * assertEquals(await Promise.all(answers), [undefined, undefined]);
 * ```
 */
export function moveOnAt<T>(
  when: number | null,
  body: ScopeBody<Timeout, T>,
  options?: ScopeOptions,
): Future<T | undefined> {
  checkLimit("run with a deadline", "time", when);
  return runScope(
    "run with a deadline",
    body,
    options,
    (outer) => TimeoutScope.run(outer, body, when, outer.getLoop().time(), movedOn),
  );
}

/** Replaces the cancellation of a body, after the deadline, by the result `undefined`. */
function movedOn(outcome: Outcome): Outcome {
  return outcome[0] === CANCELLED ? [RESULT, undefined] : outcome;
}
