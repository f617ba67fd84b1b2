/**
 * Several copies of the module in one program, as libraries bring them.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  ensureFuture,
  Future,
  gather,
  InvalidStateError,
  isFuture,
  timeout,
  TimeoutError,
} from "../mod.ts";
import { needs } from "./capabilities.ts";
import { hostTurn, importCopy } from "./helpers.ts";

/** What the copies share. */
const SHARED = Symbol.for("asyncio.copies");

Deno.test("Task.cancel() cancels a future of another copy that an async function awaits", async () => {
  const copy = await importCopy();
  const waits: [string, (future: Future<unknown>) => PromiseLike<unknown>][] = [
    ["itself", (future) => future],
    ["by ensureFuture()", (future) => ensureFuture(future)],
    ["by ensureFuture() of the copy", (future) => copy.ensureFuture(future)],
    ["by Promise.all()", (future) => Promise.all([future])],
    ["in a nested function", async (future) => await future],
  ];
  for (const [name, wait] of waits) {
    const future = new copy.Future<void>();
    const task = createTask(async () => await wait(future));
    await hostTurn();
    task.cancel("no longer");
    assert(future.cancelled(), name);
    await assertRejects(() => task, CancelledError, "no longer");
    assert(task.cancelled(), name);
  }
});

Deno.test("Task.cancel() cancels a task of another copy, whichever has run a task before", async () => {
  const [first, second] = [await importCopy(), await importCopy()];
  for (const [outer, inner] of [[first, second], [second, first]] as const) {
    const innerTask = inner.createTask(async () => await inner.sleep(60_000));
    const task = outer.createTask(async () => await innerTask);
    await hostTurn();
    task.cancel();
    await assertRejects(() => task, CancelledError);
    assertEquals([innerTask.cancelled(), task.cancelled()], [true, true]);
  }
});

Deno.test("timeout() ends a body that awaits a future of another copy", async () => {
  const copy = await importCopy();
  const future = new copy.Future<void>();
  await assertRejects(() => timeout(1, async () => await future), TimeoutError);
  assert(future.cancelled());
});

Deno.test("Task.cancel() leaves a future of another copy alone that is done, or that others await", async () => {
  needs("contextOfPromises");
  const copy = await importCopy();
  const first = new copy.Future<string>();
  const second = new copy.Future<void>();
  const others = new copy.Future<string>();
  const waiting = (async () => await others)();
  const task = createTask(async () => {
    assertEquals(await first, "settled");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await second;
  });
  await hostTurn();
  first.setResult("settled");
  await hostTurn();
  task.cancel();
  // The request is delivered where the code waits next.
  await assertRejects(() => task, CancelledError);
  assert(second.cancelled());
  others.setResult("theirs");
  assertEquals(await waiting, "theirs");
});

Deno.test("instanceof knows the errors of another copy, and no others", async () => {
  const copy = await importCopy();
  const pairs = [
    [CancelledError, copy.CancelledError],
    [InvalidStateError, copy.InvalidStateError],
    [TimeoutError, copy.TimeoutError],
  ] as const;
  for (const [Own, Other] of pairs) {
    assertInstanceOf(new Other(), Own);
    assertInstanceOf(new Own(), Other);
    class Derived extends Own {}
    assertInstanceOf(new Derived(), Own);
    assertInstanceOf(new Derived(), Other);
    assertFalse(new Own() instanceof Derived);
    assertFalse(new Other() instanceof Derived);
    for (const value of [new Error("x"), null, undefined, "x", Own]) {
      assertFalse(value instanceof Own);
    }
  }
  assertFalse(new CancelledError() instanceof TimeoutError);
});

Deno.test("Task is cancelled by the CancelledError of another copy", async () => {
  const copy = await importCopy();
  const task = createTask(async () => {
    throw new copy.CancelledError("theirs");
  });
  await assertRejects(() => task, CancelledError, "theirs");
  assert(task.cancelled());
});

Deno.test("gather() and isFuture() take futures of another copy", async () => {
  const copy = await importCopy();
  const future = new copy.Future<number>();
  assert(isFuture(future));
  const both = gather(future, new Future<number>());
  both.cancel();
  assert(future.cancelled());
  await assertRejects(() => both, CancelledError);
});

Deno.test("Future works where the copies can share nothing, as the global object is frozen", async () => {
  const { defineProperty } = Object;
  const shared = Object.getOwnPropertyDescriptor(globalThis, SHARED);
  if (shared) Reflect.deleteProperty(globalThis, SHARED);
  Object.defineProperty = (target: never, key, descriptor) => {
    if (key === SHARED) throw new TypeError("Cannot define property, object is not extensible");
    return defineProperty(target, key, descriptor);
  };
  try {
    const copy = await importCopy();
    assertEquals(await copy.createTask(async () => await copy.sleep(1, { result: 1 })), 1);
    assertFalse(SHARED in globalThis);
  } finally {
    Object.defineProperty = defineProperty;
    if (shared) defineProperty(globalThis, SHARED, shared);
  }
});

Deno.test("Future that fails has the end of the process listened for once, however many copies there are", async () => {
  const { addEventListener } = globalThis;
  const { process } = globalThis as { process?: { on?: (...args: unknown[]) => unknown } };
  const on = process?.on;
  let listeners = 0;
  const count = (event: unknown) => {
    if (event === "unload" || event === "exit") listeners++;
  };
  globalThis.addEventListener = (...args: unknown[]) => {
    count(args[0]);
    Reflect.apply(addEventListener, globalThis, args);
  };
  if (process) {
    process.on = (...args) => {
      count(args[0]);
      return Reflect.apply(on!, process, args);
    };
  }
  try {
    for (let i = 0; i < 3; i++) {
      const copy = await importCopy();
      const future = new copy.Future<void>();
      future.setException(new RangeError("x"));
      future.exception();
    }
  } finally {
    Object.assign(globalThis, { addEventListener });
    if (process && on) process.on = on;
  }
  assert(listeners <= 1, `${listeners} listeners`);
});
