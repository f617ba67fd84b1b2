/**
 * A program that leaks tasks: each connection starts a task that sends heartbeats, and no
 * connection ends that task.
 *
 * Run it with `deno run examples/debugging/leak.ts`; `docs/debugging.md` says how to read what it
 * prints.
 *
 * @module
 */

import { printTasks } from "@asyncio/future/debug";
import { createTask, gather, run, sleep } from "@asyncio/future";

async function heartbeat(): Promise<never> {
  for (;;) await sleep(30_000);
}

async function connection(): Promise<void> {
  createTask(heartbeat);
  await sleep(1);
}

async function main(): Promise<void> {
  await gather(...Array.from({ length: 30 }, () => createTask(connection)));
  printTasks();
}

await run(main, { debug: true });
