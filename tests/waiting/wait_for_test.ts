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
  getEventLoop,
  getRunningLoop,
  run,
  sleep,
  type Task,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";
import { assertSameType } from "../helpers/same_type.ts";

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

Deno.test("waitFor() takes futures, tasks, generator coroutines and promises, and is typed by them", async () => {
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

Deno.test("waitFor() cancels when the time is over, and fails with a TimeoutError", async () => {
  using time = new FakeTime();
  const future = new Future<number>();
  const waiting = waitFor(future, 100);
  time.tick(99);
  await hostTurn();
  assertFalse(future.done());
  time.tick(1);
  await hostTurn();
  assert(future.cancelled());
  assertFalse(waiting.cancelled());
  const error = await assertRejects(() => waiting, TimeoutError);
  assertEquals(error.message, "The operation has exceeded the given deadline");
  assertStrictEquals(error.cause, assertThrows(() => future.result(), CancelledError));
});

Deno.test("waitFor() leaves a promise behind when the time is over, but reports its rejection", async () => {
  using time = new FakeTime();
  using reports = collectReports();
  const { promise, reject } = withResolvers<void>();
  const waiting = waitFor(promise, 10);
  time.tick(10);
  await assertRejects(() => waiting, TimeoutError);
  reject(new Error("too late, for nobody"));
  await hostTurn();
  assertEquals(reports.map(({ message }) => message), [
    "Promise was rejected after its future was done",
  ]);
});

for (const [kind, coroutine] of kinds) {
  /** A task that waits, and what it does when it is cancelled. */
  const start = (onCancel: (log: unknown[]) => Generator<unknown, string>) => {
    const log: unknown[] = [];
    const inner: Task<string> = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch (error) {
        log.push((error as Error).name);
        const generator = onCancel(log);
        let step = generator.next();
        while (!step.done) {
          yield* wait(step.value as Future<unknown>);
          step = generator.next();
        }
        if (step.value) return step.value;
        throw error;
      }
      return "not cancelled";
    }));
    return { log, inner };
  };

  Deno.test(`waitFor() waits until the cancellation of its coroutine (${kind}) has finished`, async () => {
    using time = new FakeTime();
    const cleanedUp = new Future<void>();
    const { inner, log } = start(function* (log) {
      yield cleanedUp;
      log.push("clean");
      return "";
    });
    const waiting = waitFor(inner, 10);
    await hostTurn();
    time.tick(10);
    await hostTurn();
    assertEquals(log, ["CancelledError"]);
    time.tick(60_000);
    await hostTurn();
    assertFalse(waiting.done(), "the cancellation has not finished");
    cleanedUp.setResult();
    await assertRejects(() => waiting, TimeoutError);
    assertEquals(log, ["CancelledError", "clean"]);
    assert(inner.cancelled());
  });

  Deno.test(`waitFor() has the value of a coroutine (${kind}) that swallows its cancellation`, async () => {
    using time = new FakeTime();
    const { inner } = start(function* () {
      return "stays";
    });
    const waiting = waitFor(inner, 10);
    await hostTurn();
    time.tick(10);
    assertEquals(await waiting, "stays");
  });

  Deno.test(`waitFor() has the exception of a coroutine (${kind}) that fails when it is cancelled`, async () => {
    using time = new FakeTime();
    const { inner } = start(function* () {
      throw new RangeError("while cleaning up");
    });
    const waiting = waitFor(inner, 10);
    await hostTurn();
    time.tick(10);
    await assertRejects(() => waiting, RangeError, "while cleaning up");
  });

  Deno.test(`waitFor() cancels what it waits for with the coroutine (${kind}) that waits`, async () => {
    const cleanedUp = new Future<void>();
    const { inner, log } = start(function* (log) {
      yield cleanedUp;
      log.push("clean");
      return "";
    });
    const caller = createTask(coroutine(function* (wait) {
      return yield* wait(waitFor(inner, 60_000));
    }));
    await hostTurn();
    assert(caller.cancel("stop"));
    await hostTurn();
    assertFalse(caller.done(), "the cancellation has not finished");
    cleanedUp.setResult();
    await assertRejects(() => caller, CancelledError, "stop");
    assertEquals(log, ["CancelledError", "clean"]);
  });

  Deno.test(`waitFor() does not swallow that the coroutine (${kind}) is cancelled as the result arrives`, async () => {
    for (const first of ["result", "cancellation"]) {
      const future = new Future<string>();
      const log: string[] = [];
      const caller = createTask(coroutine(function* (wait) {
        yield* wait(waitFor(future, 60_000));
        log.push("result");
        yield* wait(new Future<void>());
        log.push("not to be reached");
      }));
      await hostTurn();
      if (first === "result") future.setResult("just now");
      assert(caller.cancel("just now"));
      if (first === "cancellation") assertFalse(future.cancel());
      await assertRejects(() => caller, CancelledError, "just now");
      assertFalse(log.includes("not to be reached"), first);
    }
  });

  Deno.test(`waitFor() cancels a coroutine (${kind}) that returns as the result arrives`, async () => {
    const future = new Future<string>();
    const caller = createTask(coroutine(function* (wait) {
      return yield* wait(waitFor(future, 60_000));
    }));
    await hostTurn();
    future.setResult("just now");
    caller.cancel("just now");
    await assertRejects(() => caller, CancelledError, "just now");
  });

  Deno.test(`waitFor() does not swallow that the coroutine (${kind}) is cancelled as the inner task returns`, async () => {
    for (let turns = 0; turns < 10; turns++) {
      const future = new Future<string>();
      const inner = createTask(coroutine(function* (wait) {
        return yield* wait(future);
      }));
      const log: string[] = [];
      const caller = createTask(coroutine(function* (wait) {
        log.push(yield* wait(waitFor(inner, 60_000)));
        yield* wait(new Future<void>());
        log.push("not to be reached");
      }));
      await hostTurn();
      future.setResult("arrived");
      // In each of the turns that the result takes to get here.
      await microtasks(turns);
      assert(caller.cancel("just now"));
      await assertRejects(() => caller, CancelledError, "just now");
      assert(inner.done());
      assertFalse(log.includes("not to be reached"), `after ${turns} turns`);
    }
  });

  Deno.test(`waitFor() whose coroutine (${kind}) is cancelled while the inner one cleans up is no timeout`, async () => {
    using time = new FakeTime();
    const { inner, log } = start(function* (log) {
      log.push("cleaning");
      yield new Future<void>();
      log.push("not to be reached");
      return "";
    });
    const caller = createTask(coroutine(function* (wait) {
      return yield* wait(waitFor(inner, 10));
    }));
    await hostTurn();
    time.tick(10);
    await hostTurn();
    assertEquals(log, ["CancelledError", "cleaning"]);
    assert(caller.cancel("from outside"));
    const error = await assertRejects(() => caller, CancelledError, "from outside");
    assertInstanceOf(error, CancelledError);
    assert(caller.cancelled());
    assertEquals(inner.cancelling(), 2);
    assertEquals(log, ["CancelledError", "cleaning"]);
  });

  Deno.test(`waitFor() whose coroutine (${kind}) is cancelled in the turn of the timeout is no timeout`, async () => {
    for (const first of ["timeout", "cancellation"]) {
      using time = new FakeTime();
      const { inner } = start(function* () {
        yield sleep(0);
        return "";
      });
      const caller = createTask(coroutine(function* (wait) {
        return yield* wait(waitFor(inner, 10));
      }));
      await hostTurn();
      if (first === "timeout") time.tick(10);
      assert(caller.cancel("from outside"));
      if (first === "cancellation") time.tick(10);
      await hostTurn();
      assert(caller.cancelled(), first);
      assert(inner.cancelled(), first);
    }
  });

  Deno.test(`waitFor() whose coroutine (${kind}) is cancelled while the inner one refuses to end has its value`, async () => {
    const { inner } = start(function* () {
      return "stays";
    });
    const waiting = waitFor(inner, 60_000);
    await hostTurn();
    assert(waiting.cancel());
    assertEquals(await waiting, "stays");
    assert(waiting.signal.aborted, "it was asked to end all the same");
  });
}

Deno.test("waitFor() never loses a result that arrives in the turn of the timeout", async () => {
  using time = new FakeTime();
  const loop = getEventLoop();
  // The timer of the result comes before that of the limit, or after it.
  const early = new Future<string>();
  loop.callLater(10, () => early.setResult("in time"));
  const hasResult = waitFor(early, 10);
  const late = new Future<string>();
  const isLate = waitFor(late, 10);
  let wasSet: boolean | undefined;
  loop.callLater(10, () => {
    wasSet = !late.done();
    if (wasSet) late.setResult("too late");
  });
  time.tick(10);
  assertEquals(await hasResult, "in time");
  await assertRejects(() => isLate, TimeoutError);
  assertEquals(wasSet, false, "whoever sets it sees that it is cancelled");
});

Deno.test("waitFor() never loses an exception that arrives in the turn of the timeout", async () => {
  using time = new FakeTime();
  const future = new Future<string>();
  getEventLoop().callLater(10, () => future.setException(new RangeError("in time")));
  const waiting = waitFor(future, 10);
  time.tick(10);
  await assertRejects(() => waiting, RangeError, "in time");
});

Deno.test("waitFor() never loses the result of a task that ends in the turn of the timeout", () => {
  // In any number of turns before and after it.
  const outcomes = new Set<string>();
  for (let turns = -1; turns < 10; turns++) {
    const loop = makeManualLoop();
    const future = loop.createFuture<string>();
    let returned = false;
    const task = loop.createTask(function* () {
      const value = yield* future;
      returned = true;
      return value;
    });
    const waiting = waitFor(task, 10);
    loop.drain();
    if (turns < 0) loop.advance(10);
    future.setResult("value");
    for (let i = 0; i < turns && loop.ready.length > 0; i++) loop.ready.shift()!();
    loop.advance(10);
    loop.drain();
    const error = waiting.exception();
    outcomes.add(error === null ? waiting.result() : (error as Error).name);
    assertEquals(error === null, returned, `after ${turns} turns`);
  }
  assertEquals([...outcomes].toSorted(), ["TimeoutError", "value"]);
});

Deno.test("waitFor() null waits for ever, and so does Infinity", async () => {
  using time = new FakeTime();
  for (const timeout of [null, Infinity]) {
    const future = new Future<string>();
    assertEquals(
      await leftOver(async () => {
        const waiting = waitFor(future, timeout);
        time.tick(2 ** 40);
        await hostTurn();
        assertFalse(waiting.done());
        time.tick(1);
        future.setResult("at last");
        assertEquals(await waiting, "at last");
      }),
      0,
    );
  }
});

Deno.test("waitFor() of zero or less only looks whether it is done", async () => {
  using time = new FakeTime();
  for (const timeout of [0, -0, -1, -Infinity]) {
    const done = new Future<string>();
    done.setResult("done");
    assertEquals(await waitFor(done, timeout), "done");
    const failed = new Future<string>();
    failed.setException(new RangeError("failed"));
    await assertRejects(() => waitFor(failed, timeout), RangeError, "failed");
    const cancelled = new Future<string>();
    cancelled.cancel("cancelled");
    const waiting = waitFor(cancelled, timeout);
    await assertRejects(() => waiting, CancelledError, "cancelled");
    assert(waiting.cancelled());

    const pending = new Future<string>();
    const expired = waitFor(pending, timeout);
    assert(pending.cancelled(), "at once");
    await assertRejects(() => expired, TimeoutError);

    let started = false;
    const never = waitFor(
      (function* () {
        started = true;
        yield;
      })(),
      timeout,
    );
    await assertRejects(() => never, TimeoutError);
    assertFalse(started);

    const promise = waitFor(Promise.resolve("a promise cannot be looked at"), timeout);
    await assertRejects(() => promise, TimeoutError);
  }
  time.tick(0);
});

Deno.test("waitFor() of zero waits until the cancellation has finished", async () => {
  const cleanedUp = new Future<void>();
  const task = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await cleanedUp;
    }
  });
  await hostTurn();
  const waiting = waitFor(task, 0);
  await hostTurn();
  assertEquals([task.cancelling(), waiting.done()], [1, false]);
  cleanedUp.setResult();
  await assertRejects(() => waiting, TimeoutError);
});

Deno.test("waitFor() of what is cancelled by somebody else is cancelled, not timed out", async () => {
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000);
  future.cancel("by somebody");
  const error = await assertRejects(() => waiting, CancelledError, "by somebody");
  assert(waiting.cancelled());
  assertStrictEquals(error, assertThrows(() => future.result()));
});

Deno.test("waitFor() cancels at the end of a using block", () => {
  const future = new Future<void>();
  {
    using _ = waitFor(future, 60_000);
  }
  assert(future.cancelled());
});

Deno.test("waitFor() can be cancelled until the outcome is there", async () => {
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000);
  assert(waiting.cancel("why"));
  assertFalse(waiting.cancel("again"));
  assertThrows(() => future.result(), CancelledError, "why");
  await assertRejects(() => waiting, CancelledError, "why");
});

Deno.test("waitFor() has a signal, which aborts with the CancelledError", async () => {
  const waiting = waitFor(new Future(), 60_000);
  const { signal } = waiting;
  waiting.cancel("why");
  assert(signal.aborted, "synchronously");
  assertStrictEquals(signal.reason, await assertRejects(() => waiting, CancelledError, "why"));
});

Deno.test("waitFor() inside waitFor(): the time of one is not taken for that of the other", async () => {
  using time = new FakeTime();
  const slow = new Future<void>();
  const outerFirst = waitFor(waitFor(slow, 20), 10);
  time.tick(10);
  await assertRejects(() => outerFirst, TimeoutError);
  assert(slow.cancelled());
  const inner = waitFor(new Future<void>(), 10);
  const innerFirst = waitFor(inner, 20);
  time.tick(10);
  const error = await assertRejects(() => innerFirst, TimeoutError);
  assertStrictEquals(error, inner.exception() as Error);
});

Deno.test("waitFor() releases its timer for every outcome", async () => {
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
      await assertRejects(() => waitFor(new Future(), 1), TimeoutError);
    }),
    0,
  );
});

Deno.test("waitFor() arms no timer for what is done", async () => {
  const future = new Future<number>();
  future.setResult(1);
  const { setTimeout } = globalThis;
  let armed = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    armed++;
    return setTimeout(...args);
  }) as typeof setTimeout;
  try {
    const waiting = waitFor(future, 60_000);
    assert(waiting.done());
    assertEquals(await waiting, 1);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertEquals(armed, 0);
});

Deno.test("waitFor() option signal cancels what it waits for, with its reason", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000, { signal });
  assertEquals(listeners.size, 1);
  controller.abort("enough");
  assertThrows(() => future.result(), CancelledError, "enough");
  await assertRejects(() => waiting, CancelledError, "enough");
  assertEquals(listeners.size, 0);

  const { signal: other, listeners: others } = makeCountingSignal();
  assertEquals(await waitFor(sleep(0, { result: 1 }), 60_000, { signal: other }), 1);
  await assertRejects(() => waitFor(new Future(), 0, { signal: other }), TimeoutError);
  assertEquals(others.size, 0);
});

Deno.test("waitFor() option signal that is aborted already cancels at once, but no result", async () => {
  const signal = AbortSignal.abort("too late");
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000, { signal });
  assert(future.cancelled());
  await assertRejects(() => waiting, CancelledError, "too late");
  let started = false;
  const never = waitFor(
    (function* () {
      started = true;
      yield;
    })(),
    null,
    { signal },
  );
  await assertRejects(() => never, CancelledError, "too late");
  assertFalse(started);
  const done = new Future<number>();
  done.setResult(1);
  assertEquals(await waitFor(done, 60_000, { signal }), 1);
});

Deno.test("waitFor() answers for the exception of what it waits for, and reports its own once", async () => {
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

Deno.test("waitFor() shows among the callbacks while it waits", async () => {
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000);
  assertEquals(String(future), "<Future pending cb=[waitFor]>");
  assertEquals(String(waiting), "<Future pending>");
  waiting.cancel();
  assertEquals(String(future), "<Future cancelled>");
  assertEquals(String(waiting), "<Future cancelled>");
});

Deno.test("waitFor() runs in the context of the caller", async () => {
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

Deno.test("waitFor() of a copy's future that is cancelled in the turn of the timeout is cancelled", async () => {
  const copy = await importCopy();
  const loop = makeManualLoop();
  const future = new copy.Future<number>({ loop: loop as never }) as unknown as Future<number>;
  const waiting = waitFor(future, 10);
  loop.advance(10);
  future.cancel("by somebody");
  loop.drain();
  assert(waiting.cancelled());
  assertThrows(() => waiting.result(), Error, "by somebody");
});

Deno.test("waitFor() on another loop belongs to it and uses its timers alone", async () => {
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

Deno.test("waitFor() rejects bad arguments, with nothing started and nothing changed", async () => {
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

Deno.test("waitFor() reports a promise that is rejected after the timeout, but no aborted request", async () => {
  using reports = collectReports();
  const rejects: ((error: unknown) => void)[] = [];
  const waiting = [1, 2].map(() => waitFor(new Promise((_, reject) => rejects.push(reject)), 0));
  for (const future of waiting) await assertRejects(() => future, TimeoutError);
  const late = new RangeError("late");
  rejects[0]!(late);
  rejects[1]!(new DOMException("aborted", "AbortError"));
  await hostTurn();
  assertEquals(reports.map(({ message, exception }) => [message, exception]), [
    ["Promise was rejected after its future was done", late],
  ]);
});

Deno.test("waitFor() that a closed loop refuses leaves nothing behind", async () => {
  using reports = collectReports();
  const loop = await run(() => getRunningLoop());
  const future = new Future<void>({ loop });
  assertThrows(() => waitFor(future, 10), Error, "Event loop is closed");
  assertEquals(String(future), "<Future pending>");
  future.setException(new RangeError("seen"));
  assertInstanceOf(future.exception(), RangeError);
  assertEquals(reports.length, 0);
});

Deno.test("waitFor() without time is cancelled by a signal that is aborted already", async () => {
  const signal = AbortSignal.abort("the user left");
  for (const timeout of [0, 1, null]) {
    const future = new Future<void>();
    await assertRejects(
      () => waitFor(future, timeout, { signal }),
      CancelledError,
      "the user left",
    );
    assert(future.cancelled());
  }
});
