/**
 * `LifoQueue`: the order. The tests of `Queue` have what all queues share.
 *
 * @module
 */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { createTask, LifoQueue, Queue } from "../../mod.ts";
import { kinds } from "../helpers/kinds.ts";
import { hostTurn } from "../helpers/turns.ts";

// Result
// ------

Deno.test("LifoQueue.getNowait() returns the item that was put last", () => {
  const queue = new LifoQueue<number>();
  for (const item of [1, 3, 2]) queue.putNowait(item);
  assertEquals([queue.getNowait(), queue.getNowait(), queue.getNowait()], [2, 3, 1]);
  assertInstanceOf(queue, Queue);
});

Deno.test("LifoQueue.put() that waits puts its item on top when there is room", async () => {
  const queue = new LifoQueue<number>({ maxsize: 2 });
  queue.putNowait(1);
  queue.putNowait(2);
  const puts = [queue.put(3), queue.put(4)];
  const items = Array.from({ length: 4 }, () => queue.getNowait());
  assertEquals([items, puts.every((put) => put.done())], [[2, 3, 4, 1], true]);
});

// Cancellation
// ------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`LifoQueue.get() that is cancelled with the hand-over leaves later items on top (${kind})`, async () => {
    const queue = new LifoQueue<number>();
    const task = createTask(coroutine((wait) => wait(queue.get())));
    await hostTurn();
    for (const item of [1, 2, 3]) queue.putNowait(item);
    task.cancel();
    await Promise.allSettled([task]);
    assertEquals(Array.from({ length: 3 }, () => queue.getNowait()), [3, 2, 1]);
  });
}

// Representation
// --------------

Deno.test("String(queue) of a LifoQueue shows the items in the order in which they were put", () => {
  const queue = new LifoQueue<number>({ maxsize: 3 });
  for (const item of [1, 2]) queue.putNowait(item);
  assertEquals(String(queue), "<LifoQueue maxsize=3 items=[1, 2] tasks=2>");
});
