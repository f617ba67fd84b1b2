/**
 * `PriorityQueue`: its order, and a `compare` that throws or contradicts itself. The tests of `Queue`
 * have what all queues share.
 *
 * @module
 */

import { assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createTask, PriorityQueue, QueueShutDown } from "../../mod.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { kinds } from "../helpers/kinds.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn } from "../helpers/turns.ts";

/** Takes all items out of a queue. */
function drain<T>(queue: PriorityQueue<T>): T[] {
  return Array.from({ length: queue.qsize() }, () => queue.getNowait());
}

/** Puts items into a queue and takes them out. */
function sort<T>(items: T[], compare?: (a: T, b: T) => number): T[] {
  const queue = new PriorityQueue<T>({ compare });
  for (const item of items) queue.putNowait(item);
  return drain(queue);
}

/** A queue of numbers whose `compare` throws while `isBroken`. */
function makeBreakable(items: number[], maxsize = 0) {
  const broken = { isBroken: false };
  const compare = (a: number, b: number) => {
    if (broken.isBroken) throw new RangeError("no order");
    return a - b;
  };
  const queue = new PriorityQueue<number>({ maxsize, compare });
  for (const item of items) queue.putNowait(item);
  return { queue, broken };
}

// Result
// ------

const orders: [string, unknown[], unknown[]][] = [
  ["numbers", [10, 9, -1, Infinity, 1.5], [-1, 1.5, 9, 10, Infinity]],
  ["bigints and numbers", [3n, 2, 1n], [1n, 2, 3n]],
  ["strings", ["b", "a", "B", ""], ["", "B", "a", "b"]],
  ["dates", [new Date(3), new Date(1)], [new Date(1), new Date(3)]],
  ["arrays", [[2, "a"], [1, "b"], [1, "a"], [1]], [[1], [1, "a"], [1, "b"], [2, "a"]]],
  ["arrays in arrays", [[[2], 1], [[1], 2]], [[[1], 2], [[2], 1]]],
  ["arrays with objects", [[2, {}], [1, { b: 1 }], [1, { a: 1 }]], [
    [1, { b: 1 }],
    [1, { a: 1 }],
    [2, {}],
  ]],
];

for (const [name, items, sorted] of orders) {
  Deno.test(`PriorityQueue orders ${name}`, () => assertEquals(sort(items), sorted));
}

Deno.test("PriorityQueue orders by the option compare", () => {
  assertEquals(sort([1, 3, 2], (a, b) => b - a), [3, 2, 1]);
  assertEquals(sort([{ n: 2 }, { n: 1 }], (a, b) => a.n - b.n), [{ n: 1 }, { n: 2 }]);
});

Deno.test("PriorityQueue gets equal items in the order in which they were put", () => {
  const item = fc.record({ priority: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(item, { size: "max", maxLength: 60 }), (items) => {
      const compare = (a: { priority: number }, b: { priority: number }) => a.priority - b.priority;
      const sorted = sort(items, compare);
      const expected = items.toSorted(compare);
      assertEquals(sorted.map((item, i) => item === expected[i]).includes(false), false);
    }),
    { seed: 20_261_203 },
  );
});

Deno.test("PriorityQueue.get() that waits has the item that is put, whatever its priority", async () => {
  const queue = new PriorityQueue<number>();
  const got = [queue.get(), queue.get()];
  for (const item of [2, 1]) queue.putNowait(item);
  assertEquals(await Promise.all(got), [2, 1]);
});

// Failure
// -------

for (const [name, first, second] of [["objects", {}, {}], ["functions", sort, sort]] as const) {
  Deno.test(`PriorityQueue refuses ${name} without compare`, () => {
    const queue = new PriorityQueue<unknown>();
    queue.putNowait(first);
    const message = "Cannot compare the items as there is no order for them (give `compare`)";
    assertThrows(() => queue.putNowait(second), TypeError, message);
    assertThrows(() => queue.put(second), TypeError, message);
    assertEquals([queue.qsize(), queue.getNowait() === first], [1, true]);
  });
}

for (const value of [NaN, new Date(NaN), undefined, null, true, Symbol("s")]) {
  Deno.test(`PriorityQueue has no order for ${String(value)}`, () => {
    const queue = new PriorityQueue<unknown>();
    queue.putNowait(1);
    assertThrows(() => queue.putNowait(value), TypeError, "there is no order for them");
    assertEquals(drain(queue), [1]);
  });
}

Deno.test("PriorityQueue refuses items of different kinds", () => {
  const queue = new PriorityQueue<unknown>();
  queue.putNowait(1);
  const message = "Cannot compare the items as one is a string, the other a number: received 1";
  assertThrows(() => queue.putNowait("1"), TypeError, message);
  assertThrows(() => queue.putNowait([1]), TypeError);
});

Deno.test("PriorityQueue whose compare throws in put or get has changed nothing", async () => {
  const { queue, broken } = makeBreakable([3, 1, 2, 5, 4]);
  const { signal, listeners } = makeCountingSignal();
  broken.isBroken = true;
  for (const call of [() => queue.putNowait(0), () => queue.put(0, { signal })]) {
    assertThrows(call, RangeError, "no order");
  }
  for (const call of [() => queue.getNowait(), () => queue.get({ signal })]) {
    assertThrows(call, RangeError, "no order");
  }
  await hostTurn();
  assertEquals([queue.qsize(), listeners.size], [5, 0]);
  broken.isBroken = false;
  assertEquals(drain(queue), [1, 2, 3, 4, 5]);
});

Deno.test("PriorityQueue whose compare throws as a put() is let in fails that put(), and lets the next in", async () => {
  const compare = (a: number, b: number) => {
    if (a === 9 || b === 9) throw new RangeError("no order");
    return a - b;
  };
  const queue = new PriorityQueue<number>({ maxsize: 2, compare });
  for (const item of [1, 2]) queue.putNowait(item);
  const puts = [queue.put(9), queue.put(0)];
  assertEquals(queue.getNowait(), 1);
  await assertRejects(() => puts[0]!, RangeError, "no order");
  await puts[1];
  assertEquals([drain(queue), String(queue)], [[0, 2], "<PriorityQueue maxsize=2 tasks=3>"]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`PriorityQueue whose compare throws as an item goes back keeps it, and its order (${kind})`, async () => {
    using reports = collectReports();
    const { queue, broken } = makeBreakable([]);
    const task = createTask(coroutine((wait) => wait(queue.get())));
    await hostTurn();
    for (const item of [1, 3, 2, 4]) queue.putNowait(item);
    broken.isBroken = true;
    task.cancel();
    await Promise.allSettled([task]);
    assertEquals([task.cancelled(), queue.qsize(), reports.length], [true, 4, 0]);
    assertThrows(() => queue.getNowait(), RangeError);
    assertThrows(() => queue.putNowait(0), RangeError);
    broken.isBroken = false;
    assertEquals(drain(queue), [1, 2, 3, 4]);
  });

  Deno.test(`PriorityQueue whose compare throws as a put() is taken back keeps the others (${kind})`, async () => {
    using reports = collectReports();
    const { queue, broken } = makeBreakable([1, 5, 6, 7, 8], 5);
    const task = createTask(coroutine((wait) => wait(queue.put(2))));
    await hostTurn();
    assertEquals(queue.getNowait(), 1);
    broken.isBroken = true;
    task.cancel();
    await Promise.allSettled([task]);
    assertEquals([task.cancelled(), queue.qsize(), reports.length], [true, 4, 0]);
    broken.isBroken = false;
    queue.putNowait(3);
    assertEquals(drain(queue), [3, 5, 6, 7, 8]);
  });
}

Deno.test("PriorityQueue whose compare throws is shut down all the same", async () => {
  const { queue, broken } = makeBreakable([1, 2, 3], 3);
  const put = queue.put(4);
  const join = queue.join();
  broken.isBroken = true;
  queue.shutdown(true);
  await assertRejects(() => put, QueueShutDown);
  assertEquals([join.done(), queue.empty()], [true, true]);
});

Deno.test("PriorityQueue whose compare contradicts itself loses nothing", () => {
  const operation = fc.record({ isPut: fc.boolean(), answer: fc.constantFrom(-1, 0, 1, NaN) });
  fc.assert(
    fc.property(fc.array(operation, { size: "max", maxLength: 60 }), (operations) => {
      let answer = 0;
      const queue = new PriorityQueue<number>({ compare: () => answer });
      const seen: number[] = [];
      let put = 0;
      for (const operation of operations) {
        answer = operation.answer;
        if (operation.isPut) queue.putNowait(put++);
        else if (!queue.empty()) seen.push(queue.getNowait());
      }
      const all = [...seen, ...drain(queue)].sort((a, b) => a - b);
      assertEquals(all, Array.from({ length: put }, (_, i) => i));
    }),
    { seed: 20_261_204 },
  );
});

// Misuse
// ------

for (const compare of [null, 1, "a", {}]) {
  Deno.test(`new PriorityQueue() refuses ${JSON.stringify(compare)} for compare`, () => {
    assertThrows(
      () => new PriorityQueue({ compare } as never),
      TypeError,
      "Cannot create a queue as",
    );
  });
}

// Leaks
// -----

Deno.test("PriorityQueue compares each of 100,000 items as seldom as a heap does", () => {
  const size = 100_000;
  let comparisons = 0;
  const compare = (a: number, b: number) => {
    comparisons++;
    return a - b;
  };
  const queue = new PriorityQueue<number>({ compare });
  for (let i = 0; i < size; i++) queue.putNowait((i * 7_919) % size);
  for (let i = 0; i < size; i++) assertEquals(queue.getNowait() === i, true);
  assertLess(comparisons / size, 2 * Math.log2(size) + 3);
});
