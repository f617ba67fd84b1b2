/**
 * Cancels a Future and a task, and catches the `CancelledError` of each.
 *
 * Run it with `deno run examples/cancelled.ts`.
 *
 * @module
 */

import { CancelledError, createTask, Future, run, sleep } from "@asyncio/future";

async function main() {
  // Awaiting a future that is cancelled throws a CancelledError.
  const reply = new Future<string>();
  createTask(() => void reply.cancel("the user left"));
  try {
    console.log(await reply);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    console.log(`reply was cancelled: ${error.message}`);
  }

  // Somebody may have cancelled the future: setting a result would then throw.
  if (!reply.cancelled()) reply.setResult("pong");

  // A task that is cancelled can clean up, and await in doing so, before it ends.
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
