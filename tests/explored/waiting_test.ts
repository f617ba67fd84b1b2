/**
 * Functions that wait, explored: in many orders, with each task cancelled at each of its waits.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  asCompleted,
  cancelAndWait,
  CancelledError,
  createTask,
  detached,
  ensureFuture,
  Future,
  gather,
  getRunningLoop,
  pooledMap,
  race,
  shield,
  sleep,
  type Task,
  TimeoutError,
  wait as waitAll,
  waitFor,
} from "../../mod.ts";
import { chance, delay } from "../../testing.ts";
import { type CoroutineOf, exploreAll, together } from "../helpers/explored.ts";

/** Counts the tasks that run. */
class Children {
  /** The tasks that have begun and not ended. */
  running = 0;
  most = 0;

  /** Makes a coroutine that takes a while, may fail, and takes a while to clean up. */
  child<T>(
    coroutine: CoroutineOf,
    result: T,
    failure = 0,
    min = 0,
  ): () => Generator<unknown, T> | Promise<T> {
    return coroutine((wait) => this.#work(wait, result, failure, min));
  }

  *#work<T>(
    wait: Parameters<Parameters<CoroutineOf>[0]>[0],
    result: T,
    failure: number,
    min: number,
  ): Generator<unknown, T> {
    this.running++;
    this.most = Math.max(this.most, this.running);
    try {
      yield* wait(delay(min, min + 3));
      if (chance(failure)) throw new RangeError("fails");
      return result;
    } finally {
      try {
        yield* wait(sleep(1));
      } finally {
        this.running--;
      }
    }
  }
}

/** Cancels tasks, and waits for their end, however they end. */
function endAll(tasks: readonly Task<unknown>[]): Future<unknown> {
  for (const task of tasks) task.cancel();
  return gather(...tasks, { returnExceptions: true });
}

/** Drops reports of failures that nobody got, as who waited was cancelled in that turn. */
function dropFailures(): void {
  getRunningLoop().setExceptionHandler((loop, context) => {
    if (!(context.exception instanceof RangeError)) loop.defaultExceptionHandler(context);
  });
}

// waitFor()
// ---------

Deno.test("waitFor(), explored: each request gets one answer, in time or not", () =>
  exploreAll((coroutine) => () => {
    const waiting = new Map<number, Future<string>>();
    const answered: number[] = [];
    const outcomes: string[] = [];
    const inbox: number[] = [];
    const client = (id: number) =>
      coroutine(function* (wait) {
        const reply = new Future<string>();
        waiting.set(id, reply);
        inbox.push(id);
        try {
          outcomes.push(yield* wait(waitFor(reply, 2)));
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
          outcomes.push(`late ${id}`);
        } finally {
          waiting.delete(id);
        }
      });
    const server = coroutine(function* (wait) {
      for (let i = 0; i < 6; i++) {
        yield* wait(delay(0.5, 2));
        const id = inbox.shift();
        if (id === undefined) continue;
        answered.push(id);
        waiting.get(id)?.setResultUnlessDone(`answer ${id}`);
      }
    });
    return together({ a: client(1), b: client(2), c: client(3), server }, () => {
      assertEquals(waiting.size, 0);
      assertEquals(new Set(outcomes.map((text) => text.at(-1))).size, outcomes.length);
      for (const text of outcomes) {
        if (text.startsWith("answer")) assert(answered.includes(Number(text.at(-1))));
      }
    });
  }));

Deno.test("waitFor(), explored: what the task has by its end is the outcome", () =>
  exploreAll((coroutine) => async () => {
    const outcomes = ["cancelled", "result", "error"] as const;
    for (const how of outcomes) {
      let ended = "";
      const inner = createTask(
        coroutine(function* (wait) {
          try {
            yield* wait(sleep(5));
            return ended = "in time";
          } catch {
            if (how === "cancelled") throw new CancelledError(ended = "cancelled");
            yield* wait(delay(0, 2));
            if (how === "error") throw new RangeError(ended = "error");
            return ended = "result";
          }
        }),
        { name: "inner" },
      );
      const seen = await waitFor(inner, 5 + Math.round(Number(chance(0.5))) - 1).then(
        (text) => text,
        (error) => error instanceof RangeError ? error.message : "cancelled",
      );
      assert(inner.done());
      assertEquals(seen, ended || "cancelled");
    }
  }, "inner"));

Deno.test("waitFor(), explored: a connection that comes late is given back", () =>
  exploreAll((coroutine) => async () => {
    let open = 0;
    let connecting = 0;
    const connect = () => {
      connecting++;
      return detached(async () => {
        await delay(0, 3);
        connecting--;
        open++;
        return "connection";
      })();
    };
    const onLate = () => void open--;
    const user = (limit: number) =>
      coroutine(function* (wait) {
        try {
          yield* wait(waitFor(connect(), limit, { onLate }));
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
          return;
        }
        try {
          yield* wait(sleep(1));
        } finally {
          open--;
        }
      });
    await together({ a: user(1), b: user(2), c: user(5) });
    await sleep(20);
    assertEquals([connecting, open], [0, 0]);
  }, (task) => "abc".includes(task.getName())));

Deno.test("ensureFuture(), explored: a connection that comes late is given back", () =>
  exploreAll((coroutine) => async () => {
    let open = 0;
    const connect = detached(async () => {
      await delay(0, 3);
      open++;
      return "connection";
    });
    const user = coroutine(function* (wait) {
      yield* wait(ensureFuture(connect(), { onLate: () => void open-- }));
      try {
        yield* wait(sleep(1));
      } finally {
        open--;
      }
    });
    await together({ a: user, b: user });
    await sleep(20);
    assertEquals(open, 0);
  }, (task) => "ab".includes(task.getName())));

// Several at once
// ---------------

Deno.test("gather(), explored: all results in order, or the first failure, and all end", () =>
  exploreAll((coroutine) => async () => {
    dropFailures();
    const children = new Children();
    const tasks: Task<number>[] = [];
    const parent = coroutine(function* (wait) {
      for (let i = 0; i < 3; i++) tasks.push(createTask(children.child(coroutine, i, 0.1)));
      try {
        assertEquals(yield* wait(gather(...tasks)), [0, 1, 2]);
      } catch (error) {
        // As in asyncio, a failure leaves the others running.
        if (error instanceof RangeError) {
          yield* wait(endAll(tasks));
        } else throw error;
      }
    });
    try {
      await together({ parent });
    } finally {
      if (tasks.length > 0) await waitAll(tasks);
      assertEquals(children.running, 0);
    }
  }));

Deno.test("gather(), explored: with returnExceptions, every outcome has its place", () =>
  exploreAll((coroutine) => async () => {
    const children = new Children();
    const tasks: Task<number>[] = [];
    const parent = coroutine(function* (wait) {
      for (let i = 0; i < 3; i++) {
        tasks.push(createTask(children.child(coroutine, i, 0.3), { name: `child ${i}` }));
      }
      const outcomes = yield* wait(gather(...tasks, { returnExceptions: true }));
      assertEquals(children.running, 0);
      for (const [i, outcome] of outcomes.entries()) {
        if (tasks[i]!.cancelled()) assert(outcome instanceof CancelledError);
        else assertEquals(outcome, tasks[i]!.exception() ?? i);
      }
    });
    try {
      await together({ parent });
    } finally {
      if (tasks.length > 0) await waitAll(tasks);
      assertEquals(children.running, 0);
    }
  }));

Deno.test("race(), explored: nothing runs on when the race is over, and the first outcome counts", () =>
  exploreAll((coroutine) => () => {
    const children = new Children();
    const racer = coroutine(function* (wait) {
      const tasks = [0, 1, 2].map((i) => createTask(children.child(coroutine, i)));
      try {
        const winner = yield* wait(race(tasks));
        assertEquals(tasks[winner]!.result(), winner);
      } finally {
        assertEquals(tasks.filter((task) => !task.done()).length, 0, "all have ended");
      }
    });
    return together({ racer }, () => assertEquals(children.running, 0));
  }, (task) => task.getName() !== "main"));

Deno.test("asCompleted(), explored: each outcome comes once", () =>
  exploreAll((coroutine) => () => {
    const children = new Children();
    const reader = coroutine(function* (wait) {
      const tasks = [0, 1, 2].map((i) =>
        createTask(children.child(coroutine, i, 0.1), { name: `child ${i}` })
      );
      const seen: unknown[] = [];
      try {
        for (const next of asCompleted(tasks)) {
          try {
            seen.push(yield* wait(next));
          } catch (error) {
            if (!(error instanceof RangeError || tasks.some((task) => task.cancelled()))) {
              throw error;
            }
            seen.push(error);
          }
        }
        assertEquals(seen.length, 3);
        assert(tasks.every((task) => task.done()));
      } finally {
        yield* wait(endAll(tasks));
      }
    });
    return together({ reader }, () => assertEquals(children.running, 0));
  }, (task) => task.getName().startsWith("child")));

Deno.test("wait(), explored: done and pending are all, and a time limit cancels none of them", () =>
  exploreAll((coroutine) => () => {
    const children = new Children();
    const parent = coroutine(function* (wait) {
      const tasks = [0, 1, 2].map((i) => createTask(children.child(coroutine, i)));
      try {
        const limit = { returnWhen: "FIRST_COMPLETED", timeout: 2 } as const;
        const { done, pending } = yield* wait(waitAll(tasks, limit));
        assertEquals(done.size + pending.size, 3);
        assert([...done].every((task) => task.done()));
        const all = yield* wait(waitAll(tasks));
        assertEquals([all.done.size, all.pending.size], [3, 0]);
      } finally {
        yield* wait(cancelAndWait(tasks));
      }
    });
    return together({ parent }, () => assertEquals(children.running, 0));
  }, (task) => task.getName() !== "main"));

Deno.test("pooledMap(), explored: results in order, a bounded number at once, and none left", () =>
  exploreAll((coroutine) => async () => {
    dropFailures();
    const children = new Children();
    const results: number[] = [];
    let isClosed = false;
    function* source() {
      try {
        for (let i = 0; i < 5; i++) yield i;
      } finally {
        isClosed = true;
      }
    }
    const reader = async () => {
      try {
        for await (
          const result of pooledMap(2, source(), (i) => children.child(coroutine, i, 0.1)())
        ) {
          results.push(result);
          await delay(0, 1);
        }
        assertEquals(results.length, 5);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      } finally {
        assertEquals(children.running, 0);
      }
    };
    await together({ reader }, () => {
      assertEquals(children.running, 0);
      assert(children.most <= 2);
      assertEquals(results, [0, 1, 2, 3, 4].slice(0, results.length));
      assert(results.length === 0 || isClosed);
    });
  }, "reader"));

Deno.test("cancelAndWait(), explored: all have ended, whoever cancels it", () =>
  exploreAll((coroutine) => () => {
    const children = new Children();
    const parent = coroutine(function* (wait) {
      const tasks = [0, 1, 2].map((i) => createTask(children.child(coroutine, i, 0, 2)));
      try {
        yield* wait(delay(0, 3));
      } finally {
        try {
          yield* wait(cancelAndWait(tasks));
        } finally {
          assertEquals(tasks.filter((task) => !task.done()).length, 0);
        }
      }
    });
    return together({ parent }, () => assertEquals(children.running, 0));
  }, (task) => task.getName() !== "main"));

// Work that goes on
// -----------------

Deno.test("shield(), explored: the work ends, whoever is cancelled", () =>
  exploreAll((coroutine) => async () => {
    const saved: string[] = [];
    const work: Task<string>[] = [];
    const user = (name: string) =>
      coroutine(function* (wait) {
        const saving = createTask(async () => {
          await delay(1, 3);
          saved.push(name);
          return name;
        }, { name: "saving" });
        work.push(saving);
        assertEquals(yield* wait(shield(saving)), name);
      });
    await together({ a: user("a"), b: user("b") });
    if (work.length > 0) await waitAll(work);
    assertEquals(saved.length, work.length);
  }, (task) => "ab".includes(task.getName())));

Deno.test("detached(), explored: what several share is loaded once, and by all who are not cancelled", () =>
  exploreAll((coroutine) => async () => {
    let loads = 0;
    let cached: Promise<string> | undefined;
    const load = detached(async () => {
      loads++;
      await delay(1, 2);
      return "value";
    });
    const seen: string[] = [];
    const user = coroutine(function* (wait) {
      yield* wait(delay(0, 2));
      seen.push(yield* wait(ensureFuture(cached ??= load())));
    });
    const users = ["a", "b", "c"].map((name) => createTask(user, { name }));
    await waitAll(users);
    await cached;
    assertEquals(loads, cached ? 1 : 0);
    const cancelled = users.filter((task) => task.cancelled()).length;
    assert(seen.length >= 3 - cancelled);
  }, (task) => "abc".includes(task.getName())));
