/** Factories that watch the tasks of a loop. */

import { createTask, type EventLoop, getEventLoop, Task, type TaskFactory } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

/** A task that knows how long it took. */
class TimedTask<T> extends Task<T> {
  readonly began = performance.now();
}

export function watch(loop: EventLoop) {
  const alive = new Set<Task<unknown>>();
  loop.setTaskFactory((loop, coro, options) => {
    assertSameType<typeof loop, EventLoop>();
    const task = new TimedTask(coro, { ...options, loop });
    alive.add(task);
    task.addDoneCallback((task) => {
      alive.delete(task);
      console.log(task.getName(), performance.now() - task.began);
    });
    return task;
  });
  return alive;
}

export const eager: TaskFactory = (loop, coro, options) =>
  new Task(coro, { ...options, loop, eagerStart: true });

export function withFactory<T>(factory: TaskFactory, fn: () => T) {
  const loop = getEventLoop();
  const previous = loop.getTaskFactory();
  assertSameType<typeof previous, TaskFactory | null>();
  loop.setTaskFactory(factory);
  try {
    return fn();
  } finally {
    loop.setTaskFactory(previous);
  }
}

export const made = withFactory(eager, () => createTask(async () => 1));
assertSameType<typeof made, Task<number>>();
