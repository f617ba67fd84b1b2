import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  CancelledError,
  createTask,
  currentTask,
  ensureFuture,
  Future,
  sleep,
  Task,
  timeout,
} from "../../mod.ts";
import { waitIn } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { revokedProxy, ThrowingFuture } from "../helpers/objects.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Steps
// -----

Deno.test("Task lets other tasks take a step at a bare yield", async () => {
  const order: string[] = [];
  const make = (name: string) =>
    createTask(function* () {
      for (let i = 0; i < 2; i++) {
        order.push(`${name}${i}`);
        yield;
      }
    });
  await Promise.all([make("a"), make("b")]);
  assertEquals(order, ["a0", "b0", "a1", "b1"]);
});

Deno.test("Task goes on between the done callbacks that were registered before and after its wait", async () => {
  const future = new Future<string>();
  const log: string[] = [];
  future.addDoneCallback(() => log.push("before"));
  const task = createTask(function* () {
    log.push(yield* future);
  });
  await hostTurn();
  future.addDoneCallback(() => log.push("after"));
  future.setResult("the task");
  await task;
  assertEquals(log, ["before", "the task", "after"]);
});

Deno.test("Task can catch a cancellation, start another task at once, give way and go on waiting", async () => {
  const log: unknown[] = [];
  const first = new Future<string>();
  const second = new Future<string>();
  const third = new Future<string>();
  const fourth = new Future<string>();
  const task = createTask(function* () {
    try {
      yield* first;
    } catch (error) {
      log.push(error);
    }
    const inner = createTask(function* () {
      log.push(yield* second);
      return yield* third;
    }, { eagerStart: true });
    yield;
    log.push(yield* inner);
    return yield* fourth;
  });
  await hostTurn();
  const reason = new CancelledError("no longer");
  task.cancel(reason);
  await hostTurn();
  second.setResult("one");
  await hostTurn();
  third.setResult("two");
  await hostTurn();
  fourth.setResult("three");
  assertEquals(await task, "three");
  assertStrictEquals(log[0], reason);
  assertEquals(log.slice(1), ["one", "two"]);
});

Deno.test("ensureFuture() lets a generator wait for a promise", async () => {
  const task = createTask(function* () {
    return yield* ensureFuture(Promise.resolve("native"));
  });
  assertEquals(await task, "native");
});

// Cancellation
// ------------

Deno.test("Task.cancel() throws a CancelledError at a bare yield", async () => {
  const log: string[] = [];
  const task = createTask(function* () {
    try {
      yield;
      log.push("went on");
    } catch (error) {
      log.push(String(error));
    }
    yield* sleep(0);
    return "done";
  }, { eagerStart: true });
  task.cancel("enough");
  assertEquals(await task, "done");
  assertEquals(log, ["CancelledError: enough"]);
});

Deno.test("Task.cancel() throws at a bare yield although a timeout() of the same generator has just ended", async () => {
  const log: string[] = [];
  const gate = new Future<void>();
  const task = createTask(function* () {
    timeout(null, function* () {
      yield* gate;
    });
    // This callback is called after the end of the scope, and before the next step of the task.
    gate.addDoneCallback(() => task.cancel());
    gate.setResult();
    try {
      yield;
      log.push("goes on");
    } catch {
      log.push("cancelled");
    }
  });
  await task;
  assertEquals(log, ["cancelled"]);
});

Deno.test("Task.cancel() takes the place of a TypeError that has not been thrown yet", async () => {
  const caught: unknown[] = [];
  const task = createTask(function* () {
    for (let i = 0; i < 2; i++) {
      try {
        yield i === 0 ? 42 : undefined;
      } catch (error) {
        caught.push(error);
      }
    }
  }, { eagerStart: true });
  task.cancel("first");
  await task;
  assertEquals(caught.map(String), ["CancelledError: first"]);
});

Deno.test("Task.cancel() of a generator leaves alone an async function that it started but does not wait for", async () => {
  const other = new Future<string>();
  let started!: Promise<string>;
  const task = createTask(function* () {
    started = (async () => await other)();
    started.catch(() => {});
    yield* new Future<void>();
  });
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertFalse(other.done());
  other.setResult("undisturbed");
  assertEquals(await started, "undisturbed");
});

// Foreign futures
// ---------------
// Objects with the brand `Symbol.for("asyncio.Future")`, as futures of other copies have.

Deno.test("Task.cancel() keeps its request if cancel() of a foreign future throws", async () => {
  let callback!: () => void;
  const foreign = {
    [Symbol.for("asyncio.Future")]: true,
    done: () => callback === undefined,
    cancelled: () => false,
    addDoneCallback: (fn: () => void) => void (callback = fn),
    cancel() {
      throw new Error("not now");
    },
  } as unknown as Future<void>;
  const task = createTask(function* () {
    yield foreign;
    return "went on";
  });
  await microtasks();
  using reports = collectReports();
  assert(task.cancel("why"));
  assertEquals(reports.map(({ exception }) => String(exception)), ["Error: not now"]);
  callback();
  await assertRejects(() => task, CancelledError, "why");
});

Deno.test("Task is not resumed when a foreign future calls back a second time", async () => {
  using reports = collectReports();
  const callbacks: (() => void)[] = [];
  let done = false;
  const duck = {
    [Symbol.for("asyncio.Future")]: true,
    addDoneCallback: (callback: (future: unknown) => void) => callbacks.push(() => callback(duck)),
    removeDoneCallback: () => 0,
    done: () => done,
    cancelled: () => false,
    cancel: () => false,
    result: () => 1,
  };
  const later = new Future<number>();
  const task = createTask(function* () {
    yield duck;
    return yield* later;
  });
  await sleep(0);
  done = true;
  callbacks[0]!();
  await sleep(0);
  callbacks[0]!();
  await sleep(0);
  assertEquals(task.done(), false);
  later.setResult(2);
  assertEquals(await task, 2);
  assertEquals(reports.map(({ message }) => message), []);
});

Deno.test("Task no longer waits on a foreign future that called back at once", async () => {
  const duck = {
    [Symbol.for("asyncio.Future")]: true,
    addDoneCallback: (callback: (future: unknown) => void) => callback(duck),
    removeDoneCallback: () => 0,
    done: () => true,
    cancelled: () => false,
    cancel: () => assert(false, "the future is done, so that no task waits on it"),
    result: () => 1,
  };
  const later = new Future<number>();
  const task = createTask(function* () {
    yield duck;
    return yield* later;
  }, { name: "waits" });
  await sleep(0);
  await sleep(0);
  assertEquals(
    String(task),
    '<Task pending name="waits" coro=<anonymous> wait_for=<Future pending cb=[waits]>>',
  );
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(String(task), '<Task cancelled name="waits" coro=<anonymous>>');
});

Deno.test("Task stays pending and reports the error if addDoneCallback() of a foreign future throws", async () => {
  using reports = collectReports();
  const log: unknown[] = [];
  const duck = new ThrowingFuture();
  const task = createTask(function* () {
    try {
      yield duck;
      log.push(currentTask());
    } finally {
      log.push(task.done());
    }
  });
  await sleep(0);
  await sleep(0);
  assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: full"]);
  assertStrictEquals(reports[0]!.task, task);
  assertEquals(task.done(), false);
  duck.callBack();
  await task;
  assertEquals(log, [task, false]);
});

// Misuse
// ------

Deno.test("Task goes on when a foreign future whose addDoneCallback() threw calls back all the same", async () => {
  using reports = collectReports();
  const duck = new ThrowingFuture();
  const later = new Future<string>();
  const task = createTask(function* () {
    yield duck;
    return yield* later;
  });
  await hostTurn();
  assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: full"]);
  duck.callBack();
  await hostTurn();
  later.setResult("gone on");
  assertEquals(await task, "gone on");
});

Deno.test("Task throws a TypeError into a generator that yields a value for which it cannot wait", async () => {
  const future = new Future<number>();
  const inner = waitIn(future);
  const promise = Promise.resolve();
  for (
    const [yielded, message] of [
      [
        future,
        "Cannot wait for the future as it was yielded bare, write `yield*`: received <Future",
      ],
      [inner, "as it is a generator, write `yield*`: received "],
      [promise, "as it is a promise, write `yield* ensureFuture(promise)`: received [Promise]"],
      [3, "Cannot wait for what was yielded as it is no future: received 3"],
      [null, "as it is no future: received null"],
    ] as const
  ) {
    let caught: unknown;
    const task = createTask(function* () {
      try {
        yield yielded;
      } catch (error) {
        caught = error;
        yield* sleep(0);
        return "goes on";
      }
    });
    assertEquals(await task, "goes on");
    assertInstanceOf(caught, TypeError);
    assertStringIncludes(caught.message, message);
  }
  assertFalse(future.done());
});

Deno.test("Task throws a TypeError into a generator that yields a bare future for which it waited before", async () => {
  const future = new Future<number>();
  const task = createTask(function* () {
    const value = yield* future;
    yield future;
    return value;
  });
  await microtasks();
  future.setResult(1);
  await assertRejects(() => task, TypeError, "it was yielded bare");
});

Deno.test("Task throws a TypeError into a generator that yields a bare future after it iterated another one", async () => {
  const [asked, bare] = [new Future<number>(), new Future<number>()];
  const task = createTask(function* () {
    asked[Symbol.iterator]().next();
    yield bare;
  });
  await assertRejects(() => task, TypeError, "it was yielded bare");
});

Deno.test("Task throws a TypeError into a generator that waits for its own task", async () => {
  const task: Task<void> = createTask(function* (): Generator<unknown, void> {
    yield* task;
  }, { name: "selfish" });
  await assertRejects(() => task, TypeError, "as it would wait for itself");
});

virtual.test("Task throws the TypeError for a wrong yield once, and goes on at the next wait", async () => {
  const task = createTask(function* () {
    try {
      yield 5;
    } catch (error) {
      assertInstanceOf(error, TypeError);
    }
    return yield* sleep(1, { result: "goes on" });
  });
  assertEquals(await task, "goes on");
});

/** Objects that throw when the module asks whether they are futures, promises or generators. */
function makeHostileObjects(): [name: string, value: unknown][] {
  const fail = () => {
    throw new RangeError("do not look");
  };
  const proxy = revokedProxy();
  return [
    ["a revoked proxy", proxy],
    ["a then that throws", Object.defineProperty({}, "then", { get: fail })],
    ["a brand that throws", Object.defineProperty({}, Symbol.for("asyncio.Future"), { get: fail })],
    [
      "a branded proxy",
      new Proxy({}, {
        get: (_target, key) => key === Symbol.for("asyncio.Future"),
        getPrototypeOf: fail,
      }),
    ],
    ["a next that throws", Object.defineProperty({ [Symbol.iterator]: 1 }, "next", { get: fail })],
  ];
}

for (const [name, value] of makeHostileObjects()) {
  virtual.test(`Task throws a TypeError into a generator that yields ${name}`, async () => {
    const log: unknown[] = [];
    const task = createTask(function* () {
      try {
        yield value;
      } catch (error) {
        log.push(error);
        yield* sleep(1);
        return "cleaned up";
      }
    });
    assertEquals(await task, "cleaned up");
    assertInstanceOf(log[0], TypeError);
    assertStringIncludes(log[0].message, "Cannot wait for what was yielded as it is no future");
  });
}

for (const [name, value] of makeHostileObjects()) {
  Deno.test(`Task whose function returns ${name} ends, and has that as its result unless it fails`, async () => {
    const task = createTask(() => value);
    await hostTurn();
    assert(task.done());
    if (task.exception() === null) assertStrictEquals(task.result(), value);
  });
}

for (
  const [name, next] of [
    ["no object", () => undefined],
    ["a done that throws", () => ({
      get done() {
        throw new RangeError("do not look");
      },
    })],
  ] as const
) {
  Deno.test(`Task fails if its generator's next() returns ${name}`, async () => {
    const generator = { next, throw: next, [Symbol.iterator]: () => generator };
    const task = createTask(generator as never);
    await assertRejects(() => task, Error);
  });
}

Deno.test("createTask() rejects a generator that another task runs or has run", async () => {
  const generator = function* () {
    yield* sleep(0);
    return 5;
  }();
  const task = createTask(generator);
  assertThrows(() => createTask(generator), TypeError, "another task runs the generator already");
  assertThrows(() => ensureFuture(generator), TypeError);
  assertEquals(await task, 5);
  assertThrows(() => createTask(generator), TypeError);
});

Deno.test("Task fails if its function returns a generator that another task runs, and the other task goes on", async () => {
  const future = new Future<string>();
  const generator = (function* () {
    return yield* future;
  })();
  const [first, second] = [createTask(() => generator), createTask(() => generator)];
  await assertRejects(() => second, TypeError, "another task runs the generator already");
  future.setResult("x");
  assertEquals(await first, "x");
});

Deno.test("createTask() that rejects the name leaves the generator usable", async () => {
  const generator = (function* () {
    return "x";
  })();
  assertThrows(() => createTask(generator, { name: Object.create(null) }), TypeError);
  assertEquals(await createTask(generator), "x");
});

Deno.test("Task that its loop refuses leaves the generator usable", async () => {
  const refusing = makeManualLoop();
  refusing.callSoon = () => {
    throw new RangeError("full");
  };
  const generator = (function* () {
    yield;
    return 42;
  })();
  assertThrows(() => new Task(generator, { loop: refusing }), RangeError, "full");
  assertEquals(allTasks(refusing).size, 0);
  assertEquals(await createTask(generator), 42);
});
