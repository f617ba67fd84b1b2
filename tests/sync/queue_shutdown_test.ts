/**
 * `Queue.shutdown()`: what can still be got, who is told, and what comes in the same turn.
 *
 * @module
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  cancelAndWait,
  createTask,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueShutDown,
  sleep,
  waitFor,
} from "../../mod.ts";
import { replay } from "../../testing.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const NO_GET = "Cannot get an item as the queue is shut down: <Queue maxsize=0 shutdown>";
const NO_PUT = "Cannot put the item as the queue is shut down: ";

/** Makes a queue with items. */
function queueOf<T>(items: T[], maxsize = 0): Queue<T> {
  const queue = new Queue<T>({ maxsize });
  for (const item of items) queue.putNowait(item);
  return queue;
}

// Result
// ------

Deno.test("Queue.shutdown() lets the items be got, but none be put", () => {
  const queue = queueOf([1, 2, 3]);
  queue.shutdown();
  assertThrows(() => queue.putNowait(4), QueueShutDown, NO_PUT);
  assertThrows(() => queue.put(4), QueueShutDown, NO_PUT);
  assertEquals([queue.getNowait(), queue.get().result()], [1, 2]);
  assertEquals([queue.qsize(), queue.getNowait()], [1, 3]);
  assertThrows(() => queue.getNowait(), QueueShutDown, NO_GET.replace("shutdown>", "tasks=3"));
  assertThrows(() => queue.get(), QueueShutDown);
});

for (const Class of [Queue, LifoQueue, PriorityQueue]) {
  Deno.test(`${Class.name}.shutdown(true) drops the items, which count as done`, () => {
    const queue = new Class<number>();
    for (const item of [3, 1, 2]) queue.putNowait(item);
    const join = queue.join();
    queue.shutdown(true);
    assertEquals([join.done(), queue.empty(), String(queue)], [
      true,
      true,
      `<${Class.name} maxsize=0 shutdown>`,
    ]);
    assertThrows(() => queue.getNowait(), QueueShutDown);
  });
}

Deno.test("Queue.shutdown(true) does not note as done what was got", () => {
  const queue = queueOf([1, 2, 3]);
  queue.getNowait();
  const join = queue.join();
  queue.shutdown(true);
  assertEquals([join.done(), String(queue)], [false, "<Queue maxsize=0 tasks=1 shutdown>"]);
  queue.taskDone();
  assertEquals(join.done(), true);
  assertThrows(() => queue.taskDone(), Error, "all of them are");
});

Deno.test("Queue.shutdown() again changes nothing, and shutdown(true) drops the items then", () => {
  const queue = queueOf([1]);
  queue.shutdown();
  queue.shutdown();
  assertEquals(queue.qsize(), 1);
  queue.shutdown(true);
  queue.shutdown(false);
  assertEquals([queue.qsize(), queue.join().done()], [0, true]);
});

Deno.test("Queue.shutdown() does not end a join(), which waits for the items", async () => {
  const queue = queueOf([1]);
  const join = queue.join();
  queue.shutdown();
  assertEquals(join.done(), false);
  assertEquals(await queue.get(), 1);
  queue.taskDone();
  assertEquals(join.done(), true);
});

for (const immediate of [false, true]) {
  for (const [kind, coroutine] of kinds) {
    Deno.test(`Queue.shutdown(${immediate}) is thrown by a get() that waits (${kind})`, async () => {
      const queue = new Queue<number>();
      const tasks = [1, 2].map(() => createTask(coroutine((wait) => wait(queue.get()))));
      await hostTurn();
      queue.shutdown(immediate);
      for (const task of tasks) {
        await assertRejects(() => task, QueueShutDown, "Cannot get an item");
      }
    });

    Deno.test(`Queue.shutdown(${immediate}) is thrown by a put() that waits, which has put nothing (${kind})`, async () => {
      const queue = queueOf([1], 1);
      const tasks = [2, 3].map((item) => createTask(coroutine((wait) => wait(queue.put(item)))));
      await hostTurn();
      queue.shutdown(immediate);
      for (const task of tasks) {
        await assertRejects(() => task, QueueShutDown, "Cannot put the item");
      }
      assertEquals(queue.qsize(), immediate ? 0 : 1);
    });

    Deno.test(`Queue.shutdown(${immediate}) in the turn of the hand-over leaves the item to the get() (${kind})`, async () => {
      const queue = new Queue<number>();
      const task = createTask(coroutine((wait) => wait(waitFor(queue.get(), null))));
      await hostTurn();
      queue.putNowait(1);
      queue.shutdown(immediate);
      assertEquals(await task, 1);
      assertEquals(String(queue), "<Queue maxsize=0 tasks=1 shutdown>");
    });

    Deno.test(`Queue.shutdown(${immediate}) and a request in the turn of the hand-over: the item goes back, or is dropped (${kind})`, async () => {
      for (const delay of [0, 1, 2, 3, 4, 5]) {
        const queue = new Queue<number>();
        const seen: number[] = [];
        const task = createTask(coroutine(function* (wait) {
          seen.push(yield* wait(queue.get()));
        }));
        await hostTurn();
        queue.putNowait(1);
        queue.shutdown(immediate);
        await microtasks(delay);
        task.cancel();
        await Promise.allSettled([task]);
        const left = queue.qsize();
        assertEquals(seen.length + left, seen.length > 0 || !immediate ? 1 : 0);
        const tasks = seen.length + left > 0 ? " tasks=1" : "";
        const items = left > 0 ? " items=[1]" : "";
        assertEquals(String(queue), `<Queue maxsize=0${items}${tasks} shutdown>`);
      }
    });

    Deno.test(`Queue.shutdown(${immediate}) in the turn in which there is room: the put() has put, or not (${kind})`, async () => {
      for (const delay of [0, 1, 2, 3, 4, 5]) {
        for (const isCancelled of [false, true]) {
          const queue = queueOf([1], 1);
          let put = 0;
          const task = createTask(coroutine(function* (wait) {
            yield* wait(queue.put(2));
            put = 1;
          }));
          await hostTurn();
          queue.getNowait();
          queue.taskDone();
          queue.shutdown(immediate);
          await microtasks(delay);
          if (isCancelled) task.cancel();
          await Promise.allSettled([task]);
          assertEquals(put === 1 || isCancelled, true, "only a request takes the item back");
          assertEquals(queue.qsize(), immediate ? 0 : put);
          assertEquals(queue.join().done(), queue.empty());
        }
      }
    });
  }

  Deno.test(`for await ends at Queue.shutdown(${immediate}), after the items`, async () => {
    const queue = queueOf([1, 2]);
    const seen: number[] = [];
    const task = createTask(async () => {
      for await (const item of queue) seen.push(item);
    });
    await hostTurn();
    queue.putNowait(3);
    queue.shutdown(immediate);
    await task;
    assertEquals(seen, [1, 2, 3]);
    for await (const _ of queue) seen.push(4);
    assertEquals(seen, [1, 2, 3]);
  });

  Deno.test(`for await that is cancelled in the turn of Queue.shutdown(${immediate}) ends`, async () => {
    using reports = collectReports();
    for (const delay of [0, 1, 2, 3, 4]) {
      const queue = new Queue<number>();
      const task = createTask(async () => {
        for await (const _ of queue);
      });
      await hostTurn();
      queue.shutdown(immediate);
      await microtasks(delay);
      task.cancel("stop");
      await hostTurn();
      assertEquals([task.done(), queue.qsize()], [true, 0]);
      await Promise.allSettled([task]);
    }
    assertEquals(reports.length, 0);
  });
}

Deno.test("for await of several gets each item once, and all end", async () => {
  const queue = new Queue<number>();
  const seen: number[] = [];
  const tasks = [1, 2, 3].map(() =>
    createTask(async () => {
      for await (const item of queue) seen.push(item);
    })
  );
  for (let i = 0; i < 20; i++) await queue.put(i);
  queue.shutdown();
  await Promise.all(tasks);
  assertEquals(seen.toSorted((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i));
});

// Failure
// -------

Deno.test("Queue.getNowait() throws QueueEmpty before Queue.shutdown(), QueueShutDown after", () => {
  const queue = new Queue<number>();
  assertThrows(() => queue.getNowait(), QueueEmpty);
  queue.shutdown();
  assertThrows(() => queue.getNowait(), QueueShutDown, NO_GET);
});

// Cancellation
// ------------

Deno.test("Queue.shutdown() after a get() was cancelled changes nothing for it", () => {
  const queue = new Queue<number>();
  const got = queue.get();
  got.cancel("stop");
  queue.shutdown();
  assertEquals(outcome(got), "cancelled CancelledError: stop");
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Queue.shutdown() reports nothing for a ${kind} that is cancelled in that turn`, async () => {
    const main = async () => {
      const queue = new Queue<number>();
      const worker = coroutine((wait) => wait(queue.get()));
      const inTime = coroutine((wait) => wait(waitFor(queue.get(), 60_000)));
      const tasks = [createTask(() => worker(0)), createTask(() => inTime(0))];
      await sleep(1);
      queue.shutdown();
      await cancelAndWait(tasks);
      return tasks.map((task) => task.cancelled());
    };
    // Fails with what is reported to the loop.
    assertEquals(await replay(main, "0"), [true, true]);
  });
}
