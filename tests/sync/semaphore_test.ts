/**
 * `Semaphore` and `BoundedSemaphore`: what is their own. See `held_test.ts` for what all classes have
 * that can be held.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import {
  BoundedSemaphore,
  CancelledError,
  createTask,
  gather,
  Semaphore,
  sleep,
} from "../../mod.ts";
import { kinds } from "../helpers/kinds.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn } from "../helpers/turns.ts";

for (const Class of [Semaphore, BoundedSemaphore]) {
  const { name } = Class;

  // Result
  // ------

  for (const [kind, coroutine] of kinds) {
    Deno.test(`${name} lets as many in as there are permits, in order (${kind})`, async () => {
      const semaphore = new Class(3);
      const log: number[] = [];
      let [running, most] = [0, 0];
      await gather(...Array.from({ length: 10 }, (_, i) =>
        createTask(coroutine(function* (wait) {
          using _ = yield* wait(semaphore.acquire());
          log.push(i);
          most = Math.max(most, ++running);
          yield* wait(sleep(0));
          running--;
        }))));
      assertEquals(log, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assertEquals([most, `${semaphore}`], [3, `<${name} unlocked value=3>`]);
    });

    // Cancellation
    // ------------

    Deno.test(`${name}: permits that two cancelled tasks were to get go to the next two (${kind})`, async () => {
      const semaphore = new Class(2);
      const guards = [await semaphore.acquire(), await semaphore.acquire()];
      const tasks = Array.from({ length: 5 }, () =>
        createTask(coroutine(function* (wait) {
          using _ = yield* wait(semaphore.acquire());
          yield* wait(sleep(0));
        })));
      await hostTurn();
      for (const guard of guards) guard[Symbol.dispose]();
      tasks[0]!.cancel();
      tasks[2]!.cancel();
      await gather(...tasks, { returnExceptions: true });
      assertEquals(tasks.map((task) => task.cancelled()), [true, false, true, false, false]);
      assertEquals(`${semaphore}`, `<${name} unlocked value=2>`);
    });
  }

  Deno.test(`${name}.locked() tells whether no permit is left`, async () => {
    const semaphore = new Class(2);
    await semaphore.acquire();
    assertFalse(semaphore.locked());
    await semaphore.acquire();
    assert(semaphore.locked());
    semaphore.release();
    assertFalse(semaphore.locked());
  });

  Deno.test(`${name} may begin without a permit`, async () => {
    assert(new Class(0).locked());
    assertFalse(new Class().locked());
  });

  // Representation
  // --------------

  Deno.test(`${name} is shown with its permits or how many wait`, async () => {
    const semaphore = new Class(1);
    assertEquals(`${semaphore}`, `<${name} unlocked value=1>`);
    assertEquals(Object.prototype.toString.call(semaphore), `[object ${name}]`);
    await semaphore.acquire();
    assertEquals(`${semaphore}`, `<${name} locked>`);
    using _ = semaphore.acquire();
    assertEquals(`${semaphore}`, `<${name} locked waiters=1>`);
  });

  // Misuse
  // ------

  Deno.test(`new ${name}() refuses what is no number of permits`, () => {
    for (const value of [-1, 1.5, NaN, Infinity, "1" as never, null as never]) {
      assertThrows(
        () => new Class(value),
        TypeError,
        "Cannot create a semaphore as the value is not a whole number from 0 on: received ",
      );
    }
  });
}

// More and less permits
// ---------------------

Deno.test("Semaphore.release() without acquire() makes one permit more", async () => {
  const semaphore = new Semaphore(0);
  const waiting = semaphore.acquire();
  semaphore.release();
  assert(waiting.done());
  semaphore.release();
  semaphore.release();
  assertEquals(`${semaphore}`, "<Semaphore unlocked value=2>");
});

Deno.test("BoundedSemaphore.release() too often throws, and changes nothing", async () => {
  const semaphore = new BoundedSemaphore(1);
  const message = "Cannot release the semaphore as all permits are there: ";
  assertThrows(() => semaphore.release(), Error, message);
  const guard = await semaphore.acquire();
  semaphore.release();
  assertThrows(() => guard[Symbol.dispose](), Error, message);
  assertEquals(`${semaphore}`, "<BoundedSemaphore unlocked value=1>");
  assertThrows(() => new BoundedSemaphore(0).release(), Error, message);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`BoundedSemaphore drops a permit too many that a cancelled task gives back (${kind})`, async () => {
    using reports = collectReports();
    const semaphore = new BoundedSemaphore(1);
    const guard = await semaphore.acquire();
    const task = createTask(coroutine(function* (wait) {
      using _ = yield* wait(semaphore.acquire());
    }));
    await hostTurn();
    // A release too many hands the permit over, and the holder gives it back as well.
    semaphore.release();
    guard[Symbol.dispose]();
    task.cancel("stop");
    await assertRejects(() => task, CancelledError, "stop");
    assertEquals(reports.length, 0);
    assertEquals(`${semaphore}`, "<BoundedSemaphore unlocked value=1>");
  });
}
