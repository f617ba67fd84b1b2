/**
 * `detached()`: work that no task is cancelled together with, as several tasks may share it.
 *
 * @module
 */

import { checkCallback } from "../base/checks.ts";
import { define } from "../base/engine.ts";
import { nameOf } from "../base/inspect.ts";
import { nameAfter } from "../context/calls.ts";
import { cells } from "../context/cells.ts";
import { takeSnapshot } from "../context/current.ts";
import { outcomeOf } from "../future/outcome.ts";
import { RESULT } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { currentLoop, runningLoop } from "../loop/running.ts";
import { checkCoroutine } from "../task/coroutine.ts";
import { createTask } from "../task/current.ts";
import type { Task } from "../task/task.ts";
import type { ResultOf } from "./ensure.ts";

/**
 * Makes a function whose calls are cancelled with nobody who waits for them: for what several tasks
 * share, such as a cache, a batch or a queue.
 *
 * Each call starts `fn` at once, as a task of its own, in the context in which `detached()` was
 * called. A call returns a native promise, as a task that awaits a future passes a cancellation on
 * to it, and libraries await what they are given in the context of any task.
 *
 * Whoever awaits the promise and is cancelled gets the `CancelledError` at the next wait after
 * that. `await ensureFuture(promise)` throws at once, and the work goes on.
 *
 * The counterpart in asyncio is
 * [`asyncio.shield`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.shield) of a
 * new task.
 *
 * @param fn A function: async, generator or plain.
 * @returns A function that passes its `this` and its arguments on to `fn`, and returns a promise of
 * the outcome. If the work is cancelled, and nobody handles that, there is no
 * `unhandledrejection`.
 * @throws {TypeError} If `fn` is not a function, or is an async generator function.
 * @category Tasks
 *
 * @example
 * ```ts
 * import { createTask, detached, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const load = detached(async (key: string) => {
 *   await sleep(2);
 *   return `value of ${key}`;
 * });
 * const cache: Record<string, Promise<string>> = {};
 * const first = createTask(async () => await (cache.a ??= load("a")));
 * const second = createTask(async () => await (cache.a ??= load("a")));
 * await sleep(1);
 * first.cancel("the first user left");
 * assertEquals(await second, "value of a");
 * ```
 */
export function detached<This, A extends unknown[], R>(
  fn: (this: This, ...args: A) => R,
): (this: This, ...args: A) => Promise<ResultOf<R>> {
  checkCoroutine("detach the function", fn);
  // A generator is a coroutine, but can be run only once.
  checkCallback("detach the function", fn, "argument");
  const context = cells ? cells.copy(takeSnapshot) : takeSnapshot();
  const home = runningLoop();
  const name = nameOf(fn);
  // A method, as a function would be a constructor, and an arrow function has no `this` of its own.
  const { wrapped } = {
    wrapped(this: This, ...args: A): Promise<ResultOf<R>> {
      const coro = () => Reflect.apply(fn, this, args) as ResultOf<R>;
      define(coro, "name", { value: name });
      try {
        // A function that was made in `run()` may be called when that loop is closed.
        const loop = home && !home.isClosed() ? home : currentLoop();
        // In the context and not with it, as the calls must not share what they set.
        return promiseOf(context.run(() => createTask(coro, { loop, eagerStart: true })));
      } catch (error) {
        return Promise.reject(error);
      }
    },
  };
  nameAfter(wrapped, fn, "detached");
  // `async.queue()` and its like pass a callback, and wait for that, unless they find this.
  define(wrapped, Symbol.toStringTag, { value: "AsyncFunction" });
  return wrapped;
}

/**
 * Returns a native promise of the outcome of a task. The code that calls does not count as waiting
 * for the task, as it would with `Promise.resolve(task)`.
 */
function promiseOf<T>(task: Task<T>): Promise<T> {
  const promise = new Promise<T>((resolve, reject) => {
    const notify = () => {
      const [state, outcome] = outcomeOf(task);
      if (state === RESULT) resolve(outcome as T);
      else reject(outcome);
    };
    whenDone(task, { notify, label: "detached" });
  });
  // Nobody is told of a cancelled task either. The end of `run()` cancels work in the background.
  whenDone(task, { notify: () => void (task.cancelled() && promise.catch(() => {})) });
  return promise;
}
