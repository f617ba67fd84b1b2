/**
 * `Queue`, its waits and its order. `queue_cancellation_test.ts` has the requests to cancel, and
 * `queue_shutdown_test.ts` the end of a queue, `queue_misuse_test.ts` wrong arguments and leaks.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  AsyncContext,
  createTask,
  getEventLoop,
  Queue,
  QueueEmpty,
  QueueFull,
  run,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { kinds } from "../helpers/kinds.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { outcome } from "../helpers/outcome.ts";
import { hostTurn } from "../helpers/turns.ts";

/** Makes a queue with items. */
function queueOf<T>(items: T[], maxsize = 0): Queue<T> {
  const queue = new Queue<T>({ maxsize });
  for (const item of items) queue.putNowait(item);
  return queue;
}

// Result
// ------

Deno.test("Queue.getNowait() returns the items in the order in which they were put", () => {
  const queue = queueOf([1, 3, 2]);
  assertEquals([queue.getNowait(), queue.getNowait(), queue.getNowait()], [1, 3, 2]);
});

Deno.test("Queue.qsize(), empty() and full() tell how many items there are", () => {
  const queue = new Queue<number>({ maxsize: 2 });
  const seen: unknown[] = [];
  const look = () => seen.push([queue.qsize(), queue.empty(), queue.full()]);
  look();
  queue.putNowait(1);
  look();
  queue.putNowait(2);
  look();
  queue.getNowait();
  look();
  assertEquals(seen, [[0, true, false], [1, false, false], [2, false, true], [1, false, false]]);
});

for (const maxsize of [undefined, 0, -1, Infinity]) {
  Deno.test(`Queue with the maxsize ${maxsize} is never full`, () => {
    const queue = new Queue<number>({ maxsize });
    for (let i = 0; i < 100; i++) queue.putNowait(i);
    assertEquals([queue.full(), queue.qsize(), queue.maxsize], [false, 100, maxsize ?? 0]);
  });
}

Deno.test("Queue with a maxsize that is not whole has room for the next whole number", () => {
  const queue = queueOf([1, 2], 1.3);
  assertEquals([queue.full(), queue.maxsize], [true, 1.3]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Queue.get() waits for an item (${kind})`, async () => {
    const queue = new Queue<string>();
    const task = createTask(coroutine((wait) => wait(queue.get())));
    await hostTurn();
    assertEquals(task.done(), false);
    await queue.put("item");
    assertEquals(await task, "item");
  });

  Deno.test(`Queue.get() goes to those who wait in the order in which they came (${kind})`, async () => {
    const queue = new Queue<number>();
    const seen: string[] = [];
    const tasks = ["a", "b", "c"].map((name) =>
      createTask(coroutine(function* (wait) {
        seen.push(`${name}${yield* wait(queue.get())}`);
      }))
    );
    await hostTurn();
    for (const item of [1, 2, 3]) queue.putNowait(item);
    assertEquals(queue.qsize(), 0);
    for (const task of tasks) await task;
    assertEquals(seen, ["a1", "b2", "c3"]);
  });

  Deno.test(`Queue.put() waits for room, and puts in the order of coming (${kind})`, async () => {
    const queue = new Queue<number>({ maxsize: 2 });
    const put: number[] = [];
    const task = createTask(coroutine(function* (wait) {
      for (let i = 0; i < 3; i++) {
        yield* wait(queue.put(i));
        put.push(i);
      }
    }));
    await hostTurn();
    assertEquals([put, queue.getNowait()], [[0, 1], 0]);
    const later = queue.put(3);
    await task;
    assertEquals([put, queue.getNowait(), queue.getNowait()], [[0, 1, 2], 1, 2]);
    assertEquals([queue.getNowait(), outcome(later)], [3, "result undefined"]);
  });

  Deno.test(`Queue.get() and put() do not give way if nothing has to be waited for (${kind})`, async () => {
    const queue = new Queue<number>({ maxsize: 1 });
    const log: unknown[] = [];
    const task = createTask(coroutine(function* (wait) {
      const put = queue.put(1);
      const got = queue.get();
      log.push(put.done(), got.done());
      yield* wait(put);
      log.push(yield* wait(got));
    }));
    await task;
    assertEquals(log, [true, true, 1]);
  });

  Deno.test(`Queue.join() waits until all items are done (${kind})`, async () => {
    const queue = new Queue<number>();
    let sum = 0;
    const workers = [1, 2].map(() =>
      createTask(coroutine(function* (wait) {
        while (true) {
          const item = yield* wait(queue.get());
          sum += item;
          queue.taskDone();
        }
      }))
    );
    for (let i = 0; i < 100; i++) queue.putNowait(i);
    await queue.join();
    assertEquals(sum, 4_950);
    for (const worker of workers) worker.cancel();
  });
}

Deno.test("Queue.put() leaves the items to a get() that waits before those who come later", async () => {
  const queue = new Queue<string>({ maxsize: 1 });
  const got = queue.get();
  queue.putNowait("first");
  assertThrows(() => queue.getNowait(), QueueEmpty);
  assertEquals(await got, "first");
});

Deno.test("Queue.putNowait() does not overtake a put() that waits", () => {
  const queue = queueOf(["a"], 1);
  queue.put("b");
  assertEquals(queue.getNowait(), "a");
  assertThrows(() => queue.putNowait("c"), QueueFull);
  assertEquals(queue.getNowait(), "b");
});

Deno.test("Queue.join() is done at once if there are no items, and as often as one likes", () => {
  const queue = new Queue<number>();
  assertEquals([queue.join().done(), queue.join().done()], [true, true]);
});

Deno.test("Queue.join() lets all go who wait, once every item was noted as done", async () => {
  const queue = queueOf([1, 2]);
  const joins = [queue.join(), queue.join()];
  queue.getNowait();
  queue.getNowait();
  queue.taskDone();
  assertEquals(joins.map((join) => join.done()), [false, false]);
  queue.taskDone();
  assertEquals(joins.map((join) => join.done()), [true, true]);
});

Deno.test("for await gets items until break, and leaves the others in the queue", async () => {
  const queue = queueOf([1, 2, 3]);
  const seen: number[] = [];
  for await (const item of queue) {
    if (seen.push(item) === 2) break;
  }
  assertEquals([seen, queue.qsize(), String(queue)], [
    [1, 2],
    1,
    "<Queue maxsize=0 items=[3] tasks=3>",
  ]);
});

for (const item of [undefined, null, 0, false, Promise.resolve(1), new Error("an item")]) {
  Deno.test(`Queue.getNowait() returns the item ${item}`, () => {
    assertEquals(queueOf<unknown>([item]).getNowait() === item, true);
  });
}

// Failure
// -------

Deno.test("Queue.getNowait() of an empty queue throws QueueEmpty", () => {
  const message = "Cannot get an item as the queue is empty: <Queue maxsize=0>";
  assertThrows(() => new Queue().getNowait(), QueueEmpty, message);
});

Deno.test("Queue.putNowait() to a full queue throws QueueFull, and puts nothing", () => {
  const queue = queueOf([1], 1);
  const message = "Cannot put the item as the queue is full: <Queue maxsize=1 items=[1] tasks=1>";
  assertThrows(() => queue.putNowait(2), QueueFull, message);
  assertEquals(queue.qsize(), 1);
});

Deno.test("Queue.taskDone() throws if there were more calls than items", () => {
  const queue = queueOf([1]);
  queue.taskDone();
  const message =
    "Cannot note that an item is done as all of them are: <Queue maxsize=0 items=[1]>";
  assertThrows(() => queue.taskDone(), Error, message);
});

// Loop
// ----

Deno.test("Queue serves tasks of several loops", async () => {
  const queue = new Queue<string>({ maxsize: 1 });
  const loop = makeManualLoop();
  const other = loop.createTask(function* () {
    const item = yield* queue.get();
    yield* queue.put(`${item} and back`);
  });
  await drainInTurns(loop);
  const answer = run(async () => {
    await queue.put("there");
    return await queue.get();
  });
  await drainInTurns(loop);
  assertEquals([await answer, other.done()], ["there and back", true]);
});

Deno.test("Queue.get() makes its futures on the running loop", async () => {
  const queue = queueOf([1]);
  assertEquals(queue.get().getLoop(), getEventLoop());
  await run(async () => {
    assertEquals(queue.put(2).getLoop(), getEventLoop());
  });
});

// Context
// -------

Deno.test("Queue.get() goes on in the context of the code that waits", async () => {
  needs("contextOfPromises");
  const user = new AsyncContext.Variable<string>();
  const queue = new Queue<number>();
  const task = user.run("getter", () =>
    createTask(async () => {
      await queue.get();
      return user.get();
    }));
  await hostTurn();
  user.run("putter", () => queue.putNowait(1));
  assertEquals(await task, "getter");
});
