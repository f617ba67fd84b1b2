import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import {
  allTasks,
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  detached,
  ensureFuture,
  Future,
  getEventLoop,
  newEventLoop,
  run,
  type Task,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { collectReports, collectUnhandled } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { endOf, hostTurn, microtasks } from "../helpers/turns.ts";

/** Starts a task that calls `fn`, and then runs on with nothing that it waits for. */
function startCaller(fn: () => void): Task<void> {
  return createTask(async () => {
    fn();
    await new Promise<void>(() => {});
  });
}

// Result
// ------

Deno.test("detached() passes this and the arguments on, and returns a native promise", async () => {
  const counter = {
    base: 40,
    add: detached(async function (this: { base: number }, one: number, two: number) {
      return this.base + one + two;
    }),
  };
  const promise = counter.add(1, 1);
  assertInstanceOf(promise, Promise);
  assertStrictEquals(Object.getPrototypeOf(promise), Promise.prototype);
  assertSameType<typeof promise, Promise<number>>();
  assertEquals(await promise, 42);
});

Deno.test("detached() takes functions of every kind, and is typed by what they return", async () => {
  const plain = detached(() => "plain")();
  assertSameType<typeof plain, Promise<string>>();
  const generator = detached(function* (gate: Future<number>) {
    return yield* gate;
  });
  const gate = new Future<number>();
  const one = generator(gate);
  assertSameType<typeof one, Promise<number>>();
  gate.setResult(1);
  const task = detached(() => createTask(async () => true))();
  assertSameType<typeof task, Promise<boolean>>();
  assertEquals([await plain, await one, await task], ["plain", 1, true]);
});

Deno.test("detached() starts the function at once", () => {
  const log: string[] = [];
  detached(async () => log.push("async"))();
  detached(function* () {
    log.push("generator");
  })();
  assertEquals(log, ["async", "generator"]);
});

// Failure
// -------

Deno.test("detached() rejects with what the function throws, at once or later", async () => {
  using reports = collectReports();
  const atOnce = detached((): void => {
    throw new RangeError("at once");
  });
  await assertRejects(atOnce, RangeError, "at once");
  const later = detached(async () => {
    await Promise.resolve();
    throw new RangeError("later");
  });
  await assertRejects(later, RangeError, "later");
  await hostTurn();
  await collectGarbage(() => reports.length > 0, 5);
  assertEquals(reports.length, 0, "the promise alone tells of the failure");
});

Deno.test("detached() leaves a failure that nobody handles to the host, but not a cancellation", async () => {
  needs("unhandled");
  using unhandled = collectUnhandled("unhandledrejection");
  detached(async () => {
    throw "lost";
  })();
  detached((): void => {
    throw new CancelledError("at once");
  })();
  let task: Task<unknown> | null = null;
  detached(async () => {
    task = currentTask();
    await new Future<void>();
  })();
  await hostTurn();
  task!.cancel("later");
  await hostTurn();
  assertEquals(unhandled.all(), ["lost"]);
});

// Cancellation
// ------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`detached() runs on (${kind}) when the task that called it is cancelled`, async () => {
    const gate = new Future<string>();
    const load = detached(coroutine(function* (wait, name: string) {
      return `${name} ${yield* wait(gate)}`;
    }));
    const cache: { entry?: Promise<string> } = {};
    const first = createTask(async () => await (cache.entry ??= load("shared")));
    const second = createTask(async () => await (cache.entry ??= load("never")));
    await hostTurn();
    first.cancel("not wanted");
    await hostTurn();
    assertFalse(gate.cancelled());
    gate.setResult("value");
    assertEquals(await second, "shared value");
    await assertRejects(() => first, CancelledError, "not wanted");
  });

  Deno.test(`detached() runs on (${kind}) when code in another's context awaits it`, async () => {
    const gate = new Future<string>();
    const job = detached(coroutine(function* (wait, _argument: undefined) {
      return yield* wait(gate);
    }));
    // A queue runs the next job where the one before has ended: in the context of the first task.
    let result: Promise<string> | undefined;
    const first = startCaller(() => {
      result = (async () => await job(undefined))();
    });
    await hostTurn();
    first.cancel("not wanted");
    await hostTurn();
    gate.setResult("value");
    assertEquals(await result, "value");
    assertFalse(first.done(), "the task waits for something else");
  });
}

Deno.test("detached() is not cancelled by way of a task that its function returns", async () => {
  const gate = new Future<string>();
  const job = detached(() => createTask(async () => await gate));
  let result: Promise<string> | undefined;
  const first = startCaller(() => {
    result = (async () => await job())();
  });
  await hostTurn();
  first.cancel("not wanted");
  await hostTurn();
  gate.setResult("value");
  assertEquals(await result, "value");
});

Deno.test("detached() runs on when ensureFuture() lets the caller leave at once", async () => {
  const gate = new Future<string>();
  const promise = detached(async () => await gate)();
  const caller = createTask(async () => await ensureFuture(promise));
  await hostTurn();
  caller.cancel("left");
  await assertRejects(() => caller, CancelledError, "left");
  gate.setResult("value");
  assertEquals(await promise, "value");
});

Deno.test("detached() is cancelled by the end of run(), and cleans up before that", async () => {
  needs("unhandled");
  using unhandled = collectUnhandled("unhandledrejection");
  const log: string[] = [];
  await run(async () => {
    const refresh = detached(async () => {
      try {
        await new Future<void>();
      } finally {
        log.push("cleaned up");
      }
    });
    createTask(async () => void refresh());
    await hostTurn();
  });
  assertEquals(log, ["cleaned up"]);
  await hostTurn();
  assertEquals(unhandled.all(), []);
});

Deno.test("detached() leaves a wait for its promise to the promise's own end", async () => {
  needs("contextOfPromises");
  const gate = new Future<string>();
  const log: string[] = [];
  const work = detached(async () => await gate);
  const caller = createTask(async () => {
    log.push(await work());
    await new Future<void>();
  });
  await hostTurn();
  caller.cancel("stop");
  await hostTurn();
  assertFalse(caller.done());
  gate.setResult("value");
  await assertRejects(() => caller, CancelledError, "stop");
  assertEquals(log, ["value"]);
});

// Loop
// ----

Deno.test("detached() runs on the loop on which it was made, or else on that of the call", async () => {
  needs("contextOfPromises");
  const loop = newEventLoop();
  const outside = new AsyncContext.Snapshot();
  const loopOf = async () => {
    await Promise.resolve();
    return getEventLoop();
  };
  const madeOutside = detached(loopOf);
  let madeInside!: typeof madeOutside;
  await run(async () => {
    await Promise.resolve();
    assertStrictEquals(await madeOutside(), loop);
    madeInside = detached(loopOf);
    assertStrictEquals(await outside.run(madeInside), loop);
  }, { loop });
  assert(loop.isClosed());
  assertStrictEquals(await madeInside(), getEventLoop(), "that loop is closed");
});

Deno.test("detached() rejects if the loop cannot make the task", async () => {
  const loop = getEventLoop();
  loop.setTaskFactory(() => {
    throw new RangeError("no task");
  });
  try {
    await assertRejects(detached(async () => 1), RangeError, "no task");
  } finally {
    loop.setTaskFactory(null);
  }
});

// Context
// -------

Deno.test("detached() runs in the context in which it was made, in a task of its own", async () => {
  const user = new AsyncContext.Variable<string>({ defaultValue: "nobody" });
  const gate = new Future<void>();
  const seen: unknown[] = [];
  const look = async () => {
    seen.push(user.get(), currentTask()?.getName());
    await gate;
    seen.push(user.get(), currentTask()?.getName());
  };
  const shared = detached(look);
  const adas = user.run("ada", () => detached(look));
  const caller = user.run("grace", () =>
    createTask(async () => {
      void shared();
      void adas();
      seen.push(user.get(), currentTask()?.getName());
    }, { name: "caller" }));
  await caller;
  gate.setResult();
  await hostTurn();
  assertEquals(seen.filter((_, i) => i % 2 === 0), ["nobody", "ada", "grace", "nobody", "ada"]);
  const [first, second, callers, ...later] = seen.filter((_, i) => i % 2 === 1);
  assertEquals(callers, "caller");
  assertEquals(new Set([first, second, callers]).size, 3);
  assertEquals(later, [first, second]);
});

Deno.test("detached() keeps foreign stores from where it was made, not from the caller", async () => {
  needs("asyncLocalStorage");
  const store = new AsyncLocalStorage<string>();
  const look = async () => {
    await Promise.resolve();
    return store.getStore();
  };
  const shared = detached(look);
  const adas = store.run("ada", () => detached(look));
  assertEquals(await store.run("grace", () => Promise.all([shared(), adas()])), [undefined, "ada"]);
});

Deno.test("detached() of another copy of the module is not cancelled with the caller either", async () => {
  const copy = await importCopy();
  const gate = new Future<string>();
  const work = copy.detached(async () => await gate);
  let result: Promise<string> | undefined;
  const first = startCaller(() => {
    result = work();
  });
  await hostTurn();
  first.cancel("not wanted");
  await hostTurn();
  gate.setResult("value");
  assertEquals(await result, "value");
});

// Representation
// --------------

Deno.test("detached() looks like an async function with the name and length of its own", async () => {
  function load(_key: string, _options: object) {
    return currentTask();
  }
  const wrapped = detached(load);
  assertEquals(wrapped.name, "detached load");
  assertEquals(wrapped.length, 2);
  assertFalse("prototype" in wrapped);
  // Libraries such as `async` ask for this before they pass a callback.
  assertEquals(Object.prototype.toString.call(wrapped), "[object AsyncFunction]");
});

Deno.test("detached() names the function in the representation of its task", async () => {
  const gate = new Future<void>();
  const before = allTasks();
  void detached(async function load() {
    await gate;
  })();
  const [task] = [...allTasks()].filter((task) => !before.has(task));
  assert(/^<Task pending name="Task-\d+" coro=load/.test(String(task)), String(task));
  gate.setResult();
  await microtasks();
});

// Misuse
// ------

Deno.test("detached() refuses what is not a function that a task can run", () => {
  const wrong: [unknown, string][] = [
    [5, "neither a generator nor a function: received 5"],
    [Promise.resolve(), "(a promise already runs: pass the async function itself"],
    [(function* () {})(), "Cannot detach the function as the argument is no function: received "],
    [async function* () {}, "(an async generator yields values"],
  ];
  for (const [fn, message] of wrong) {
    assertThrows(() => detached(fn as () => void), TypeError, message);
  }
});

// Leaks
// -----

Deno.test("detached() keeps neither the caller nor the arguments when its work is done", async () => {
  needs("gc");
  const work = detached(async (_argument: object) => {});
  const refs: WeakRef<object>[] = [];
  await (async () => {
    const argument = {};
    const caller = createTask(async () => await work(argument));
    refs.push(new WeakRef(argument), new WeakRef(caller));
    assertEquals(await endOf(caller), undefined);
  })();
  await collectGarbage(() => refs.every((ref) => ref.deref() === undefined));
  assertEquals(refs.map((ref) => ref.deref()), [undefined, undefined]);
});
