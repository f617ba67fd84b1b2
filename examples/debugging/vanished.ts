/**
 * A program that loses an error: three users are saved by tasks that nobody waits for, and one of
 * the tasks fails.
 *
 * Run it with `deno run examples/debugging/vanished.ts`; `docs/debugging.md` says how to read what
 * it prints.
 *
 * @module
 */

import "@asyncio/future/debug";
import { createTask, run, sleep } from "@asyncio/future";

async function save(user: string): Promise<void> {
  await sleep(1);
  if (user === "grace") throw new RangeError("the disk is full");
  console.log(`saved ${user}`);
}

async function main(): Promise<void> {
  for (const user of ["ada", "grace", "mary"]) createTask(() => save(user));
  await sleep(200);
  console.log("all are saved");
}

await run(main, { debug: true });
