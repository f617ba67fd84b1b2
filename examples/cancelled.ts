/**
 * Cancels a Future and a task, and catches the `CancelledError` of each.
 *
 * Run it with `deno run examples/cancelled.ts`.
 *
 * @module
 */

import { CancelledError, createTask, Future, run, sleep } from "@asyncio/future";

async function main() {
  // A future that is cancelled throws a CancelledError where it is waited for.
  const reply = new Future<string>();
  createTask(() => void reply.cancel("the user left"));
  try {
    console.log(await reply);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    console.log(`reply was cancelled: ${error.message}`);
  }

  // Check before setting a result that somebody may have cancelled.
  if (!reply.cancelled()) reply.setResult("pong");

  // A task that is cancelled can clean up first, and take its time for it.
  const task = createTask(async () => {
    try {
      await sleep(60_000);
    } finally {
      await sleep(10);
      console.log("task has cleaned up");
    }
  });
  await sleep(0);
  console.log("a request:", task.cancel("too slow"));
  try {
    await task;
  } catch (error) {
    console.log("task was cancelled:", task.cancelled(), String(error));
  }
}

await run(main);
