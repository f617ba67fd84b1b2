import { assert, assertEquals, assertFalse, assertLess, assertStringIncludes } from "@std/assert";
import { Future } from "../../mod.ts";
import { revokedProxy } from "../helpers/objects.ts";

/** Returns the part for `value` of the representation of a future. */
function shown(value: unknown): string {
  const future = new Future<unknown>();
  future.setResult(value);
  const text = String(future);
  assert(text.startsWith("<Future finished result=") && text.endsWith(">"));
  return text.slice("<Future finished result=".length, -1);
}

// Values
// ------

Deno.test("String(future) shows primitive results as they are written in code", () => {
  assertEquals(shown(42), "42");
  assertEquals(shown(-0), "-0");
  assertEquals(shown(10n), "10n");
  assertEquals(shown('say "hi"'), '"say \\"hi\\""');
  assertEquals(shown(undefined), "undefined");
  assertEquals(shown(null), "null");
  assertEquals(shown(true), "true");
  assertEquals(shown(Symbol("id")), "Symbol(id)");
});

Deno.test("String(future) shows objects in short: six members, three levels", () => {
  assertEquals(shown({}), "{}");
  assertEquals(shown({ a: 1, b: ["x", { c: null }] }), '{ a: 1, b: ["x", { c: null }] }');
  assertEquals(shown({ a: { b: { c: { d: 1 } } } }), "{ a: { b: { c: {…} } } }");
  assertEquals(shown([[[[1]]]]), "[[[[…]]]]");
  assertEquals(shown([1, 2, 3, 4, 5, 6]), "[1, 2, 3, 4, 5, 6]");
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

Deno.test("String(future) shows an error without a message by its name", () => {
  const future = new Future<void>();
  future.setException(new RangeError());
  assertEquals(String(future), "<Future finished exception=RangeError>");
  future.exception();
});

Deno.test("String(future) shows a plain object with the fields of an error as an object", () => {
  assertFalse(shown({ name: "Ada", message: "hi", stack: "none" }).includes("Ada: hi"));
});

Deno.test("String(future) shows bytes by their number", () => {
  const future = new Future<unknown>();
  future.setResult([new Uint8Array(30_000_000), new DataView(new ArrayBuffer(8))]);
  const text = "[[Uint8Array of 30000000 bytes], [DataView of 8 bytes]]";
  assertEquals(String(future), `<Future finished result=${text}>`);
});

Deno.test("String(future) names a callback even if its name is long or no string", () => {
  const named = (name: unknown) => Object.defineProperty(() => {}, "name", { value: name });
  const future = new Future<void>();
  future.addDoneCallback(named(5));
  future.addDoneCallback(named("x".repeat(1_000)));
  assertEquals(String(future), `<Future pending cb=[<anonymous>, ${"x".repeat(79)}…]>`);
});

// Length
// ------

Deno.test("String(future) is one line", () => {
  const future = new Future<unknown>();
  future.setException(new Error("one\r\ntwo\nthree"));
  assertEquals(String(future), "<Future finished exception=Error: one two three>");
  future.exception();
});

Deno.test("String(future) shortens a long result to 80 characters", () => {
  const text = shown("x".repeat(1_000_000));
  assert(text.length <= 80, `${text.length} characters`);
  assert(text.endsWith("…"));
  assert(shown(Array(1_000_000).fill("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")).length <= 80);
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
  for (const each of many) each.setResult(many);
  assertLess(String(many[0]).length, 200);
});

// Hostile values
// --------------

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

Deno.test("String(future) shows a value that throws when it is inspected", () => {
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
  assertStringIncludes(shown(hostile), "toString");
  assertEquals(shown(new Hostile()), "<unshowable object>");
  assertEquals(shown(revokedProxy()), "<unshowable object>");
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
