import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, createTask, Future, InvalidStateError, Task } from "../../mod.ts";
import { cancelled, withException, withResult } from "../helpers/futures.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { microtasks } from "../helpers/turns.ts";

// Outcome
// -------

Deno.test("await throws the exception or the cancellation", async () => {
  const error = new Error("x");
  assertStrictEquals(await assertRejects(async () => await withException(error)), error);
  await assertRejects(async () => await cancelled("stop"), CancelledError, "stop");
});

Deno.test("Future works wherever a promise does: await, all(), race(), resolve(), allSettled()", async () => {
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

Deno.test("await and then() treat a result that throws when it is inspected as promises do", async () => {
  const proxy = revokedProxy();
  const shy = new Proxy({}, {
    getPrototypeOf() {
      throw new RangeError("do not look");
    },
  });
  const makers = [
    withResult<object>,
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

// Order
// -----

Deno.test("Future resumes callbacks, await, then() and tasks in the order they were added", async () => {
  const future = new Future<number>();
  const order: string[] = [];
  const wait = async (name: string) => {
    await future;
    order.push(name);
  };
  future.addDoneCallback(() => order.push("callback 1"));
  wait("await 1");
  await microtasks(1); // In a job of its own, the engine calls `then`.
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

Deno.test("Future resumes every waiter one microtask after setResult()", async () => {
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

Deno.test("Future resumes await one microtask after setException() and cancel()", async () => {
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

Deno.test("await on a done future takes as many microtasks as on any thenable", async () => {
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

// Generators
// ----------

Deno.test("yield* waits for a future, and throws its exception", async () => {
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
  function* wait() {
    return yield* withResult(1);
  }
  assertEquals(wait().next(), { done: true, value: 1 });
});

Deno.test("Future[Symbol.iterator]() ends with the generator that waits on it", () => {
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

Deno.test("Future[Symbol.iterator]() throws outside of a task, rather than never end", () => {
  function* wait() {
    yield* new Future();
  }
  assertThrows(
    () => [...wait()],
    InvalidStateError,
    "Cannot go on as only `yield*` in a task can wait for a future: <Future pending>",
  );
});

Deno.test("Future[Symbol.iterator]() gives loops one symbol, which is the same for the same future only", () => {
  const futures = [new Future(), new Future(), withResult(1), withException("x")];
  const symbols = futures.map((future) => [...future]);
  assertEquals(symbols.map((each) => each.length), [1, 1, 1, 1]);
  assertEquals(new Set(symbols.flat()).size, 4);
  for (const [i, future] of futures.entries()) {
    const [first, second] = future;
    assertStrictEquals(first, symbols[i]![0]);
    assertStrictEquals(second, undefined);
    assertEquals(Array.from(future), symbols[i]);
  }
  assertEquals(
    String(symbols[0]![0]),
    "Symbol(a future, which only await and yield* wait for)",
  );
});

// Cancellation
// ------------

Deno.test("Future[Symbol.species] may be read before an await that the task is cancelled in", async () => {
  const future = new Future<number>();
  const task = createTask(async () => {
    assertStrictEquals(Reflect.get(Future, Symbol.species), Promise);
    await future;
  });
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assert(future.cancelled());
});

// Loop
// ----

Deno.test("await on a future of a manual loop needs no turn of that loop", async () => {
  const loop = makeManualLoop();
  const future = new Future<number>({ loop });
  const waiting = (async () => await future)();
  await microtasks();
  future.setResult(1);
  assertEquals(await waiting, 1);
  assertEquals(loop.ready.length, 0);
});
