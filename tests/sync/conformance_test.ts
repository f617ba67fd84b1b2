/**
 * What the comparison of random programs with asyncio has found.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import {
  BoundedSemaphore,
  CancelledError,
  createTask,
  type Future,
  PriorityQueue,
  Queue,
  QueueShutDown,
  sleep,
} from "../../mod.ts";
import { kinds } from "../helpers/kinds.ts";

/** Makes a full queue whose function `compare` can be made to throw. */
function makeBreakable() {
  let isBroken = false;
  const compare = (a: number, b: number) => {
    if (isBroken) throw new Error("compare");
    return a - b;
  };
  const queue = new PriorityQueue<number>({ maxsize: 3, compare });
  for (const item of [1, 2, 3]) queue.putNowait(item);
  return { queue, setBroken: (value: boolean) => isBroken = value };
}

Deno.test("PriorityQueue is shut down at once though compare() throws", async () => {
  const { queue, setBroken } = makeBreakable();
  const putting = queue.put(4);
  setBroken(true);
  queue.shutdown(true);
  assertEquals(queue.qsize(), 0);
  await assertRejects(() => Promise.resolve(putting), QueueShutDown);
  await queue.join();
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`BoundedSemaphore drops a permit too many of a cancelled ${kind}`, async () => {
    const semaphore = new BoundedSemaphore(1);
    await semaphore.acquire();
    const acquire = coroutine(function* (wait, _: undefined) {
      yield* wait(semaphore.acquire());
    });
    const task = createTask(() => acquire(undefined));
    await sleep(0);
    // The first permit goes to the task. The second is one too many, which nobody can know yet.
    semaphore.release();
    semaphore.release();
    task.cancel();
    await assertRejects(() => Promise.resolve(task), CancelledError);
    assertEquals(String(semaphore), "<BoundedSemaphore unlocked value=1>");
  });

  Deno.test(`PriorityQueue takes the item of a cancelled ${kind} back though compare() throws`, async () => {
    const { queue, setBroken } = makeBreakable();
    const put = coroutine(function* (wait, item: number) {
      yield* wait(queue.put(item));
    });
    const task = createTask(() => put(0));
    await sleep(0);
    queue.getNowait();
    setBroken(true);
    task.cancel();
    await assertRejects(() => Promise.resolve(task), CancelledError);
    setBroken(false);
    assertEquals([queue.getNowait(), queue.getNowait(), queue.qsize()].sort(), [0, 2, 3]);
  });

  Deno.test(`Queue is empty after a loop in a ${kind} is cancelled in the turn of the shutdown`, async () => {
    const queue = new Queue<number>();
    const next = coroutine(function* (wait, _: undefined) {
      const step = queue[Symbol.asyncIterator]().next();
      yield* wait(step as unknown as Future<IteratorResult<number>>);
    });
    const task = createTask(() => next(undefined));
    await sleep(0);
    queue.shutdown();
    task.cancel();
    await assertRejects(() => Promise.resolve(task), CancelledError);
    assertEquals(queue.qsize(), 0);
  });
}
