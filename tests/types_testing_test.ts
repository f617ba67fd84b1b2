/**
 * The types of `./testing`: the tests do not compile if a type changes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Future } from "../mod.ts";
import {
  type chance,
  delay,
  type Exploration,
  explore,
  type ExploreOptions,
  real,
  replay,
  runVirtual,
  type RunVirtualOptions,
  type TestRun,
} from "../testing.ts";
import { assertSameType } from "./helpers/same_type.ts";

Deno.test("runVirtual() has the result of a coroutine, and options that are all optional", () => {
  const plain = () => runVirtual(async () => 1);
  const generator = () =>
    runVirtual(function* () {
      yield;
      return "a";
    }, {});
  assertSameType<ReturnType<typeof plain>, Promise<number>>();
  assertSameType<ReturnType<typeof generator>, Promise<string>>();
  assertSameType<Parameters<typeof runVirtual>[1], RunVirtualOptions | undefined>();
  assertSameType<RunVirtualOptions["seed"], number | undefined>();
  // @ts-expect-error: a seed is a number.
  const misuse = () => runVirtual(async () => 1, { seed: "1" });
  assertEquals([plain.length, generator.length, misuse.length], [0, 0, 0]);
});

Deno.test("real() takes a promise, and has a future of its result", () => {
  const wait = (promise: Promise<number>) => real(promise);
  assertSameType<ReturnType<typeof wait>, Future<number>>();
  // @ts-expect-error: a number is not a promise.
  const misuse = () => real(1);
  assertEquals([wait.length, misuse.length], [1, 0]);
});

Deno.test("explore() takes functions that get a run, and has a report", () => {
  const plain = () =>
    explore(async ({ random, delay, signal, ...others }) => {
      others.chance(0);
      assertSameType<ReturnType<typeof random>, number>();
      assertSameType<ReturnType<typeof chance>, boolean>();
      assertSameType<ReturnType<typeof delay>, Future<void>>();
      assertSameType<typeof signal, AbortSignal>();
      await delay(1, 2);
    });
  const generator = () =>
    explore(function* (run) {
      assertSameType<typeof run, TestRun>();
      yield* run.delay(1, 2);
    }, {});
  assertSameType<ReturnType<typeof plain>, Promise<Exploration>>();
  assertSameType<ReturnType<typeof generator>, Promise<Exploration>>();
  assertSameType<ExploreOptions["timeBudget"], number | undefined>();
  // @ts-expect-error: a promise runs already.
  const misuse = () => explore(Promise.resolve());
  // @ts-expect-error: a run cannot be cancelled.
  const signal = () => explore(() => {}, { signal: new AbortController().signal });
  assertEquals([plain.length, generator.length, misuse.length, signal.length], [0, 0, 0, 0]);
});

Deno.test("replay() has the result of main, and takes a text", () => {
  const plain = () => replay(() => Promise.resolve(1), "0");
  assertSameType<ReturnType<typeof plain>, Promise<number>>();
  // @ts-expect-error: a schedule is a text.
  const misuse = () => replay(() => 1, 0);
  assertEquals([plain.length, misuse.length], [0, 0]);
});

Deno.test("chance() and delay() take numbers", () => {
  assertSameType<ReturnType<typeof chance>, boolean>();
  assertSameType<ReturnType<typeof delay>, Future<void>>();
  // @ts-expect-error: there are two limits.
  const misuse = () => delay(1);
  assertEquals(misuse.length, 0);
});
