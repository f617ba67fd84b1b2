/**
 * The errors with which a run in virtual time fails.
 *
 * @module
 */

import { capture, type CapturedTask, showTree, type TaskSnapshot } from "../debug/tasks.ts";
import { allTasks } from "../task/current.ts";
import type { VirtualLoop } from "./virtual_loop.ts";

/** The tasks of a loop that are not done, and a tree of them. */
function look(loop: VirtualLoop): { snapshot: TaskSnapshot; tree: string } {
  const tasks = [...allTasks(loop)];
  return { snapshot: capture(tasks), tree: showTree(tasks) || "no tasks" };
}

/**
 * Thrown when nothing of a program in virtual time can run any more: no callback is ready, no timer
 * is left, and no promise of the outside world is waited for.
 *
 * The message has a tree of the tasks, as `formatTasks()` of `@asyncio/future/debug` shows it.
 *
 * @category Testing
 *
 * @example
 * ```ts
 * import { Queue } from "@asyncio/future";
 * import { DeadlockError, runVirtual } from "@asyncio/future/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const main = async () => await new Queue<string>().get(); // nobody puts
 * const error = await assertRejects(() => runVirtual(main), DeadlockError);
 * assertEquals(error.tasks.map(({ waitsOn }) => waitsOn), ["Queue.get of <Queue maxsize=0 getters=1>"]);
 * ```
 */
export class DeadlockError extends Error {
  static {
    this.prototype.name = "DeadlockError";
  }

  /** The tasks that were not done, as they were when nothing could run any more. */
  readonly tasks: readonly CapturedTask[];
  /** The circles of tasks, each of which waits for the next, and the last one for the first. */
  readonly circles: readonly (readonly CapturedTask[])[];

  /** Made by {@linkcode runVirtual}. */
  constructor(loop: VirtualLoop) {
    const { snapshot, tree } = look(loop);
    super(
      "Cannot go on as nothing is left that could wake any task " +
        `(a promise of the outside world has to be passed to real()): received ${tree}`,
    );
    this.tasks = snapshot.tasks;
    this.circles = snapshot.circles;
  }
}

/**
 * Thrown when a program in virtual time takes more steps, or more time, than it may.
 *
 * @category Testing
 *
 * @example
 * ```ts
 * import { sleep } from "@asyncio/future";
 * import { RunLimitError, runVirtual } from "@asyncio/future/testing";
 * import { assertRejects } from "@std/assert";
 *
 * const main = async () => {
 *   for (;;) await sleep(1_000);
 * };
 * await assertRejects(() => runVirtual(main, { maxTime: 3_600_000 }), RunLimitError, "3600000 ms");
 * ```
 */
export class RunLimitError extends Error {
  static {
    this.prototype.name = "RunLimitError";
  }

  /** The option that was exceeded. */
  readonly limit: "maxSteps" | "maxTime";
  /** The tasks that were not done, as they were then. */
  readonly tasks: readonly CapturedTask[];

  /** Made by {@linkcode runVirtual}. */
  constructor(loop: VirtualLoop, limit: "maxSteps" | "maxTime", value: number) {
    const { snapshot, tree } = look(loop);
    const allowed = limit === "maxSteps" ? `${value} steps` : `${value} ms of virtual time`;
    super(
      `Cannot go on as the program has not ended within ${allowed} ` +
        `(to allow more, pass { ${limit} }): received ${tree}`,
    );
    this.limit = limit;
    this.tasks = snapshot.tasks;
  }
}

/**
 * Thrown if a task that {@linkcode explore} has cancelled left something behind.
 *
 * @category Testing
 *
 * @example
 * ```ts
 * import { createTask, Lock, sleep, wait } from "@asyncio/future";
 * import { explore, LeftoverError } from "@asyncio/future/testing";
 * import { assertInstanceOf, assertRejects } from "@std/assert";
 *
 * const main = async () => {
 *   const lock = new Lock();
 *   const worker = createTask(async () => {
 *     await lock.acquire();
 *     await sleep(1); // a cancellation here leaves the lock locked
 *     lock.release();
 *   }, { name: "worker" });
 *   await wait([worker]);
 * };
 * const error = await assertRejects(() => explore(main, { cancelAnywhere: "worker" }), Error);
 * assertInstanceOf(error.cause, LeftoverError);
 * ```
 */
export class LeftoverError extends Error {
  static {
    this.prototype.name = "LeftoverError";
  }

  /** What is left, each in words. */
  readonly leftovers: readonly string[];

  /** Made by {@linkcode explore}. */
  constructor(leftovers: readonly string[]) {
    super(
      "Cannot end cleanly as the cancellation has left something behind: " +
        `received ${leftovers.join("; ")}`,
    );
    this.leftovers = leftovers;
  }
}
