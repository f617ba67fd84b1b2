/**
 * `formatCallGraph()` and `printCallGraph()`: a call graph as text, in the form of Python.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { attempt } from "../base/engine.ts";
import { show } from "../base/inspect.ts";
import { isTask } from "../waiting/waits.ts";
import { type CallGraphOptions, captureCallGraph, type FutureCallGraph } from "./call_graph.ts";
import type { FrameCallGraphEntry } from "./frames.ts";
import { printerOf, type PrintOptions } from "./tasks.ts";

/**
 * Options of {@linkcode printCallGraph}.
 *
 * @category Debugging
 */
export interface PrintCallGraphOptions extends CallGraphOptions, PrintOptions {}

/**
 * Shows the call graph of a future in lines.
 *
 * A future that stands there already is referred to, as in a circle.
 *
 * Source: [`asyncio.format_call_graph`](https://docs.python.org/3.14/library/asyncio-graph.html#asyncio.format_call_graph).
 *
 * @param future The future. Default: the task that runs.
 * @param options How many frames to skip, and how many to show.
 * @returns The text; an empty one if no future is given and no task runs.
 * @throws {TypeError} As for {@linkcode captureCallGraph}.
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, Future, sleep } from "@asyncio/future";
 * import { formatCallGraph } from "@asyncio/future/debug";
 * import { assertEquals } from "@std/assert";
 *
 * const reply = new Future<string>();
 * const task = createTask(async function load() {
 *   return await reply;
 * }, { name: "loader" });
 * await sleep(1);
 * assertEquals(
 *   formatCallGraph(reply),
 *   '* Future()\n  + Awaited by:\n    * Task(name="loader")\n      + Call stack:\n      |   load()',
 * );
 * reply.setResult("done");
 * await task;
 * ```
 */
export function formatCallGraph(
  future?: Future<unknown> | null,
  options?: CallGraphOptions,
): string {
  const graph = captureCallGraph(future, options);
  return graph ? linesOf(graph).join("\n") : "";
}

/** From this level on, lines are not indented further: a chain of tasks may be long. */
const MAX_LEVEL = 20;

function linesOf(graph: FutureCallGraph): string[] {
  const lines: string[] = [];
  const shown = new Set<FutureCallGraph>();
  const open: { graph: FutureCallGraph; level: number }[] = [{ graph, level: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { future, callStack, awaitedBy } = next.graph;
    const isShown = shown.has(next.graph);
    shown.add(next.graph);
    const add = (line: string) => lines.push("    ".repeat(Math.min(next.level, MAX_LEVEL)) + line);
    const name = isTask(future)
      ? `Task(name=${show(attempt(() => String(future.getName())) ?? "")})`
      : "Future()";
    add(`* ${name}${isShown ? ", see above" : ""}`);
    if (isShown) continue;
    if (callStack.length > 0) add("  + Call stack:");
    for (const frame of callStack) add(`  |   ${showFrame(frame)}`);
    if (awaitedBy.length > 0) add("  + Awaited by:");
    const level = next.level + 1;
    // Not by spreading: an engine takes a limited number of arguments.
    for (const graph of awaitedBy.slice().reverse()) open.push({ graph, level });
  }
  return lines;
}

function showFrame({ function: name, file, line }: FrameCallGraphEntry): string {
  const called = name ? `${name}()` : "<anonymous>()";
  return file === undefined ? called : `File ${show(file)}, line ${line}, in ${called}`;
}

/**
 * Prints what {@linkcode formatCallGraph} returns; nothing if no future is given and no task runs.
 *
 * Source: [`asyncio.print_call_graph`](https://docs.python.org/3.14/library/asyncio-graph.html#asyncio.print_call_graph).
 *
 * @param future The future. Default: the task that runs.
 * @param options How many frames to skip, how many to show, and where to print.
 * @throws {TypeError} As for {@linkcode captureCallGraph}, or if `print` is not a function.
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, Future, sleep } from "@asyncio/future";
 * import { printCallGraph } from "@asyncio/future/debug";
 * import { assertEquals } from "@std/assert";
 *
 * const reply = new Future<string>();
 * const task = createTask(() => reply, { name: "loader" });
 * await sleep(1);
 * const lines: string[] = [];
 * printCallGraph(reply, { limit: 0, print: (text) => lines.push(text) });
 * assertEquals(lines, ['* Future()\n  + Awaited by:\n    * Task(name="loader")']);
 * reply.setResult("done");
 * await task;
 * ```
 */
export function printCallGraph(
  future?: Future<unknown> | null,
  options?: PrintCallGraphOptions,
): void {
  const print = printerOf("print the call graph", options);
  const text = formatCallGraph(future, options);
  if (text) print(text);
}
