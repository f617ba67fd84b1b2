/**
 * Several copies of the module in one program, as libraries bring them.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects } from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  ensureFuture,
  Future,
  gather,
  InvalidStateError,
  isFuture,
  sleep,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";

/** The key of the registry that the copies share. */
const SHARED = Symbol.for("asyncio.copies");

// Result
// ------

Deno.test("gather() and isFuture() take futures of another copy", async () => {
  const copy = await importCopy();
  const future = new copy.Future<number>();
  assert(isFuture(future));
  const both = gather(future, new Future<number>());
  both.cancel();
  assert(future.cancelled());
  await assertRejects(() => both, CancelledError);
});

// Failure
// -------

Deno.test("instanceof recognizes the errors of another copy, and no others", async () => {
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

// Cancellation
// ------------

Deno.test("Task.cancel() cancels a future of another copy that the async function awaits", async () => {
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

Deno.test("Task.cancel() cancels a task of another copy, whichever copy has run a task before", async () => {
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

Deno.test("Task that throws the CancelledError of another copy is cancelled", async () => {
  const copy = await importCopy();
  const task = createTask(async () => {
    throw new copy.CancelledError("theirs");
  });
  await assertRejects(() => task, CancelledError, "theirs");
  assert(task.cancelled());
});

Deno.test("Task.cancel() treats a future of another copy as one of its own", async () => {
  const copy = await importCopy();
  for (const Other of [Future, copy.Future]) {
    const derived = createTask(async () => await new Other<number>().then((value) => value));
    const log: string[] = [];
    const cleaning = createTask(async () => {
      try {
        await new Other<void>();
      } finally {
        log.push("cleaning up");
        await copy.sleep(1);
        log.push("cleaned up");
      }
    });
    const late = createTask(async () => {
      const done = new Other<void>();
      done.setResult();
      currentTask()!.cancel();
      await done;
    });
    await hostTurn();
    derived.cancel();
    cleaning.cancel();
    cleaning.cancel();
    for (const task of [derived, cleaning, late]) {
      await assertRejects(() => task, CancelledError);
    }
    assertEquals(log, ["cleaning up", "cleaned up"]);
  }
});

Deno.test("Task.cancel() spares futures of another copy that are done, or that other code awaits", async () => {
  needs("contextOfPromises");
  const copy = await importCopy();
  const first = new copy.Future<string>();
  const second = new copy.Future<void>();
  const others = new copy.Future<string>();
  const waiting = (async () => await others)();
  const gate = withResolvers<void>();
  const task = createTask(async () => {
    assertEquals(await first, "settled");
    await gate.promise;
    await second;
  });
  await hostTurn();
  first.setResult("settled");
  await hostTurn();
  task.cancel();
  gate.resolve();
  // The request is delivered at the next await.
  await assertRejects(() => task, CancelledError);
  assert(second.cancelled());
  others.setResult("theirs");
  assertEquals(await waiting, "theirs");
});

Deno.test("timeout() and Task.cancel() reach the innermost task, whichever copy made it", async () => {
  const [first, second] = [await importCopy(), await importCopy()];
  const awaited: Future<void>[] = [];
  const reached = new Future<void>();
  const ends: unknown[] = [];
  const outer = createTask(async () => {
    const limited = [
      () => first.timeout(1, async () => await sleep(60_000)),
      () =>
        first.createTask(async () => {
          await second.timeout(1, async () => await new Future<void>());
        }),
    ];
    for (const start of limited) {
      try {
        await start();
      } catch (error) {
        ends.push(error instanceof TimeoutError);
      }
    }
    first.createTask(async () => {
      awaited.push(new Future());
      await awaited[0];
    });
    await sleep(1);
    reached.setResult();
    await sleep(60_000);
  });
  await reached;
  await microtasks();
  outer.cancel();
  await assertRejects(() => outer, CancelledError);
  assertEquals(ends, [true, true]);
  assertFalse(awaited[0]!.cancelled());
  awaited[0]!.setResult();
});

Deno.test("timeout() cancels a body that awaits a future of another copy", async () => {
  const copy = await importCopy();
  const future = new copy.Future<void>();
  await assertRejects(() => timeout(1, async () => await future), TimeoutError);
  assert(future.cancelled());
});

// Context
// -------

Deno.test("currentTask() is the task after an await on a future of another copy", async () => {
  const copy = await importCopy();
  const user = new AsyncContext.Variable<string>();
  const reached = new Future<void>();
  const seen: unknown[] = [];
  const look = () => seen.push(currentTask()?.getName(), user.get());
  const task = user.run("ada", () =>
    createTask(async () => {
      await copy.sleep(1);
      look();
      await copy.createTask(async () => {
        await sleep(1);
        seen.push(copy.currentTask()?.getName());
        await copy.sleep(1);
        seen.push(copy.currentTask()?.getName());
      }, { name: "inner" });
      look();
      reached.setResult();
      await sleep(60_000);
    }, { name: "outer" }));
  await reached;
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(seen, ["outer", "ada", "inner", "inner", "outer", "ada"]);
  assertEquals([currentTask(), copy.currentTask(), user.get()], [null, null, undefined]);
});

Deno.test("AsyncContext.Variable keeps its value after an await on a future of another copy", async () => {
  const copy = await importCopy();
  const user = new copy.AsyncContext.Variable<string>();
  const seen = user.run("ada", async () => {
    await sleep(1);
    return user.get();
  });
  assertEquals(await seen, "ada");
});

// The registry that the copies share
// ----------------------------------

Deno.test("Future and tasks work where the global object is frozen, so that copies share nothing", async () => {
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

Deno.test("Future of several copies add one listener in all for the end of the process", async () => {
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
