/**
 * `start()` of a task group: a task that says when it is ready.
 *
 * @module
 */

import { InvalidStateError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { checkCallback } from "../base/checks.ts";
import { define } from "../base/engine.ts";
import { show } from "../base/inspect.ts";
import { cancelTarget } from "../future/cancel_target.ts";
import { outcomeOf } from "../future/outcome.ts";
import { CANCELLED, EXCEPTION, RESULT } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { currentLoop } from "../loop/running.ts";
import { checkCoroutine, type Coroutine } from "../task/coroutine.ts";
import type { Task } from "../task/task.ts";
import { DelegatingFuture, settleAs } from "../waiting/delegating.ts";

/**
 * The function that {@linkcode TaskGroup.start} runs: async, generator or plain.
 *
 * @typeParam T The type of what the function calls `started()` with.
 * @category Scopes
 */
export type StartedCoroutine<T> = (
  started: (value: T) => void,
  signal: AbortSignal,
) => Generator<unknown, unknown, unknown> | PromiseLike<unknown> | unknown;

/**
 * Does the work of {@linkcode TaskGroup.start}.
 *
 * @param createTask Makes the task in the group.
 * @param unready The tasks that are not ready, whose exceptions do not concern the group.
 */
export function startTask<T>(
  loop: EventLoop = currentLoop(),
  createTask: (coro: Coroutine<unknown>) => Task<unknown>,
  coro: StartedCoroutine<T>,
  unready: WeakSet<Task<unknown>>,
): Future<T> {
  checkCoroutine("start a task", coro);
  checkCallback("start a task", coro, "coroutine");
  let task: Task<unknown> | undefined = undefined;
  const ready = new DelegatingFuture<T>(loop, (reason) => cancelTarget(task!, reason), {
    operation: "start",
    get futures() {
      return task && [task];
    },
  });
  /** The future `ready` until it is settled, then `undefined`: see `waitFor()` for the reason. */
  let unsettled: DelegatingFuture<T> | undefined = ready;
  const started = (value: T) => {
    const future = unsettled;
    if (!future) {
      throw new InvalidStateError(
        `Cannot start the task as it has started already: received ${show(value)}`,
      );
    }
    // A task that starts at once may be ready before `createTask()` returns.
    if (task) unready.delete(task);
    unsettled = undefined;
    settleAs(future, [RESULT, value]);
  };
  const run = (signal: AbortSignal) => coro(started, signal) as PromiseLike<unknown>;
  define(run, "name", { value: coro.name });
  task = createTask(run);
  if (!ready.done()) unready.add(task);
  const notify = () => {
    const future = unsettled;
    if (!future) return;
    unsettled = undefined;
    const outcome = outcomeOf(task);
    if (outcome[0] !== RESULT) return settleAs(future, outcome, task);
    const request = DelegatingFuture.requestOf(future);
    if (request) return settleAs(future, [CANCELLED, request], task);
    const error = new Error(`Cannot start the task as it ended before it was ready: ${show(task)}`);
    settleAs(future, [EXCEPTION, error]);
  };
  whenDone(task, { notify, label: "start" });
  return ready;
}
