/**
 * The types of `./concurrent`: the tests do not compile if a type changes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Future } from "../mod.ts";
import {
  ConcurrentFuture,
  type Executor,
  executorOf,
  runInExecutor,
  toThread,
  transfer,
  type wait,
  workerModule,
  WorkerPoolExecutor,
} from "../concurrent.ts";
import { assertSameType } from "./helpers/same_type.ts";

const functions = {
  version: "1",
  plain: (a: number, b?: string) => `${a}${b}`,
  later: (a: boolean) => Promise.resolve(a),
  *steps(): Generator<unknown, number> {
    yield;
    return 1;
  },
};
type Functions = typeof functions;

Deno.test("an executor knows the names, arguments and results of its module's functions", () => {
  const calls = (executor: Executor<Functions>, pool: WorkerPoolExecutor<Functions>) => {
    assertSameType<ReturnType<typeof plain>, ConcurrentFuture<string>>();
    function plain() {
      return executor.submit("plain", 1, "a");
    }
    const later = executor.submit("later", true);
    assertSameType<typeof later, ConcurrentFuture<boolean>>();
    const steps = pool.submit("steps");
    assertSameType<typeof steps, ConcurrentFuture<number>>();
    const future = runInExecutor(pool, "plain", 1);
    assertSameType<typeof future, Future<string>>();
    for (const each of executor.map("later", [true])) assertSameType<typeof each, boolean>();
    // @ts-expect-error: there is no such function.
    executor.submit("missing");
    // @ts-expect-error: not a function.
    executor.submit("version");
    // @ts-expect-error: an argument is missing.
    executor.submit("plain");
    // @ts-expect-error: an argument of another type.
    pool.submit("later", 1);
    // @ts-expect-error: arguments of another type.
    pool.map("later", [1]);
    // @ts-expect-error: there is no such function.
    runInExecutor(pool, "missing");
  };
  assertEquals(calls.length, 2);
});

Deno.test("workerModule() tells toThread() and WorkerPoolExecutor the type of a module", () => {
  const calls = () => {
    const work = workerModule<Functions>("data:text/javascript,");
    const future = toThread(work, "plain", 1);
    assertSameType<typeof future, Future<string>>();
    const pool = new WorkerPoolExecutor(work, { maxWorkers: 1 });
    assertSameType<typeof pool, WorkerPoolExecutor<Functions>>();
    // @ts-expect-error: the module has no function of this name.
    toThread(work, "missing");
    // @ts-expect-error: an argument of another type.
    toThread(work, "later", 1);
    // @ts-expect-error: a module of another type.
    new WorkerPoolExecutor<{ other(): void }>(work);
    const untyped = new WorkerPoolExecutor("data:text/javascript,");
    assertSameType<
      typeof untyped,
      WorkerPoolExecutor<Record<string, (...args: never[]) => unknown>>
    >();
  };
  assertEquals(calls.length, 0);
});

Deno.test("a ConcurrentFuture has the type of its result", async () => {
  const future = new ConcurrentFuture<number>();
  future.setResult(1);
  const awaited = await future;
  const result = future.result(null);
  assertSameType<typeof awaited, number>();
  assertSameType<typeof result, number>();
  assertSameType<ReturnType<typeof wait<number>>["done"], Set<ConcurrentFuture<number>>>();
  // @ts-expect-error: a result of another type.
  const misuse = () => future.setResult("a");
  assertEquals([awaited, result, misuse.length], [1, 1, 0]);
});

Deno.test("executors of any functions, and options that are all optional", () => {
  const untyped = executorOf((name, args) => [name, args]);
  const bytes = transfer(new ArrayBuffer(1));
  assertSameType<typeof bytes, ArrayBuffer>();
  const make = () => [new WorkerPoolExecutor("data:,"), new WorkerPoolExecutor("data:,", {})];
  // @ts-expect-error: a number of workers is a number.
  const misuse = () => new WorkerPoolExecutor("data:,", { maxWorkers: "1" });
  assertEquals([typeof untyped.submit, make.length, misuse.length], ["function", 0, 0]);
});
