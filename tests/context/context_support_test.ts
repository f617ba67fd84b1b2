/**
 * Shows what the context follows on this runtime. Each test is a column of the table
 * in the README, and its outcome the cell: passed is yes, skipped is no.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { AsyncContext, createTask, currentTask, Future, getEventLoop, sleep } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { microtasks } from "../helpers/turns.ts";
import { SUPPORT } from "../runtimes/lines.ts";

const user = new AsyncContext.Variable<string>({ defaultValue: "nobody" });

/** Names the user that runs now, and the task if there is one. */
function whoRuns(): string {
  const task = currentTask();
  return task ? `${user.get()} in ${task.getName()}` : `${user.get()}`;
}

function testSupport(column: string, fn: () => Promise<void>): void {
  Deno.test(SUPPORT + column, async () => {
    await fn();
    assertEquals(whoRuns(), "nobody");
  });
}

testSupport("done and loop callbacks", async () => {
  const seen: string[] = [];
  const note = () => seen.push(whoRuns());
  const future = new Future<void>();
  user.run("ada", () => future.addDoneCallback(note));
  const task = user.run("grace", () =>
    createTask(function* () {
      getEventLoop().callSoon(note);
      future.addDoneCallback(note);
      yield* future;
    }, { name: "task" }));
  await microtasks();
  user.run("mary", () => future.setResult());
  await task;
  assertEquals(seen, ["grace in task", "ada", "grace in task"]);
});

testSupport("timers", async () => {
  const seen: string[] = [];
  const note = () => seen.push(whoRuns());
  const loop = getEventLoop();
  user.run("ada", () => loop.callLater(1, note));
  await user.run("grace", () =>
    createTask(function* () {
      const fired = new Future<void>();
      loop.callAt(loop.time() + 2, () => {
        note();
        fired.setResult();
      });
      yield* fired;
    }, { name: "task" }));
  assertEquals(seen, ["ada", "grace in task"]);
});

testSupport("generator tasks", async () => {
  const seen: string[] = [];
  const visit = (name: string) =>
    user.run(name, () =>
      createTask(function* () {
        for (const ms of [0, 1]) {
          yield* sleep(ms);
          seen.push(whoRuns());
        }
      }, { name: "task" }));
  for (const task of ["ada", "grace"].map(visit)) await task;
  assertEquals(seen, ["ada", "grace", "ada", "grace"].map((name) => `${name} in task`));
});

testSupport("async functions after `await future`", async () => {
  const seen: string[] = [];
  const future = new Future<void>();
  const visit = async () => {
    await future;
    seen.push(whoRuns());
    await sleep(1);
    seen.push(whoRuns());
  };
  const visits = [
    user.run("ada", visit),
    user.run("grace", () => createTask(visit, { name: "task" })),
  ];
  await microtasks();
  user.run("mary", () => future.setResult());
  for (const each of visits) await each;
  assertEquals(seen, ["ada", "grace in task", "ada", "grace in task"]);
});

testSupport("async functions after `await promise`", async () => {
  needs("contextOfPromises");
  const seen: string[] = [];
  const visit = async () => {
    await Promise.resolve();
    seen.push(whoRuns());
    await new Promise((resolve) => setTimeout(resolve, 0));
    seen.push(whoRuns());
  };
  const visits = [
    user.run("ada", visit),
    user.run("grace", () => createTask(visit, { name: "task" })),
  ];
  for (const each of visits) await each;
  assertEquals(seen.sort(), ["ada", "ada", "grace in task", "grace in task"]);
});

testSupport("stores of `AsyncLocalStorage`", async () => {
  needs("asyncLocalStorage");
  const store = new AsyncLocalStorage<string>();
  const loop = getEventLoop();
  const seen: unknown[] = [];
  const note = () => seen.push(store.getStore());
  const future = new Future<void>();
  const fired = new Future<void>();
  const tasks = store.run("ada", () => {
    future.addDoneCallback(note);
    loop.callSoon(note);
    loop.callLater(1, () => {
      note();
      fired.setResult();
    });
    return [
      createTask(async () => {
        await future;
        note();
      }),
      createTask(function* () {
        yield* future;
        note();
      }),
    ];
  });
  await microtasks();
  store.run("grace", () => future.setResult());
  for (const task of tasks) await task;
  await fired;
  assertEquals(seen, Array(5).fill("ada"));
});
