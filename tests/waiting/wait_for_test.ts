/**
 * `waitFor()`: results and failures within the time. The other ends are in
 * `wait_for_timeout_test.ts` and `wait_for_cancellation_test.ts`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  AsyncContext,
  CancelledError,
  createTask,
  Future,
  getRunningLoop,
  run,
  sleep,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { countHostTimers, leftOver } from "../helpers/counting.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

Deno.test("waitFor() has the result that arrives in time", async () => {
  const future = new Future<number>();
  const waiting = waitFor(future, 60_000);
  assertInstanceOf(waiting, Future);
  await hostTurn();
  assertFalse(waiting.done());
  future.setResult(42);
  assertEquals(await waiting, 42);
  assertEquals(await waitFor(future, 60_000), 42, "it is done already");
});

virtual.test("waitFor() takes futures, tasks, generators and promises, and is typed by them", async () => {
  const future = waitFor(sleep(1, { result: 1 }), 60_000);
  assertSameType<typeof future, Future<number>>();
  const task = waitFor(createTask(async () => "task"), 60_000);
  assertSameType<typeof task, Future<string>>();
  const generator = waitFor(
    (function* () {
      yield;
      return true;
    })(),
    60_000,
  );
  assertSameType<typeof generator, Future<boolean>>();
  const promise = waitFor(Promise.resolve(1n), null);
  assertSameType<typeof promise, Future<bigint>>();
  assertEquals([await future, await task, await generator, await promise], [1, "task", true, 1n]);
  // @ts-expect-error: a function is to be called
  assertThrows(() => waitFor(async () => 1, 1), TypeError);
  // @ts-expect-error: the time must be given
  assertThrows(() => waitFor(future), TypeError);
});

// Failure
// -------

Deno.test("waitFor() fails with the exception that arrives in time, whatever it is", async () => {
  for (const thrown of [new RangeError("x"), undefined, null]) {
    const future = new Future<number>();
    const waiting = waitFor(future, 60_000);
    future.setException(thrown);
    await hostTurn();
    assert(waiting.done());
    assertStrictEquals(waiting.exception(), thrown);
  }
  const rejecting = waitFor(Promise.reject(new RangeError("no")), 60_000);
  await assertRejects(() => rejecting, RangeError, "no");
});

Deno.test("waitFor() is cancelled, not timed out, when somebody else cancels the future", async () => {
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000);
  future.cancel("by somebody");
  const error = await assertRejects(() => waiting, CancelledError, "by somebody");
  assert(waiting.cancelled());
  assertStrictEquals(error, assertThrows(() => future.result()));
});

Deno.test("waitFor() marks the exception of its future as retrieved, and reports its own once if nobody looks", async () => {
  needs("finalization");
  using reports = collectReports();
  const held = new Future<void>();
  (() => void waitFor(held, 60_000))();
  held.setException(new Error("x"));
  await collectGarbage(() => reports.length > 0);
  await collectGarbage(() => reports.length > 1, 5);
  assertEquals(reports.length, 1);
  held.exception();
});

// Loop
// ----

Deno.test("waitFor() on another loop belongs to that loop and uses its timers alone", async () => {
  const left = await leftOver(() => {
    const loop = makeManualLoop();
    const future = new Future<number>({ loop });
    const waiting = waitFor(future, 10);
    assertStrictEquals<unknown>(waiting.getLoop(), loop);
    loop.advance(9);
    loop.drain();
    assertFalse(waiting.done());
    loop.advance(1);
    loop.drain();
    assertInstanceOf(waiting.exception(), TimeoutError);

    const task = loop.createTask(function* () {
      return yield* waitFor(sleep(10, { result: "slept" }), 20);
    });
    const late = loop.createTask(function* () {
      return yield* waitFor(sleep(20, { result: "slept" }), 10);
    });
    loop.drain();
    loop.advance(10);
    loop.drain();
    assertEquals(task.result(), "slept");
    assertInstanceOf(late.exception(), TimeoutError);
  });
  assertEquals(left, 0);
});

Deno.test("waitFor() on a closed loop throws, and leaves no callback on the future", async () => {
  using reports = collectReports();
  const loop = await run(() => getRunningLoop());
  const future = new Future<void>({ loop });
  assertThrows(() => waitFor(future, 10), Error, "Event loop is closed");
  assertEquals(String(future), "<Future pending>");
  future.setException(new RangeError("seen"));
  assertInstanceOf(future.exception(), RangeError);
  assertEquals(reports.length, 0);
});

// Context
// -------

Deno.test("waitFor() runs generators and callbacks in the context of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const seen: unknown[] = [];
  await variable.run("caller", async () => {
    const waiting = waitFor(
      (function* () {
        seen.push(variable.get());
        yield;
      })(),
      60_000,
    );
    waiting.addDoneCallback(() => seen.push(variable.get()));
    await waiting;
    seen.push(variable.get());
  });
  assertEquals(seen, ["caller", "caller", "caller"]);
});

// Copies of the module
// --------------------

Deno.test("waitFor() takes futures of another copy of the module", async () => {
  const copy = await importCopy();
  const make = () => new copy.Future<number>() as unknown as Future<number>;
  const future = make();
  const waiting = waitFor(future, 60_000);
  future.setResult(1);
  assertEquals(await waiting, 1);
  const slow = make();
  await assertRejects(() => waitFor(slow, 0), TimeoutError);
  assert(slow.cancelled());
  const other = make();
  const cancelled = waitFor(other, 60_000);
  cancelled.cancel("here");
  assert(other.cancelled());
  await assertRejects(() => cancelled, CancelledError, "here");
  const task = copy.createTask(async () => {
    throw new RangeError("there");
  }) as unknown as Future<never>;
  await assertRejects(() => waitFor(task, 60_000), RangeError, "there");
});

// Representation
// --------------

Deno.test("waitFor() is shown among the callbacks of the future while it waits", async () => {
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000);
  assertEquals(String(future), "<Future pending cb=[waitFor]>");
  assertEquals(String(waiting), "<Future pending>");
  waiting.cancel();
  assertEquals(String(future), "<Future cancelled>");
  assertEquals(String(waiting), "<Future cancelled>");
});

// Misuse
// ------

Deno.test("waitFor() refuses bad arguments, and starts and changes nothing", async () => {
  const future = new Future<void>();
  let started = false;
  const generator = (function* () {
    started = true;
    yield;
  })();
  const before = allTasks().size;
  const times: [unknown, string][] = [
    [
      "5",
      'Cannot wait for the awaitable as the timeout is no number of milliseconds: received "5"',
    ],
    [
      NaN,
      "Cannot wait for the awaitable as the timeout is no number of milliseconds: received NaN",
    ],
    [
      undefined,
      "Cannot wait for the awaitable as the timeout is no number of milliseconds: received undef",
    ],
    [5n, "Cannot wait for the awaitable as the timeout is no number of milliseconds: received 5n"],
    [{ timeout: 5 }, "as the timeout is no number of milliseconds: received { timeout: 5 }"],
  ];
  for (const [wrong, message] of times) {
    assertThrows(() => waitFor(generator, wrong as number), TypeError, message);
    assertThrows(() => waitFor(future, wrong as number), TypeError, message);
  }
  const options: [unknown, string][] = [
    [5, "Cannot wait for the awaitable as its options are no object: received 5"],
    [null, "Cannot wait for the awaitable as its options are no object: received null"],
    [new AbortController().signal, "as its options are a signal: write `{ signal }`: received "],
    [{ signal: 5 }, "Cannot use the signal as it is no AbortSignal: received 5"],
    [
      { onLate: 5 },
      "Cannot wait for the awaitable as the option onLate is no function: received 5",
    ],
  ];
  for (const [wrong, message] of options) {
    assertThrows(() => waitFor(generator, 0, wrong as never), TypeError, message);
    assertThrows(() => waitFor(future, 0, wrong as never), TypeError, message);
  }
  const awaitables: [unknown, string][] = [
    [5, "Cannot wait for the awaitable as it is no future, generator or promise: received 5"],
    [
      undefined,
      "Cannot wait for the awaitable as it is no future, generator or promise: received undefined",
    ],
    [
      [future],
      "Cannot wait for the awaitable as it is no future, generator or promise: received [<Future pending>]",
    ],
    [function main() {}, "promise (use createTask): received [Function main]"],
  ];
  for (const [wrong, message] of awaitables) {
    assertThrows(() => waitFor(wrong as never, 1), TypeError, message);
  }
  assertEquals(String(future), "<Future pending>");
  assertEquals(allTasks().size, before);
  await hostTurn();
  assertFalse(started);
  assertEquals(await waitFor(generator, null), undefined, "the generator can still be used");
  assertThrows(
    () => waitFor(generator, 1),
    TypeError,
    "Cannot wait for the awaitable as another task runs the generator already: received ",
  );
});

// Leaks
// -----

Deno.test("waitFor() releases its timer for every outcome", async () => {
  using time = new FakeTime();
  const controller = new AbortController();
  assertEquals(
    await leftOver(async () => {
      const futures = Array.from({ length: 5 }, () => new Future<void>());
      const waits = futures.map((future) => waitFor(future, 60_000, { signal: controller.signal }));
      futures[0]!.setResult();
      futures[1]!.setException(new Error("x"));
      futures[2]!.cancel();
      waits[3]!.cancel();
      controller.abort();
      await Promise.allSettled(waits);
      await waitFor(Promise.resolve(), 60_000);
      const late = waitFor(new Future(), 1);
      time.tick(1);
      await assertRejects(() => late, TimeoutError);
    }),
    0,
  );
});

Deno.test("waitFor() starts no timer for a future that is done", async () => {
  const future = new Future<number>();
  future.setResult(1);
  using host = countHostTimers();
  const waiting = waitFor(future, 60_000);
  assert(waiting.done());
  assertEquals(await waiting, 1);
  assertEquals(host.set, 0);
});
