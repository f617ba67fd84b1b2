import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import * as module from "../../mod.ts";
import type { Context } from "../../mod.ts";
import { has, needs } from "../helpers/capabilities.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { microtasks } from "../helpers/turns.ts";
import { testContext } from "./context_cases.ts";

if (has.asyncLocalStorage) testContext("AsyncLocalStorage", module, true);
else testContext("the module itself, as there is nothing else", module, false);

const { AsyncContext, createTask, currentTask, Future, getEventLoop, sleep } = module;

Deno.test("AsyncContext.Snapshot.wrap() rejects what is no function at the call", () => {
  assertThrows(
    () => AsyncContext.Snapshot.wrap(1 as never),
    TypeError,
    "Cannot wrap the function as the argument is no function: received 1",
  );
});

Deno.test("AsyncContext rejects what is no function to run, and takes no options for none", () => {
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

Deno.test("AsyncContext runs functions that have a bind and an apply of their own", () => {
  const own = { bind: undefined, apply: undefined, call: undefined };
  const fn = Object.assign((value: number) => value + 1, own) as (value: number) => number;
  assertEquals(new AsyncContext.Variable().run(0, fn, 1), 2);
  assertEquals(new AsyncContext.Snapshot().run(fn, 1), 2);
  assertEquals(AsyncContext.Snapshot.wrap(fn)(1), 2);
});

Deno.test("stores of foreign AsyncLocalStorages follow callbacks, timers and tasks", async () => {
  needs("asyncLocalStorage");
  const store = new AsyncLocalStorage<string>();
  const loop = getEventLoop();
  const seen: unknown[] = [];
  const note = () => seen.push(store.getStore());
  const future = new Future<void>();
  const context = store.run("given", () => new AsyncContext.Snapshot());
  const tasks = store.run("ada", () => {
    future.addDoneCallback(note);
    future.then(note);
    loop.callSoon(note);
    loop.callLater(1, note);
    loop.callSoon(note, { context });
    return [
      createTask(async () => {
        note();
        await future;
        note();
      }),
      createTask(function* () {
        note();
        yield* future;
        note();
        yield;
        note();
      }),
    ];
  });
  await microtasks();
  store.run("grace", () => future.setResult());
  await Promise.all(tasks);
  await sleep(5);
  assertEquals(seen.length, 10);
  assertEquals(seen.filter((each) => each === "ada").length, 9);
  assertEquals(seen.filter((each) => each === "given").length, 1);
  assertEquals(store.run("mary", () => tasks[0]!.getContext().run(() => store.getStore())), "ada");
});

Deno.test("stores of foreign AsyncLocalStorages follow tasks on a manual loop", () => {
  needs("asyncLocalStorage");
  const store = new AsyncLocalStorage<string>();
  const loop = makeManualLoop({ heedsContext: false });
  const seen: unknown[] = [];
  const future = loop.createFuture<void>();
  store.run("ada", () => {
    future.addDoneCallback(() => seen.push(store.getStore()));
    loop.createTask(function* () {
      seen.push(store.getStore());
      yield* future;
      seen.push(store.getStore());
    });
  });
  loop.drain();
  store.run("grace", () => future.setResult());
  loop.drain();
  assertEquals(seen, ["ada", "ada", "ada"]);
});

/** A context of somebody else's making, which logs how it is used. */
function makeContext() {
  const log: string[] = [];
  const context: Context = {
    run(fn, ...args) {
      log.push("enter");
      try {
        return fn(...args);
      } finally {
        log.push("leave");
      }
    },
  };
  return { context, log };
}

Deno.test("each of thousands of callbacks is called in its own context, once", async () => {
  const variable = new AsyncContext.Variable<number>();
  const numbers = Array.from({ length: 2_000 }, (_, i) => i);
  const futures = numbers.map(() => new Future<void>());
  const seen: unknown[] = [];
  for (const i of numbers) {
    variable.run(i, () => futures[i]!.addDoneCallback(() => seen.push([i, variable.get()])));
  }
  for (const future of futures.toReversed()) future.setResult();
  await microtasks(1);
  assertEquals(seen, numbers.map((i) => [i, i]).toReversed());
});

Deno.test("a context is anything that has run(), which each callback is called in", async () => {
  const { context, log } = makeContext();
  const loop = getEventLoop();
  const future = new Future<void>();
  future.addDoneCallback(() => log.push("done"), { context });
  loop.callSoon(() => log.push("soon"), { context });
  loop.callLater(1, () => log.push("later"), { context });
  assertEquals(log, []);
  future.setResult();
  await sleep(5);
  const each = (name: string) => ["enter", name, "leave"];
  assertEquals(log, [...each("soon"), ...each("done"), ...each("later")]);
});

Deno.test("a context is entered for each step of a generator task", async () => {
  const { context, log } = makeContext();
  const task = createTask(function* () {
    log.push("first");
    yield* sleep(0);
    log.push("second");
    yield;
    log.push(currentTask() === task ? "third" : "lost");
  }, { context });
  await task;
  const each = (name: string) => ["enter", name, "leave"];
  assertEquals(log, [...each("first"), ...each("second"), ...each("third")]);
});

Deno.test("a context whose run() throws is reported", async () => {
  using reports = collectReports();
  const context: Context = {
    run() {
      throw new RangeError("broken");
    },
  };
  getEventLoop().callSoon(() => {}, { context });
  await microtasks();
  assertEquals(reports.map(({ message }) => message), ["Cannot run a callback in its context"]);
  assertThrows(
    () => new Future().addDoneCallback(() => {}, { context: { enter() {} } as never }),
    TypeError,
    "no run method: received { enter: [Function enter] }",
  );
});

Deno.test("AsyncContext.Variable makes a string of its name", () => {
  assertEquals(new AsyncContext.Variable({ name: 5 as unknown as string }).name, "5");
});

Deno.test("AsyncContext.Snapshot.run() and Variable.run() call the function on nothing", () => {
  const snapshot = new AsyncContext.Snapshot();
  const variable = new AsyncContext.Variable<number>();
  function self(this: unknown): unknown {
    return this;
  }
  assertStrictEquals(snapshot.run(self), undefined);
  assertStrictEquals(variable.run(1, self), undefined);
});
