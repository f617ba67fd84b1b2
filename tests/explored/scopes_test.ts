/**
 * Scopes, explored: in many orders, with each task cancelled at each of its waits.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelledError,
  currentTask,
  getRunningLoop,
  moveOnAfter,
  Queue,
  shielded,
  sleep,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
  timeoutAt,
  TimeoutError,
} from "../../mod.ts";
import { chance, delay } from "../../testing.ts";
import { exploreAll, together } from "../helpers/explored.ts";
import { kinds, type Wait } from "../helpers/kinds.ts";

/** Returns the error that code ends with, unless that is a cancellation. */
function* caught(code: Generator<unknown, unknown>): Generator<unknown, unknown> {
  try {
    yield* code;
    return undefined;
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return error;
  }
}

// Time limits
// -----------

Deno.test("timeout(), explored: ends in time, and never throws away what the body has returned", () =>
  exploreAll((coroutine) => () => {
    const worker = (limit: number) =>
      coroutine(function* (wait) {
        let returned = "";
        const start = getRunningLoop().time();
        const body = coroutine(function* (wait) {
          yield* wait(delay(0, 3));
          return returned = "result";
        });
        try {
          assertEquals(yield* wait(timeout(limit, body)), "result");
        } catch (error) {
          assertEquals(returned, "", "the result is not lost");
          if (!(error instanceof TimeoutError)) throw error;
          assertEquals(getRunningLoop().time() - start, limit);
        }
        // A request of the scope does not come out of it.
        yield* wait(sleep(1));
        assertEquals(currentTask()!.cancelling(), 0);
      });
    return together({ a: worker(1), b: worker(2), c: worker(0) });
  }));

Deno.test("timeout(), explored: of two inside each other, the one whose time is over ends", () =>
  exploreAll((coroutine) => () => {
    const worker = (outer: number, inner: number) =>
      coroutine(function* (wait) {
        const log: string[] = [];
        const innermost = coroutine(function* (wait) {
          try {
            yield* wait(delay(0, 4));
            log.push("done");
          } finally {
            yield* wait(sleep(0));
          }
        });
        const middle = coroutine(function* (wait) {
          try {
            yield* wait(timeout(inner, innermost));
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error;
            log.push("inner");
          }
          yield* wait(sleep(1));
          log.push("after");
        });
        try {
          yield* wait(timeout(outer, middle));
          assertEquals(log.at(-1), "after");
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
          assert(log.at(-1) !== "after", `${log}`);
        }
        yield* wait(sleep(1));
        assertEquals(currentTask()!.cancelling(), 0);
      });
    return together({ a: worker(2, 2), b: worker(3, 2), c: worker(2, 3) });
  }));

Deno.test("timeout(), explored: a deadline that is moved holds", () =>
  exploreAll((coroutine) => () => {
    const worker = coroutine(function* (wait) {
      const start = getRunningLoop().time();
      const [, kind] = kinds[coroutine.name === "" ? 0 : 1]!;
      const body = kind(function* (wait, scope: Timeout) {
        for (let i = 0; i < 3; i++) {
          yield* wait(delay(0, 3));
          if (!scope.expired()) scope.reschedule(getRunningLoop().time() + 2);
        }
      });
      try {
        yield* wait(timeoutAt(start + 2, body));
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        assert(getRunningLoop().time() >= start + 2);
      }
    });
    return together({ a: worker, b: worker });
  }));

Deno.test("moveOnAfter(), explored: goes on in any case, with the result or without", () =>
  exploreAll((coroutine) => () => {
    const worker = coroutine(function* (wait) {
      for (let i = 0; i < 2; i++) {
        let returned: string | undefined;
        const body = coroutine(function* (wait) {
          yield* wait(delay(0, 3));
          return returned = "result";
        });
        assertEquals(yield* wait(moveOnAfter(1, body)), returned);
        yield* wait(sleep(0));
      }
    });
    return together({ a: worker, b: worker, c: worker });
  }));

// Groups
// ------

/** What runs in a group. */
class Counted {
  running = 0;
  ended = 0;

  coroutine(
    make: (body: (wait: Wait) => Generator<unknown, void>) => () => unknown,
    failure = 0,
  ): () => PromiseLike<void> {
    // deno-lint-ignore no-this-alias
    const counted = this;
    return make(function* (wait) {
      counted.running++;
      try {
        yield* wait(delay(0, 3));
        if (chance(failure)) throw new RangeError("fails");
      } finally {
        try {
          yield* wait(delay(0, 1));
        } finally {
          counted.running--;
          counted.ended++;
        }
      }
    }) as () => PromiseLike<void>;
  }
}

Deno.test("taskGroup(), explored: waits for all, and fails with all failures", () =>
  exploreAll((coroutine) => () => {
    const parent = coroutine(function* (wait) {
      const counted = new Counted();
      const error = yield* caught(wait(taskGroup((group) => {
        for (let i = 0; i < 3; i++) {
          group.createTask(counted.coroutine(coroutine, 0.1), { name: `child ${i}` });
        }
        return coroutine(function* (wait) {
          yield* wait(delay(0, 2));
          if (chance(0.1)) throw new RangeError("body");
        })();
      })));
      assertEquals(counted.running, 0);
      if (!error) return;
      assertInstanceOf(error, AggregateError);
      assert(error.errors.every((one) => one instanceof RangeError), String(error.errors));
      yield* wait(sleep(1));
      assertEquals(currentTask()!.cancelling(), 0);
    });
    return together({ parent, other: parent });
  }));

Deno.test("taskGroup(), explored: in a group, each ends before the one around", () =>
  exploreAll((coroutine) => () => {
    const counted = new Counted();
    const group = (depth: number): () => unknown =>
      coroutine(function* (wait) {
        const before = counted.running;
        try {
          yield* wait(taskGroup((scope: TaskGroup) => {
            scope.createTask(counted.coroutine(coroutine, 0.05));
            if (depth > 0) scope.createTask(group(depth - 1) as () => PromiseLike<unknown>);
          }));
        } catch (error) {
          if (error instanceof CancelledError) throw error;
          assertInstanceOf(error, AggregateError);
        } finally {
          assert(counted.running <= before);
        }
      });
    return together({ parent: group(2) }, () => assertEquals(counted.running, 0));
  }));

Deno.test("taskGroup(), explored: cancel() ends it without an error, in a time limit as well", () =>
  exploreAll((coroutine) => () => {
    const worker = coroutine(function* (wait) {
      const counted = new Counted();
      const error = yield* caught(wait(timeout(2, () =>
        taskGroup(async (group) => {
          group.createTask(counted.coroutine(coroutine));
          group.createTask(async () => {
            await delay(0, 3);
            group.cancel();
          });
          await sleep(2);
        }))));
      assertEquals(counted.running, 0);
      assert(error === undefined || error instanceof TimeoutError, String(error));
      yield* wait(sleep(1));
      assertEquals(currentTask()!.cancelling(), 0);
    });
    return together({ a: worker, b: worker });
  }));

Deno.test("taskGroup(), explored: start() is over when the task is ready, or with its failure", () =>
  exploreAll((coroutine) => () => {
    const counted = new Counted();
    let ready = 0;
    const parent = coroutine(function* (wait) {
      const error = yield* caught(wait(taskGroup(async (group) => {
        try {
          const port = await group.start(async (started: (port: number) => void) => {
            counted.running++;
            try {
              await delay(0, 2);
              if (chance(0.2)) throw new RangeError("in use");
              started(80);
              ready++;
              await sleep(2);
            } finally {
              counted.running--;
            }
          }, { name: "server" });
          assertEquals(port, 80);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          assertEquals(ready, 0);
        }
        await sleep(1);
      })));
      assertEquals([error, counted.running], [undefined, 0]);
    });
    return together({ parent }, () => assertEquals(counted.running, 0));
  }, "server"));

// Shielded
// --------

Deno.test("shielded(), explored: the block ends, and the request comes after it", () =>
  exploreAll((coroutine) => () => {
    let begun = 0;
    let committed = 0;
    const worker = coroutine(function* (wait) {
      yield* wait(delay(0, 1));
      const commit = coroutine(function* (wait) {
        begun++;
        yield* wait(delay(0, 2));
        yield* wait(sleep(1));
        return ++committed;
      });
      const result = yield* wait(shielded(commit));
      assert(result > 0);
      yield* wait(sleep(1));
    });
    return together(
      { a: worker, b: worker },
      () => assertEquals(committed, begun),
    );
  }));

Deno.test("shielded(), explored: in a time limit and a group, the block ends all the same", () =>
  exploreAll((coroutine) => () => {
    let begun = 0;
    let committed = 0;
    const commit = coroutine(function* (wait) {
      begun++;
      yield* wait(delay(0, 3));
      committed++;
    });
    const worker = coroutine(function* (wait) {
      const error = yield* caught(wait(timeout(1, () =>
        taskGroup((group) => {
          group.createTask(coroutine((wait) => wait(shielded(commit))) as () => PromiseLike<void>);
          return shielded(commit);
        }))));
      assert(error === undefined || error instanceof TimeoutError, String(error));
      assertEquals(committed, begun);
    });
    return together({ worker }, () => assertEquals(committed, begun));
  }));

// All together
// ------------

Deno.test("scopes, explored: a pipeline of workers ends, and has done or left each job", () =>
  exploreAll((coroutine) => () => {
    const jobs = new Queue<number>({ maxsize: 2 });
    const put: number[] = [];
    const done: number[] = [];
    const given: number[] = [];
    const worker = coroutine(function* (wait) {
      for (;;) {
        const job = yield* wait(jobs.get());
        given.push(job);
        const result = yield* wait(moveOnAfter(2, () => delay(0, 4).then(() => job)));
        if (result !== undefined) done.push(result);
        jobs.taskDone();
      }
    });
    const parent = coroutine(function* (wait) {
      yield* wait(moveOnAfter(20, () =>
        taskGroup(async (group) => {
          for (let i = 0; i < 2; i++) group.createTask(worker as () => PromiseLike<never>);
          for (let job = 0; job < 4; job++) {
            await jobs.put(job);
            put.push(job);
          }
          await jobs.join();
          group.cancel();
        })));
    });
    return together({ parent }, () => {
      const left = Array.from({ length: jobs.qsize() }, () => jobs.getNowait());
      assertEquals([...given, ...left].sort(), put);
      assert(done.every((job) => given.includes(job)));
    });
  }));
