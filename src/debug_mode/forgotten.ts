/**
 * Work that nobody waits for: tasks that `run()` has to cancel, and generators that never run.
 *
 * @module
 */

import { isGenerator } from "../base/checks.ts";
import { nameOf } from "../base/inspect.ts";
import type { EventLoop } from "../../loop.ts";
import { waitersOf } from "../future/waiters.ts";
import { dump } from "../waiting/dump.ts";
import { quotedName } from "../waiting/words.ts";
import { report } from "../loop/reports.ts";
import { sourceTraceback } from "../loop/tracebacks.ts";
import type { Handle } from "../loop/handles.ts";
import type { Future } from "../../future.ts";
import { claimedGenerators } from "../task/coroutine.ts";
import { cancellationOf } from "../task/internals.ts";
import type { Task } from "../task/task.ts";

/**
 * Reports the tasks of a loop that nobody waits for, when `run()` is about to cancel them as main has
 * ended. A task whose cancellation somebody has requested is not forgotten.
 */
export function reportForgotten(loop: EventLoop, tasks: Task<unknown>[]): void {
  const forgotten = tasks.filter((task) =>
    cancellationOf(task).requests === 0 && waitersOf(task).length === 0
  );
  const [task, ...others] = forgotten;
  if (!task) return;
  const [who, it] = others.length > 0
    ? [`${forgotten.length} tasks are`, "them"]
    : [`Task ${quotedName(task)} is`, "the task"];
  report(loop, {
    message: `${who} cancelled by run(), as main has ended and nobody waits for ${it} ` +
      "(await it, use a task group, or cancel it yourself)",
    // A thousand tasks alike are one line.
    ...others.length > 0 ? { waits: dump(forgotten) } : { task, ...sourceTraceback(task) },
  });
}

/** Reports a generator that a callback has returned, as nobody runs that. */
export function reportDropped(
  loop: EventLoop,
  callback: object,
  source: Future<unknown> | Handle,
  result: unknown,
): void {
  if (!isGenerator(result) || claimedGenerators.has(result)) return;
  report(loop, {
    message: `Callback ${nameOf(callback)} has returned a generator, which nobody runs ` +
      "(start a task in the callback)",
    ...sourceTraceback(source),
  });
}
