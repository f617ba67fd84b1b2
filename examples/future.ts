/**
 * Creates a Future, starts a task that sets its result, and waits for it.
 *
 * This is the example of asyncio's page on futures:
 * https://docs.python.org/3.14/library/asyncio-future.html
 *
 * Run it with `deno run examples/future.ts`.
 *
 * @module
 */

import { type Future, getRunningLoop, run, sleep } from "@asyncio/future";

async function setAfter(future: Future<string>, delay: number, value: string) {
  // Sleep for `delay` milliseconds.
  await sleep(delay);

  // Set `value` as the result of the future.
  future.setResult(value);
}

async function main() {
  // Get the current event loop.
  const loop = getRunningLoop();

  // Create a new Future.
  const future = loop.createFuture<string>();

  // Run setAfter() in a parallel task. We use the method of the loop because
  // we have a reference to the loop; otherwise createTask() would do.
  loop.createTask(() => setAfter(future, 1_000, "... world"));

  console.log("hello ...");

  // Wait until the future has a result (1 second) and print it.
  console.log(await future);
}

await run(main);
