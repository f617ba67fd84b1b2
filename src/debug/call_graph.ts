/**
 * `captureCallGraph()`: who waits for a future, and who waits for them.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { isFuture } from "../future/brand.ts";
import { currentTask } from "../task/current.ts";
import { isTask } from "../waiting/waits.ts";
import { successorsOf } from "./circles.ts";
import { detailsOf } from "./details.ts";
import { currentFrames, type FrameCallGraphEntry } from "./frames.ts";
import { aliveTasks, Graph, type Node, TaskNode } from "./graph.ts";

/**
 * A future, where its code waits, and who waits for it.
 *
 * Source: [`asyncio.FutureCallGraph`](https://docs.python.org/3.14/library/asyncio-graph.html#asyncio.FutureCallGraph).
 *
 * @category Debugging
 */
export interface FutureCallGraph {
  /** The future or the task. */
  readonly future: Future<unknown>;
  /**
   * The functions of a task, the innermost first: of the task that runs, those on the stack; in debug
   * mode, those at which the task waits; otherwise only its coroutine, without a place. A future has
   * none.
   */
  readonly callStack: readonly FrameCallGraphEntry[];
  /**
   * The tasks that wait for the future, also by way of `gather()` and the like, or for a lock that the
   * task holds. In a circle, these lead back to this object.
   */
  readonly awaitedBy: readonly FutureCallGraph[];
}

/**
 * Options of {@linkcode captureCallGraph} and {@linkcode formatCallGraph}.
 *
 * @category Debugging
 */
export interface CallGraphOptions {
  /**
   * How many frames to skip at the top of the stack of the running task: 1 begins with the function
   * that calls.
   *
   * @default {1}
   */
  depth?: number | undefined;
  /**
   * The most frames of each stack: the innermost ones if the number is positive, the outermost ones if
   * it is negative, none if it is 0. Default: all.
   */
  limit?: number | null | undefined;
}

/**
 * Returns who waits for a future, and who waits for them, up to the tasks that nobody waits for.
 *
 * Nothing is tracked for this: the graph is made from the tasks of all running loops, down to what
 * each waits on. Futures of `gather()` and the like are left out: a task that awaits these waits for
 * what they wait for.
 *
 * Source: [`asyncio.capture_call_graph`](https://docs.python.org/3.14/library/asyncio-graph.html#asyncio.capture_call_graph).
 *
 * @param future The future. Default: the task that runs.
 * @param options How many frames to skip, and how many to return.
 * @returns The graph; `null` if no future is given and no task runs.
 * @throws {TypeError} If `future` is not a future, or an option is not a whole number.
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, Future, sleep } from "@asyncio/future";
 * import { captureCallGraph } from "@asyncio/future/debug";
 * import { assertEquals } from "@std/assert";
 *
 * const reply = new Future<string>();
 * const load = createTask(async () => await reply, { name: "load" });
 * const main = createTask(async () => await load, { name: "main" });
 * await sleep(1);
 * const { awaitedBy } = captureCallGraph(reply)!;
 * assertEquals(awaitedBy.map(({ future }) => future), [load]);
 * assertEquals(awaitedBy[0]!.awaitedBy.map(({ future }) => future), [main]);
 * reply.setResult("done");
 * await main;
 * ```
 */
export function captureCallGraph(
  future?: Future<unknown> | null,
  options?: CallGraphOptions,
): FutureCallGraph | null {
  const { depth = 1, limit = null } = checkOptions("capture the call graph", options);
  checkWhole("depth", depth);
  if (limit !== null) checkWhole("limit", limit);
  const current = currentTask();
  const start = future ?? current;
  if (!start) return null;
  if (!isFuture(start)) throw cannot("capture the call graph", "it is no future", start);
  const graph = new Graph(tasksAround(start), { withSteps: true });
  const predecessors = reverse(graph);
  const graphs = new Map<object, FutureCallGraph>();
  const open: { node: Node | undefined; awaitedBy: FutureCallGraph[] }[] = [];
  const callGraphOf = (future: Future<unknown>, node: Node | undefined): FutureCallGraph => {
    const known = graphs.get(future);
    if (known) return known;
    const frames = future === current
      ? currentFrames().slice(Math.max(0, depth - 1))
      : framesOf(graph, node);
    const awaitedBy: FutureCallGraph[] = [];
    const made = { future, callStack: limited(frames, limit), awaitedBy };
    graphs.set(future, made);
    open.push({ node, awaitedBy });
    return made;
  };
  const node = graph.find(start);
  const result = callGraphOf(start, node);
  // The nodes that wait on a future without an edge are noted.
  const noted = graph.steps!.get(start) ?? [];
  for (const { node, awaitedBy } of open) {
    const waiting = tasksAbove(node, open[0]!.node === node ? noted : [], predecessors);
    for (const task of waiting) awaitedBy.push(callGraphOf(task.task, task));
  }
  return result;
}

/** The tasks of all loops that run, and of the loop of a future. */
function tasksAround(future: Future<unknown>): Set<Future<unknown>> {
  return new Set([...aliveTasks(), ...(isTask(future) && !future.done() ? [future] : [])]);
}

function checkWhole(name: string, value: unknown): void {
  if (Number.isInteger(value)) return;
  throw cannot("capture the call graph", `the ${name} is not a whole number`, value);
}

function limited(
  frames: readonly FrameCallGraphEntry[],
  limit: number | null,
): readonly FrameCallGraphEntry[] {
  if (limit === null) return frames;
  return limit < 0 ? frames.slice(limit) : frames.slice(0, limit);
}

/** The frames of a task that waits. */
function framesOf(graph: Graph, node: Node | undefined): readonly FrameCallGraphEntry[] {
  if (!(node instanceof TaskNode)) return [];
  const { waitsAt } = detailsOf(graph, node);
  if (waitsAt.length > 0) return waitsAt;
  const place = { file: undefined, line: undefined, column: undefined };
  return [{ function: node.about.coroutine, ...place }];
}

/** The nodes that wait on each node. */
function reverse({ nodes }: Graph): Map<Node, Node[]> {
  const predecessors = new Map<Node, Node[]>();
  for (const node of nodes) {
    for (const next of successorsOf(node)) {
      const known = predecessors.get(next);
      if (known) known.push(node);
      else predecessors.set(next, [node]);
    }
  }
  return predecessors;
}

/**
 * The tasks that wait on a node, by way of nodes that are not tasks.
 *
 * @param noted Further nodes that wait on it.
 */
function tasksAbove(
  start: Node | undefined,
  noted: readonly Node[],
  predecessors: Map<Node, Node[]>,
): TaskNode[] {
  const found = new Set<Node>();
  const tasks: TaskNode[] = [];
  const between: Node[] = [];
  const add = (node: Node) => {
    if (found.has(node)) return;
    found.add(node);
    if (node instanceof TaskNode) tasks.push(node);
    else between.push(node);
  };
  for (const node of (start && predecessors.get(start)) ?? []) add(node);
  for (const node of noted) add(node);
  // More nodes are added meanwhile.
  for (const node of between) {
    for (const previous of predecessors.get(node) ?? []) add(previous);
  }
  return tasks;
}
