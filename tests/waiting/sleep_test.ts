import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  CancelledError,
  createTask,
  Future,
  getEventLoop,
  getRunningLoop,
  sleep,
} from "../../mod.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver } from "../helpers/counting.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTimerMs, hostTurn, leastOf, microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

Deno.test("sleep() returns a future that is done when the time is over", async () => {
  using time = new FakeTime();
  const future: Future<void> = sleep(100);
  assert(future instanceof Future);
  assertStrictEquals(future.getLoop(), getEventLoop());
  time.tick(99);
  await microtasks();
  assertFalse(future.done());
  time.tick(1);
  await microtasks();
  assertEquals(future.result(), undefined);
});

virtual.test("sleep() has the result it is given", async () => {
  const loop = getRunningLoop();
  const future: Future<string> = sleep(3_600_000, { result: "awake" });
  assertEquals([await future, loop.time()], ["awake", 3_600_000]);
  assertEquals([await sleep(0, { result: 0 }), loop.time()], [0, 3_600_000]);
});

Deno.test("sleep() a hundred thousand times at once wakes all, in the order of their times", async () => {
  using time = new FakeTime();
  const order: number[] = [];
  const count = 100_000;
  for (let i = 0; i < count; i++) {
    const delay = (i * 7919) % 1_000;
    sleep(delay).addDoneCallback(() => order.push(delay));
  }
  time.tick(1_000);
  while (order.length < count) await time.runMicrotasks();
  assertEquals(order, order.toSorted((a, b) => a - b));
});

// A delay of zero
// ---------------

Deno.test("sleep() of zero or less lets other tasks run for one turn of the loop", async () => {
  for (const delay of [0, -0, -5, -Infinity]) {
    const order: string[] = [];
    const task = createTask(async () => {
      order.push("before");
      await sleep(delay);
      order.push("after");
    });
    createTask(() => order.push("other task"));
    await task;
    assertEquals(order, ["before", "other task", "after"]);
  }
});

Deno.test("sleep() of zero takes a generator one turn, as a bare yield does", async () => {
  const order: string[] = [];
  const sleeping = createTask(function* () {
    for (let i = 0; i < 3; i++) {
      yield* sleep(0);
      order.push(`sleep ${i}`);
    }
  });
  const yielding = createTask(function* () {
    for (let i = 0; i < 3; i++) {
      yield;
      order.push(`yield ${i}`);
    }
  });
  await sleeping;
  await yielding;
  assertEquals(order, ["sleep 0", "yield 0", "sleep 1", "yield 1", "sleep 2", "yield 2"]);
});

Deno.test("sleep() of zero needs no timer, and wakes while the clock stands still", async () => {
  using _ = new FakeTime();
  const log: string[] = [];
  sleep(0).addDoneCallback(() => log.push("awake"));
  await microtasks();
  assertEquals(log, ["awake"]);
});

Deno.test("sleep() of zero outside of tasks does not starve the host", async () => {
  const fired = await leastOf(50, async () => {
    let left = 300_000;
    const timer = hostTimerMs().finally(() => left = 0);
    while (left-- > 0) await sleep(0);
    return timer;
  });
  assertLess(fired, 50);
});

// Cancellation
// ------------

Deno.test("sleep() that is cancelled releases its timer", async () => {
  assertEquals(
    await leftOver(() => {
      const future = sleep(60_000);
      future.cancel("woken");
      assertThrows(() => future.result(), CancelledError, "woken");
    }),
    0,
  );
  assertEquals(
    await leftOver(async () => {
      const task = createTask(() => sleep(60_000));
      await microtasks();
      task.cancel();
      await assertRejects(() => task, CancelledError);
    }),
    0,
  );
  assertEquals(await leftOver(() => sleep(60_000).setResult()), 0);
  assertEquals(await leftOver(() => sleep(1)), 0);
});

Deno.test("sleep() of zero that is cancelled before its turn stays cancelled", async () => {
  const future = sleep(0);
  future.cancel();
  await microtasks();
  assert(future.cancelled());
});

Deno.test("sleep() of zero in a generator can be cancelled, and so can the task", async () => {
  const future = sleep(0);
  const task = createTask(function* () {
    yield* future;
  }, { eagerStart: true });
  future.cancel("the sleep");
  await assertRejects(() => task, CancelledError, "the sleep");
  const other = createTask(function* () {
    yield* sleep(0);
  }, { eagerStart: true });
  other.cancel("the task");
  await assertRejects(() => other, CancelledError, "the task");
});

Deno.test("sleep() of zero that is cancelled while the loop yields to the host is not woken", async () => {
  using reports = collectReports();
  const loop = getEventLoop();
  const naps: Future<void>[] = [];
  await new Promise<void>((resolve) => {
    const step = () => {
      naps.at(-1)?.cancel();
      if (naps.length === 5_000) return resolve();
      loop.callSoon(step);
      naps.push(sleep(0));
    };
    step();
  });
  await hostTurn();
  assert(naps.every((nap) => nap.cancelled()));
  assertEquals(reports.map(({ message }) => message), []);
});

// Signal
// ------

Deno.test("sleep() option signal cancels it and releases its timer", async () => {
  const controller = new AbortController();
  assertEquals(
    await leftOver(async () => {
      const future = sleep(60_000, { signal: controller.signal });
      controller.abort("enough");
      await assertRejects(() => future, CancelledError, "enough");
      await assertRejects(
        () => sleep(60_000, { signal: controller.signal }),
        CancelledError,
        "enough",
      );
    }),
    0,
  );
  const zero = sleep(0, { signal: controller.signal });
  assert(zero.cancelled());
});

// Loop
// ----

Deno.test("sleep() uses the running loop, and makes futures of its class", async () => {
  const copy = await importCopy();
  const loop = makeManualLoop();
  const made: Future<unknown>[] = [];
  loop.createFuture = <T>() => {
    const future = new copy.Future<T>({ loop: loop as never }) as unknown as Future<T>;
    made.push(future);
    return future;
  };
  const task = loop.createTask(function* () {
    yield* sleep(10);
    return "awake";
  });
  loop.drain();
  assertEquals(made.length, 1);
  assertStrictEquals<unknown>(made[0]!.getLoop(), loop);
  loop.advance(10);
  loop.drain();
  assertEquals(task.result(), "awake");
  assertEquals(loop.ready.length, 0);
});

Deno.test("sleep() of zero on one loop can be waited for on another, and needs a turn of its own", async () => {
  const manual = makeManualLoop();
  const other = manual.createTask(() => [sleep(0, { result: "awake" })]);
  manual.ready.shift()!();
  const [nap] = other.result();
  const task = createTask(function* () {
    return yield* nap!;
  });
  await microtasks(50);
  assertFalse(task.done());
  manual.drain();
  assertEquals(await task, "awake");
});

Deno.test("sleep() on a closed loop throws, and adds no listener to the signal", () => {
  const manual = makeManualLoop();
  const { signal } = new AbortController();
  let listeners = 0;
  signal.addEventListener = () => void listeners++;
  const task = createTask(() => {
    manual.close();
    assertThrows(() => sleep(1, { signal }), Error, "Event loop is closed");
    assertThrows(() => sleep(0, { signal }), Error, "Event loop is closed");
  }, { loop: manual });
  manual.drain();
  assertEquals(listeners, 0);
  assertEquals(task.exception(), null);
});

// Misuse
// ------

Deno.test("sleep() refuses a delay that is no number of milliseconds", () => {
  for (const delay of ["1", NaN, null, undefined, 1n, {}]) {
    assertThrows(
      () => sleep(delay as number),
      TypeError,
      "Cannot sleep as the delay is no number of milliseconds: received ",
    );
  }
  assertThrows(() => sleep(1, 5 as never), TypeError, "its options are no object: received 5");
  assertThrows(() => sleep(1, { signal: 5 as never }), TypeError, "no AbortSignal: received 5");
});
