/**
 * `Queue`: its representation, wrong arguments, and what it leaves behind.
 *
 * @module
 */

import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { createTask, LifoQueue, PriorityQueue, Queue } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { bytesPerRound, collectGarbage } from "../helpers/garbage.ts";
import { hostTurn, leastOf } from "../helpers/turns.ts";

/** Makes a queue with items. */
function queueOf<T>(items: T[], maxsize = 0): Queue<T> {
  const queue = new Queue<T>({ maxsize });
  for (const item of items) queue.putNowait(item);
  return queue;
}

// Representation
// --------------

Deno.test("String(queue) shows items, who waits, and how many tasks are unfinished", () => {
  const queue = new Queue<string>({ maxsize: 1 });
  const texts = [String(queue)];
  const got = queue.get();
  texts.push(String(queue));
  got.cancel();
  queue.putNowait("a");
  const put = queue.put("b");
  texts.push(String(queue));
  put.cancel();
  queue.getNowait();
  queue.taskDone();
  texts.push(String(queue));
  assertEquals(texts, [
    "<Queue maxsize=1>",
    "<Queue maxsize=1 getters=1>",
    '<Queue maxsize=1 items=["a"] putters=1 tasks=1>',
    "<Queue maxsize=1>",
  ]);
});

Deno.test("String(queue) shows some of many items, and the name of the class", () => {
  const queue = queueOf([1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(String(queue), "<Queue maxsize=0 items=[1, 2, 3, 4, 5, 6, …] tasks=8>");
  assertEquals(String(new LifoQueue()), "<LifoQueue maxsize=0>");
  assertEquals(Object.prototype.toString.call(new PriorityQueue()), "[object PriorityQueue]");
});

Deno.test("Deno.inspect() shows a queue as String() does", () => {
  needs("inspect");
  assertEquals(Deno.inspect(queueOf(["a"])), '<Queue maxsize=0 items=["a"] tasks=1>');
});

// Misuse
// ------

for (const maxsize of ["1", NaN, null, 1n, {}]) {
  Deno.test(`new Queue() refuses the maxsize ${String(maxsize)}`, () => {
    const options = { maxsize } as { maxsize: number };
    const message = "Cannot create a queue as the maxsize is not a number: received ";
    for (const Class of [Queue, LifoQueue, PriorityQueue]) {
      assertThrows(() => new Class(options), TypeError, message);
    }
  });
}

Deno.test("new Queue() tells what to write in place of a number", () => {
  const message = "its options are no object (write `{ maxsize }`): received 10";
  assertThrows(() => new Queue(10 as never), TypeError, message);
});

Deno.test("Queue.put(), get() and join() refuse what is no signal, and change nothing", () => {
  const queue = queueOf([1], 2);
  const options = { signal: {} } as never;
  for (const call of [() => queue.put(2, options), () => queue.get(options)]) {
    assertThrows(call, TypeError, "Cannot use the signal as it is no AbortSignal: received {}");
  }
  assertThrows(() => queue.join(options), TypeError);
  assertEquals(queue.qsize(), 1);
});

// Leaks
// -----

Deno.test("Queue.get(), put() and join() leave no listener on a signal", async () => {
  const { signal, listeners, controller } = makeCountingSignal();
  const queue = new Queue<number>({ maxsize: 1 });
  const waits = [queue.get({ signal }), queue.put(1, { signal }), queue.put(2, { signal })];
  waits.push(queue.put(3, { signal }), queue.join({ signal }));
  assertEquals(listeners.size, 1);
  queue.getNowait();
  queue.getNowait();
  for (let i = 0; i < 3; i++) queue.taskDone();
  await Promise.all(waits);
  await hostTurn();
  assertEquals(listeners.size, 0);
  controller.abort();
  assertEquals(queue.empty(), true);
});

Deno.test("Queue keeps nothing of waits that were cancelled, nor of items that were got", async () => {
  needs("heapSize");
  const queue = new Queue<Uint8Array>();
  const bytes = await bytesPerRound(60, () => {
    const waits = [queue.get(), queue.get()];
    waits[1]!.cancel();
    queue.putNowait(new Uint8Array(100));
    waits[0]!.result();
    queue.taskDone();
  });
  assertLess(bytes, 60);
});

Deno.test("Queue does not keep an item that came back and was got then", async () => {
  needs("finalization");
  const queue = new Queue<object>();
  const task = createTask(async () => void await queue.get());
  await hostTurn();
  const item = new WeakRef({});
  queue.putNowait(item.deref()!);
  task.cancel();
  await hostTurn();
  await assertRejects(() => task);
  assertEquals(queue.getNowait() === item.deref(), true);
  await collectGarbage(() => item.deref() === undefined);
  assertEquals(item.deref(), undefined);
});

for (const Class of [Queue, LifoQueue]) {
  Deno.test(`${Class.name} takes as long for each of a million items as for each of ten`, async () => {
    const perItem = (size: number, rounds: number) => {
      const queue = new Class<number>();
      const start = performance.now();
      for (let round = 0; round < rounds; round++) {
        for (let i = 0; i < size; i++) queue.putNowait(i);
        for (let i = 0; i < size; i++) queue.getNowait();
      }
      return (performance.now() - start) / (size * rounds);
    };
    const ratio = await leastOf(10, async () => {
      perItem(10, 10_000);
      return perItem(1_000_000, 1) / perItem(10, 100_000);
    });
    assertLess(ratio, 10);
  });
}

Deno.test("Queue takes as long for each of 20,000 that wait as for each of 1,000", async () => {
  const perWait = async (count: number) => {
    const queue = new Queue<number>();
    const start = performance.now();
    const waits = Array.from({ length: count }, () => queue.get());
    for (let i = 1; i < count; i += 2) waits[i]!.cancel();
    for (let i = 0; i < count; i += 2) queue.putNowait(i);
    assert(waits.every((wait, i) => wait.cancelled() || wait.result() === i));
    await hostTurn();
    return (performance.now() - start) / count;
  };
  const ratio = await leastOf(8, async () => await perWait(20_000) / await perWait(1_000));
  assertLess(ratio, 8);
});
