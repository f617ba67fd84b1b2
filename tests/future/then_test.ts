import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, createTask, Future } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { withException, withResult } from "../helpers/futures.ts";
import { collectReports, collectUnhandled } from "../helpers/reports.ts";
import { hostTurn, microtasks, until, withResolvers } from "../helpers/turns.ts";

// Result and failure
// ------------------

Deno.test("Future.then() returns a native promise for the result of the handler", async () => {
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

Deno.test("Future.catch() and finally() behave as those of a promise", async () => {
  assertEquals(await withException("x").catch((reason) => `caught ${reason}`), "caught x");
  assertEquals(await withResult(1).catch(() => 2), 1);
  const seen: unknown[][] = [];
  assertEquals(await withResult(1).finally((...args: unknown[]) => void seen.push(args)), 1);
  assertEquals(seen, [[]]);
  await assertRejects(() => withException(new RangeError("x")).finally(() => {}), RangeError);
  assertEquals(await withResult(1).finally(), 1);
});

Deno.test("Future.then() returns a promise when it is given a promise's own functions, too", async () => {
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

Deno.test("Future.then(), finally() and handlers leave unhandled rejections to the host", async () => {
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
  // Some hosts tell of them later than in the next turn.
  await until(() => unhandled.all().length >= 3);
  await hostTurn();
  assertEquals(unhandled.all().sort(), ["from a handler", "from finally", "from then"]);
});

// When handlers are called
// ------------------------

Deno.test("Future.then() calls no handler synchronously, not even a bound function", async () => {
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

Deno.test("Future.then() calls no arrow function synchronously that looks like a promise's own", async () => {
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

Deno.test("Future.then(resolve, handler) of a done future takes no request to cancel the task", async () => {
  needs("contextOfPromises");
  const done = withResult(1);
  const seen: unknown[] = [];
  const task = createTask(async () => {
    task.cancel("stop");
    seen.push(await new Promise((resolve) => done.then(resolve, (error) => seen.push(error))));
    await done;
    seen.push("not reached");
  });
  await assertRejects(async () => await task, CancelledError, "stop");
  assertEquals(seen, [1]);
});

Deno.test("Future.then(resolve, handler) rejects a future that is its own result, and not synchronously", async () => {
  const future = new Future<unknown>();
  future.setResult(future);
  const order: unknown[] = [];
  new Promise((resolve) =>
    future.then(resolve, (error) => order.push((error as Error).constructor))
  );
  order.push("after");
  await microtasks();
  assertEquals(order, ["after", TypeError]);
});

Deno.test("Future.then(resolve) of a done future returns a promise of undefined", async () => {
  const { promise, resolve } = withResolvers<number>();
  const returned = withResult(1).then(resolve);
  assertInstanceOf(returned, Promise);
  assertEquals([await promise, await returned], [1, undefined]);
});

Deno.test("Future.then() calls no proxy synchronously that looks like native code", async () => {
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

Deno.test("Future.then(resolve, reject) settles its promise after the handlers of resolve() have run", async () => {
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

// Misuse
// ------

Deno.test("Future.setResult() notifies the others if a look-alike of a promise's function throws", async () => {
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
