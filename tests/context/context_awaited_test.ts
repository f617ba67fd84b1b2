import { assertEquals, assertStrictEquals } from "@std/assert";
import { needs } from "../helpers/capabilities.ts";
import { testContext } from "./context_cases.ts";

// On Bun, where it is read-only, the steps of a generator are awaited.
if (!("Bun" in globalThis)) Object.assign(globalThis, { Bun: {} });

const module = await import("../../mod.ts");
// Some helpers import the module under test, so they must not come first.
const { ThrowingFuture } = await import("../helpers/objects.ts");
const { collectReports } = await import("../helpers/reports.ts");
const { hostTurn } = await import("../helpers/turns.ts");

testContext("what awaits the steps", module, true, "asyncLocalStorage");

const { CancelledError, createTask, Future } = module;

function test(name: string, fn: () => Promise<void>): void {
  Deno.test(`a task whose steps are awaited ${name}`, async () => {
    needs("asyncLocalStorage");
    await fn();
  });
}

test("calls no then for its steps", async () => {
  const { then } = Promise.prototype;
  const futures = [new Future<number>(), new Future<number>()] as const;
  const task = createTask(function* () {
    return (yield* futures[0]) + (yield* futures[1]);
  });
  await hostTurn();
  let calls = 0;
  Promise.prototype.then = function (this: Promise<unknown>, ...handlers: unknown[]) {
    calls++;
    return Reflect.apply(then, this, handlers);
  } as typeof then;
  try {
    futures[0].setResult(1);
    await null;
    futures[1].setResult(2);
    await null;
  } finally {
    Promise.prototype.then = then;
  }
  assertEquals(task.result(), 3);
  assertEquals(calls, 0);
});

test("goes on where the future's callbacks are called", async () => {
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

test("goes on if what it waits for throws, and calls back", async () => {
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

test("can be cancelled, gives way, and starts others at once", async () => {
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
