import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import {
  allTasks,
  AsyncContext,
  createTask,
  currentTask,
  type EventLoop,
  Future,
  getRunningLoop,
  run,
  sleep,
  type Task,
} from "../../mod.ts";
import { waitIn } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

// A loop of the user
// ------------------

Deno.test("Task runs only when its loop calls back, and is the current task there", async () => {
  for (const heedsContext of [true, false]) {
    const loop = makeManualLoop({ heedsContext });
    const user = new AsyncContext.Variable<string>();
    const future = loop.createFuture<number>();
    const seen: unknown[] = [];
    const task = user.run("ada", () =>
      loop.createTask(function* () {
        seen.push([currentTask() === task, user.get(), getRunningLoop() === loop]);
        const value = yield* future;
        seen.push([currentTask() === task, user.get(), getRunningLoop() === loop]);
        yield;
        seen.push([currentTask() === task, user.get(), getRunningLoop() === loop]);
        try {
          yield value;
        } catch (error) {
          seen.push(error instanceof TypeError);
        }
        return value;
      }));
    await hostTurn();
    assertEquals(seen, []);
    loop.drain();
    assertEquals(seen.splice(0), [[true, "ada", true]]);
    future.setResult(1);
    await hostTurn();
    assertEquals(seen, []);
    loop.drain();
    assertEquals(seen.splice(0), [[true, "ada", true], [true, "ada", true], true]);
    assertEquals(task.result(), 1);
    assertEquals(loop.ready.length, 0);
  }
});

Deno.test("Task sleeps and is cancelled by the time of its loop", () => {
  const loop = makeManualLoop();
  const log: string[] = [];
  const task = loop.createTask(function* () {
    yield* sleep(10);
    log.push("awake");
    try {
      yield* sleep(1000);
    } finally {
      log.push("clean");
    }
  });
  loop.drain();
  loop.advance(9);
  loop.drain();
  assertEquals(log, []);
  loop.advance(1);
  loop.drain();
  assertEquals(log, ["awake"]);
  task.cancel();
  assertEquals(log, ["awake"]);
  loop.drain();
  assertEquals(log, ["awake", "clean"]);
  assert(task.cancelled());
});

Deno.test("Task passes its context to callSoon() of its loop", () => {
  const loop = makeManualLoop();
  const context = new AsyncContext.Snapshot();
  const task = loop.createTask(function* () {
    return 1;
  }, { context });
  assertStrictEquals(loop.contexts[0], context);
  loop.drain();
  assertEquals(task.result(), 1);
});

Deno.test("Task waits for a future of another loop", async () => {
  const loop = makeManualLoop();
  const future = loop.createFuture<number>();
  const tasks = [createTask(waitIn(future)), createTask(async () => await future)];
  await microtasks();
  future.setResult(1);
  assertEquals(await Promise.all(tasks), [1, 1]);
});

// A closed loop
// -------------

Deno.test("createTask() on a closed loop throws", () => {
  const loop = makeManualLoop();
  loop.close();
  assertThrows(() => createTask(async () => {}, { loop }), Error, "Event loop is closed");
  assertThrows(
    () => createTask(async () => {}, { loop, eagerStart: true }),
    Error,
    "Event loop is closed",
  );
  assertEquals(allTasks(loop).size, 0);
});

Deno.test("Task that yields when its loop is closed goes no further, which is reported", async () => {
  const gate = new Future<void>();
  const log: string[] = [];
  let stranded!: Task<void>;
  let loop!: EventLoop;
  await run(async () => {
    loop = getRunningLoop();
    stranded = createTask(function* () {
      try {
        yield* sleep(60_000);
      } catch {
        yield* gate;
      }
      log.push("gives way");
      yield;
      log.push("goes on");
    });
    loop.setExceptionHandler(() => {});
    await sleep(0);
  }, { shutdownTimeout: 1 });
  assertEquals([loop.isClosed(), stranded.done(), log], [true, false, []]);
  using reports = collectReports(loop);
  gate.setResult();
  await hostTurn();
  assertEquals(log, ["gives way"]);
  assertEquals(reports.map(({ exception }) => String(exception)), ["Error: Event loop is closed"]);
  assertStrictEquals(reports[0]!.task, stranded);
});

Deno.test("Task that cannot be resumed as its loop is closed is reported", () => {
  const loop = makeManualLoop();
  using reports = collectReports(loop);
  const future = new Future<void>({ loop });
  const other = new Future<void>({ loop });
  const task = loop.createTask(waitIn(future), { name: "stranded" });
  loop.drain();
  loop.close();
  let told = false;
  future.then(() => told = true);
  future.setResult();
  assertEquals(reports.map(({ message }) => message), ["Cannot resume the task"]);
  assertStrictEquals<unknown>(reports[0]!.task, task);
  other.cancel();
  assertFalse(told);
});

// Misuse
// ------

Deno.test("createTask() checks its arguments before it calls createTask() of the loop", () => {
  const manual = makeManualLoop();
  let called = 0;
  manual.createTask = () => {
    called++;
    throw new Error("must not be called");
  };
  const untyped = createTask as (coro: unknown, options?: unknown) => unknown;
  assertThrows(() => untyped(Promise.resolve(), { loop: manual }), TypeError, "coroutine");
  assertEquals(called, 0);
});
