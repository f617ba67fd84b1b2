/**
 * Queues, explored: in many orders, with each task cancelled at each of its waits.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  asCompleted,
  cancelAndWait,
  CancelledError,
  createTask,
  type Future,
  gather,
  getRunningLoop,
  LifoQueue,
  moveOnAfter,
  PriorityQueue,
  Queue,
  QueueShutDown,
  race,
  sleep,
  timeout,
  TimeoutError,
  wait as waitAll,
  waitFor,
} from "../../mod.ts";
import { delay } from "../../testing.ts";
import { exploreAll, together } from "../helpers/explored.ts";
import type { Wait } from "../helpers/kinds.ts";

/** Takes what is left in a queue. */
function drain<T>(queue: Queue<T>): T[] {
  return Array.from({ length: queue.qsize() }, () => queue.getNowait());
}

/** Asserts that each item that was put was either seen or is in the queue, once. */
function assertNoneLost(queue: Queue<number>, put: number[], seen: number[]): void {
  const text = String(queue);
  assertEquals(text.includes("getters") || text.includes("putters"), false, text);
  assertEquals([...seen, ...drain(queue)].sort(), [...put].sort());
}

/** Whether numbers grow. */
function isSorted(numbers: number[]): boolean {
  return numbers.every((number, i) => i === 0 || numbers[i - 1]! < number);
}

const classes: [string, (maxsize: number) => Queue<number>][] = [
  ["Queue", (maxsize) => new Queue({ maxsize })],
  ["PriorityQueue", (maxsize) => new PriorityQueue({ maxsize })],
  ["LifoQueue", (maxsize) => new LifoQueue({ maxsize })],
];

for (const [name, make] of classes) {
  Deno.test(`${name}, explored: what was put is seen once, or is in the queue`, () =>
    exploreAll((coroutine) => () => {
      const queue = make(1);
      const put: number[] = [];
      const seen: number[] = [];
      const producer = (first: number) =>
        coroutine(function* (wait) {
          for (let item = first; item < first + 3; item++) {
            yield* wait(queue.put(item));
            put.push(item);
            yield* wait(delay(0, 1));
          }
        });
      const consumer = coroutine(function* (wait) {
        for (;;) {
          seen.push(yield* wait(queue.get()));
          yield* wait(delay(0, 2));
        }
      });
      return together(
        { a: producer(10), b: producer(20), x: consumer, y: consumer },
        () => assertNoneLost(queue, put, seen),
        20,
      );
    }));
}

Deno.test("Queue, explored: one who gets sees the items of each who puts in their order", () =>
  exploreAll((coroutine) => () => {
    const queue = new Queue<number>({ maxsize: 2 });
    const seen: number[] = [];
    const producer = (first: number) =>
      coroutine(function* (wait) {
        for (let item = first; item < first + 3; item++) {
          yield* wait(queue.put(item));
          yield* wait(delay(0, 1));
        }
      });
    const consumer = coroutine(function* (wait) {
      for (;;) {
        seen.push(yield* wait(queue.get()));
        yield* wait(delay(0, 2));
      }
    });
    return together({ a: producer(10), b: producer(20), consumer }, () => {
      for (const first of [10, 20]) {
        assert(isSorted(seen.filter((item) => item >= first && item < first + 10)), `${seen}`);
      }
    }, 20);
  }));

/** Gets an item, or gives up. */
const ways: [
  string,
  (queue: Queue<number>, wait: Wait) => Generator<unknown, number | undefined>,
][] = [
  ["waitFor()", (queue, wait) => wait(waitFor(queue.get(), 1))],
  ["waitFor() in waitFor()", (queue, wait) => wait(waitFor(waitFor(queue.get(), 1), 2))],
  ["timeout()", (queue, wait) => wait(timeout(1, () => queue.get()))],
  ["timeout() around waitFor()", (queue, wait) => wait(timeout(1, () => waitFor(queue.get(), 2)))],
  ["moveOnAfter()", (queue, wait) => wait(moveOnAfter(1, () => queue.get()))],
  [
    "race() with a sleep",
    (queue, wait) => wait(race([queue.get(), sleep(1, { result: undefined })])),
  ],
  ["race() of two", (queue, wait) => wait(waitFor(race([queue.get(), queue.get()]), 1))],
  ["gather() of one", function* (queue, wait) {
    return (yield* wait(waitFor(gather(queue.get()), 1)))[0];
  }],
  ["gather() with another that is done later", function* (queue, wait) {
    return (yield* wait(waitFor(gather(queue.get(), sleep(1)), 2)))[0];
  }],
  ["a signal", function* (queue, wait) {
    const controller = new AbortController();
    const aborting = getRunningLoop().callLater(1, () => controller.abort());
    try {
      return yield* wait(queue.get({ signal: controller.signal }));
    } catch (error) {
      if (error instanceof CancelledError && error.cause === controller.signal.reason) {
        return undefined;
      }
      throw error;
    } finally {
      aborting.cancel();
    }
  }],
];

for (const [way, get] of ways) {
  Deno.test(`Queue, explored: no item is lost by who gives up by ${way}`, () =>
    exploreAll((coroutine) => () => {
      const queue = new Queue<number>({ maxsize: 2 });
      const put: number[] = [];
      const seen: number[] = [];
      const producer = coroutine(function* (wait) {
        for (let item = 0; item < 4; item++) {
          yield* wait(queue.put(item));
          put.push(item);
          yield* wait(delay(0, 2));
        }
      });
      const consumer = coroutine(function* (wait) {
        for (let i = 0; i < 3; i++) {
          try {
            const item = yield* get(queue, wait);
            if (item !== undefined) seen.push(item);
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error;
          }
        }
      });
      return together(
        { producer, x: consumer, y: consumer },
        () => assertNoneLost(queue, put, seen),
        50,
      );
    }));
}

Deno.test("Queue, explored: a put() that is given up has put nothing", () =>
  exploreAll((coroutine) => () => {
    const queue = new Queue<number>({ maxsize: 1 });
    const put: number[] = [];
    const seen: number[] = [];
    const producer = (first: number) =>
      coroutine(function* (wait) {
        for (let item = first; item < first + 3; item++) {
          try {
            yield* wait(item % 2 ? waitFor(queue.put(item), 1) : timeout(1, () => queue.put(item)));
            put.push(item);
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error;
          }
        }
      });
    const consumer = coroutine(function* (wait) {
      for (let i = 0; i < 3; i++) {
        yield* wait(delay(0, 3));
        const item = yield* wait(moveOnAfter(3, () => queue.get()));
        if (item !== undefined) seen.push(item);
      }
    });
    return together(
      { a: producer(10), b: producer(20), consumer },
      () => assertNoneLost(queue, put, seen),
    );
  }));

Deno.test("Queue, explored: join() is over when all items are done, and not before", () =>
  exploreAll((coroutine) => async () => {
    const queue = new Queue<number>({ maxsize: 2 });
    let unfinished = 0;
    const producer = coroutine(function* (wait) {
      for (let item = 0; item < 3; item++) {
        yield* wait(queue.put(item));
        unfinished++;
      }
    });
    const consumer = coroutine(function* (wait) {
      for (;;) {
        yield* wait(queue.get());
        try {
          yield* wait(delay(0, 2));
        } finally {
          unfinished--;
          queue.taskDone();
        }
      }
    });
    const producing = createTask(producer, { name: "producer" });
    const consumers = ["x", "y"].map((name) => createTask(consumer, { name }));
    try {
      await waitAll([producing], { timeout: 20 });
      await cancelAndWait(producing);
      const isOver = await moveOnAfter(50, () => queue.join().then(() => true));
      // Both consumers may not be cancelled: one is left, who takes all.
      assertEquals(isOver, true);
      assertEquals([unfinished, queue.qsize()], [0, 0]);
    } finally {
      await cancelAndWait([producing, ...consumers]);
      // Each item that was put and not taken is still to be done.
      for (const _ of drain(queue)) queue.taskDone();
      assert(queue.join().done());
    }
  }, (task) => ["producer", "x"].includes(task.getName())));

for (const immediate of [false, true]) {
  Deno.test(`Queue, explored: shutdown(${immediate}) ends all who wait, and loses nothing`, () =>
    exploreAll((coroutine) => () => {
      const queue = new Queue<number>({ maxsize: 1 });
      const put: number[] = [];
      const seen: number[] = [];
      let dropped = 0;
      /** Ends at the shutdown. */
      const untilShutdown = (body: (wait: Wait) => Generator<unknown, void>) =>
        coroutine(function* (wait) {
          try {
            for (;;) yield* body(wait);
          } catch (error) {
            if (!(error instanceof QueueShutDown)) throw error;
          }
        });
      let next = 0;
      const producer = untilShutdown(function* (wait) {
        const item = next++;
        yield* wait(queue.put(item));
        put.push(item);
        yield* wait(delay(1, 2));
      });
      const consumer = untilShutdown(function* (wait) {
        const item = yield* wait(queue.get());
        try {
          seen.push(item);
          yield* wait(delay(0, 1));
        } finally {
          queue.taskDone();
        }
      });
      const closer = coroutine(function* (wait) {
        yield* wait(delay(1, 4));
        dropped = queue.qsize();
        queue.shutdown(immediate);
        yield* wait(queue.join());
      });
      return together({ a: producer, b: producer, x: consumer, y: consumer, closer }, () => {
        const left = drain(queue);
        for (const _ of left) queue.taskDone();
        assert(queue.join().done(), String(queue));
        if (!immediate) assertEquals([...seen, ...left].sort(), put.sort());
        else assert(seen.length + left.length + dropped <= put.length + 2);
        const text = String(queue);
        assertEquals(text.includes("getters") || text.includes("putters"), false, text);
      }, 30);
    }));
}

Deno.test("Queue, explored: workers that are cancelled as the queue is shut down report nothing", () =>
  exploreAll((coroutine) => async () => {
    const queue = new Queue<number>({ maxsize: 1 });
    const ending = (get: () => Future<number>) =>
      coroutine(function* (wait) {
        try {
          for (;;) yield* wait(get());
        } catch (error) {
          if (!(error instanceof QueueShutDown)) throw error;
        }
      });
    const worker = ending(() => queue.get());
    const inTime = ending(() => waitFor(queue.get(), 100));
    const tasks = [createTask(worker), createTask(worker), createTask(inTime)];
    try {
      await queue.put(1);
      await delay(0, 2);
    } finally {
      queue.shutdown();
      await cancelAndWait(tasks);
    }
    assert(tasks.every((task) => task.done()));
  }));

Deno.test("Queue, explored: for await gets each item once, and ends at the shutdown", () =>
  exploreAll(() => () => {
    const queue = new Queue<number>({ maxsize: 1 });
    const put: number[] = [];
    const seen: number[] = [];
    const consumer = async () => {
      for await (const item of queue) {
        seen.push(item);
        await delay(0, 2);
        queue.taskDone();
      }
    };
    const producer = async () => {
      try {
        for (let item = 0; item < 4; item++) {
          await queue.put(item);
          put.push(item);
        }
      } finally {
        queue.shutdown();
      }
    };
    return together({ producer, x: consumer, y: consumer }, () => {
      assertNoneLost(queue, put, seen);
    }, 50);
  }));

Deno.test("Queue, explored: what asCompleted() has not given to anybody stays in its future", () =>
  exploreAll((coroutine) => async () => {
    const queues = [new Queue<number>(), new Queue<number>()] as const;
    const gets: Future<number>[] = [];
    const seen: number[] = [];
    const consumer = coroutine(function* (wait) {
      gets.push(...queues.map((queue) => queue.get()));
      try {
        for (const next of asCompleted(gets, { timeout: 3 })) seen.push(yield* wait(next));
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      } finally {
        for (const get of gets) get.cancel();
      }
    });
    const producer = coroutine(function* (wait) {
      for (const [item, queue] of queues.entries()) {
        queue.putNowait(item);
        yield* wait(delay(0, 4));
      }
    });
    let put = 0;
    await together({ consumer, producer }, () => {
      put = queues.reduce((sum, queue) => sum + queue.qsize(), 0);
      const got = gets.filter((get) => !get.cancelled()).map((get) => get.result());
      // The consumer has seen some of what its futures got.
      assert(seen.every((item) => got.includes(item)));
      assert(put + got.length <= 2);
    });
    assertEquals(put + gets.filter((get) => !get.cancelled()).length >= 1, true);
  }, (task) => task.getName() === "consumer"));
