/**
 * The types of locks, semaphores, events, conditions and barriers: the tests do not compile if a
 * type changes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  type AcquireOptions,
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  Condition,
  Event,
  Future,
  gather,
  type Guard,
  type HeldBody,
  Lock,
  Semaphore,
} from "../mod.ts";
import { assertSameType } from "./helpers/same_type.ts";

/** A future that is done. */
function done<T>(result: T): Future<T> {
  const future = new Future<T>();
  future.setResult(result);
  return future;
}

Deno.test("acquire() has a guard, and takes a signal or undefined", () => {
  const options: AcquireOptions = { signal: undefined };
  for (const held of [new Lock(), new Condition(), new Semaphore(1), new BoundedSemaphore()]) {
    const acquiring = held.acquire(options);
    assertSameType<typeof acquiring, Future<Guard>>();
    held.release();
  }
  // @ts-expect-error: a signal comes in an object.
  const misuse = () => new Lock().acquire(new AbortController().signal);
  assertEquals(typeof misuse, "function");
});

Deno.test("run() has the result of an async, a generator or a plain function", async () => {
  const lock = new Lock();
  const results = await gather(
    lock.run(async () => 1),
    lock.run(function* () {
      return yield* done("generator");
    }),
    lock.run(() => true as boolean),
  );
  assertSameType<typeof results, [number, string, boolean]>();
  assertEquals(results, [1, "generator", true]);
  const body: HeldBody<number> = () => Promise.resolve(1);
  assertEquals(await lock.run(body), 1);
});

Deno.test("wait() has true or a place, waitFor() the value of the predicate", async () => {
  const condition = new Condition(new Lock());
  await condition.acquire();
  const waited = condition.waitFor(() => ["item"]);
  assertSameType<typeof waited, Future<string[]>>();
  const event = new Event().wait();
  assertSameType<typeof event, Future<true>>();
  assertSameType<ReturnType<Condition["wait"]>, Future<true>>();
  const place = new Barrier(1).wait();
  assertSameType<typeof place, Future<number>>();
  assertEquals(new BrokenBarrierError("broken") instanceof Error, true);
});
