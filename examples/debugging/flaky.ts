/**
 * A test that is flaky: the code under test saves in a task that it does not wait for, and the test
 * looks after a while that is often long enough.
 *
 * Run it with `deno run examples/debugging/flaky.ts`; `docs/debugging.md` says how to read what it
 * prints.
 *
 * @module
 */

import { formatTasks } from "@asyncio/future/debug";
import { createTask, run, sleep } from "@asyncio/future";

const saved: string[] = [];

async function save(item: string): Promise<void> {
  await sleep(5_000); // the database, on a bad day
  saved.push(item);
}

function order(item: string): void {
  createTask(() => save(item));
}

async function testOrder(): Promise<void> {
  order("tea");
  await sleep(30);
  if (!saved.includes("tea")) console.log(`tea is not saved\n${formatTasks()}`);
}

await run(testOrder, { debug: true });
