/**
 * A program that hangs: two requests are under way, and the server answers one of them only.
 *
 * Run it with `deno run examples/debugging/hang.ts`; `docs/debugging.md` says how to read what it
 * prints.
 *
 * @module
 */

import "@asyncio/future/debug";
import { createTask, Future, gather, run, sleep } from "@asyncio/future";

const requests = new Map<string, Future<string>>();

/** Answers no request but that for the user. */
async function server(): Promise<void> {
  await sleep(1);
  requests.get("/user")?.setResult("ada");
}

async function load(path: string): Promise<string> {
  const reply = new Future<string>();
  requests.set(path, reply);
  return await reply;
}

async function main(): Promise<void> {
  createTask(server);
  const user = createTask(() => load("/user"));
  const orders = createTask(() => load("/orders"));
  console.log(await gather(user, orders));
}

void run(main, { debug: true });
