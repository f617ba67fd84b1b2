/**
 * Requests to cancel what waits at a queue: before, in the turn of the hand-over, and after. Nothing
 * is lost or doubled, and the order stays.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  CancelledError,
  createTask,
  currentTask,
  type Future,
  LifoQueue,
  Queue,
  race,
  timeout,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { delays, ways } from "../helpers/queue_waits.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const STOPPED = "cancelled CancelledError: stop";

type Get = (queue: Queue<number>) => Future<number>;

/** Ways to get an item, one of them with the signal of the task, which `cancel()` aborts. */
const gets: [string, Get][] = [
  ...ways.map(([name, way]): [string, Get] => [name, (queue) => way(() => queue.get())]),
  ["a signal", (queue) => queue.get({ signal: currentTask()!.signal })],
];

/** Takes all items out of a queue. */
function drain<T>(queue: Queue<T>): T[] {
  return Array.from({ length: queue.qsize() }, () => queue.getNowait());
}

// get()
// -----

for (const [kind, coroutine] of kinds) {
  for (const [name, get] of gets) {
    Deno.test(`Queue.get() by ${name} (${kind}) that is cancelled before an item comes takes none`, async () => {
      const queue = new Queue<number>();
      const task = createTask(coroutine((wait) => wait(get(queue))));
      const next = createTask(coroutine((wait) => wait(get(queue))));
      await hostTurn();
      task.cancel("stop");
      queue.putNowait(1);
      await hostTurn();
      assertEquals([outcome(task), outcome(next)], [STOPPED, "result 1"]);
      assertEquals(String(queue), "<Queue maxsize=0 tasks=1>");
    });

    Deno.test(`Queue.get() by ${name} (${kind}) that is cancelled in the turn of the hand-over has the item, or it goes back`, async () => {
      for (const delay of delays) {
        const queue = new Queue<number>();
        const seen: number[] = [];
        const task = createTask(coroutine(function* (wait) {
          seen.push(yield* wait(get(queue)));
        }));
        await hostTurn();
        queue.putNowait(1);
        queue.putNowait(2);
        await microtasks(delay);
        task.cancel("stop");
        await hostTurn();
        assertEquals([...seen, ...drain(queue)], [1, 2], `${delay} microtasks after`);
        await Promise.allSettled([task]);
      }
    });
  }

  Deno.test(`Queue.get() (${kind}) that is cancelled at once with the hand-over is thrown the request`, async () => {
    const queue = new Queue<number>();
    const task = createTask(coroutine((wait) => wait(queue.get())));
    const next = createTask(coroutine((wait) => wait(queue.get())));
    await hostTurn();
    queue.putNowait(1);
    task.cancel("stop");
    task.cancel("again");
    await hostTurn();
    assertEquals([outcome(task), outcome(next)], [STOPPED, "result 1"]);
  });

  Deno.test(`Queue.get() of several (${kind}) that are cancelled with the hand-over keeps the order`, async () => {
    for (const Class of [Queue, LifoQueue]) {
      for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2], [1, 0]]) {
        const queue = new Class<number>();
        const seen: number[] = [];
        const tasks = [0, 1, 2].map(() =>
          createTask(coroutine(function* (wait) {
            seen.push(yield* wait(queue.get()));
          }))
        );
        await hostTurn();
        for (let item = 0; item < 5; item++) queue.putNowait(item);
        for (const i of order) tasks[i]!.cancel("stop");
        await Promise.allSettled(tasks);
        const left = drain(queue);
        if (Class === LifoQueue) left.reverse();
        assertEquals(seen.length + left.length, 5);
        assertEquals(left, left.toSorted(), `${Class.name}, cancelled ${order}`);
      }
    }
  });

  Deno.test(`Queue.get() (${kind}) that found an item has it, and is thrown the request at its next wait`, async () => {
    const queue = new Queue<number>();
    for (const item of [1, 2]) queue.putNowait(item);
    const seen: number[] = [];
    const task = createTask(coroutine(function* (wait) {
      const got = queue.get();
      task.cancel("stop");
      seen.push(yield* wait(got));
      yield* wait(new Queue<number>().get());
    }));
    await assertRejects(() => task, CancelledError, "stop");
    assertEquals([...seen, ...drain(queue)], [1, 2]);
  });

  Deno.test(`Queue.get() whose time is over in the turn of the hand-over is in time (${kind})`, async () => {
    for (const limit of ["waitFor", "timeout"]) {
      using time = new FakeTime();
      const queue = new Queue<number>();
      const seen: unknown[] = [];
      const task = createTask(coroutine(function* (wait) {
        try {
          const got = limit === "waitFor"
            ? waitFor(queue.get(), 10)
            : timeout(10, () => queue.get());
          seen.push(yield* wait(got));
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
        }
      }));
      await hostTurn();
      queue.putNowait(1);
      time.tick(10);
      await hostTurn();
      await task;
      assertEquals([...seen, ...drain(queue)], [1], limit);
    }
  });

  Deno.test(`Queue.get() whose time is over just before an item comes leaves it to the next (${kind})`, async () => {
    using time = new FakeTime();
    const queue = new Queue<number>();
    const task = createTask(coroutine((wait) => wait(waitFor(queue.get(), 10))));
    await hostTurn();
    time.tick(10);
    await hostTurn();
    queue.putNowait(1);
    await assertRejects(() => task, TimeoutError);
    assertEquals(drain(queue), [1]);
  });

  Deno.test(`Queue.get() is waited for again, and by several tasks (${kind})`, async () => {
    const queue = new Queue<number>();
    const got = queue.get();
    const tasks = [1, 2].map(() => createTask(coroutine((wait) => wait(got))));
    await hostTurn();
    queue.putNowait(1);
    tasks[0]!.cancel("stop");
    await hostTurn();
    // The other one has the item, which must not go back as well.
    assertEquals(tasks.map(outcome), [STOPPED, "result 1"]);
    assertEquals([await got, queue.qsize()], [1, 0]);
  });

  Deno.test(`Queue.get() goes back once if all tasks (${kind}) that wait for it are cancelled`, async () => {
    const queue = new Queue<number>();
    const got = queue.get();
    const tasks = [1, 2].map(() => createTask(coroutine((wait) => wait(got))));
    await hostTurn();
    queue.putNowait(1);
    for (const task of tasks) task.cancel("stop");
    await hostTurn();
    assertEquals([tasks.map(outcome), drain(queue)], [[STOPPED, STOPPED], [1]]);
  });

  Deno.test(`Queue.get() that another waits for as well does not go back from waitFor() (${kind})`, async () => {
    const queue = new Queue<number>();
    const got = queue.get();
    const one = createTask(coroutine((wait) => wait(got)));
    const other = createTask(coroutine((wait) => wait(waitFor(got, null))));
    await hostTurn();
    queue.putNowait(1);
    other.cancel("stop");
    await hostTurn();
    assertEquals([outcome(one), outcome(other), queue.qsize()], ["result 1", STOPPED, 0]);
  });

  Deno.test(`Queue.get() by race() of which another wins takes nothing (${kind})`, async () => {
    const [queue, other] = [new Queue<number>(), new Queue<number>()];
    const task = createTask(coroutine((wait) => wait(race([queue.get(), other.get()]))));
    await hostTurn();
    other.putNowait(1);
    queue.putNowait(2);
    assertEquals([await task, drain(queue)], [1, [2]]);
  });
}

Deno.test("Queue.get() by Promise.race() that is cancelled in the turn of the hand-over has the item, or it goes back", async () => {
  needs("contextOfPromises");
  for (const delay of delays) {
    const queue = new Queue<number>();
    const seen: number[] = [];
    const task = createTask(async () => {
      seen.push(await Promise.race([queue.get(), new Promise<never>(() => {})]));
    });
    await hostTurn();
    queue.putNowait(1);
    await microtasks(delay);
    task.cancel("stop");
    await hostTurn();
    assertEquals([...seen, ...drain(queue)], [1], `${delay} microtasks after`);
    await Promise.allSettled([task]);
  }
});

Deno.test("Queue.get() whose future is cancelled, once or twice, has taken nothing", () => {
  const queue = new Queue<number>();
  const got = queue.get();
  assertEquals([got.cancel("stop"), got.cancel("again")], [true, false]);
  queue.putNowait(1);
  assertEquals([outcome(got), drain(queue)], [STOPPED, [1]]);
});

Deno.test("Queue.get() whose future is cancelled after the hand-over keeps the item", async () => {
  const queue = new Queue<number>();
  const got = queue.get();
  queue.putNowait(1);
  assertEquals([got.cancel(), got.cancel(), await got, queue.qsize()], [false, false, 1, 0]);
});

for (const when of ["before", "after"]) {
  Deno.test(`Queue.get() whose signal aborts just ${when} the hand-over`, async () => {
    const queue = new Queue<number>();
    const controller = new AbortController();
    const got = queue.get({ signal: controller.signal });
    if (when === "before") controller.abort("stop");
    queue.putNowait(1);
    if (when === "after") controller.abort("stop");
    const expected = when === "before" ? [true, [1]] : [false, []];
    assertEquals([got.cancelled(), drain(queue)], expected);
    await Promise.allSettled([got]);
  });
}

Deno.test("Queue.get(), put() and join() with a signal that is aborted do nothing", () => {
  const queue = new Queue<number>();
  queue.putNowait(1);
  const options = { signal: AbortSignal.abort() };
  const waits = [queue.get(options), queue.put(2, options), queue.join(options)];
  assertEquals(waits.map((wait) => wait.cancelled()), [true, true, true]);
  assertEquals(String(queue), "<Queue maxsize=0 items=[1] tasks=1>");
});

Deno.test("for await that is cancelled in the turn of the hand-over loses no item", async () => {
  for (const delay of delays) {
    const queue = new Queue<number>();
    const seen: number[] = [];
    const task = createTask(async () => {
      for await (const item of queue) seen.push(item);
    });
    await hostTurn();
    for (const item of [1, 2, 3]) queue.putNowait(item);
    await microtasks(delay);
    task.cancel("stop");
    await assertRejects(() => task, CancelledError, "stop");
    assertEquals([...seen, ...drain(queue)], [1, 2, 3], `${delay} microtasks after`);
  }
});

Deno.test("Queue.get() that is cancelled with the hand-over gives the item back to a queue that is full", async () => {
  const queue = new Queue<number>({ maxsize: 1 });
  const task = createTask(async () => await queue.get());
  await hostTurn();
  for (const item of [1, 2]) queue.putNowait(item);
  task.cancel();
  await Promise.allSettled([task]);
  assertEquals([queue.full(), drain(queue)], [true, [1, 2]]);
});
