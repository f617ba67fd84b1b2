/**
 * Where a task was made, and where and since when it waits: what is recorded in debug mode.
 *
 * @module
 */

import { sourceTraceback } from "../loop/tracebacks.ts";
import { stacksOfWait, waitRecordOf } from "../task/wait_records.ts";
import type { Words } from "../waiting/words.ts";
import { type FrameCallGraphEntry, showPlace, userFrames } from "./frames.ts";
import { type FutureNode, type Graph, type Node, TaskNode } from "./graph.ts";

/** What is recorded of a task or a future. */
export interface Details {
  /** How long the task has waited, in milliseconds. */
  readonly duration: number | undefined;
  /** Where the task waits, the innermost function first. */
  readonly waitsAt: readonly FrameCallGraphEntry[];
  /** Where the task or the future was made, the innermost function first. */
  readonly createdAt: readonly FrameCallGraphEntry[];
}

/** The mark of a time in a text; see `words.ts`. */
const TIME = "\0";

/** The frames of stacks. Many tasks are made, and wait, at one place. */
type Cache = Map<string, readonly FrameCallGraphEntry[]>;

const caches = new WeakMap<Graph, Cache>();

function framesOf(graph: Graph, stack: string | undefined): readonly FrameCallGraphEntry[] {
  if (!stack) return [];
  let cache = caches.get(graph);
  if (!cache) caches.set(graph, cache = new Map());
  let frames = cache.get(stack);
  if (!frames) cache.set(stack, frames = userFrames(stack));
  return frames;
}

/** Returns what is recorded of a task or a future of a graph. */
export function detailsOf(graph: Graph, node: TaskNode | FutureNode): Details {
  const subject = node instanceof TaskNode ? node.task : node.future;
  const createdAt = framesOf(graph, sourceTraceback(subject)?.sourceTraceback);
  if (!(node instanceof TaskNode)) return { duration: undefined, waitsAt: [], createdAt };
  for (const { code, awaited } of node.about.waits.waits) {
    const record = waitRecordOf(code, awaited);
    if (!record) continue;
    const duration = graph.describer.timeOfFuture(node.task) - record.since;
    const stacks = stacksOfWait(code, awaited).map((stack) => framesOf(graph, stack));
    return { duration, waitsAt: stacks.find((frames) => frames.length > 0) ?? [], createdAt };
  }
  return { duration: undefined, waitsAt: [], createdAt };
}

/** The details in words; an empty text if nothing is recorded. */
export function showDetails(graph: Graph, node: Node): Words {
  const { duration, waitsAt, createdAt } = detailsOf(graph, node as TaskNode | FutureNode);
  const parts = [
    duration === undefined ? "" : `for ${TIME}`,
    waitsAt.length > 0 ? `at ${showPlace(waitsAt[0])}` : "",
    createdAt.length > 0 ? `made at ${showPlace(createdAt[0])}` : "",
  ];
  return {
    text: parts.filter(Boolean).join(", "),
    times: duration === undefined ? [] : [duration],
  };
}
