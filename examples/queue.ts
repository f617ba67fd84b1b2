/**
 * The example of asyncio's page about queues: three workers share twenty jobs.
 *
 * Source: https://docs.python.org/3.14/library/asyncio-queue.html#examples.
 *
 * Run it with `deno run examples/queue.ts`.
 *
 * @module
 */

import { cancelAndWait, createTask, getRunningLoop, Queue, run, sleep } from "@asyncio/future";

async function work(name: string, queue: Queue<number>) {
  while (true) {
    const ms = await queue.get();
    await sleep(ms);
    queue.taskDone();
    console.log(`${name} has slept`);
  }
}

async function main() {
  const queue = new Queue<number>();
  let total = 0;
  for (let i = 0; i < 20; i++) {
    const ms = 5 + Math.random() * 45;
    total += ms;
    queue.putNowait(ms);
  }

  const workers = [1, 2, 3].map((i) => createTask(() => work(`worker-${i}`, queue)));
  const start = getRunningLoop().time();
  await queue.join();
  const elapsed = getRunningLoop().time() - start;
  await cancelAndWait(workers);

  console.log(`3 workers slept in parallel for ${elapsed.toFixed(0)} ms`);
  console.log(`the jobs together took ${total.toFixed(0)} ms`);
}

await run(main);
