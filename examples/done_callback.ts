/**
 * Has functions called when a Future is done.
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

  // Callbacks are called soon, not at once.
  reply.setResult("pong");
  console.log("result set");
  await sleep(0);

  // On a future that is done, a callback is called soon as well.
  reply.addDoneCallback(onReply);
  await sleep(0);

  // What is removed is not called.
  const failing = new Future<string>();
  failing.addDoneCallback(onReply);
  failing.addDoneCallback(onFailure);
  console.log("removed:", failing.removeDoneCallback(onReply));
  failing.setException(new RangeError("no such host"));
  await sleep(0);
}

await run(main);
