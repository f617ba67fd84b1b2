/**
 * What can be held (a lock, a condition, a semaphore), and the ways to wait for that.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  BoundedSemaphore,
  Condition,
  ensureFuture,
  Future,
  gather,
  type Guard,
  type HeldBody,
  Lock,
  race,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "../../mod.ts";
import type { Wait } from "./kinds.ts";

/** What a lock, a condition and a semaphore have in common. */
export interface Holdable {
  acquire(options?: { signal?: AbortSignal }): Future<Guard>;
  release(): void;
  locked(): boolean;
  run<T>(fn: HeldBody<T>, options?: { signal?: AbortSignal }): Future<T>;
}

/** Makes one of each class, which only one at a time can hold. */
export const holdables: [string, () => Holdable][] = [
  ["Lock", () => new Lock()],
  ["Condition", () => new Condition()],
  ["Semaphore", () => new Semaphore(1)],
  ["BoundedSemaphore", () => new BoundedSemaphore(1)],
];

/** Asserts that something is free, and can be held once. */
export function assertFree(held: Holdable): void {
  assertFalse(held.locked(), `${held}`);
  const acquiring = held.acquire();
  assert(acquiring.done());
  assert(held.locked(), `${held}`);
  acquiring.result()[Symbol.dispose]();
  assertEquals(held.locked(), false);
}

/** The ways in which code waits for something that it then holds. */
export const ways: [string, (held: Holdable, wait: Wait) => Generator<unknown, Guard>][] = [
  ["acquire()", (held, wait) => wait(held.acquire())],
  ["waitFor()", (held, wait) => wait(waitFor(held.acquire(), 60_000))],
  ["waitFor() in waitFor()", (held, wait) => wait(waitFor(waitFor(held.acquire(), null), 60_000))],
  ["timeout()", (held, wait) => wait(timeout(60_000, () => held.acquire()))],
  ["taskGroup()", (held, wait) => wait(taskGroup(() => held.acquire()) as Future<Guard>)],
  ["gather()", function* (held, wait) {
    return (yield* wait(gather(held.acquire(), sleep(0))))[0];
  }],
  ["gather() of one", function* (held, wait) {
    return (yield* wait(gather(held.acquire())))[0];
  }],
  ["waitFor() of gather()", function* (held, wait) {
    return (yield* wait(waitFor(gather(held.acquire()), 60_000)))[0];
  }],
  ["race()", (held, wait) => wait(race([held.acquire(), new Future<Guard>()]))],
  ["Promise.race()", (held, wait) => {
    const first = Promise.race([held.acquire()]);
    return wait(ensureFuture(first, { onLate: (guard) => guard[Symbol.dispose]() }));
  }],
];
