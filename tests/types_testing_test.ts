/**
 * The types of `./testing`: the tests do not compile if a type changes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Future } from "../mod.ts";
import { real, runVirtual, type RunVirtualOptions } from "../testing.ts";
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
