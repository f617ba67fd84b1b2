/**
 * Looks into a running program: which tasks there are, what each waits on, since when and where.
 *
 * A suspended async function has no stack, so that a JavaScript program that hangs says nothing. The
 * functions of this module follow the waits from task to task instead. Nothing is tracked for them:
 * a program that imports this module is as fast as before, and one that does not import it has none
 * of it in its bundle.
 *
 * ```sh
 * deno add jsr:@asyncio/future # Deno
 * npm install @asyncio/future  # Node, Bun, bundlers
 * ```
 *
 * ```ts
 * import { run, sleep } from "@asyncio/future";
 * import { dumpTasksOn } from "@asyncio/future/debug";
 *
 * await run(async () => {
 *   using _ = dumpTasksOn("SIGQUIT"); // Ctrl-\ prints the tasks
 *   await sleep(1);
 * });
 * ```
 *
 * - **All tasks:** {@linkcode printTasks}, {@linkcode formatTasks}, {@linkcode captureTasks}.
 * - **Who waits for a future:** {@linkcode printCallGraph}, {@linkcode formatCallGraph},
 *   {@linkcode captureCallGraph}.
 * - **In errors:** with this module imported, the error with which `run()` ends a program that nothing
 *   can wake, the report of a task that does not end and, in debug mode, each `TimeoutError` show the
 *   tasks as a tree.
 * - **On a signal:** {@linkcode dumpTasksOn}. With `run(main, { debug: true })`, the import alone
 *   does the same: `import "@asyncio/future/debug"`, and Ctrl-\ prints the tasks.
 *
 * [Debugging](https://github.com/asyncio/future/blob/main/docs/debugging.md) goes through programs
 * that hang, are slow, or lose errors and tasks, and shows what they print.
 *
 * @module
 */

export {
  type CallGraphOptions,
  captureCallGraph,
  type FutureCallGraph,
} from "./src/debug/call_graph.ts";
export {
  formatCallGraph,
  printCallGraph,
  type PrintCallGraphOptions,
} from "./src/debug/format_call_graph.ts";
export { type FrameCallGraphEntry } from "./src/debug/frames.ts";
export { type DumpListener, dumpTasksOn } from "./src/debug/dump_tasks_on.ts";
export {
  type CapturedTask,
  captureTasks,
  formatTasks,
  type PrintOptions,
  printTasks,
  type TaskSnapshot,
} from "./src/debug/tasks.ts";
export {
  startTrace,
  type Trace,
  type TraceEvent,
  type TraceFile,
  type TraceOptions,
} from "./src/debug/trace.ts";
