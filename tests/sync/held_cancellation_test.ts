/**
 * What can be held (lock, condition, semaphore) and is handed over while somebody is cancelled:
 * nothing is lost, and nobody holds it together with somebody else.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  CancelledError,
  createTask,
  currentTask,
  getEventLoop,
  sleep,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { passTime } from "../helpers/fake_time.ts";
import { assertFree, type Holdable, holdables, ways } from "../helpers/held.ts";
import { kinds } from "../helpers/kinds.ts";
import { CANCELLED, outcome } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks, until } from "../helpers/turns.ts";

/** How many microtasks after the hand-over the request comes: from none to more than it takes. */
const DELAYS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

for (const [name, make] of holdables) {
  for (const [kind, coroutine] of kinds) {
    /** Starts a task that holds `held` for a turn, and notes when. */
    const start = (held: Holdable, log: string[], name: string, signal?: AbortSignal) =>
      createTask(coroutine(function* (wait) {
        using _ = yield* wait(held.acquire(signal && { signal }));
        log.push(`${name} holds`);
        yield* wait(sleep(0));
        log.push(`${name} releases`);
      }));

    // Cancellation
    // ------------

    Deno.test(`${name}.acquire() that is cancelled while waiting leaves the line (${kind})`, async () => {
      const [held, log] = [make(), [] as string[]];
      const guard = await held.acquire();
      const tasks = ["a", "b", "c"].map((name) => start(held, log, name));
      await hostTurn();
      tasks[1]!.cancel();
      await hostTurn();
      assertEquals(outcome(tasks[1]!), CANCELLED);
      guard[Symbol.dispose]();
      await tasks[2];
      assertEquals(log, ["a holds", "a releases", "c holds", "c releases"]);
      assertFree(held);
    });

    for (const isFirst of [false, true]) {
      const order = isFirst ? "before the release" : "after the release";
      Deno.test(`${name}.acquire() that is cancelled in the turn of the hand-over, ${order}, goes to the next (${kind})`, async () => {
        const [held, log] = [make(), [] as string[]];
        const guard = await held.acquire();
        const [a, b] = [start(held, log, "a"), start(held, log, "b")];
        await hostTurn();
        if (!isFirst) guard[Symbol.dispose]();
        a.cancel("first");
        a.cancel("second");
        if (isFirst) guard[Symbol.dispose]();
        assert(held.locked());
        await b;
        assertEquals(outcome(a), "cancelled CancelledError: first");
        assertEquals(log, ["b holds", "b releases"]);
        assertFree(held);
      });
    }

    Deno.test(`${name}.acquire() of which all are cancelled in the turn of the hand-over leaves it free (${kind})`, async () => {
      const [held, log] = [make(), [] as string[]];
      const guard = await held.acquire();
      const tasks = ["a", "b", "c"].map((name) => start(held, log, name));
      await hostTurn();
      guard[Symbol.dispose]();
      for (const task of tasks) task.cancel();
      await hostTurn();
      assertEquals(tasks.map(outcome), [CANCELLED, CANCELLED, CANCELLED]);
      assertEquals(log, []);
      assertFree(held);
    });

    Deno.test(`${name}.acquire() that found it free: a request before the code goes on is thrown at the next wait (${kind})`, async () => {
      const held = make();
      const log: unknown[] = [];
      const task = createTask(coroutine(function* (wait) {
        const acquiring = held.acquire();
        assert(acquiring.done());
        currentTask()!.cancel("soon");
        using _ = yield* wait(acquiring);
        log.push("holds");
        yield* wait(sleep(1));
        log.push("never");
      }));
      await assertRejects(() => task, CancelledError, "soon");
      assertEquals(log, ["holds"]);
      assertFree(held);
    });

    Deno.test(`${name}.acquire() hands over to a task that waits a second time for the same future (${kind})`, async () => {
      const held = make();
      const guard = await held.acquire();
      const acquiring = held.acquire();
      const wait = () =>
        createTask(coroutine(function* (wait) {
          return yield* wait(acquiring);
        }));
      const [a, b] = [wait(), wait()];
      await hostTurn();
      guard[Symbol.dispose]();
      a.cancel();
      await hostTurn();
      assertEquals([a.cancelled(), b.result() === acquiring.result()], [true, true]);
      assert(held.locked(), "the other one has it");
      acquiring.result()[Symbol.dispose]();
      assertFree(held);
    });

    // The others do the same.
    for (const [way, acquire] of /^(Lock|Semaphore)$/.test(name) ? ways : []) {
      Deno.test(`${name}, waited for by ${way}, is not lost whenever the task is cancelled (${kind})`, async () => {
        using reports = collectReports();
        for (const delay of DELAYS) {
          const held = make();
          const guard = await held.acquire();
          let holders = 1;
          const start = () =>
            createTask(coroutine(function* (wait) {
              using _ = yield* acquire(held, wait);
              assertEquals(++holders, 1, `${delay}`);
              try {
                yield* wait(sleep(0));
              } finally {
                holders--;
              }
            }));
          const [a, b] = [start(), start()];
          await hostTurn();
          await until(() => `${held}`.includes("waiters=2"));
          holders--;
          guard[Symbol.dispose]();
          // The call takes a microtask itself.
          if (delay > 0) await microtasks(delay - 1);
          a.cancel();
          await hostTurn();
          await until(() => a.done() && b.done());
          assert(delay > 0 || a.cancelled(), `${a}`);
          assert(a.done(), `after ${delay} microtasks: ${a}, ${held}`);
          assert(b.done(), `after ${delay} microtasks: ${b}, ${held}`);
          b.result();
          assertFree(held);
        }
        assertEquals([...reports], []);
      });
    }

    for (const isFirst of [false, true]) {
      const order = isFirst ? "before the release" : "after the release";
      Deno.test(`${name}.acquire() in waitFor() whose time ends in the turn of the hand-over, ${order} (${kind})`, async () => {
        using time = new FakeTime();
        const [held, log] = [make(), [] as string[]];
        const guard = await held.acquire();
        const release = () => void getEventLoop().callLater(10, () => guard[Symbol.dispose]());
        if (!isFirst) release();
        const waiting = createTask(
          coroutine(function* (wait) {
            using _ = yield* wait(waitFor(held.acquire(), 10));
            log.push("in time");
          }),
          { eagerStart: true },
        );
        const next = start(held, log, "next");
        if (isFirst) release();
        await passTime(time, 10);
        await passTime(time, 1);
        if (isFirst) await assertRejects(() => waiting, TimeoutError);
        else await waiting;
        await next;
        assertEquals(log, [...(isFirst ? [] : ["in time"]), "next holds", "next releases"]);
        assertFree(held);
      });
    }

    // Signal
    // ------

    Deno.test(`${name}.acquire() option signal takes one out of the line (${kind})`, async () => {
      const [held, log] = [make(), [] as string[]];
      const { controller, signal, listeners } = makeCountingSignal();
      const guard = await held.acquire();
      const [a, b] = [start(held, log, "a", signal), start(held, log, "b")];
      await hostTurn();
      assertEquals(listeners.size, 1);
      const cause = new Error("enough");
      controller.abort(cause);
      guard[Symbol.dispose]();
      const error = await assertRejects(() => a, CancelledError) as Error;
      assertEquals(error.cause, cause);
      await b;
      assertEquals([log, listeners.size], [["b holds", "b releases"], 0]);
      assertFree(held);
    });

    Deno.test(`${name}.acquire() option signal comes too late after the hand-over (${kind})`, async () => {
      const [held, log] = [make(), [] as string[]];
      const { controller, signal, listeners } = makeCountingSignal();
      const guard = await held.acquire();
      const [a, b] = [start(held, log, "a", signal), start(held, log, "b")];
      await hostTurn();
      guard[Symbol.dispose]();
      assertEquals(listeners.size, 0);
      controller.abort();
      await b;
      assertEquals([a.done(), a.cancelled()], [true, false]);
      assertEquals(log, ["a holds", "a releases", "b holds", "b releases"]);
      assertFree(held);
    });
  }

  Deno.test(`${name}.acquire() option signal: one that is aborted holds nothing`, async () => {
    const held = make();
    const signal = AbortSignal.abort("enough");
    const early = held.acquire({ signal });
    assert(early.cancelled());
    assertFree(held);
    using _ = await held.acquire();
    assert(held.acquire({ signal }).cancelled());
    await assertRejects(() => early, CancelledError, "");
  });

  Deno.test(`${name}.acquire() whose future is cancelled has taken nothing`, async () => {
    const held = make();
    const guard = await held.acquire();
    const [first, second] = [held.acquire(), held.acquire()];
    assert(first.cancel());
    assertFalse(first.cancel());
    guard[Symbol.dispose]();
    assert(second.done());
    assertFalse(second.cancel());
    await assertRejects(() => first, CancelledError);
    (await second)[Symbol.dispose]();
    assertFree(held);
  });

  Deno.test(`${name}.acquire() at the end of a using block leaves the line`, async () => {
    const held = make();
    const guard = await held.acquire();
    {
      using _ = held.acquire();
    }
    guard[Symbol.dispose]();
    assertFree(held);
  });
}
