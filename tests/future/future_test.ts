import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  type ConcurrentFuture,
  type Context,
  createTask,
  ensureFuture,
  type ExceptionContext,
  Future,
  type FutureOptions,
  getEventLoop,
  InvalidStateError,
  isFuture,
  sleep,
  Task,
  wrapFuture,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { serveNothing } from "../helpers/programs.ts";
import { collectReports, collectUnhandled } from "../helpers/reports.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";

function withResult<T>(value: T): Future<T> {
  const future = new Future<T>();
  future.setResult(value);
  return future;
}

function withException(exception: unknown): Future<never> {
  const future = new Future<never>();
  future.setException(exception);
  return future;
}

function cancelled(reason?: unknown): Future<never> {
  const future = new Future<never>();
  future.cancel(reason);
  return future;
}

function states(future: Future<unknown>): [boolean, boolean] {
  return [future.done(), future.cancelled()];
}

/** What `future` failed with; looking at it keeps it from being reported. */
function look(...futures: Future<unknown>[]): void {
  for (const future of futures) future.exception();
}

Deno.test("new Future() makes a pending future", () => {
  assertEquals(states(new Future()), [false, false]);
});

Deno.test("new Future() takes undefined for each option", () => {
  assertFalse(new Future({ loop: undefined, signal: undefined }).done());
});

Deno.test("new Future() rejects what are no options", () => {
  for (const options of [42, "loop", null, true]) {
    assertThrows(
      () => new Future(options as unknown as FutureOptions),
      TypeError,
      `Cannot create a Future as its options are no object: received ${JSON.stringify(options)}`,
    );
  }
});

Deno.test("new Future() tells those who pass an executor what to do", () => {
  const executor = (resolve: (value: number) => void) => resolve(1);
  assertThrows(
    () => new Future(executor as unknown as FutureOptions),
    TypeError,
    "(a Future takes no executor; call setResult() later): received [Function executor]",
  );
});

Deno.test("new Future() rejects a loop that is none", () => {
  for (const loop of [null, 1, {}]) {
    assertThrows(
      () => new Future({ loop } as unknown as FutureOptions),
      TypeError,
      "Cannot use the loop as it is no event loop: received ",
    );
  }
});

Deno.test("new Future() rejects a signal that is none", () => {
  for (const signal of [null, 1, {}, new AbortController(), new EventTarget()]) {
    assertThrows(
      () => new Future({ signal } as unknown as FutureOptions),
      TypeError,
      "Cannot use the signal as it is no AbortSignal: received ",
    );
  }
});

Deno.test("Future.setResult() finishes the future with a result", () => {
  const future = withResult(42);
  assertEquals(states(future), [true, false]);
  assertEquals(future.result(), 42);
  assertEquals(future.exception(), null);
});

Deno.test("Future.setResult() needs no argument on a Future<void>", () => {
  const future = new Future<void>();
  future.setResult();
  assertEquals(future.result(), undefined);
});

Deno.test("Future.setResult() stores a promise as it is, and await unwraps it", async () => {
  const promise = Promise.resolve("inner");
  const future = withResult(promise);
  assertStrictEquals(future.result(), promise);
  assertEquals(await future, "inner");
});

Deno.test("Future.setResult() stores a future as it is, and await unwraps it", async () => {
  const inner = new Future<string>();
  const outer = withResult(inner);
  assertStrictEquals(outer.result(), inner);
  const waiting = (async () => await outer)();
  await microtasks();
  inner.setResult("inner");
  assertEquals(await waiting, "inner");
});

Deno.test("Future.setResult() with the future itself makes await throw, not hang", async () => {
  const future = new Future<unknown>();
  future.setResult(future);
  await assertRejects(async () => await future, TypeError, "its own result");
});

Deno.test("Future.setException() finishes the future with an exception", () => {
  const error = new RangeError("out");
  const future = withException(error);
  assertEquals(states(future), [true, false]);
  assertStrictEquals(future.exception(), error);
  assertStrictEquals(assertThrows(() => future.result()), error);
});

Deno.test("Future.setException() takes anything that can be thrown", async () => {
  for (const thrown of ["text", 0, null, undefined, { code: 1 }, Symbol("s"), () => {}]) {
    const future = withException(thrown);
    assert(future.done());
    assertStrictEquals(future.exception(), thrown);
    assertStrictEquals(assertThrows(() => future.result()), thrown);
    assertStrictEquals(await future.then(() => "no", (reason) => reason), thrown);
  }
});

Deno.test("Future.setException() instantiates a class of errors", () => {
  class MyError extends Error {}
  for (const ErrorClass of [Error, TypeError, MyError, DOMException, CancelledError]) {
    assertInstanceOf(withException(ErrorClass).exception(), ErrorClass);
  }
  class NoError {}
  assertStrictEquals(withException(NoError).exception(), NoError);
});

Deno.test("Future.setException() of a CancelledError does not cancel", () => {
  const future = withException(new CancelledError("theirs"));
  assertEquals(states(future), [true, false]);
  assertThrows(() => future.result(), CancelledError, "theirs");
});

Deno.test("Future.setException() throws a TypeError without an argument", () => {
  const future = new Future<void>();
  assertThrows(
    () => (future.setException as () => void).call(future),
    TypeError,
    "Cannot set the exception as there is none: received no argument",
  );
  assertFalse(future.done());
});

Deno.test("Future.setException() leaves the future pending when the class throws", () => {
  class Picky extends Error {
    constructor() {
      super();
      throw new RangeError("cannot be made");
    }
  }
  const future = new Future<void>();
  assertThrows(() => future.setException(Picky), RangeError, "cannot be made");
  assertFalse(future.done());
});

Deno.test("Future.setException() throws when the class settles the future", () => {
  const future = new Future<number>();
  class Sly extends Error {
    constructor() {
      super();
      future.setResult(1);
    }
  }
  assertThrows(() => future.setException(Sly), InvalidStateError);
  assertEquals(future.result(), 1);
});

Deno.test("Future.setResult() and setException() throw on a done future", () => {
  const shown = [
    [withResult(42), "<Future finished result=42>"],
    [withException(new TypeError("bad")), "<Future finished exception=TypeError: bad>"],
    [cancelled(), "<Future cancelled>"],
  ] as const;
  for (const [future, representation] of shown) {
    assertThrows(
      () => (future as Future<number>).setResult(1),
      InvalidStateError,
      `Cannot set the result as the future is done: ${representation}`,
    );
    assertThrows(
      () => future.setException(new Error("late")),
      InvalidStateError,
      `Cannot set the exception as the future is done: ${representation}`,
    );
    assertEquals(String(future), representation);
  }
  look(shown[1][0]);
});

Deno.test("Future.result() and exception() throw on a pending future", () => {
  const future = new Future();
  assertThrows(
    () => future.result(),
    InvalidStateError,
    "Cannot get the result as the future is pending: <Future pending>",
  );
  assertThrows(
    () => future.exception(),
    InvalidStateError,
    "Cannot get the exception as the future is pending: <Future pending>",
  );
});

Deno.test("Future.result() and exception() throw a CancelledError on a cancelled future", () => {
  const future = cancelled("enough");
  const error = assertThrows(() => future.result(), CancelledError, "enough");
  assertStrictEquals(assertThrows(() => future.exception()), error);
});

Deno.test("Future.cancel() cancels a pending future", () => {
  const future = new Future();
  assertEquals(future.cancel(), true);
  assertEquals(states(future), [true, true]);
});

Deno.test("Future.cancel() returns false on a done future and changes nothing", () => {
  const failed = withException(new Error("x"));
  for (const future of [withResult(1), failed, cancelled("first")]) {
    const before = String(future);
    assertEquals(future.cancel("second"), false);
    assertEquals(String(future), before);
  }
  look(failed);
  assertThrows(
    () => {
      const future = cancelled("first");
      future.cancel("second");
      future.result();
    },
    CancelledError,
    "first",
  );
});

Deno.test("Future.cancel() makes a string the message", () => {
  assertEquals(assertThrows(() => cancelled("why").result(), CancelledError).message, "why");
  assertEquals(assertThrows(() => cancelled("").result(), CancelledError).message, "");
});

Deno.test("Future.cancel() uses a CancelledError as it is", () => {
  const error = new CancelledError("mine");
  assertStrictEquals(assertThrows(() => cancelled(error).result()), error);
});

Deno.test("Future.cancel() makes anything else the cause", () => {
  for (const reason of [new Error("deeper"), 42, null, { code: 1 }]) {
    const error = assertThrows(() => cancelled(reason).result(), CancelledError);
    assertStrictEquals(error.cause, reason);
  }
  const error = assertThrows(() => cancelled().result(), CancelledError);
  assertFalse(Object.hasOwn(error, "cause"));
});

Deno.test("Future.cancel() makes one error, which everybody gets", async () => {
  const future = new Future();
  const { signal } = future;
  const waiting = [future.then(() => {}, (error) => error), future.catch((error) => error)];
  future.cancel("once");
  const errors = new Set(await Promise.all(waiting));
  errors.add(assertThrows(() => future.result()));
  errors.add(assertThrows(() => future.exception()));
  errors.add(signal.reason);
  assertEquals(errors.size, 1);
});

Deno.test("Future.addDoneCallback() calls with the future, in order, never synchronously", async () => {
  const future = new Future<number>();
  const calls: unknown[][] = [];
  future.addDoneCallback((...args) => calls.push(["a", ...args]));
  future.addDoneCallback((...args) => calls.push(["b", ...args]));
  future.setResult(1);
  assertEquals(calls, []);
  await microtasks();
  assertEquals(calls.map(([name, ...args]) => [name, args.length]), [["a", 1], ["b", 1]]);
  assertStrictEquals(calls[0]![1], future);
});

Deno.test("Future.addDoneCallback() calls for each of the three outcomes", async () => {
  for (
    const settle of [
      (future: Future<number>) => future.setResult(1),
      (future: Future<number>) => future.setException(new Error("x")),
      (future: Future<number>) => future.cancel(),
    ]
  ) {
    const future = new Future<number>();
    let seen = "";
    future.addDoneCallback((future) => {
      seen = String(future);
      if (!future.cancelled()) look(future);
    });
    settle(future);
    await microtasks();
    assertEquals(seen, String(future));
  }
});

Deno.test("Future.addDoneCallback() on a done future calls soon", async () => {
  const future = withResult(1);
  let called = false;
  future.addDoneCallback(() => called = true);
  assertFalse(called);
  await microtasks(1);
  assert(called);
});

Deno.test("Future.addDoneCallback() adds the same function twice and calls it twice", async () => {
  const future = new Future<void>();
  let calls = 0;
  const callback = () => calls++;
  future.addDoneCallback(callback);
  future.addDoneCallback(callback);
  future.setResult();
  await microtasks();
  assertEquals(calls, 2);
});

Deno.test("Future.addDoneCallback() added by a callback is called later", async () => {
  const future = new Future<void>();
  const order: string[] = [];
  future.addDoneCallback((future) => {
    order.push("outer");
    future.addDoneCallback(() => order.push("inner"));
  });
  future.addDoneCallback(() => order.push("second"));
  future.setResult();
  await microtasks();
  assertEquals(order, ["outer", "second", "inner"]);
});

Deno.test("Future.addDoneCallback() reports a callback that throws, and calls the others", async () => {
  using reports = collectReports();
  const future = new Future<void>();
  const error = new Error("broken");
  let called = false;
  future.addDoneCallback(function explode() {
    throw error;
  });
  future.addDoneCallback(() => called = true);
  future.setResult();
  await microtasks();
  assert(called);
  assertEquals(reports.length, 1);
  assertEquals(reports[0]!.message, "Exception in callback explode");
  assertStrictEquals(reports[0]!.exception, error);
  assertStrictEquals(reports[0]!.future, future);
});

Deno.test("Future calls back and wakes tasks whatever then all objects have", async () => {
  const called: string[] = [];
  const future = new Future<void>();
  future.addDoneCallback(() => called.push("done callback"));
  createTask(function* () {
    yield* future;
    called.push("step");
  });
  await hostTurn();
  let looks = 0;
  Object.defineProperty(Object.prototype, "then", {
    configurable: true,
    get() {
      looks++;
      return () => {};
    },
  });
  try {
    future.setResult();
    future.addDoneCallback(() => called.push("added late"));
    getEventLoop().callSoon(() => called.push("handle"));
  } finally {
    delete (Object.prototype as { then?: unknown }).then;
  }
  assertEquals(looks, 0);
  await hostTurn();
  assertEquals(called, ["done callback", "step", "added late", "handle"]);
});

Deno.test("Future calls back and wakes tasks without a rejection that the host is told of", async () => {
  needs("unhandled");
  using unhandled = collectUnhandled("unhandledrejection");
  const called: string[] = [];
  const future = new Future<void>();
  future.addDoneCallback(() => called.push("done callback"));
  const context = new AsyncContext.Snapshot();
  future.addDoneCallback(() => called.push("in a context"), { context });
  createTask(function* () {
    yield* future;
    called.push("step");
  });
  await hostTurn();
  future.setResult();
  getEventLoop().callLater(1, () => called.push("timer"));
  await sleep(2);
  await hostTurn();
  assertEquals(called, ["done callback", "in a context", "step", "timer"]);
  assertEquals(unhandled.all(), []);
});

Deno.test("Future.addDoneCallback() rejects what is no function, with no state changed", () => {
  const future = new Future();
  for (const callback of [3, null, undefined, {}]) {
    assertThrows(
      () => future.addDoneCallback(callback as unknown as () => void),
      TypeError,
      "Cannot add a done callback as the callback is no function: received ",
    );
  }
  assertThrows(
    () => future.addDoneCallback(() => {}, "context" as unknown as { context: Context }),
    TypeError,
    'Cannot add a done callback as its options are no object: received "context"',
  );
  for (const context of [null, {}, { run: 1 }, new Map()]) {
    assertThrows(
      () => future.addDoneCallback(() => {}, { context } as unknown as { context: Context }),
      TypeError,
      "Cannot use the context as it has no run method: received ",
    );
  }
  assertEquals(String(future), "<Future pending>");
});

Deno.test("Future.removeDoneCallback() removes every occurrence and returns how many", async () => {
  const future = new Future<void>();
  const calls: string[] = [];
  const a = () => calls.push("a");
  const b = () => calls.push("b");
  for (const callback of [a, b, a, a]) future.addDoneCallback(callback);
  assertEquals(future.removeDoneCallback(a), 3);
  assertEquals(future.removeDoneCallback(a), 0);
  future.setResult();
  await microtasks();
  assertEquals(calls, ["b"]);
});

Deno.test("Future.removeDoneCallback() can remove the only callback, and leaves those who wait", async () => {
  const future = new Future<number>();
  const callback = () => {
    throw new Error("must not be called");
  };
  future.addDoneCallback(callback);
  assertEquals(future.removeDoneCallback(callback), 1);
  assertEquals(String(future), "<Future pending>");
  const waiting = future.then((value) => value);
  future.addDoneCallback(callback);
  assertEquals(future.removeDoneCallback(callback), 1);
  future.setResult(1);
  assertEquals(await waiting, 1);
});

Deno.test("Future.removeDoneCallback() returns 0 on a done future, whose callbacks are under way", async () => {
  const future = new Future<void>();
  let calls = 0;
  const callback = () => calls++;
  future.addDoneCallback(callback);
  future.setResult();
  assertEquals(future.removeDoneCallback(callback), 0);
  await microtasks();
  assertEquals(calls, 1);
});

Deno.test("Future.getLoop() returns the loop", () => {
  assertStrictEquals(new Future().getLoop(), getEventLoop());
  const loop = makeManualLoop();
  assertStrictEquals(new Future({ loop }).getLoop(), loop);
  assertStrictEquals(loop.createFuture().getLoop(), loop);
});

Deno.test("Future waiters form one list in order of registration", async () => {
  const future = new Future<number>();
  const order: string[] = [];
  const wait = async (name: string) => {
    await future;
    order.push(name);
  };
  future.addDoneCallback(() => order.push("callback 1"));
  wait("await 1");
  await microtasks(1); // the engine calls `then` in a job of its own
  future.then(() => order.push("then 1"));
  new Task(function* () {
    yield* future;
    order.push("task 1");
  });
  await microtasks(2);
  future.addDoneCallback(() => order.push("callback 2"));
  future.finally(() => order.push("finally"));
  wait("await 2");
  await microtasks(1);
  future.addDoneCallback(() => order.push("callback 3"));
  future.setResult(1);
  await microtasks();
  assertEquals(order, [
    "callback 1",
    "await 1",
    "then 1",
    "task 1",
    "callback 2",
    "finally",
    "await 2",
    "callback 3",
  ]);
});

Deno.test("Future waiters each run in one microtask, enqueued when the future settles", async () => {
  const future = new Future<number>();
  const order: string[] = [];
  const host = (name: string) => queueMicrotask(() => order.push(name));
  (async () => {
    await future;
    order.push("await");
  })();
  await microtasks(1);
  future.addDoneCallback(() => order.push("callback"));
  future.then(() => order.push("then"));
  new Task(function* () {
    yield* future;
    order.push("yield*");
  });
  await microtasks(2);
  host("before");
  future.setResult(1);
  host("after");
  await microtasks();
  assertEquals(order, ["before", "await", "callback", "then", "yield*", "after"]);
});

Deno.test("Future waiters run one microtask after a rejection and a cancellation, too", async () => {
  for (const settle of ["setException", "cancel"] as const) {
    const future = new Future<number>();
    const order: string[] = [];
    (async () => {
      await future.catch(() => {});
    })();
    (async () => {
      try {
        await future;
      } catch {
        order.push("await");
      }
    })();
    await microtasks(1);
    queueMicrotask(() => order.push("before"));
    future[settle](new Error("x"));
    queueMicrotask(() => order.push("after"));
    await microtasks();
    assertEquals(order, ["before", "await", "after"]);
  }
});

Deno.test("await costs the microtasks of a thenable on a done future", async () => {
  const order: string[] = [];
  const thenable = {
    then: (resolve: (value: string) => void) => resolve("thenable"),
  } as PromiseLike<string>;
  const wait = async (awaited: PromiseLike<unknown>) => {
    order.push(String(await awaited));
  };
  const waiting = [wait(thenable), wait(withResult("future")), wait(thenable)];
  await Promise.all(waiting);
  assertEquals(order, ["thenable", "future", "thenable"]);
});

Deno.test("await throws what the future failed with", async () => {
  const error = new Error("x");
  assertStrictEquals(await assertRejects(async () => await withException(error)), error);
  await assertRejects(async () => await cancelled("stop"), CancelledError, "stop");
});

Deno.test("Future.then() calls handlers never synchronously, native look-alikes neither", async () => {
  const calls: unknown[] = [];
  const push = (value: unknown) => calls.push(value);
  const handlers: [(value: unknown) => unknown, (value: unknown) => unknown][] = [
    [(value) => push(value), (value) => push(value)],
    [push.bind(null), push.bind(null)],
    [async (value) => void push(await value), async () => {}],
  ];
  for (const [onfulfilled, onrejected] of handlers) {
    const future = new Future<number>();
    future.then(onfulfilled, onrejected);
    future.setResult(1);
    assertEquals(calls, []);
    await microtasks();
    assertEquals(calls.splice(0), [1]);
    const done = withResult(2);
    done.then(onfulfilled, onrejected);
    assertEquals(calls, []);
    await microtasks();
    assertEquals(calls.splice(0), [2]);
  }
});

Deno.test("Future.then() calls anonymous arrow functions, which look like a promise's, never synchronously", async () => {
  const failed = new Future<number>();
  const order: string[] = [];
  failed.then((_) => {}, (_) => order.push("handler"));
  failed.setException(new Error("x"));
  order.push("settled");
  await microtasks();
  assertEquals(order, ["settled", "handler"]);
  // A promise's own function beside a handler of the user's.
  const mixed = new Future<number>();
  new Promise((resolve) => mixed.then(resolve, (_) => order.push("mixed")));
  mixed.setException(new Error("x"));
  order.push("settled");
  await microtasks();
  assertEquals(order.slice(2), ["settled", "mixed"]);
});

Deno.test("Future.then() returns a native promise for what the handler returns", async () => {
  const promise = withResult(1).then((value) => value + 1);
  assertInstanceOf(promise, Promise);
  assertEquals(Object.prototype.toString.call(promise), "[object Promise]");
  assertStrictEquals(Promise.resolve(promise), promise);
  assertEquals(await promise, 2);
  assertEquals(await withResult(1).then(), 1);
  assertEquals(await withResult(1).then(null, null), 1);
  assertEquals(await withException("x").then(() => 1, (reason) => [reason]), ["x"]);
  await assertRejects(() =>
    withResult(1).then(() => {
      throw new RangeError("in the handler");
    }), RangeError);
});

Deno.test("Future.then() with a promise's functions returns a promise, too", async () => {
  for (
    const [settle, expected] of [
      [(future: Future<number>) => future.setResult(1), "resolved 1"],
      [(future: Future<number>) => future.setException("x"), "rejected x"],
    ] as const
  ) {
    const future = new Future<number>();
    let returned!: Promise<unknown>;
    const outcome = new Promise<number>((resolve, reject) => {
      returned = future.then(resolve, reject);
    }).then((value) => `resolved ${value}`, (reason) => `rejected ${reason}`);
    assertInstanceOf(returned, Promise);
    const order: string[] = [];
    const waiting = [
      returned.then((value) => order.push(`then ${value}`)),
      returned.catch(() => order.push("catch")),
      returned.finally(() => order.push("finally")),
      (async () => order.push(`await ${await returned}`))(),
    ];
    await microtasks();
    assertEquals(order, []);
    settle(future);
    await Promise.all(waiting);
    assertEquals(order.sort(), ["await undefined", "finally", "then undefined"]);
    assertEquals(await outcome, expected);
  }
});

Deno.test("Future.then() leaves a rejection that nobody handles to the host", async () => {
  needs("unhandled");
  using unhandled = collectUnhandled("unhandledrejection");
  const pending = new Future<void>();
  pending.then(() => {});
  pending.setException("from then");
  withException("from finally").finally(() => {});
  withResult(1).then(() => {
    throw "from a handler";
  });
  withException("handled").catch(() => {});
  await hostTurn();
  assertEquals(unhandled.all().sort(), ["from a handler", "from finally", "from then"]);
});

Deno.test("Future.catch() and finally() do as those of a promise", async () => {
  assertEquals(await withException("x").catch((reason) => `caught ${reason}`), "caught x");
  assertEquals(await withResult(1).catch(() => 2), 1);
  const seen: unknown[][] = [];
  assertEquals(await withResult(1).finally((...args: unknown[]) => void seen.push(args)), 1);
  assertEquals(seen, [[]]);
  await assertRejects(() => withException(new RangeError("x")).finally(() => {}), RangeError);
  assertEquals(await withResult(1).finally(), 1);
});

Deno.test("Future works wherever a promise does", async () => {
  const promise: Promise<number> = withResult(1);
  assertEquals(await promise, 1);
  const [a, b] = [new Future<string>(), new Future<number>()];
  const all = Promise.all([a, b, 3]);
  b.setResult(2);
  a.setResult("one");
  assertEquals(await all, ["one", 2, 3]);
  assertEquals(await Promise.race([withResult(1), new Promise(() => {})]), 1);
  assertEquals(await Promise.resolve(withResult(1)), 1);
  assertEquals(
    await Promise.allSettled([withResult(1), withException("x")]),
    [{ status: "fulfilled", value: 1 }, { status: "rejected", reason: "x" }],
  );
});

Deno.test("yield* waits for a future, and throws what it failed with", async () => {
  const future = new Future<number>();
  const task = createTask(function* () {
    const value: number = yield* future;
    try {
      yield* withException("x");
    } catch (thrown) {
      return [value, thrown];
    }
  });
  await microtasks();
  future.setResult(1);
  assertEquals(await task, [1, "x"]);
});

Deno.test("yield* on a done future does not wait", () => {
  assertEquals([...withResult(1)], []);
  const iterator = withResult(1)[Symbol.iterator]();
  assertEquals(iterator.next(), { done: true, value: 1 });
});

Deno.test("Future[Symbol.iterator]() outside of a task throws rather than spin", () => {
  const future = new Future();
  assertThrows(
    () => [...future],
    InvalidStateError,
    "Cannot go on as only `yield*` in a task can wait for a future: <Future pending>",
  );
});

Deno.test("Future[Symbol.iterator]() ends when the generator that waits is ended", () => {
  const future = new Future();
  let cleaned = 0;
  function* wait() {
    try {
      yield* future;
    } finally {
      cleaned++;
    }
  }
  const first = wait();
  first.next();
  assertEquals(first.return(undefined), { done: true, value: undefined });
  const second = wait();
  second.next();
  assertThrows(() => second.throw(new RangeError("x")), RangeError);
  assertEquals(cleaned, 2);
});

Deno.test("Future option signal cancels the future, with the signal's reason", () => {
  const controller = new AbortController();
  const future = new Future({ signal: controller.signal });
  assertFalse(future.done());
  controller.abort("too slow");
  assertThrows(() => future.result(), CancelledError, "too slow");
  const other = new AbortController();
  const second = new Future({ signal: other.signal });
  other.abort();
  const error = assertThrows(() => second.result(), CancelledError);
  assertStrictEquals(error.cause, other.signal.reason);
});

Deno.test("Future option signal cancels at once if it is aborted already", () => {
  const future = new Future({ signal: AbortSignal.abort("before") });
  assert(future.cancelled());
  assertThrows(() => future.result(), CancelledError, "before");
});

Deno.test("Future option signal does nothing to a future that is done", () => {
  const controller = new AbortController();
  const future = new Future<number>({ signal: controller.signal });
  future.setResult(1);
  controller.abort();
  assertEquals(future.result(), 1);
});

Deno.test("Future.signal aborts synchronously inside cancel(), when the future is done", () => {
  const future = new Future();
  const { signal } = future;
  assertStrictEquals(future.signal, signal);
  assertFalse(signal.aborted);
  let seen: unknown[] = [];
  signal.addEventListener("abort", () => {
    seen = [...states(future), future.cancel("again"), signal.reason];
  });
  future.cancel("why");
  assertEquals(seen.slice(0, 3), [true, true, false]);
  assertInstanceOf(seen[3], CancelledError);
  assertEquals(seen[3].message, "why");
});

Deno.test("Future.signal made after cancel() is aborted", () => {
  const future = cancelled("why");
  assert(future.signal.aborted);
  assertStrictEquals(future.signal.reason, assertThrows(() => future.result()));
});

Deno.test("Future.signal never aborts on a future that finished", () => {
  const future = new Future<number>();
  const { signal } = future;
  future.setResult(1);
  future.cancel();
  assertFalse(signal.aborted);
  assertFalse(future.signal.aborted);
  assertFalse(withResult(1).signal.aborted);
});

Deno.test("Future.signal stops a fetch with the future", async () => {
  needs("servers");
  await using server = serveNothing();
  const reply = new Future<void>();
  const fetching = fetch(server.url, { signal: reply.signal });
  await sleep(20);
  reply.cancel("not needed");
  assertStrictEquals(await assertRejects(() => fetching), reply.signal.reason);
});

Deno.test("Future[Symbol.dispose]() cancels unless done", () => {
  let pending: Future<number>, finished: Future<number>;
  {
    using a = new Future<number>();
    using b = new Future<number>();
    b.setResult(1);
    pending = a;
    finished = b;
  }
  assert(pending.cancelled());
  assertEquals(finished.result(), 1);
});

Deno.test("Future[Symbol.toStringTag] is Future", () => {
  assertEquals(Object.prototype.toString.call(new Future()), "[object Future]");
});

Deno.test("String(future) shows the state and the outcome", () => {
  assertEquals(String(new Future()), "<Future pending>");
  assertEquals(String(withResult(42)), "<Future finished result=42>");
  const failed = withException(new TypeError("bad"));
  assertEquals(String(failed), "<Future finished exception=TypeError: bad>");
  look(failed);
  assertEquals(String(cancelled("x")), "<Future cancelled>");
});

Deno.test("String(future) shows the callbacks, the first and the last of many", () => {
  const future = new Future();
  function onReply() {}
  function logged() {}
  future.addDoneCallback(onReply);
  assertEquals(String(future), "<Future pending cb=[onReply]>");
  future.addDoneCallback(logged);
  assertEquals(String(future), "<Future pending cb=[onReply, logged]>");
  future.addDoneCallback(() => {});
  future.addDoneCallback(logged);
  assertEquals(String(future), "<Future pending cb=[onReply, <2 more>, logged]>");
});

Deno.test("String(future) shows those who wait", async () => {
  const future = new Future<number>();
  const task = createTask(function* () {
    return yield* future;
  }, { name: "reader" });
  await microtasks();
  const waiting = (async () => await future)();
  await microtasks(1);
  assertEquals(String(future), "<Future pending cb=[reader, await]>");
  future.then(() => {});
  assertEquals(String(future), "<Future pending cb=[reader, <1 more>, then]>");
  future.setResult(1);
  assertEquals([await task, await waiting], [1, 1]);
});

Deno.test("Deno.inspect(future) and Node's inspect show the representation", async () => {
  needs("inspect");
  const { inspect } = await import("node:util");
  const future = withResult({ a: [1] });
  assertEquals(Deno.inspect(future), "<Future finished result={ a: [1] }>");
  assertEquals(inspect(future), "<Future finished result={ a: [1] }>");
  assertStringIncludes(Deno.inspect([future]), "<Future finished result={ a: [1] }>");
});

Deno.test("isFuture() is true for every instance, and for nothing else", () => {
  class MyFuture extends Future<number> {}
  const task = new Task(() => 1);
  for (const future of [new Future(), new MyFuture(), withResult(1), cancelled(), task]) {
    assertEquals(isFuture(future), true);
  }
  assertEquals(String(Future.prototype), "[object Future]");
  const values = [
    Future,
    MyFuture,
    Task,
    Future.prototype,
    Object.create(Future.prototype),
    Promise.resolve(),
    { then() {} },
    null,
    undefined,
    1,
    "future",
    () => {},
  ];
  for (const value of values) assertEquals(isFuture(value), false);
});

Deno.test("isFuture() knows a future by its brand", () => {
  const BRAND = Symbol.for("asyncio.Future");
  assertEquals(isFuture({ [BRAND]: true }), true);
  assertEquals(isFuture({ [BRAND]: false }), false);
  assertEquals(isFuture({ [BRAND]: null }), false);
  assertEquals(
    isFuture(
      class {
        static [BRAND] = true;
      },
    ),
    false,
  );
});

Deno.test("isFuture() recognises a future of another copy of the module", async () => {
  const copy = await importCopy();
  assertNotStrictEquals<unknown>(copy.Future, Future);
  const foreign = new copy.Future<number>();
  assert(isFuture(foreign));
  assert(copy.isFuture(new Future()));
  assertStrictEquals<unknown>(ensureFuture(foreign), foreign);
});

Deno.test("Future of another copy of the module is waited for and cancelled", async () => {
  const copy = await importCopy();
  const futures = [new copy.Future<number>(), new copy.Future<number>(), new copy.Future<number>()];
  const tasks = futures.map((future) =>
    createTask(function* () {
      return yield* future;
    })
  );
  await microtasks();
  futures[0]!.setResult(1);
  futures[1]!.cancel("theirs");
  tasks[2]!.cancel("ours");
  assertEquals(await tasks[0], 1);
  await assertRejects(() => tasks[1]!, Error, "theirs");
  assert(tasks[1]!.cancelled());
  await assertRejects(() => tasks[2]!);
  assert(tasks[2]!.cancelled() && futures[2]!.cancelled());
});

Deno.test("ensureFuture() returns a future as it is", () => {
  const future = new Future<number>();
  const same: Future<number> = ensureFuture(future);
  assertStrictEquals(same, future);
  const task: Task<number> = new Task(() => 1);
  const sameTask: Task<number> = ensureFuture(task);
  assertStrictEquals(sameTask, task);
});

Deno.test("ensureFuture() makes a task of a generator coroutine", async () => {
  const task: Task<number> = ensureFuture((function* () {
    yield;
    return 1;
  })());
  assertInstanceOf(task, Task);
  assertEquals(await task, 1);
});

Deno.test("ensureFuture() makes a future of a promise, which takes over its outcome", async () => {
  const future: Future<number> = ensureFuture(Promise.resolve(1));
  assertFalse(future.done());
  assertEquals(await future, 1);
  const error = new RangeError("x");
  assertStrictEquals(await assertRejects(() => ensureFuture(Promise.reject(error))), error);
  const rejected = ensureFuture(Promise.reject(new CancelledError("theirs")));
  await assertRejects(() => rejected, CancelledError, "theirs");
  assert(rejected.cancelled());
});

Deno.test("ensureFuture() makes a future of any thenable, one that misbehaves too", async () => {
  const thenable = {
    then(resolve: (value: number) => void, reject: (reason: unknown) => void) {
      resolve(1);
      resolve(2);
      reject(3);
    },
  } as PromiseLike<number>;
  assertEquals(await ensureFuture(thenable), 1);
  const broken = {
    then() {
      throw new RangeError("x");
    },
  } as PromiseLike<number>;
  await assertRejects(() => ensureFuture(broken), RangeError);
});

Deno.test("ensureFuture() leaves a future alone that was cancelled meanwhile", async () => {
  for (const promise of [Promise.resolve(1), Promise.reject(new Error("x"))]) {
    const future = ensureFuture(promise);
    future.cancel("ours");
    await microtasks();
    assertThrows(() => future.result(), CancelledError, "ours");
  }
});

Deno.test("ensureFuture() uses the loop it is given", () => {
  const loop = makeManualLoop();
  assertStrictEquals(ensureFuture(Promise.resolve(), { loop }).getLoop(), loop);
  const task = ensureFuture(
    (function* () {
      yield;
      return 1;
    })(),
    { loop },
  );
  loop.drain();
  assertEquals(task.result(), 1);
});

Deno.test("ensureFuture() rejects what cannot be waited for", () => {
  const ensure = ensureFuture as (value: unknown, options?: unknown) => unknown;
  assertThrows(
    () => ensure(async function load() {}),
    TypeError,
    "Cannot ensure a future as it is no future, generator or promise (use createTask): " +
      "received [Function load]",
  );
  for (const value of [3, null, undefined, {}, (async function* () {})()]) {
    assertThrows(
      () => ensure(value),
      TypeError,
      "as it is no future, generator or promise: received ",
    );
  }
  assertThrows(() => ensure(new Future(), 3), TypeError, "options are no object");
  assertThrows(() => ensure(new Future(), { loop: 3 }), TypeError, "no event loop");
});

/** A future of the kind that `concurrent.futures` has, settled by hand. */
function makeConcurrentFuture<T>() {
  const callbacks: ((future: ConcurrentFuture<T>) => unknown)[] = [];
  let state: { result: T } | { exception: unknown } | "pending" | "cancelled" = "pending";
  let cancels = 0;
  const future: ConcurrentFuture<T> = {
    addDoneCallback(callback) {
      if (state === "pending") callbacks.push(callback);
      else callback(future);
    },
    cancel: () => cancels++ === 0,
    cancelled: () => state === "cancelled",
    exception: () => typeof state === "object" && "exception" in state ? state.exception : null,
    result: () => (state as { result: T }).result,
  };
  return {
    future,
    cancels: () => cancels,
    settle(value: typeof state) {
      state = value;
      for (const callback of callbacks) callback(future);
    },
  };
}

Deno.test("wrapFuture() copies the outcome", async () => {
  const [a, b, c] = [1, 2, 3].map(() => makeConcurrentFuture<number>());
  const wrapped: Future<number>[] = [a, b, c].map((each) => wrapFuture(each!.future));
  assert(wrapped.every((future) => !future.done()));
  a!.settle({ result: 1 });
  b!.settle({ exception: new RangeError("x") });
  c!.settle("cancelled");
  assertEquals(await wrapped[0], 1);
  await assertRejects(() => wrapped[1]!, RangeError);
  await assertRejects(() => wrapped[2]!, CancelledError);
  assert(wrapped[2]!.cancelled());
  await microtasks();
  assertEquals(a!.cancels() + b!.cancels(), 0);
});

Deno.test("wrapFuture() takes one that is done already", async () => {
  const source = makeConcurrentFuture<number>();
  source.settle({ result: 1 });
  assertEquals(await wrapFuture(source.future), 1);
});

Deno.test("wrapFuture() fails with what a method of the object throws", async () => {
  const source = makeConcurrentFuture<number>();
  const future = wrapFuture(source.future);
  source.future.result = () => {
    throw new RangeError("no result after all");
  };
  source.settle({ result: 1 });
  await assertRejects(() => future, RangeError);
});

Deno.test("wrapFuture() cancels what it wraps, and ignores what comes after", async () => {
  const source = makeConcurrentFuture<number>();
  const future = wrapFuture(source.future);
  future.cancel();
  await microtasks();
  assertEquals(source.cancels(), 1);
  source.settle({ result: 1 });
  assert(future.cancelled());
});

Deno.test("wrapFuture() returns a future as it is, and rejects anything else", () => {
  const future = new Future<number>();
  assertStrictEquals(wrapFuture(future), future);
  const wrap = wrapFuture as (value: unknown, options?: unknown) => unknown;
  for (const value of [3, null, undefined, {}, Promise.resolve()]) {
    assertThrows(
      () => wrap(value),
      TypeError,
      "Cannot wrap a future as it has no addDoneCallback method: received ",
    );
  }
  const { result: _, ...incomplete } = makeConcurrentFuture().future;
  assertThrows(() => wrap(incomplete), TypeError, "as it has no result method");
  assertThrows(() => wrap(future, { loop: 3 }), TypeError, "no event loop");
  const loop = makeManualLoop();
  assertStrictEquals(wrapFuture(makeConcurrentFuture().future, { loop }).getLoop(), loop);
});

Deno.test("Future can be subclassed", async () => {
  class Reply extends Future<number> {
    received = 0;
    override setResult(value: number): void {
      this.received++;
      super.setResult(value);
    }
  }
  const reply = new Reply();
  let seen: Reply | undefined;
  reply.addDoneCallback((reply) => seen = reply);
  reply.setResult(1);
  assertEquals(await reply, 1);
  assertStrictEquals(seen, reply);
  assertEquals(reply.received, 1);
});

Deno.test("Future callbacks may settle, cancel and add to other futures and themselves", async () => {
  const [a, b] = [new Future<number>(), new Future<number>()];
  const order: string[] = [];
  a.addDoneCallback(() => b.setResult(2));
  a.addDoneCallback(() => order.push("a"));
  b.addDoneCallback(() => order.push("b"));
  b.addDoneCallback(() => order.push(String(a.cancel())));
  a.setResult(1);
  await microtasks();
  assertEquals(order, ["a", "b", "false"]);
});

Deno.test("Future settles in order when it settles inside a callback of another", async () => {
  const future = new Future<string>();
  const waiting = (async () => await future)();
  getEventLoop().callSoon(() => future.setResult("from a callback"));
  assertEquals(await waiting, "from a callback");
});

Deno.test("Future keeps nothing of callbacks that came and went", async () => {
  const future = new Future<void>();
  const callback = () => {};
  for (let i = 0; i < 100_000; i++) {
    future.addDoneCallback(callback);
    future.removeDoneCallback(callback);
  }
  assertEquals(String(future), "<Future pending>");
  future.setResult();
  await future;
});

Deno.test("Future in debug mode says where it was made", async () => {
  const loop = getEventLoop();
  using reports = collectReports();
  loop.setDebug(true);
  try {
    const future = new Future<void>();
    future.addDoneCallback(() => {
      throw new Error("x");
    });
    future.setResult();
    await microtasks();
    assertStringIncludes(reports[0]!.sourceTraceback!, "future_test.ts");
  } finally {
    loop.setDebug(false);
  }
  const future = new Future<void>();
  future.addDoneCallback(() => {
    throw new Error("x");
  });
  future.setResult();
  await microtasks();
  assertEquals("sourceTraceback" in reports[1]!, false);
});

Deno.test("Future on a manual loop has its callbacks called by that loop alone", async () => {
  for (const heedsContext of [true, false]) {
    const loop = makeManualLoop({ heedsContext });
    const future = loop.createFuture<number>();
    const order: string[] = [];
    future.addDoneCallback(() => order.push("a"));
    future.addDoneCallback(() => order.push("b"));
    future.setResult(1);
    await hostTurn();
    assertEquals(order, []);
    assertEquals(loop.ready.length, 2);
    loop.drain();
    assertEquals(order, ["a", "b"]);
    future.addDoneCallback(() => order.push("c"));
    assertEquals(order, ["a", "b"]);
    loop.drain();
    assertEquals(order, ["a", "b", "c"]);
  }
});

Deno.test("Future on a manual loop is awaited through the host", async () => {
  const loop = makeManualLoop();
  const future = new Future<number>({ loop });
  const waiting = (async () => await future)();
  await microtasks();
  future.setResult(1);
  assertEquals(await waiting, 1);
  assertEquals(loop.ready.length, 0);
});

Deno.test("Future on a manual loop reports a callback that throws", () => {
  const loop = makeManualLoop();
  using reports = collectReports(loop);
  const future = loop.createFuture<void>();
  future.addDoneCallback(function explode() {
    throw new Error("x");
  });
  future.setResult();
  loop.drain();
  assertEquals(reports.map(({ message }) => message), ["Exception in callback explode"]);
});

Deno.test("Future on a closed loop reports the callbacks that cannot be called", () => {
  const loop = makeManualLoop();
  using reports = collectReports(loop);
  const future = loop.createFuture<void>();
  future.addDoneCallback(function late() {});
  loop.close();
  future.setResult();
  assertEquals(reports.map(({ message }) => message), ["Cannot call the done callback late"]);
  assertStringIncludes(String(reports[0]!.exception), "Event loop is closed");
  assertThrows(() => future.addDoneCallback(() => {}), Error, "Event loop is closed");
});

Deno.test("Future on a closed loop reports its callbacks when a callback settles it, too", async () => {
  const loop = makeManualLoop();
  using reports = collectReports(loop);
  const future = loop.createFuture<void>();
  future.addDoneCallback(function late() {});
  future.addDoneCallback(function later() {});
  loop.close();
  const first = new Future<void>();
  first.addDoneCallback(() => future.setResult());
  first.setResult();
  await microtasks();
  assertEquals(
    reports.map(({ message }) => message),
    ["Cannot call the done callback late", "Cannot call the done callback later"],
  );
});

Deno.test("Future outcomes are seen by everybody, whoever came first", async () => {
  const future = new Future<number>();
  const first = (async () => await future)();
  future.setResult(1);
  const second = (async () => await future)();
  await sleep(0);
  const third = (async () => await future)();
  assertEquals(await Promise.all([first, second, third, future]), [1, 1, 1, 1]);
  assertNotStrictEquals(future.then(), future.then());
});

Deno.test("Future.setException() on a done future makes no instance of the class", () => {
  let made = 0;
  class Made extends Error {
    constructor() {
      super();
      made++;
    }
  }
  const future = withResult(1);
  assertThrows(() => future.setException(Made), InvalidStateError, "set the exception");
  assertEquals(made, 0);
});

Deno.test("Future.setException() throws a TypeError without an argument on a done future, too", () => {
  assertThrows(() => (withResult(1).setException as () => void)(), TypeError, "no argument");
});

Deno.test("Future.removeDoneCallback() leaves another callback of the same name alone", async () => {
  const log: string[] = [];
  const make = (text: string) =>
    function callback() {
      log.push(text);
    };
  const [one, two] = [make("one"), make("two")];
  const future = new Future<void>();
  future.addDoneCallback(one);
  future.addDoneCallback(two);
  assertEquals(future.removeDoneCallback(one), 1);
  future.setResult();
  await microtasks();
  assertEquals(log, ["two"]);
});

Deno.test("Future reports what a loop throws that cannot call a done callback", () => {
  const manual = makeManualLoop();
  const future = manual.createFuture<void>();
  future.addDoneCallback(function late() {});
  const reports: ExceptionContext[] = [];
  manual.setExceptionHandler((_loop, context) => reports.push(context));
  const error = new RangeError("no more room");
  manual.callSoon = () => {
    throw error;
  };
  future.setResult();
  assertEquals(reports.length, 1);
  assertStrictEquals(reports[0]!.exception, error);
  assertStrictEquals<unknown>(reports[0]!.future, future);
});

Deno.test("wrapFuture() rejects an object that lacks any method", () => {
  const wrap = wrapFuture as (value: unknown) => unknown;
  const source = makeConcurrentFuture<number>().future;
  for (const name of Object.keys(source)) {
    assertThrows(() => wrap({ ...source, [name]: undefined }), TypeError, `has no ${name} method`);
  }
});

Deno.test("wrapFuture() takes undefined for no exception", async () => {
  const source = makeConcurrentFuture<number>();
  source.future.exception = () => undefined;
  source.settle({ result: 1 });
  assertEquals(await wrapFuture(source.future), 1);
});

Deno.test("wrapFuture() does not ask a cancelled object for its exception", async () => {
  const source = makeConcurrentFuture<number>();
  source.future.exception = () => {
    throw new RangeError("was cancelled");
  };
  source.settle("cancelled");
  const future = wrapFuture(source.future);
  await assertRejects(() => future, CancelledError);
  assert(future.cancelled());
});

Deno.test("String(future) shows nothing of what only cleans up", () => {
  const future = sleep(1);
  assertEquals(String(future), "<Future pending>");
  future.cancel();
});

Deno.test("Future shows its representation by the symbol of either console", () => {
  const future = new Future<void>() as unknown as Record<symbol, () => string>;
  for (const name of ["Deno.customInspect", "nodejs.util.inspect.custom"]) {
    assertEquals(future[Symbol.for(name)]!(), "<Future pending>");
  }
});

Deno.test("new Future() says what is wrong with a loop or a context that is null", () => {
  const nothing = null as never;
  assertThrows(() => new Future({ loop: nothing }), TypeError, "no event loop: received null");
  assertThrows(
    () => new Future().addDoneCallback(() => {}, { context: nothing }),
    TypeError,
    "no run method: received null",
  );
});

Deno.test("ensureFuture() takes a function that is thenable, and no object with another then", async () => {
  const callable = Object.assign(() => {}, {
    then: (resolve: (value: number) => void) => resolve(1),
  });
  assertEquals(await ensureFuture(callable as unknown as PromiseLike<number>), 1);
  assertThrows(
    () => ensureFuture({ then: 1 } as never),
    TypeError,
    "it is no future, generator or promise",
  );
});

Deno.test("Future.then() calls no handler at once, not even a proxy that looks like native code", async () => {
  needs("proxies");
  const proxied = <A extends unknown[], R>(fn: (...args: A) => R) => new Proxy(fn, {});
  for (const makeLate of [false, true]) {
    const future = new Future<number>();
    const order: string[] = [];
    if (makeLate) future.setResult(7);
    const both = future.then(proxied((value) => order.push(`proxy ${value}`)), proxied(() => {}));
    const kept = new Promise((resolve, reject) => {
      future.then(proxied((value) => resolve([value])), reject);
    });
    if (!makeLate) future.setResult(7);
    order.push("after");
    assertEquals([await both, await kept], [2, [7]]);
    assertEquals(order, ["after", "proxy 7"]);
  }
});

Deno.test("Future.setResult() wakes the others if what looks like a promise's own function throws", async () => {
  needs("nativeLooks");
  using reports = collectReports();
  const future = new Future<number>();
  const seen: number[] = [];
  const bound = (() => {
    throw new Error("not a promise");
  }).bind(undefined);
  const nameless = Object.defineProperty(bound, "name", { value: "" });
  future.then(nameless, nameless);
  future.addDoneCallback((future) => seen.push(future.result()));
  future.setResult(7);
  await microtasks();
  assertEquals(seen, [7]);
  assertEquals(reports.map(({ message }) => message), ["Cannot wake what waits for the future"]);
});

Deno.test("Future[Symbol.species] can be read without a change to the next await", async () => {
  const future = new Future<number>();
  const task = createTask(async () => {
    const reached = Reflect.get(Future, Symbol.species) === Promise;
    await future;
    return reached;
  });
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assert(future.cancelled());
});

Deno.test("Future that is its own result by way of others rejects", async () => {
  const futures = Array.from({ length: 3 }, () => new Future<unknown>());
  futures.forEach((future, i) => future.setResult(futures[(i + 1) % 3]));
  const outside = new Future<unknown>();
  outside.setResult(futures[0]);
  for (const future of [...futures, outside]) {
    await assertRejects(async () => await future, TypeError, "it is its own result");
  }
  const chain = new Future<unknown>();
  chain.setResult(sleep(0, { result: 1 }));
  assertEquals(await chain, 1);
});

Deno.test("Future.cancel() takes any reason, one that throws when it is looked at included", async () => {
  const reason = Object.defineProperty(new Error("x"), "name", {
    get() {
      throw new Error("not now");
    },
  });
  const future = new Future<void>();
  let called = false;
  future.addDoneCallback(() => called = true);
  future.cancel(reason);
  await microtasks();
  assert(called);
  const error = await assertRejects(async () => await future, CancelledError);
  assertStrictEquals(error.cause, reason);
});

Deno.test("wrapFuture() copies the outcome in a turn of the loop", async () => {
  const callbacks: ((future: ConcurrentFuture<number>) => unknown)[] = [];
  let cancelled = false;
  const job: ConcurrentFuture<number> = {
    addDoneCallback: (callback) => callbacks.push(callback),
    cancel: () => cancelled = true,
    cancelled: () => false,
    exception: () => null,
    result: () => 42,
  };
  const late = wrapFuture(job);
  const early = wrapFuture(job);
  for (const callback of callbacks) callback(job);
  assertFalse(late.done());
  assert(early.cancel());
  assertEquals(await late, 42);
  assert(early.cancelled() && cancelled);

  const manual = makeManualLoop();
  const onManual = wrapFuture(job, { loop: manual });
  callbacks.at(-1)!(job);
  assertFalse(onManual.done());
  manual.drain();
  assertEquals(onManual.result(), 42);
});

Deno.test("wrapFuture() of an object that is done after the loop was closed does nothing", () => {
  const manual = makeManualLoop();
  let callback!: () => void;
  const job: ConcurrentFuture<number> = {
    addDoneCallback: (fn) => callback = () => fn(job),
    cancel: () => false,
    cancelled: () => false,
    exception: () => null,
    result: () => 42,
  };
  const future = wrapFuture(job, { loop: manual });
  manual.close();
  callback();
  assertFalse(future.done());
});

Deno.test("Future functions say so when a signal or a context comes in place of options", () => {
  const { signal } = new AbortController();
  const context = new AsyncContext.Snapshot();
  const calls: [string, () => unknown][] = [
    ["write `{ signal }`", () => new Future(signal as never)],
    ["write `{ signal }`", () => sleep(1, signal as never)],
    ["write `{ signal }`", () => createTask(() => {}, signal as never)],
    ["write `{ context }`", () => new Future().addDoneCallback(() => {}, context as never)],
    ["write `{ context }`", () => getEventLoop().callSoon(() => {}, context as never)],
    ["received 42", () => getEventLoop().createFuture(42 as never)],
    ['received "name"', () => getEventLoop().createTask(() => {}, "name" as never)],
  ];
  for (const [message, call] of calls) assertThrows(call, TypeError, message);
});

Deno.test("Future.toString() shows how many wait for it", () => {
  const future = new Future<number>();
  for (let i = 0; i < 100; i++) future.addDoneCallback(function waiting() {});
  assertEquals(String(future), "<Future pending cb=[waiting, <98 more>, waiting]>");
});

Deno.test("Future that a task only left handlers behind on is not cancelled with it", async () => {
  const left = new Future<number>();
  const task = createTask(async () => {
    left.then((value) => value, () => 0).then();
    await new Future<void>();
  });
  await hostTurn();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertFalse(left.done());
});

Deno.test("Future.then() by hand on a done future is not done before its handler, though the host is let in", async () => {
  const done = new Future<number>();
  done.setResult(1);
  let early = 0;
  await createTask(async () => {
    for (let i = 0; i < 5_000; i++) {
      // Deep callbacks, so that the loop lets the host in now and then.
      const future = new Future<void>();
      future.addDoneCallback(() => {});
      future.setResult();
      await null;
      await null;
      let handled = false;
      const { promise, resolve, reject } = withResolvers<number>();
      promise.then(() => handled = true);
      await done.then(resolve, reject);
      if (!handled) early++;
    }
  });
  assertEquals(early, 0);
});

Deno.test("isFuture() is false for what cannot be looked at", () => {
  const proxy = revokedProxy();
  assertFalse(isFuture(proxy));
  assertFalse(isFuture({
    get [Symbol.for("asyncio.Future")]() {
      throw new RangeError("do not look");
    },
  }));
});

Deno.test("Future.then() and await take a result that cannot be looked at as promises do", async () => {
  const proxy = revokedProxy();
  const shy = new Proxy({}, {
    getPrototypeOf() {
      throw new RangeError("do not look");
    },
  });
  const makers = [
    (value: object) => {
      const future = new Future<object>();
      future.setResult(value);
      return future;
    },
    (value: object) => {
      const future = new Future<object>();
      queueMicrotask(() => future.setResult(value));
      return future;
    },
  ];
  for (const make of makers) {
    await assertRejects(async () => await make(proxy), TypeError);
    await assertRejects(() => make(proxy).then((value) => value), TypeError);
    assertStrictEquals(await make(shy), shy);
    assertStrictEquals(await make(shy).then((value) => value), shy);
  }
});
