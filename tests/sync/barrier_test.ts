/**
 * `Barrier`: a point at which tasks wait for each other.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import {
  Barrier,
  BrokenBarrierError,
  cancelAndWait,
  CancelledError,
  createTask,
  gather,
  getRunningLoop,
  sleep,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { replay } from "../../testing.ts";
import { needs } from "../helpers/capabilities.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { bytesPerRound } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

for (const [kind, coroutine] of kinds) {
  // Result
  // ------

  Deno.test(`Barrier.wait() lets all go on when the last has come, as often as one likes (${kind})`, async () => {
    const barrier = new Barrier(3);
    const log: string[] = [];
    const start = (name: string) =>
      createTask(coroutine(function* (wait) {
        const places: number[] = [];
        for (let round = 1; round <= 3; round++) {
          log.push(`${name}${round}`);
          places.push(yield* wait(barrier.wait()));
        }
        return places;
      }));
    const places = await gather(start("a"), start("b"), start("c"));
    assertEquals(log.map((entry) => entry[1]), [..."111222333"]);
    for (const round of [0, 1, 2]) {
      assertEquals(places.map((all) => all[round]).sort(), [0, 1, 2]);
    }
    assertEquals([barrier.nWaiting, barrier.broken], [0, false]);
  });

  // Cancellation
  // ------------

  Deno.test(`Barrier.wait() that is cancelled does not count (${kind})`, async () => {
    const barrier = new Barrier(2);
    const start = () =>
      createTask(coroutine(function* (wait) {
        return yield* wait(barrier.wait());
      }));
    const a = start();
    await hostTurn();
    assertEquals(barrier.nWaiting, 1);
    a.cancel();
    await assertRejects(() => a, CancelledError);
    assertEquals([barrier.nWaiting, barrier.broken], [0, false]);
    assertEquals(await gather(start(), start()), [0, 1]);
  });

  Deno.test(`Barrier.wait(): one that is cancelled as the last comes does not stop the others (${kind})`, async () => {
    const barrier = new Barrier(3);
    const start = () =>
      createTask(coroutine(function* (wait) {
        return yield* wait(barrier.wait());
      }));
    const [a, b] = [start(), start()];
    await hostTurn();
    const last = barrier.wait();
    a.cancel("late");
    await assertRejects(() => a, CancelledError, "late");
    assertEquals([await b, await last], [1, 2]);
    assertEquals(barrier.nWaiting, 0);
  });

  // Failure
  // -------

  for (const end of ["reset", "abort"] as const) {
    Deno.test(`Barrier.${end}() fails those who wait (${kind})`, async () => {
      const barrier = new Barrier(3);
      const start = () =>
        createTask(coroutine(function* (wait) {
          return yield* wait(barrier.wait());
        }));
      const tasks = [start(), start()];
      await hostTurn();
      barrier[end]();
      const was = end === "reset" ? "was reset" : "was aborted";
      for (const task of tasks) {
        await assertRejects(
          () => task,
          BrokenBarrierError,
          `Cannot wait at the barrier as it ${was}: <Barrier `,
        );
      }
      assertEquals([barrier.nWaiting, barrier.broken], [0, end === "abort"]);
    });
  }
}

Deno.test("Barrier.wait() has the places in the order of coming", async () => {
  const barrier = new Barrier(3);
  const waiting = [barrier.wait(), barrier.wait()];
  assertEquals([barrier.nWaiting, waiting.some((future) => future.done())], [2, false]);
  waiting.push(barrier.wait());
  assertEquals(waiting.map((future) => future.result()), [0, 1, 2]);
  assertEquals([barrier.parties, barrier.nWaiting], [3, 0]);
});

Deno.test("Barrier.wait() of a barrier for one never waits", async () => {
  const barrier = new Barrier(1);
  assertEquals([await barrier.wait(), barrier.wait().result()], [0, 0]);
});

Deno.test("Barrier.reset() in the turn in which all have come takes no place back", async () => {
  const barrier = new Barrier(2);
  const waiting = gather(barrier.wait(), barrier.wait());
  barrier.reset();
  assertEquals(await waiting, [0, 1]);
  assertFalse(barrier.broken);
});

Deno.test("Barrier.abort() breaks the barrier until it is reset", async () => {
  const barrier = new Barrier(2);
  barrier.abort();
  barrier.abort();
  assert(barrier.broken);
  assertThrows(
    () => barrier.wait(),
    BrokenBarrierError,
    "Cannot wait at the barrier as it is broken: <Barrier broken waiters=0/2>",
  );
  barrier.reset();
  assertFalse(barrier.broken);
  assertEquals(await gather(barrier.wait(), barrier.wait()), [0, 1]);
});

Deno.test("Barrier.abort() reports nothing for who is cancelled in that turn", async () => {
  for (const [, coroutine] of kinds) {
    const main = async () => {
      const barrier = new Barrier(2);
      const task = createTask(coroutine((wait) => wait(barrier.wait())));
      await sleep(1);
      barrier.abort();
      await cancelAndWait(task);
      return task.cancelled();
    };
    // Fails with what is reported to the loop.
    assertEquals(await replay(main, "0"), true);
  }
});

Deno.test("Barrier.reset() lets those who failed wait again", async () => {
  const barrier = new Barrier(2);
  const task = createTask(async () => {
    await assertRejects(() => barrier.wait(), BrokenBarrierError);
    return await barrier.wait();
  });
  await hostTurn();
  barrier.reset();
  await hostTurn();
  assertEquals([await barrier.wait(), await task], [1, 0]);
});

virtual.test("Barrier.wait() in waitFor() whose time ends does not count", async () => {
  const barrier = new Barrier(2);
  const loop = getRunningLoop();
  await assertRejects(() => waitFor(barrier.wait(), 100), TimeoutError);
  assertEquals(loop.time(), 100);
  assertEquals([barrier.nWaiting, barrier.broken], [0, false]);
});

// Signal
// ------

Deno.test("Barrier.wait() option signal: who is aborted does not count, not even as the last", async () => {
  const barrier = new Barrier(2);
  const { controller, signal, listeners } = makeCountingSignal();
  const waiting = barrier.wait({ signal });
  assertEquals(listeners.size, 1);
  controller.abort("enough");
  await assertRejects(() => waiting, CancelledError, "enough");
  assertEquals([listeners.size, barrier.nWaiting], [0, 0]);
  const first = barrier.wait();
  assert(barrier.wait({ signal }).cancelled());
  await sleep(0);
  assertEquals([first.done(), barrier.nWaiting], [false, 1]);
  assertEquals(await gather(first, barrier.wait()), [0, 1]);
});

// Representation
// --------------

Deno.test("Barrier is shown with its state and how many wait", () => {
  const barrier = new Barrier(2);
  assertEquals(`${barrier}`, "<Barrier filling waiters=0/2>");
  const waiting = barrier.wait();
  assertEquals(`${barrier}`, "<Barrier filling waiters=1/2>");
  assertEquals(`${waiting}`, "<Future pending cb=[Barrier.wait]>");
  waiting.cancel();
  barrier.abort();
  assertEquals(`${barrier}`, "<Barrier broken waiters=0/2>");
});

// Misuse
// ------

Deno.test("new Barrier() refuses what is no number of parties", () => {
  for (const parties of [0, -1, 1.5, NaN, Infinity, "2" as never, undefined as never]) {
    assertThrows(
      () => new Barrier(parties),
      TypeError,
      "Cannot create a barrier as the parties are not a whole number from 1 on: received ",
    );
  }
  assertThrows(() => new Barrier(1).wait({ signal: 1 as never }), TypeError, "received 1");
});

// Leaks
// -----

Deno.test("Barrier.wait() that has ended leaves nothing in memory", async () => {
  needs("gc", "heapSize");
  const barrier = new Barrier(2);
  const { signal } = new AbortController();
  const bytes = await bytesPerRound(50, async () => {
    barrier.wait({ signal }).cancel();
    await gather(barrier.wait({ signal }), barrier.wait());
  });
  assert(bytes < 50, `${bytes} bytes`);
});

Deno.test("Barrier for 10,000 tasks", async () => {
  const barrier = new Barrier(10_000);
  const places = await gather(...Array.from({ length: 10_000 }, () => barrier.wait()));
  assertEquals(new Set(places).size, 10_000);
});
