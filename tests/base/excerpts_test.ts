/**
 * The text of an exception in a report.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import { Future, getEventLoop } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { revokedProxy } from "../helpers/objects.ts";

/** Returns the text that the default exception handler prints for an exception. */
function printed(exception: unknown): string {
  using error = stub(console, "error", () => {});
  getEventLoop().defaultExceptionHandler({ message: "It broke", exception });
  return error.calls.map(({ args }) => args.join(" ")).join("\n");
}

// Contents
// --------

Deno.test("defaultExceptionHandler() prints the stack, the causes and the errors within", () => {
  const error = new AggregateError([new RangeError("first"), "second"], "many", {
    cause: new TypeError("the reason"),
  });
  const text = printed(error);
  assertStringIncludes(text, "It broke");
  assertStringIncludes(text, "AggregateError: many\n");
  assertStringIncludes(text, "excerpts_test.ts");
  assertStringIncludes(text, "Caused by: TypeError: the reason");
  assertStringIncludes(text, "Contains: RangeError: first");
  assertStringIncludes(text, 'Contains: "second"');
});

Deno.test("defaultExceptionHandler() prints the message of an exception a single time", () => {
  assertEquals(printed(new Error("told")).split("told").length, 2);
  const error = new Error("gone");
  Object.defineProperty(error, "stack", { value: undefined });
  assertFalse(printed(error).includes("undefined"));
});

Deno.test("defaultExceptionHandler() prints an exception whose stack lacks the message or is missing", () => {
  const error = new Error("told");
  error.stack = "at somewhere";
  assertStringIncludes(printed(error), "Error: told\nat somewhere");
  Object.defineProperty(error, "stack", { value: undefined });
  assertStringIncludes(printed(error), "Error: told");
});

Deno.test("defaultExceptionHandler() prints an exception once, however often causes lead to it", () => {
  const error: Error & { cause?: unknown } = new Error("round");
  error.cause = error;
  assert(printed(error).endsWith("\nCaused by: Error: round (shown above)"));
  const shared = new RangeError("shared");
  const text = printed(new AggregateError([shared, new Error("x", { cause: shared })], "many"));
  assertEquals(text.split("shared").length - 1, text.split("RangeError: shared").length - 1);
  assertStringIncludes(text, "Caused by: RangeError: shared (shown above)");
});

Deno.test("defaultExceptionHandler() prints a value that is no error, or whose stack throws", () => {
  assertStringIncludes(printed("just text"), '"just text"');
  const error = new Error("x");
  Object.defineProperty(error, "stack", {
    get() {
      throw new Error("no");
    },
  });
  assertStringIncludes(printed(error), "Error: x");
});

Deno.test("defaultExceptionHandler() prints what it can read of an exception whose fields throw", () => {
  for (const field of ["name", "message", "cause", "errors"]) {
    const error = new Error("told");
    assertStringIncludes(error.stack!, "excerpts_test");
    Object.defineProperty(error, field, {
      get() {
        throw new Error("no");
      },
    });
    assertStringIncludes(printed(error), "excerpts_test", field);
  }
  assertStringIncludes(printed(revokedProxy(new Error("x"))), "<unshowable object>");
});

Deno.test("defaultExceptionHandler() prints what is within an error of an aggregate further in", () => {
  const inner = new AggregateError([new Error("c")], "b", { cause: new Error("d") });
  inner.stack = "AggregateError: b";
  (inner.errors[0] as Error).stack = "Error: c\n    at c";
  (inner.cause as Error).stack = "Error: d";
  const outer = new AggregateError([inner], "a");
  outer.stack = "AggregateError: a";
  assertEquals(printed(outer).split("\n"), [
    "It broke",
    "AggregateError: a",
    "Contains: AggregateError: b",
    "  Caused by: Error: d",
    "  Contains: Error: c",
    "        at c",
  ]);
});

// Length
// ------

Deno.test("defaultExceptionHandler() prints messages, stacks and thrown values whole", () => {
  const long = "x".repeat(10_000);
  const error = new Error(long, { cause: new Error(`${long} y`) });
  const frames = Array.from({ length: 500 }, (_, i) => `    at f${i} (file:///a.ts:${i + 1}:1)`);
  error.stack = `Error: ${long}\n${frames.join("\n")}`;
  const text = printed(error);
  assertStringIncludes(text, `Error: ${long}\n`);
  assertStringIncludes(text, frames.at(-1)!);
  assertStringIncludes(text, `Error: ${long} y`);
  assertStringIncludes(printed(long), `"${long}"`);
  assertStringIncludes(printed({ detail: long }), `{ detail: "${long}" }`);
});

Deno.test("defaultExceptionHandler() prints the representation of a future whole", () => {
  using error = stub(console, "error", () => {});
  const future = new Future<string[]>();
  future.setResult(["x".repeat(50), "y".repeat(20)]);
  getEventLoop().defaultExceptionHandler({ message: "It broke", future });
  assertEquals(error.calls.map(({ args }) => args[0]), [`It broke\nfuture: ${future}`]);
});

Deno.test("defaultExceptionHandler() prints ten causes of causes", () => {
  let error = new Error("cause 10");
  for (let i = 9; i >= 0; i--) error = new Error(`cause ${i}`, { cause: error });
  assertStringIncludes(printed(error), "Caused by: Error: cause 10");
});

// Frames
// ------

Deno.test("defaultExceptionHandler() prints the number of the module's own frames, and no error is changed", () => {
  needs("sources");
  const thrown = assertThrows(() => new Future({ signal: 1 as unknown as AbortSignal })) as Error;
  const { stack } = thrown;
  assertStringIncludes(stack!, "src/base/options.ts");
  const text = printed(thrown);
  assertFalse(text.includes("src/base/"), text);
  assertMatch(
    text,
    /TypeError: .*\n {4}… \d+ frames of @asyncio\/future\n {4}at .*excerpts_test\.ts/,
  );
  assertStrictEquals(thrown.stack, stack);
});

Deno.test("defaultExceptionHandler() prints a stack of the module's own frames alone", () => {
  needs("sources");
  const error = new Error("x");
  const frame = `    at f (${new URL("../../src/run.ts", import.meta.url)}:3:1)`;
  error.stack = `Error: x\n${frame}`;
  assertStringIncludes(printed(error), frame);
  error.stack = `Error: x\n${frame}\n    at g (file:///b.ts:1:1)\n${frame}`;
  const line = "    … 1 frame of @asyncio/future";
  assertStringIncludes(
    printed(error),
    `Error: x\n${line}\n    at g (file:///b.ts:1:1)\n${line}`,
  );
});

Deno.test("defaultExceptionHandler() prints the first errors of an aggregate, and the number of the others", () => {
  const errors = Array.from({ length: 100_000 }, (_, i) => new RangeError(`number ${i}.`));
  const text = printed(new AggregateError(errors, "many"));
  assertLess(text.length, 100_000);
  assertStringIncludes(text, "number 0.");
  assertStringIncludes(text, "number 9.");
  const shown = text.split("Contains: ").length - 1;
  assert(text.endsWith(`\n… and ${errors.length - shown} more`), text.slice(-100));
});

Deno.test("defaultExceptionHandler() prints few of the errors of aggregates in aggregates", () => {
  const nest = (level: number): Error => {
    if (level === 0) return new Error("x");
    return new AggregateError(Array.from({ length: 9 }, () => nest(level - 1)), "many");
  };
  assertLess(printed(nest(4)).split("Contains: ").length, 30);
});

Deno.test("defaultExceptionHandler() prints few of many values that are no errors", () => {
  const text = printed(new AggregateError(Array(100_000).fill("just text"), "many"));
  assertLess(text.split("just text").length, 30);
});

Deno.test("defaultExceptionHandler() tells that a chain of causes goes on", () => {
  let error = new Error("the first");
  for (let i = 0; i < 100_000; i++) error = new Error("a consequence", { cause: error });
  const text = printed(error);
  assertLess(text.length, 10_000);
  assert(text.endsWith("\n… and 1 more"), text.slice(-100));
});
