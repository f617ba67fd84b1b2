/**
 * `captureTasks()`, `formatTasks()` and `printTasks()`: all tasks of a program, as a tree by who
 * waits for whom.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { checkPlainCallback } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import type { Task } from "../task/task.ts";
import { provideTree } from "../waiting/dump.ts";
import { showWords } from "../waiting/words.ts";
import { componentsOf, findCircles, successorsOf } from "./circles.ts";
import { detailsOf } from "./details.ts";
import { formatGraph } from "./format_graph.ts";
import type { FrameCallGraphEntry } from "./frames.ts";
import { aliveTasks, Graph, type Node, TaskNode } from "./graph.ts";
import { rootsOf } from "./layout.ts";

/**
 * A task as it was when {@linkcode captureTasks} looked.
 *
 * @category Debugging
 */
export interface CapturedTask {
  /** The task. */
  readonly task: Task<unknown>;
  /** The name of the task. */
  readonly name: string;
  /** The name of its coroutine. */
  readonly coroutine: string;
  /** Whether the task has a request to cancel it. */
  readonly state: "pending" | "cancelling";
  /** What the task waits on, in words. */
  readonly waitsOn: string;
  /** In debug mode: how long the task has waited, in milliseconds. */
  readonly duration: number | undefined;
  /** In debug mode: where the task waits, the innermost function first. */
  readonly waitsAt: readonly FrameCallGraphEntry[];
  /** In debug mode: where the task was made, the innermost function first. */
  readonly createdAt: readonly FrameCallGraphEntry[];
  /**
   * The tasks that this one waits for, also by way of `gather()` and the like, and the task that
   * holds the lock which this one waits for. In a circle, these lead back to this object.
   */
  readonly awaits: readonly CapturedTask[];
}

/**
 * All tasks as they were when {@linkcode captureTasks} looked. Keeps the tasks alive.
 *
 * @category Debugging
 */
export interface TaskSnapshot {
  /** The tasks in the order in which they were made, one loop after the other. */
  readonly tasks: readonly CapturedTask[];
  /** The tasks that no other waits for; of circles that no other task waits for, one. */
  readonly roots: readonly CapturedTask[];
  /** The circles of tasks, each of which waits for the next, and the last one for the first. */
  readonly circles: readonly (readonly CapturedTask[])[];
}

/**
 * Options of {@linkcode printTasks}.
 *
 * @category Debugging
 */
export interface PrintOptions {
  /** Called with the text. Default: `console.log`. */
  print?: ((text: string) => unknown) | undefined;
}

/**
 * Returns all tasks of all running loops, with what each waits on.
 *
 * Nothing is tracked for this: a task knows what its code awaits, and a future what settles it. A
 * promise tells neither. In debug mode, the places are known as well.
 *
 * asyncio has no such function; `python -m asyncio pstree` prints the tasks of another process.
 *
 * @returns The tasks, those that nobody waits for, and the circles.
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, Future, gather, sleep } from "@asyncio/future";
 * import { captureTasks } from "@asyncio/future/debug";
 * import { assertEquals } from "@std/assert";
 *
 * const reply = new Future<string>();
 * const load = createTask(() => reply, { name: "load" });
 * const main = createTask(async () => await gather(load), { name: "main" });
 * await sleep(1);
 * const { roots: [root] } = captureTasks();
 * assertEquals([root!.name, root!.waitsOn], ["main", "gather of 1"]);
 * assertEquals(root!.awaits.map(({ name }) => name), ["load"]);
 * reply.setResult("done");
 * await main;
 * ```
 */
export function captureTasks(): TaskSnapshot {
  return capture(aliveTasks());
}

/** Does the work of {@linkcode captureTasks} for some tasks, which must not be done. */
export function capture(tasks: readonly Task<unknown>[]): TaskSnapshot {
  const graph = new Graph(tasks);
  const circles = findCircles(graph, componentsOf(graph));
  const captured = new Map<TaskNode, CapturedTask>();
  const capture = (node: TaskNode): CapturedTask => {
    let task = captured.get(node);
    if (!task) captured.set(node, task = captureTask(graph, node, capture));
    return task;
  };
  const isTask = (node: Node): node is TaskNode => node instanceof TaskNode;
  return {
    tasks: graph.tasks.map(capture),
    roots: rootsOf(graph).filter(isTask).map(capture),
    circles: circles.map((circle) => circle.map(capture)),
  };
}

function captureTask(
  graph: Graph,
  node: TaskNode,
  capture: (node: TaskNode) => CapturedTask,
): CapturedTask {
  const { name, coroutine, state, words } = node.about;
  const { duration, waitsAt, createdAt } = detailsOf(graph, node);
  let awaits: CapturedTask[] | undefined;
  return {
    task: node.task,
    name,
    coroutine,
    state,
    waitsOn: showWords(words, [words]),
    duration,
    waitsAt,
    createdAt,
    // Later: thousands of tasks may wait for the same thousands.
    get awaits() {
      return awaits ??= tasksBelow(node).map(capture);
    },
  };
}

/** The tasks that a node waits for, by way of nodes that are not tasks. */
function tasksBelow(start: Node): TaskNode[] {
  const found = new Set<Node>();
  const between: Node[] = [start];
  // More nodes are added meanwhile.
  for (const node of between) {
    for (const next of successorsOf(node)) {
      if (found.has(next)) continue;
      found.add(next);
      if (!(next instanceof TaskNode)) between.push(next);
    }
  }
  return [...found].filter((node) => node instanceof TaskNode);
}

/**
 * Shows all tasks of all running loops as a tree: below a task stand those that it waits for.
 *
 * A line has the name of the task, its coroutine, its state and what it waits on; in debug mode, a
 * further line tells since when, where, and where the task was made. The first lines name the tasks
 * that wait for each other in a circle and, of a long tree, what all wait for in the end. A task
 * that several wait for stands in the tree once, and is referred to afterwards. Tasks that are alike
 * are one line with their number.
 *
 * asyncio has no such function; `python -m asyncio pstree` prints the tasks of another process.
 *
 * @returns The text; `"no tasks"` if there are none.
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, Future, gather, sleep } from "@asyncio/future";
 * import { formatTasks } from "@asyncio/future/debug";
 * import { assertEquals } from "@std/assert";
 *
 * const reply = new Future<string>();
 * const load = createTask(async function load() {
 *   return await reply;
 * }, { name: "loader" });
 * const main = createTask(async function main() {
 *   return await gather(load, sleep(1));
 * }, { name: "main" });
 * await sleep(10);
 * assertEquals(
 *   formatTasks(),
 *   "2 tasks\n" +
 *     "main main, pending: gather of 2, 1 is done\n" +
 *     "└─ loader load, pending: <Future pending>",
 * );
 * reply.setResult("done");
 * await main;
 * ```
 */
export function formatTasks(): string {
  return showTree(aliveTasks()) || "no tasks";
}

/**
 * Prints what {@linkcode formatTasks} returns.
 *
 * @param options Where to print.
 * @throws {TypeError} If `print` is not a function.
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, sleep } from "@asyncio/future";
 * import { printTasks } from "@asyncio/future/debug";
 * import { assertEquals } from "@std/assert";
 *
 * const task = createTask(function* nap() {
 *   yield* sleep(1);
 * }, { name: "sleeper" });
 * const lines: string[] = [];
 * printTasks({ print: (text) => lines.push(text) });
 * assertEquals(lines, ["sleeper nap, pending: not started yet"]);
 * await task;
 * ```
 */
export function printTasks(options?: PrintOptions): void {
  printerOf("print the tasks", options)(formatTasks());
}

/** Returns the function that takes the text. */
export function printerOf(action: string, options: PrintOptions | undefined) {
  const { print = console.log } = checkOptions(action, options);
  checkPlainCallback(action, print, "option print");
  return print;
}

/** Shows what some futures, most of them tasks, wait on; an empty text if there are none. */
export function showTree(futures: readonly Future<unknown>[]): string {
  return formatGraph(new Graph(futures));
}

provideTree(showTree);
