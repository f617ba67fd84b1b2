/**
 * Requests to cancel what waits to put an item: a producer that is thrown a `CancelledError` has put
 * nothing, and the order stays.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  CancelledError,
  createTask,
  type Future,
  PriorityQueue,
  Queue,
  timeout,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { delays, ways } from "../helpers/queue_waits.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

/** Makes a queue with room for one item, which is there. */
function fullQueue(): Queue<string> {
  const queue = new Queue<string>({ maxsize: 1 });
  queue.putNowait("a");
  return queue;
}

for (const [kind, coroutine] of kinds) {
  for (const [name, way] of ways) {
    /** Starts a task that puts an item and tells whether it did. */
    const startPut = (queue: Queue<string>, item: string) =>
      createTask(coroutine(function* (wait) {
        try {
          yield* wait(way(() => queue.put(item)));
          return "put";
        } catch (error) {
          if (!(error instanceof CancelledError)) throw error;
          return "not put";
        }
      }));
    /** Whether a task has put its item, even if it was cancelled as it returned. */
    const endOf = async (task: Future<string>) => {
      await Promise.allSettled([task]);
      return task.cancelled() ? "put" : task.result();
    };

    Deno.test(`Queue.put() by ${name} (${kind}) that is cancelled before there is room has put nothing`, async () => {
      const queue = fullQueue();
      const puts = [startPut(queue, "b"), startPut(queue, "c")];
      await hostTurn();
      puts[0]!.cancel();
      await hostTurn();
      assertEquals([queue.getNowait(), queue.getNowait()], ["a", "c"]);
      assertEquals([await puts[0], await puts[1]], ["not put", "put"]);
      assertEquals(String(queue), "<Queue maxsize=1 tasks=2>");
    });

    Deno.test(`Queue.put() by ${name} (${kind}) that is cancelled when there is room has put, or not`, async () => {
      for (const delay of delays) {
        const queue = fullQueue();
        const puts = [startPut(queue, "b"), startPut(queue, "c")];
        await hostTurn();
        const items = [queue.getNowait()];
        await microtasks(delay);
        puts[0]!.cancel();
        await hostTurn();
        while (!queue.empty()) items.push(queue.getNowait());
        const ends = [await endOf(puts[0]!), await endOf(puts[1]!)];
        const expected = ends[0] === "put" ? ["a", "b", "c"] : ["a", "c"];
        assertEquals([items, ends[1]], [expected, "put"], `${delay} microtasks after`);
        assertEquals(String(queue), `<Queue maxsize=1 tasks=${expected.length}>`);
      }
    });

    Deno.test(`Queue.put() by ${name} (${kind}) whose item was taken has put, whatever comes`, async () => {
      const queue = fullQueue();
      const put = startPut(queue, "b");
      await hostTurn();
      // The second call takes what the first one has made room for.
      assertEquals([queue.getNowait(), queue.getNowait()], ["a", "b"]);
      put.cancel();
      assertEquals(await endOf(put), "put");
    });

    Deno.test(`Queue.put() by ${name} (${kind}) whose item came back from a get() has put`, async () => {
      const queue = fullQueue();
      const put = startPut(queue, "b");
      await hostTurn();
      queue.getNowait();
      queue.getNowait();
      const got = createTask(coroutine((wait) => wait(queue.get())));
      await hostTurn();
      queue.putNowait("c");
      got.cancel();
      put.cancel();
      await Promise.allSettled([got]);
      assertEquals([await endOf(put), queue.getNowait()], ["put", "c"]);
    });
  }

  Deno.test(`Queue.put() (${kind}) that is cancelled at once when there is room is thrown the request, and lets the next in`, async () => {
    const queue = fullQueue();
    const put = createTask(coroutine((wait) => wait(queue.put("b"))));
    await hostTurn();
    const next = queue.put("c");
    queue.getNowait();
    put.cancel("stop");
    assertEquals(next.done(), false);
    await assertRejects(() => put, CancelledError, "stop");
    assertEquals([next.done(), queue.getNowait(), queue.qsize()], [true, "c", 0]);
  });

  Deno.test(`Queue.put() (${kind}) that found room has put, and is thrown the request at its next wait`, async () => {
    const queue = new Queue<string>();
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      const put = queue.put("a");
      task.cancel("stop");
      yield* wait(put);
      log.push("put");
      yield* wait(new Queue<string>().get());
    }));
    await assertRejects(() => task, CancelledError, "stop");
    assertEquals([log, queue.getNowait()], [["put"], "a"]);
  });

  Deno.test(`Queue.put() whose time is over has put nothing (${kind})`, async () => {
    for (const limit of [waitFor, timeout.bind(undefined, 10)]) {
      using time = new FakeTime();
      const queue = fullQueue();
      const task = createTask(coroutine((wait) =>
        wait(
          limit === waitFor ? waitFor(queue.put("b"), 10) : timeout(10, () => queue.put("b")),
        )
      ));
      await hostTurn();
      time.tick(10);
      await assertRejects(() => task, TimeoutError);
      assertEquals([queue.getNowait(), queue.empty()], ["a", true]);
    }
  });

  Deno.test(`Queue.join() goes on when the last item was taken back (${kind})`, async () => {
    const queue = fullQueue();
    const put = createTask(coroutine((wait) => wait(queue.put("b"))));
    await hostTurn();
    queue.getNowait();
    queue.taskDone();
    const join = queue.join();
    assertEquals(join.done(), false);
    put.cancel();
    await Promise.allSettled([put]);
    assertEquals([join.done(), String(queue)], [true, "<Queue maxsize=1>"]);
  });

  Deno.test(`Queue.join() that is cancelled changes nothing (${kind})`, async () => {
    const queue = fullQueue();
    const tasks = [1, 2].map(() => createTask(coroutine((wait) => wait(queue.join()))));
    await hostTurn();
    tasks[0]!.cancel("stop");
    queue.getNowait();
    queue.taskDone();
    await hostTurn();
    assertEquals(tasks.map(outcome), ["cancelled CancelledError: stop", "result undefined"]);
  });

  Deno.test(`Queue.taskDone() too early does not make the count negative (${kind})`, async () => {
    const queue = fullQueue();
    const put = createTask(coroutine((wait) => wait(queue.put("b"))));
    await hostTurn();
    queue.getNowait();
    queue.taskDone();
    queue.taskDone();
    put.cancel();
    await Promise.allSettled([put]);
    assertEquals(String(queue), "<Queue maxsize=1>");
  });

  Deno.test(`PriorityQueue.put() that is cancelled when there is room has put nothing (${kind})`, async () => {
    const queue = new PriorityQueue<number>({ maxsize: 3 });
    for (const item of [3, 5, 4]) queue.putNowait(item);
    const put = createTask(coroutine((wait) => wait(queue.put(1))));
    await hostTurn();
    assertEquals(queue.getNowait(), 3);
    put.cancel();
    await Promise.allSettled([put]);
    assertEquals([queue.getNowait(), queue.getNowait(), queue.empty()], [4, 5, true]);
  });
}
