import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import {
  createTask,
  type EventLoop,
  getEventLoop,
  getRunningLoop,
  run,
  Task,
  type TaskFactory,
} from "../../mod.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";

const loop = getEventLoop();

// createFuture() and createTask()
// -------------------------------

Deno.test("EventLoop.createFuture() and createTask() make futures and tasks of the loop", async () => {
  const future = loop.createFuture<number>();
  assertStrictEquals(future.getLoop(), loop);
  assert(loop.createFuture({ signal: AbortSignal.abort() }).cancelled());
  const task = loop.createTask(async () => 1, { name: "made" });
  assertStrictEquals(task.getLoop(), loop);
  assertEquals(task.getName(), "made");
  assertEquals(await task, 1);
  assertThrows(() => loop.createTask(3 as never), TypeError, "received 3");
});

Deno.test("EventLoop.createFuture() and createTask() ignore another loop among the options", async () => {
  const options = { loop: makeManualLoop() } as object;
  assertStrictEquals(loop.createFuture(options).getLoop(), loop);
  const task = loop.createTask(() => 1, options);
  assertStrictEquals(task.getLoop(), loop);
  await task;
});

// Task factory
// ------------

Deno.test("EventLoop.setTaskFactory() has the factory make the tasks, until it is set to null", async () => {
  class MyTask<T> extends Task<T> {}
  const factory: TaskFactory = (loop, coro, options) => new MyTask(coro, { ...options, loop });
  assertEquals(loop.getTaskFactory(), null);
  loop.setTaskFactory(factory);
  try {
    assertStrictEquals(loop.getTaskFactory(), factory);
    const task = createTask(async () => 1, { name: "mine" });
    assert(task instanceof MyTask);
    assertEquals(task.getName(), "mine");
    assertEquals(await task, 1);
    assertThrows(() => createTask(3 as never), TypeError, "received 3");
    assertThrows(() => loop.setTaskFactory(3 as never), TypeError, "no function: received 3");
    assertStrictEquals(loop.getTaskFactory(), factory);
  } finally {
    loop.setTaskFactory(null);
  }
  assertFalse(createTask(async () => {}) instanceof MyTask);
});

Deno.test("EventLoop.createTask() on a closed loop throws without a call of the task factory", async () => {
  let loop!: EventLoop;
  let asked = 0;
  await run(() => {
    loop = getRunningLoop();
  });
  loop.setTaskFactory((_loop, coro) => {
    asked++;
    return new Task(coro);
  });
  assertThrows(() => loop.createTask(() => {}), Error, "Event loop is closed");
  assertEquals(asked, 0);
});
