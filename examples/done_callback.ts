/**
 * Adds functions that are called when a Future is done, and removes one again.
 *
 * Run it with `deno run examples/done_callback.ts`.
 *
 * @module
 */

import { Future, run, sleep } from "@asyncio/future";

function onReply(reply: Future<string>) {
  console.log("done:", reply.result());
}

function onFailure(reply: Future<string>) {
  console.log("failed:", String(reply.exception()));
}

async function main() {
  const reply = new Future<string>();
  reply.addDoneCallback(onReply);
  console.log(String(reply));

  // A callback is called soon, but not inside setResult().
  reply.setResult("pong");
  console.log("result set");
  await sleep(0);

  // If the future is done already, a new callback is called soon as well.
  reply.addDoneCallback(onReply);
  await sleep(0);

  // A callback that was removed is not called.
  const failing = new Future<string>();
  failing.addDoneCallback(onReply);
  failing.addDoneCallback(onFailure);
  console.log("removed:", failing.removeDoneCallback(onReply));
  failing.setException(new RangeError("no such host"));
  await sleep(0);
}

await run(main);
