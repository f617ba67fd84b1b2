/**
 * `wait()`: deadlines, cancellation, and what is left behind on futures.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertLess, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  asCompleted,
  CancelledError,
  createTask,
  Future,
  shield,
  wait,
  waitFor,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { makeFutures, twoFutures } from "../helpers/futures.ts";
import { heapUsed } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { hostTurn, leastOf } from "../helpers/turns.ts";

// Deadline
// --------

Deno.test("wait() option timeout ends with the futures done so far, and cancels nothing", async () => {
  using time = new FakeTime();
  const [one, two] = twoFutures();
  const waiting = wait([one, two], { timeout: 100 });
  one.setResult(1);
  time.tick(99);
  await hostTurn();
  assertFalse(waiting.done());
  time.tick(1);
  const { done, pending } = await waiting;
  assertSame(done, [one]);
  assertSame(pending, [two]);
  await hostTurn();
  assertFalse(two.done());
  assertEquals(String(two), "<Future pending>");
});

Deno.test("wait() option timeout of zero or less ends in the next turn", async () => {
  using time = new FakeTime();
  for (const timeout of [0, -1, -Infinity]) {
    const [one, two] = twoFutures();
    one.setResult(1);
    const waiting = wait([one, two], { timeout });
    time.tick(0);
    const { done, pending } = await waiting;
    assertSame(done, [one]);
    assertSame(pending, [two]);
  }
});

Deno.test("wait() option timeout null or Infinity is no limit, and needs no timer", async () => {
  using time = new FakeTime();
  for (const timeout of [null, undefined, Infinity]) {
    const future = new Future<number>();
    assertEquals(
      await leftOver(async () => {
        const waiting = wait([future], { timeout });
        time.tick(2 ** 40);
        await hostTurn();
        assertFalse(waiting.done());
        future.setResult(1);
        await waiting;
      }),
      0,
    );
  }
});

Deno.test("wait() option timeout loses no result in the turn of the deadline", () => {
  for (const first of ["result", "timeout"]) {
    const loop = makeManualLoop();
    const future = loop.createFuture<number>();
    const settle = () => loop.callLater(10, () => future.setResult(1));
    if (first === "result") settle();
    const waiting = wait([future], { timeout: 10 });
    if (first === "timeout") settle();
    loop.advance(10);
    loop.drain();
    // As in asyncio, where the futures are sorted when the code that waits goes on.
    const { done, pending } = waiting.result();
    assertEquals([done.size, pending.size], [1, 0]);
  }
});

// Cancellation
// ------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`wait() cancels no future with the coroutine (${kind}) that waits, and releases timer and futures`, async () => {
    const future = new Future<void>();
    const task = createTask(coroutine(function* (waitIn) {
      yield* waitIn(wait([future], { timeout: 60_000 }));
    }));
    await hostTurn();
    assertEquals(String(future), "<Future pending cb=[wait]>");
    const left = await leftOver(async () => {
      task.cancel("stop");
      await assertRejects(() => task, CancelledError, "stop");
    });
    assertEquals(left, 0);
    assertFalse(future.done());
    assertEquals(String(future), "<Future pending>");
  });

  Deno.test(`wait() does not swallow a cancellation of the coroutine (${kind}) as it ends`, async () => {
    const future = new Future<void>();
    const log: string[] = [];
    const task = createTask(coroutine(function* (waitIn) {
      yield* waitIn(wait([future]));
      yield* waitIn(new Future<void>());
      log.push("not to be reached");
    }));
    await hostTurn();
    future.setResult();
    task.cancel("just now");
    await assertRejects(() => task, CancelledError, "just now");
    assertEquals(log, []);
  });
}

Deno.test("wait() releases futures, timer and signal when cancel() or the signal cancels it", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const futures = makeFutures(2);
  const left = await leftOver(async () => {
    const waiting = wait(futures, { timeout: 60_000, signal });
    assertEquals(listeners.size, 1);
    waiting.cancel("enough");
    await assertRejects(() => waiting, CancelledError, "enough");
    assertEquals(listeners.size, 0);

    const other = wait(futures, { timeout: 60_000, signal });
    controller.abort("aborted");
    await assertRejects(() => other, CancelledError, "aborted");
    assertEquals(listeners.size, 0);

    const late = wait(futures, { timeout: 60_000, signal });
    assert(late.cancelled(), "at once");
    await assertRejects(() => late, CancelledError, "aborted");
  });
  assertEquals(left, 0);
  assertEquals(futures.map(String), ["<Future pending>", "<Future pending>"]);
});

// Leaks
// -----

Deno.test("wait() releases futures, timer and signal when it ends", async () => {
  const { signal, listeners } = makeCountingSignal();
  const [one, two] = twoFutures();
  const onDone = () => {};
  two.addDoneCallback(onDone);
  const left = await leftOver(async () => {
    const options = { timeout: 60_000, returnWhen: "FIRST_COMPLETED", signal } as const;
    const waiting = wait([one, two], options);
    assertEquals(String(two), "<Future pending cb=[onDone, wait]>");
    one.setResult(1);
    await waiting;
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
  assertEquals(String(two), "<Future pending cb=[onDone]>", "of the same name, but not its own");
  assertEquals(two.removeDoneCallback(onDone), 1);
});

Deno.test("wait() leaves no callback on futures of another copy of the module", async () => {
  const { Future: OtherFuture } = await importCopy();
  const foreign = new OtherFuture<number>() as unknown as Future<number>;
  wait([foreign]).cancel();
  await hostTurn();
  assertEquals(String(foreign), "<Future pending>");
});

Deno.test("wait(), waitFor() and asCompleted() start no timer if the timeout is Infinity", async () => {
  assertEquals(
    await leftOver(() => {
      const futures = [new Future<number>()];
      wait(futures, { timeout: Infinity });
      waitFor(futures[0]!, Infinity);
      asCompleted(futures, { timeout: Infinity });
    }),
    0,
  );
});

Deno.test("wait() keeps no memory after a hundred thousand calls on one future", async () => {
  needs("heapSize");
  const future = new Future<void>();
  const count = 100_000;
  const round = async () => {
    for (let i = 0; i < count; i++) {
      const waiting = wait([future], { timeout: 60_000 });
      waiting.cancel();
      if (i % 1_000 === 0) await hostTurn();
    }
    return await heapUsed();
  };
  let before = await round();
  const bytesPerWait = await leastOf(10, async () => {
    const after = await round();
    const grown = (after - before) / count;
    before = after;
    return grown;
  });
  assertLess(bytesPerWait, 10);
  assertEquals(String(future), "<Future pending>");
});

Deno.test("wait() and shield() release a future quickly although thousands of others wait for it", async () => {
  const stop = new Future<void>();
  const count = 30_000;
  const milliseconds = await leastOf(2_000, async () => {
    const waiting = Array.from({ length: count }, (_, i) => i % 2 ? wait([stop]) : shield(stop));
    await hostTurn();
    const start = performance.now();
    for (const future of waiting) future.cancel();
    return performance.now() - start;
  });
  assertEquals(String(stop), "<Future pending>");
  assertLess(milliseconds, 2_000, "one that looks through all the others takes five times as long");
});
