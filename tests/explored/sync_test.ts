/**
 * Locks, semaphores, events, conditions and barriers, explored: in many orders, with each task
 * cancelled at each of its waits.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  cancelAndWait,
  Condition,
  createTask,
  Event,
  gather,
  type Guard,
  Lock,
  race,
  Semaphore,
  sleep,
  timeout,
  TimeoutError,
  wait as waitAll,
  waitFor,
} from "../../mod.ts";
import { delay } from "../../testing.ts";
import { exploreAll, together } from "../helpers/explored.ts";
import { holdables, ways } from "../helpers/held.ts";
import type { Wait } from "../helpers/kinds.ts";

// Held by one at a time
// ---------------------

for (const [name, make] of holdables) {
  Deno.test(`${name}, explored: one holds it at a time, in the order of coming, and all release it`, () =>
    exploreAll((coroutine) => () => {
      const held = make();
      const came: number[] = [];
      const got: number[] = [];
      let inside = 0;
      const worker = (id: number) =>
        coroutine(function* (wait) {
          for (let i = 0; i < 2; i++) {
            const number = id * 10 + i;
            came.push(number);
            using _ = yield* wait(held.acquire());
            got.push(number);
            try {
              assertEquals(++inside, 1);
              yield* wait(delay(0, 2));
            } finally {
              inside--;
            }
          }
        });
      return together({ a: worker(1), b: worker(2), c: worker(3) }, () => {
        assertEquals(got, came.filter((number) => got.includes(number)));
        assertEquals(String(held).match(/unlocked(?! waiters)/)?.[0], "unlocked", String(held));
      });
    }));
}

for (const [way, take] of ways) {
  if (way === "Promise.race()") continue;
  Deno.test(`Lock, explored: released however it is waited for, as by ${way}`, () =>
    exploreAll((coroutine) => () => {
      const lock = new Lock();
      let inside = 0;
      const worker = (ms: number) =>
        coroutine(function* (wait) {
          yield* wait(sleep(ms));
          using _ = yield* take(lock, wait);
          try {
            assertEquals(++inside, 1);
            yield* wait(sleep(1));
          } finally {
            inside--;
          }
        });
      return together(
        { a: worker(0), b: worker(0), c: worker(1) },
        () => assertEquals(String(lock), "<Lock unlocked>"),
      );
    }));
}

/** Waits for a guard for a limited time, in different ways. */
const limits: [
  string,
  (make: () => ReturnType<Lock["acquire"]>, wait: Wait) => Generator<unknown, Guard | undefined>,
][] = [
  ["waitFor()", function* (make, wait) {
    try {
      return yield* wait(waitFor(make(), 2));
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      return undefined;
    }
  }],
  ["timeout()", function* (make, wait) {
    try {
      return yield* wait(timeout(2, make));
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      return undefined;
    }
  }],
  ["race() with a sleep", (make, wait) => wait(race([make(), sleep(2, { result: undefined })]))],
];

for (const [way, take] of limits) {
  Deno.test(`Lock, explored: whoever gives up by ${way} holds nothing`, () =>
    exploreAll(
      (coroutine) => () => {
        const lock = new Lock();
        const permits = new BoundedSemaphore(2);
        let inside = 0;
        let permitted = 0;
        const worker = coroutine(function* (wait) {
          for (let i = 0; i < 2; i++) {
            using permit = yield* take(() => permits.acquire(), wait);
            if (!permit) continue;
            try {
              assert(++permitted <= 2);
              using guard = yield* take(() => lock.acquire(), wait);
              if (!guard) continue;
              try {
                assertEquals(++inside, 1);
                yield* wait(delay(0, 3));
              } finally {
                inside--;
              }
            } finally {
              permitted--;
            }
          }
        });
        return together(
          { a: worker, b: worker, c: worker },
          () => {
            assertEquals(String(lock), "<Lock unlocked>");
            assertEquals(String(permits), "<BoundedSemaphore unlocked value=2>");
          },
        );
      },
      true,
    ));
}

Deno.test("Lock, explored: waits that signals abort leave it free", () =>
  exploreAll((coroutine) => () => {
    const lock = new Lock();
    let inside = 0;
    const worker = (ms: number) =>
      coroutine(function* (wait) {
        const controller = new AbortController();
        const aborting = createTask(async () => {
          await sleep(ms);
          controller.abort();
        });
        try {
          using _ = yield* wait(lock.acquire({ signal: controller.signal }));
          try {
            assertEquals(++inside, 1);
            yield* wait(sleep(1));
          } finally {
            inside--;
          }
        } catch (error) {
          if (!controller.signal.aborted) throw error;
        } finally {
          yield* wait(cancelAndWait(aborting));
        }
      });
    return together(
      { a: worker(1), b: worker(1), c: worker(2) },
      () => assertEquals(String(lock), "<Lock unlocked>"),
    );
  }));

Deno.test("Lock, explored: run() releases what it holds", () =>
  exploreAll((coroutine) => () => {
    const lock = new Lock();
    const semaphore = new BoundedSemaphore(1);
    let done = 0;
    const worker = coroutine((wait) =>
      wait(lock.run(coroutine(function* (wait) {
        yield* wait(sleep(1));
        yield* wait(semaphore.run(() => sleep(1)));
        done++;
      })))
    );
    return together({ a: worker, b: worker, c: worker }, () => {
      assert(done <= 3);
      assertEquals(String(lock), "<Lock unlocked>");
      assertEquals(String(semaphore), "<BoundedSemaphore unlocked value=1>");
    });
  }));

Deno.test("Lock, explored: two that gather() takes together are released together", () =>
  exploreAll((coroutine) => () => {
    const locks = [new Lock(), new Lock()] as const;
    let inside = 0;
    const both = coroutine(function* (wait) {
      const guards = yield* wait(gather(locks[0].acquire(), locks[1].acquire()));
      using _ = guards[0];
      using __ = guards[1];
      assertEquals(++inside, 1);
      inside--;
    });
    const single = (lock: Lock) =>
      coroutine(function* (wait) {
        using _ = yield* wait(lock.acquire());
        yield* wait(delay(0, 2));
      });
    return together({
      first: single(locks[0]),
      second: single(locks[1]),
      a: both,
      b: both,
    }, () => assertEquals(locks.map(String), ["<Lock unlocked>", "<Lock unlocked>"]));
  }));

// Events
// ------

Deno.test("Event, explored: all who wait go on when it is set", () =>
  exploreAll((coroutine) => () => {
    const event = new Event();
    let passed = 0;
    const waiter = coroutine(function* (wait) {
      assertEquals(yield* wait(event.wait()), true);
      passed++;
      yield* wait(sleep(1));
      assertEquals(yield* wait(waitFor(event.wait(), 5)), true);
    });
    const setter = coroutine(function* (wait) {
      try {
        yield* wait(delay(0, 2));
      } finally {
        event.set();
        event.clear();
        event.set();
      }
    });
    // A task that is cancelled before it starts sets nothing.
    const main = async () => {
      await together({ a: waiter, b: waiter, setter: setter }, () => {
        assert(passed <= 2);
        assertEquals(String(event).includes("waiters"), false, String(event));
      }, 100);
    };
    return main();
  }));

// Conditions
// ----------

Deno.test("Condition, explored: no notification is lost, and each item is taken once", () =>
  exploreAll(
    (coroutine) => async () => {
      const condition = new Condition();
      const items: number[] = [];
      const taken: number[] = [];
      let waiting = 0;
      const consumer = coroutine(function* (wait) {
        using _ = yield* wait(condition.acquire());
        waiting++;
        try {
          yield* wait(condition.waitFor(() => items.length > 0));
        } finally {
          waiting--;
        }
        assert(condition.locked());
        taken.push(items.shift()!);
      });
      const consumers = ["a", "b", "c"].map((name) => createTask(consumer, { name }));
      try {
        await sleep(1);
        for (let item = 0; item < 2; item++) {
          await condition.run(() => {
            items.push(item);
            condition.notify();
          });
          await delay(0, 1);
        }
        await sleep(10);
        // Nobody sleeps while there is something to take.
        assertEquals(
          items.length === 0 || waiting === 0,
          true,
          `${items.length} left, ${waiting} wait`,
        );
        assertEquals(taken, [0, 1].slice(0, taken.length));
      } finally {
        await cancelAndWait(consumers);
        assertEquals(String(condition), "<Condition unlocked>");
        assertEquals(waiting, 0);
      }
    },
    (task) => "abc".includes(task.getName()),
  ));

Deno.test("Condition, explored: wait() holds the lock again, whatever comes", () =>
  exploreAll(
    (coroutine) => () => {
      const condition = new Condition();
      let inside = 0;
      const waiter = (ms: number) =>
        coroutine(function* (wait) {
          using _ = yield* wait(condition.acquire());
          assertEquals(++inside, 1);
          inside--;
          try {
            yield* wait(timeout(ms, () => condition.wait()));
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error;
          } finally {
            assert(condition.locked());
            assertEquals(++inside, 1);
            inside--;
          }
          inside++;
          try {
            yield* wait(sleep(1));
          } finally {
            assertEquals(inside--, 1);
          }
        });
      const notifier = coroutine(function* (wait) {
        for (let i = 0; i < 2; i++) {
          yield* wait(sleep(1));
          using _ = yield* wait(condition.acquire());
          condition.notify(1 + i);
          assertEquals(++inside, 1);
          inside--;
        }
      });
      return together({
        a: waiter(2),
        b: waiter(3),
        c: waiter(4),
        notifier: notifier,
      }, () => assertEquals(String(condition), "<Condition unlocked>"));
    },
    true,
  ));

// Barriers
// --------

Deno.test("Barrier, explored: all pass together, each at a place of its own, or nobody does", () =>
  exploreAll((coroutine) => async () => {
    const barrier = new Barrier(3);
    const passed: number[] = [];
    let broken = 0;
    const party = coroutine(function* (wait) {
      yield* wait(delay(0, 2));
      try {
        passed.push(yield* wait(barrier.wait()));
      } catch (error) {
        if (!(error instanceof BrokenBarrierError)) throw error;
        broken++;
      }
    });
    const parties = ["a", "b", "c"].map((name) => createTask(party, { name }));
    try {
      await waitAll(parties, { timeout: 10 });
      barrier.abort();
      await waitAll(parties);
      assert(passed.length === 0 || broken === 0, `${passed.length} passed, ${broken} did not`);
      // One may have been cancelled in the turn in which all had come.
      assert(passed.length === 0 || passed.length >= 2, `${passed.length} passed`);
      assertEquals(new Set(passed).size, passed.length);
      assertEquals(barrier.nWaiting, 0);
    } finally {
      await cancelAndWait(parties);
    }
  }, (task) => "abc".includes(task.getName())));

// Several at once
// ---------------

Deno.test("Semaphore, explored: a pool gives each connection to one at a time, and has all at the end", () =>
  exploreAll((coroutine) => () => {
    const free = ["x", "y"];
    const permits = new Semaphore(2);
    const log = new Lock();
    const inUse = new Set<string>();
    const user = coroutine(function* (wait) {
      for (let i = 0; i < 2; i++) {
        using _ = yield* wait(permits.acquire());
        const connection = free.pop()!;
        try {
          assert(connection !== undefined && !inUse.has(connection));
          inUse.add(connection);
          yield* wait(delay(0, 3));
          using __ = yield* wait(waitFor(log.acquire(), 100));
          yield* wait(sleep(1));
        } finally {
          inUse.delete(connection);
          free.push(connection);
        }
      }
    });
    return together(
      { a: user, b: user, c: user },
      () => {
        assertEquals(free.sort(), ["x", "y"]);
        assertEquals([String(permits), String(log)], [
          "<Semaphore unlocked value=2>",
          "<Lock unlocked>",
        ]);
      },
    );
  }));
