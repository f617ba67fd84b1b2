/**
 * A program that is slow: a task that should do something every ten milliseconds does not come to
 * it, as another one computes for too long at once.
 *
 * Run it with `deno run examples/debugging/slow.ts`; `docs/debugging.md` says how to read what it
 * prints.
 *
 * @module
 */

import "@asyncio/future/debug";
import { createTask, run, sleep } from "@asyncio/future";

/** Computes for 150 ms, without an `await`. */
function summarise(): string {
  const end = performance.now() + 150;
  while (performance.now() < end);
  return "the summary";
}

async function report(): Promise<void> {
  await sleep(1);
  console.log(summarise());
}

async function heartbeat(): Promise<never> {
  for (;;) await sleep(10);
}

async function main(): Promise<void> {
  await using _ = createTask(heartbeat);
  await createTask(report);
}

await run(main, { debug: true });
