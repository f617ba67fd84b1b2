/**
 * `AsyncContext` on its own: most tests are those that are proposed for test262.
 *
 * Source: [TC39 AsyncContext](https://tc39.es/proposal-async-context/).
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { AsyncContext, createTask } from "../../mod.ts";

/** The two classes, each with its name and the number of its parameters. */
const classes = [
  ["Variable", AsyncContext.Variable, 1],
  ["Snapshot", AsyncContext.Snapshot, 0],
] as const;

function isConstructor(fn: unknown): boolean {
  try {
    Reflect.construct(Object, [], fn as never);
    return true;
  } catch {
    return false;
  }
}

// Shape
// -----

Deno.test("AsyncContext is a namespace object of two classes that are not enumerable", () => {
  assertEquals(String(AsyncContext), "[object AsyncContext]");
  assertEquals(Object.keys(AsyncContext), []);
  for (const [name, Class] of classes) {
    assertEquals(Object.getOwnPropertyDescriptor(AsyncContext, name), {
      value: Class,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
});

Deno.test("AsyncContext.Variable and Snapshot have the names, lengths and tags of the proposal", () => {
  for (const [name, Class, length] of classes) {
    assertEquals([Class.name, Class.length], [name, length]);
    assertEquals(String(new (Class as new () => object)()), `[object AsyncContext.${name}]`);
    assertEquals(Object.getOwnPropertyDescriptor(Class.prototype, Symbol.toStringTag), {
      value: `AsyncContext.${name}`,
      writable: false,
      enumerable: false,
      configurable: true,
    });
    assertStrictEquals(Class.prototype.constructor, Class);
    assertThrows(() => (Class as unknown as () => void)(), TypeError);
  }
});

// Variable
// --------

Deno.test("AsyncContext.Variable converts its name to a string, undefined too", () => {
  const nameOf = (options?: unknown) => new AsyncContext.Variable(options as never).name;
  assertEquals(nameOf({ name: undefined }), "undefined");
  assertEquals(nameOf({ name: 42 }), "42");
  assertEquals(nameOf({ name: 5 }), "5");
  assertEquals(nameOf({ name: { toString: () => "converted" } }), "converted");
  assertEquals(nameOf({ defaultValue: 1 }), "");
  assertEquals(nameOf(Object.create({ name: "inherited" })), "inherited");
  for (const options of [undefined, null, 1, "x"]) assertEquals(nameOf(options), "");
  assertThrows(() => nameOf({ name: Symbol("name") }), TypeError);
});

Deno.test("AsyncContext.Variable passes on the errors of getters and proxies of its options", () => {
  class CustomError extends Error {}
  const fail = () => {
    throw new CustomError();
  };
  for (
    const options of [
      new Proxy({}, { has: (_target, key) => key === "name" && fail() }),
      Object.defineProperty({}, "name", { get: fail }),
      Object.defineProperty({}, "defaultValue", { get: fail }),
      { name: { toString: fail } },
    ]
  ) {
    assertThrows(() => new AsyncContext.Variable(options as never), CustomError);
  }
});

// run()
// -----

Deno.test("AsyncContext.Variable.run() and Snapshot.run() call the function without a this", () => {
  const thisOf = function (this: unknown) {
    return this;
  };
  assertStrictEquals(new AsyncContext.Variable().run(1, thisOf), undefined);
  assertStrictEquals(new AsyncContext.Snapshot().run(thisOf), undefined);
  const receiver = {};
  assertStrictEquals(AsyncContext.Snapshot.wrap(thisOf).call(receiver), receiver);
});

Deno.test("AsyncContext.Variable.run() and Snapshot.run() do not read the name of the function", () => {
  const unnamed = Object.defineProperty(() => "ran", "name", {
    get() {
      throw new Error("the name was asked for");
    },
  });
  assertEquals(new AsyncContext.Variable().run(1, unnamed), "ran");
  assertEquals(new AsyncContext.Snapshot().run(unnamed), "ran");
});

Deno.test("AsyncContext runs functions that have replaced their bind, call and apply", () => {
  const own = { bind: undefined, apply: undefined, call: undefined };
  const fn = Object.assign((value: number) => value + 1, own) as (value: number) => number;
  assertEquals(new AsyncContext.Variable().run(0, fn, 1), 2);
  assertEquals(new AsyncContext.Snapshot().run(fn, 1), 2);
  assertEquals(AsyncContext.Snapshot.wrap(fn)(1), 2);
});

// Snapshot.wrap()
// ---------------

Deno.test("AsyncContext.Snapshot.wrap() keeps the name and the length of the function", () => {
  const wrapped = (fn: unknown) => AsyncContext.Snapshot.wrap(fn as () => void);
  function callback(_a: unknown, _b: unknown) {}
  assertEquals(Object.getOwnPropertyDescriptor(wrapped(callback), "name"), {
    value: "wrapped callback",
    writable: false,
    enumerable: false,
    configurable: true,
  });
  assertEquals(Object.getOwnPropertyDescriptor(wrapped(callback), "length"), {
    value: 2,
    writable: false,
    enumerable: false,
    configurable: true,
  });
  const set = (name: string, value: unknown) =>
    wrapped(Object.defineProperty(callback, name, { value, configurable: true }));
  for (const name of [42, undefined, Symbol("x"), {}]) {
    assertEquals(set("name", name).name, "wrapped ");
  }
  assertEquals(set("name", "bound bound").name, "wrapped bound bound");
  const lengths = [[0, 0], [-42, 0], [7.9, 7], [NaN, 0], [Infinity, Infinity], ["42", 0]] as const;
  for (const [length, expected] of lengths) assertEquals(set("length", length).length, expected);
});

Deno.test("AsyncContext.Snapshot.wrap() makes a function that is not a constructor, of a class too", () => {
  class Constructor {}
  assert(isConstructor(Constructor));
  assert(!isConstructor(AsyncContext.Snapshot.wrap(Constructor as never)));
  assert(!("prototype" in AsyncContext.Snapshot.wrap(function () {})));
});

Deno.test("AsyncContext.Snapshot.wrap() does not call a run() that a program has replaced", () => {
  const wrapped = AsyncContext.Snapshot.wrap(() => "wrapped");
  const { run } = AsyncContext.Snapshot.prototype;
  AsyncContext.Snapshot.prototype.run = () => "replaced" as never;
  try {
    assertEquals(wrapped(), "wrapped");
  } finally {
    AsyncContext.Snapshot.prototype.run = run;
  }
});

// Misuse
// ------

Deno.test("AsyncContext.Snapshot.wrap() refuses a value that is not a function, when it is called", () => {
  assertThrows(
    () => AsyncContext.Snapshot.wrap(1 as never),
    TypeError,
    "Cannot wrap the function as the argument is no function: received 1",
  );
});

Deno.test("AsyncContext.Snapshot.wrap() throws what a getter of the function throws", () => {
  class CustomError extends Error {}
  for (const name of ["name", "length"]) {
    const fn = Object.defineProperty(() => {}, name, {
      get() {
        throw new CustomError();
      },
    });
    assertThrows(() => AsyncContext.Snapshot.wrap(fn), CustomError);
  }
  assertThrows(() => AsyncContext.Snapshot.wrap(1 as never), TypeError);
});

Deno.test("AsyncContext refuses to run a value that is not a function, and takes null for no options", () => {
  const variable = new AsyncContext.Variable<number>(null as never);
  assertEquals([variable.name, variable.get()], ["", undefined]);
  const message = 'Cannot run the function as the argument is no function: received "ada"';
  const task = createTask(() => {});
  for (
    const run of [
      () => variable.run(1, "ada" as never),
      () => new AsyncContext.Snapshot().run("ada" as never),
      () => task.getContext().run("ada" as never),
    ]
  ) assertThrows(run, TypeError, message);
});

Deno.test("AsyncContext.Variable and Snapshot have methods that refuse other objects as this", () => {
  const variable = new AsyncContext.Variable();
  const snapshot = new AsyncContext.Snapshot();
  const name = Object.getOwnPropertyDescriptor(AsyncContext.Variable.prototype, "name")!.get!;
  for (const receiver of [undefined, null, 1, {}, AsyncContext.Variable.prototype]) {
    assertThrows(() => variable.get.call(receiver as never), TypeError);
    assertThrows(() => variable.run.call(receiver as never, 1, () => {}), TypeError);
    assertThrows(() => snapshot.run.call(receiver as never, () => {}), TypeError);
    assertThrows(() => name.call(receiver), TypeError);
  }
  assertThrows(() => variable.get.call(snapshot as never), TypeError);
  assertThrows(() => snapshot.run.call(variable as never, () => {}), TypeError);
});
