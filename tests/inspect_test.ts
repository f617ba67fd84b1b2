import {
  assert,
  assertEquals,
  assertLess,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { Future, getEventLoop } from "../mod.ts";
import { stub } from "@std/testing/mock";
import { needs } from "./capabilities.ts";

/** How `value` shows in the representation of a future. */
function shown(value: unknown): string {
  const future = new Future<unknown>();
  future.setResult(value);
  const text = String(future);
  assert(text.startsWith("<Future finished result=") && text.endsWith(">"));
  return text.slice("<Future finished result=".length, -1);
}

Deno.test("String(future) shows primitive results as they are written", () => {
  assertEquals(shown(42), "42");
  assertEquals(shown(-0), "-0");
  assertEquals(shown(10n), "10n");
  assertEquals(shown('say "hi"'), '"say \\"hi\\""');
  assertEquals(shown(undefined), "undefined");
  assertEquals(shown(null), "null");
  assertEquals(shown(true), "true");
  assertEquals(shown(Symbol("id")), "Symbol(id)");
});

Deno.test("String(future) shows objects in short", () => {
  assertEquals(shown({}), "{}");
  assertEquals(shown({ a: 1, b: ["x", { c: null }] }), '{ a: 1, b: ["x", { c: null }] }');
  assertEquals(shown({ a: { b: { c: { d: 1 } } } }), "{ a: { b: { c: {…} } } }");
  assertEquals(shown([[[[1]]]]), "[[[[…]]]]");
  assertEquals(shown([1, 2, 3, 4, 5, 6, 7]), "[1, 2, 3, 4, 5, 6, …]");
  assertEquals(
    shown({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 }),
    "{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, … }",
  );
  assertEquals(shown(Object.create(null)), "{}");
  assertEquals(
    shown({ a: { b: Object.create(new Date(NaN)) } }),
    "{ a: { b: <unshowable object> } }",
  );
  assertEquals(shown(new Map()), "[Map]");
  assertEquals(shown(function* () {}()), "[Generator]");
  assertEquals(shown(new TypeError("bad")), "TypeError: bad");
  assertEquals(shown(new URL("http://localhost/")), "http://localhost/");
  assertEquals(shown(function reply() {}), "[Function reply]");
  assertEquals(shown(() => {}), "[Function <anonymous>]");
});

Deno.test("String(future) does not call getters", () => {
  let called = false;
  const value = {
    get secret() {
      called = true;
      return 1;
    },
  };
  assertEquals(shown(value), "{ secret: [Getter] }");
  assertEquals(called, false);
});

Deno.test("String(future) shortens a long result", () => {
  const text = shown("x".repeat(1_000_000));
  assert(text.length <= 80, `${text.length} characters`);
  assert(text.endsWith("…"));
  assert(shown(Array(1_000_000).fill("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")).length <= 80);
});

Deno.test("String(future) survives whatever a result does when it is looked at", () => {
  const hostile = {
    toString() {
      throw new Error("no");
    },
  };
  class Hostile {
    toString() {
      throw new Error("no");
    }
  }
  const revocable = Proxy.revocable({}, {});
  revocable.revoke();
  assertStringIncludes(shown(hostile), "toString");
  assertEquals(shown(new Hostile()), "<unshowable object>");
  assertEquals(shown(revocable.proxy), "<unshowable object>");
  const nameless = Object.defineProperty(() => {}, "name", {
    get() {
      throw new Error("no");
    },
  });
  assertEquals(shown(nameless), "[Function <anonymous>]");
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  assertEquals(shown(circular), "{ self: { self: { self: {…} } } }");
});

/** What the default exception handler gives to `console.error` to print an exception. */
function printed(exception: unknown, print: (...args: unknown[]) => void = () => {}): unknown[][] {
  using error = stub(console, "error", print);
  getEventLoop().defaultExceptionHandler({ message: "It broke", exception });
  return error.calls.map(({ args }) => args);
}

Deno.test("defaultExceptionHandler() has the console show the exception", () => {
  for (const exception of [new RangeError("told"), "100% text", undefined]) {
    assertEquals(printed(exception).length, 1);
    assertEquals(printed(exception)[0]!.slice(0, 2), ["%s", "It broke\n"]);
    assertStrictEquals(printed(exception)[0]![2], exception);
  }
});

Deno.test("defaultExceptionHandler() prints the stack, the causes and the errors within", async () => {
  needs("programs");
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `
        const { getEventLoop } = await import("${new URL("../mod.ts", import.meta.url)}");
        function explode() {
          const cause = new TypeError("the reason");
          return new AggregateError([new RangeError("first"), "second"], "many", { cause });
        }
        const exception = explode();
        exception.errors.push(exception);
        getEventLoop().defaultExceptionHandler({ message: "100%s %o broke", exception });
      `,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  for (
    const part of [
      "100%s %o broke\n",
      "AggregateError: many\n",
      "at explode",
      "TypeError: the reason\n",
      "RangeError: first\n",
      '"second"',
      "[Circular *1]",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("defaultExceptionHandler() prints an exception that the console cannot show", () => {
  const error = new Error("x");
  Object.defineProperty(error, "stack", {
    get() {
      throw new Error("no");
    },
  });
  const calls = printed(error, (...args) => {
    if (args.includes(error)) args.map((arg) => (arg as Error).stack);
  });
  assertEquals(calls.at(-1), ["%s", "It broke\n", "Error: x"]);
});

Deno.test("String(future) names a callback whatever its name is", () => {
  const named = (name: unknown) => Object.defineProperty(() => {}, "name", { value: name });
  const future = new Future<void>();
  future.addDoneCallback(named(5));
  future.addDoneCallback(named("x".repeat(1_000)));
  assertEquals(String(future), `<Future pending cb=[<anonymous>, ${"x".repeat(79)}…]>`);
});

Deno.test("String(future) shows 80 characters in full", () => {
  assertEquals(shown("x".repeat(78)), `"${"x".repeat(78)}"`);
  assertEquals(shown("x".repeat(79)), `"${"x".repeat(78)}…`);
});

Deno.test("String(future) is short and quick for futures that hold each other many times", () => {
  const future = new Future<unknown>();
  future.setResult([future, future, { again: future, and: [future, future] }]);
  assertLess(String(future).length, 200);
  const many = Array.from({ length: 6 }, () => new Future<unknown>());
  for (const one of many) one.setResult(many);
  assertLess(String(many[0]).length, 200);
});

Deno.test("String(future) shows bytes by their number", () => {
  const future = new Future<unknown>();
  future.setResult([new Uint8Array(30_000_000), new DataView(new ArrayBuffer(8))]);
  const text = "[[Uint8Array of 30000000 bytes], [DataView of 8 bytes]]";
  assertEquals(String(future), `<Future finished result=${text}>`);
});

Deno.test("String(future) is one line", () => {
  const future = new Future<unknown>();
  future.setException(new Error("one\r\ntwo\nthree"));
  assertEquals(String(future), "<Future finished exception=Error: one two three>");
  future.exception();
});
