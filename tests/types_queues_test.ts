/**
 * The types of the queues: the tests do not compile if a type changes.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  type Future,
  LifoQueue,
  PriorityQueue,
  type PriorityQueueOptions,
  Queue,
  type QueueOptions,
} from "../mod.ts";
import { assertSameType } from "./helpers/same_type.ts";

Deno.test("Queue<T> puts and gets items of its type", () => {
  const queue = new Queue<string>({ maxsize: 10 });
  assertSameType<ReturnType<typeof queue.put>, Future<void>>();
  assertSameType<ReturnType<typeof queue.get>, Future<string>>();
  assertSameType<ReturnType<typeof queue.getNowait>, string>();
  assertSameType<ReturnType<typeof queue.join>, Future<void>>();
  queue.putNowait("a");
  // @ts-expect-error: not a string
  queue.putNowait(1);
  assertEquals(queue.qsize(), 2);
});

Deno.test("for await and yield* give items of the queue's type", async () => {
  const queue = new Queue<number>();
  queue.putNowait(1);
  queue.putNowait(2);
  function* first() {
    const item = yield* queue.get();
    assertSameType<typeof item, number>();
    return item;
  }
  assertEquals(first().next(), { done: true, value: 1 });
  queue.shutdown();
  for await (const item of queue) {
    assertSameType<typeof item, number>();
    assertEquals(item, 2);
  }
});

Deno.test("a queue of items of a subtype can be read as one of the wider type, and is a Queue", () => {
  const queues: Queue<number>[] = [new LifoQueue<number>(), new PriorityQueue<number>()];
  assertEquals(queues.map(({ maxsize }) => maxsize), [0, 0]);
});

Deno.test("the option compare gets items of the queue's type", () => {
  const options: PriorityQueueOptions<{ at: number }> = { compare: (a, b) => a.at - b.at };
  const queue = new PriorityQueue(options);
  assertSameType<typeof queue, PriorityQueue<{ at: number }>>();
  const inferred = new PriorityQueue({ compare: (a: string, b: string) => a.length - b.length });
  assertSameType<typeof inferred, PriorityQueue<string>>();
  const plain: QueueOptions = options;
  assertEquals(plain.maxsize, undefined);
});

Deno.test("a queue takes options, and only those that it has", () => {
  // @ts-expect-error: write `{ maxsize }`
  assertThrows(() => new Queue(10), TypeError);
  // @ts-expect-error: only a PriorityQueue has an order
  assertEquals(new LifoQueue<number>({ compare: () => 0 }).maxsize, 0);
  // @ts-expect-error: no number
  assertThrows(() => new Queue({ maxsize: "10" }), TypeError);
});
