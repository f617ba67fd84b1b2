/**
 * Ways to wait until something has had its turn.
 *
 * @module
 */

import type { Task } from "../../mod.ts";

/** Waits until `count` microtasks have passed. */
export async function microtasks(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

// Fake timers and foreign promises must not hold the tests themselves.
const { clearTimeout, MessageChannel, Promise, setTimeout } = globalThis;
const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };

/** Whether the loop asks for its turn of the host by a `setTimeout`, as on workerd. */
const turnsAreTimers = performance.timeOrigin === 0 || !(setImmediate ?? MessageChannel);

/** Calls back in a turn of the host, after the callbacks of loops that wait for one already. */
function callInTurn(callback: () => void): void {
  if (turnsAreTimers) {
    setTimeout(callback, 0);
  } else if (setImmediate) {
    setImmediate(callback);
  } else {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      callback();
    };
    port2.postMessage(undefined);
  }
}

/**
 * Waits for one turn of the host, or for one in so many milliseconds, and until the callbacks of
 * loops have run that wait for that turn. On a busy machine, any callback may have to.
 */
export function hostTurn(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(callInTurn, ms, resolve));
}

/** Waits until something holds, and throws if it does not within a second. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (holds()) return;
    await hostTurn(5);
  }
  throw new Error(`Cannot go on as this does not come true in a second: received ${holds}`);
}

/** Returns the result or the error of a promise, or `"no end"` after a second. */
export function endOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 1_000, "no end");
    const end = (outcome: unknown) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    promise.then(end, end);
  });
}

/**
 * Measures until the figure is below `limit`, at most five times: other
 * processes of the machine only ever make things slower.
 *
 * @returns The least figure.
 */
export async function leastOf(limit: number, measure: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 5 && least >= limit; i++) least = Math.min(least, await measure());
  return least;
}

/** In milliseconds: clocks that go on in steps, as that of workerd, may measure 0 for less. */
const LEAST_MS = 20;

/**
 * Returns how many times as long `measure(to)` takes as `measure(from)`, which is repeated until the
 * times add up to some milliseconds.
 */
export async function growthOf(
  measure: (count: number) => number | Promise<number>,
  from: number,
  to: number,
): Promise<number> {
  // The first time takes longer, as the engine has yet to compile the code.
  await measure(from);
  const long = await measure(to);
  let sum = 0;
  let rounds = 0;
  for (; sum < LEAST_MS; rounds++) sum += await measure(from);
  return long / (sum / rounds);
}

/** How many milliseconds a host timer of 10 ms takes from now to fire. */
export function hostTimerMs(): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => setTimeout(() => resolve(performance.now() - start), 10));
}

/** `Promise.withResolvers()`, which Node 20 does not have. */
export function withResolvers<T>(): PromiseWithResolvers<T> {
  const resolvers = {} as PromiseWithResolvers<T>;
  resolvers.promise = new Promise((resolve, reject) =>
    Object.assign(resolvers, { resolve, reject })
  );
  return resolvers;
}

/** Starts a task that takes so many steps, none of which waits for anything. */
export function takeSteps(
  { createTask }: Pick<typeof import("../../mod.ts"), "createTask">,
  count: number,
  onStep?: () => void,
): Task<number> {
  return createTask(function* () {
    let steps = 0;
    for (; steps < count; steps++) {
      onStep?.();
      yield;
    }
    return steps;
  });
}
