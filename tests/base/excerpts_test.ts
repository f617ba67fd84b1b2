/**
 * The text of an exception in a report.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertLess, assertStringIncludes } from "@std/assert";
import { stub } from "@std/testing/mock";
import { getEventLoop } from "../../mod.ts";
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

Deno.test("defaultExceptionHandler() stops following causes that go in circles", () => {
  const error: Error & { cause?: unknown } = new Error("round");
  error.cause = error;
  assertEquals(printed(error).split("Caused by").length, 4);
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

// Length
// ------

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
