/**
 * `Condition`: cancellation, from outside and by a signal. The lock is held again whatever comes, and
 * no notification is lost.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import {
  CancelledError,
  Condition,
  createTask,
  type Future,
  gather,
  getRunningLoop,
  race,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { starterOf } from "../helpers/conditions.ts";
import { kinds } from "../helpers/kinds.ts";
import { hostTurn, microtasks, until } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

/** The ways in which code waits until it is notified. */
const WAYS: [string, (condition: Condition) => Future<unknown>][] = [
  ["wait()", (condition) => condition.wait()],
  ["waitFor() of wait()", (condition) => waitFor(condition.wait(), 60_000)],
  ["gather() of wait()", (condition) => gather(condition.wait())],
  ["race() of wait()", (condition) => race([condition.wait()])],
  ["waitFor()", (condition) => {
    let isAsked = false;
    return condition.waitFor(() => isAsked || !(isAsked = true));
  }],
  ["waitFor() of waitFor()", (condition) => {
    let isAsked = false;
    return waitFor(condition.waitFor(() => isAsked || !(isAsked = true)), 60_000);
  }],
];

for (const [kind, coroutine] of kinds) {
  const start = starterOf(coroutine);

  // Cancellation
  // ------------

  Deno.test(`Condition.wait() that is cancelled holds the lock again (${kind})`, async () => {
    const condition = new Condition();
    const log: string[] = [];
    const [a, b] = [start(condition, log, "a"), start(condition, log, "b")];
    await hostTurn();
    const guard = await condition.acquire();
    a.cancel("first");
    a.cancel("second");
    await hostTurn();
    assertFalse(a.done(), "somebody else has the lock");
    assertEquals(`${condition}`, "<Condition locked waiters=1>");
    guard[Symbol.dispose]();
    await assertRejects(() => a, CancelledError, "first");
    await condition.run(() => condition.notify());
    await b;
    assertEquals(log, ["", "b", ""]);
    assertFalse(condition.locked());
  });

  for (const when of ["before", "in"]) {
    Deno.test(`Condition.notify(): who is cancelled ${when} the turn in which the lock gets free passes it on (${kind})`, async () => {
      const condition = new Condition();
      const log: string[] = [];
      const [a, b] = [start(condition, log, "a"), start(condition, log, "b")];
      await hostTurn();
      const guard = await condition.acquire();
      condition.notify();
      if (when === "before") a.cancel();
      await hostTurn();
      guard[Symbol.dispose]();
      if (when === "in") a.cancel();
      await b;
      assert(a.cancelled());
      assertEquals(log, ["", "b", ""]);
      assertFalse(condition.locked());
    });
  }

  Deno.test(`Condition.waitFor() that is cancelled passes the notification on (${kind})`, async () => {
    const condition = new Condition();
    const log: string[] = [];
    let free = 0;
    const start = (name: string) =>
      createTask(coroutine(function* (wait) {
        using _ = yield* wait(condition.acquire());
        yield* wait(condition.waitFor(() => free > 0));
        free--;
        log.push(name);
      }));
    const [a, b] = [start("a"), start("b")];
    await hostTurn();
    await condition.run(() => {
      free++;
      condition.notify();
      a.cancel();
    });
    await b;
    assertEquals([a.cancelled(), log, free, condition.locked()], [true, ["b"], 0, false]);
  });

  virtual.test(`Condition.wait() in waitFor() whose time ends holds the lock again (${kind})`, async () => {
    const condition = new Condition();
    const loop = getRunningLoop();
    const task = createTask(coroutine(function* (wait) {
      using _ = yield* wait(condition.acquire());
      try {
        yield* wait(waitFor(condition.wait(), 100));
      } finally {
        assert(condition.locked());
      }
    }));
    await assertRejects(() => task, TimeoutError);
    assertEquals(loop.time(), 100);
    assertEquals(`${condition}`, "<Condition unlocked>");
  });

  for (const [way, waitBy] of WAYS) {
    Deno.test(`Condition.notify() of a task that waits by ${way} is not lost whenever that is cancelled (${kind})`, async () => {
      for (let delay = 0; delay <= 10; delay++) {
        const condition = new Condition();
        let noticed = 0;
        const start = () =>
          createTask(coroutine(function* (wait) {
            using _ = yield* wait(condition.acquire());
            yield* wait(waitBy(condition));
            assert(condition.locked());
            noticed++;
          }));
        const [a, b] = [start(), start()];
        await hostTurn();
        await until(() => `${condition}` === "<Condition unlocked waiters=2>");
        assertEquals(`${condition}`, "<Condition unlocked waiters=2>");
        const guard = await condition.acquire();
        condition.notify();
        guard[Symbol.dispose]();
        // The call takes a microtask itself.
        if (delay > 0) await microtasks(delay - 1);
        a.cancel();
        await hostTurn();
        await until(() => a.done() && noticed > 0 && !condition.locked());
        await hostTurn();
        assert(a.done(), `after ${delay} microtasks: ${a}`);
        assertEquals(noticed, 1, `after ${delay} microtasks`);
        assertFalse(condition.locked());
        b.cancel();
        await b.catch(() => {});
      }
    });
  }

  // Signal
  // ------

  Deno.test(`Condition.wait() option signal cancels the wait, with the lock held again (${kind})`, async () => {
    const condition = new Condition();
    const log: string[] = [];
    const { controller, signal, listeners } = makeCountingSignal();
    const [a, b] = [start(condition, log, "a", signal), start(condition, log, "b")];
    await hostTurn();
    assertEquals(listeners.size, 1);
    controller.abort("enough");
    await assertRejects(() => a, CancelledError, "enough");
    assertEquals([listeners.size, `${condition}`], [0, "<Condition unlocked waiters=1>"]);
    await condition.run(() => condition.notify());
    await b;
    assertEquals(log, ["", "b", ""]);
  });
}

Deno.test("Condition.wait() and waitFor() with an aborted signal keep the lock", async () => {
  const condition = new Condition();
  using _ = await condition.acquire();
  const signal = AbortSignal.abort("enough");
  await assertRejects(() => condition.wait({ signal }), CancelledError, "enough");
  await assertRejects(() => condition.waitFor(() => assert(false), { signal }), CancelledError);
  assertEquals(`${condition}`, "<Condition locked>");
});
