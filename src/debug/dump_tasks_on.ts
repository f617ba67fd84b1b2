/**
 * `dumpTasksOn()`: prints the tasks of a running program when the process gets a signal.
 *
 * @module
 */

import { cannot } from "../base/checks.ts";
import { attempt } from "../base/engine.ts";
import { show } from "../base/inspect.ts";
import { dispose } from "../base/symbols.ts";
import { provideDumps } from "../process.ts";
import { formatTasks } from "./tasks.ts";
import { followSignal, nameHere } from "./signals.ts";

/** Ctrl-\ in a terminal. */
const DEFAULT_SIGNAL = "SIGQUIT";

/**
 * What {@linkcode dumpTasksOn} returns. The end of a `using` block ends the listening.
 *
 * @category Debugging
 *
 * @example
 * ```ts
 * import { run, sleep } from "@asyncio/future";
 * import { type DumpListener, dumpTasksOn } from "@asyncio/future/debug";
 *
 * await run(async () => {
 *   using _: DumpListener = dumpTasksOn();
 *   await sleep(1);
 * });
 * ```
 */
export class DumpListener {
  #end: (() => void) | undefined;

  /** Makes a listener, which calls `end` once, at the end of a `using` block. */
  constructor(end: () => void) {
    this.#end = end;
  }

  /** Ends the listening. A second call does nothing. */
  [dispose](): void {
    const end = this.#end;
    this.#end = undefined;
    end?.();
  }
}

/**
 * Prints all tasks of all running loops, as `printTasks()` does, each time that the process
 * gets a signal: Ctrl-\ in a terminal, or `kill -QUIT` from another one.
 *
 * The program goes on afterwards. The text goes to `console.error`, so that it does not mix with
 * what the program writes to its standard output. The listener does not keep the process running.
 * Without it, `SIGQUIT` ends the process.
 *
 * In debug mode, `run()` does the same by itself while it runs, once this module is imported:
 * `import "@asyncio/future/debug"`. (TypeScript drops an import whose names are not used.) Where
 * there are no signals, that does nothing.
 *
 * Python has no such function; `python -m asyncio pstree PID` prints the tasks of a running program
 * from outside. The JVM and Go print their threads at the same key.
 *
 * @param signal The name of the signal. `"SIGQUIT"` means `"SIGBREAK"` (Ctrl-Break) on Windows,
 * which has no Ctrl-\.
 * @returns A listener, which ends at the end of a `using` block.
 * @throws {TypeError} If `signal` is not a string.
 * @throws {Error} If there is no such signal, if no program can listen to it, or if
 * there are no signals here: in browsers, on workerd, and in worker threads of Node and Bun.
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, run, sleep } from "@asyncio/future";
 * import { dumpTasksOn } from "@asyncio/future/debug";
 * import { assertEquals } from "@std/assert";
 *
 * async function main() {
 *   using _ = dumpTasksOn("SIGQUIT");
 *   const task = createTask(() => sleep(1, { result: "done" }), { name: "sleeper" });
 *   // While this waits, Ctrl-\ shows that "sleeper" sleeps, and that main waits for it.
 *   return await task;
 * }
 *
 * assertEquals(await run(main), "done");
 * ```
 */
export function dumpTasksOn(signal: string = DEFAULT_SIGNAL): DumpListener {
  if (typeof signal !== "string") {
    throw cannot("dump the tasks on a signal", "its name is not a string", signal);
  }
  return new DumpListener(followSignal(nameHere(signal), dump));
}

/** Prints the tasks. Never throws, as an exception would end the program that is looked at. */
function dump(signal: string): void {
  const text = textOfTasks();
  attempt(() => console.error(`${signal}: ${text}`));
}

function textOfTasks(): string {
  try {
    return formatTasks();
  } catch (error) {
    return `Cannot show the tasks: ${show(error)}`;
  }
}

provideDumps(() => followSignal(nameHere(DEFAULT_SIGNAL), dump));
