import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertLess,
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
  shield,
  sleep,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { makerOfForeignFutures } from "../helpers/foreign_futures.ts";
import { collectGarbage, heapUsed } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn, leastOf } from "../helpers/turns.ts";

// Result
// ------

Deno.test("shield() has the outcome of the inner future, whatever it is", async () => {
  const [one, two, three] = [new Future<number>(), new Future<number>(), new Future<number>()];
  const shielded = [shield(one), shield(two), shield(three)] as const;
  assertInstanceOf(shielded[0], Future);
  assert(shielded[0] !== one);
  one.setResult(1);
  two.setException(undefined);
  three.cancel("otherwise");
  assertEquals(await shielded[0], 1);
  await hostTurn();
  assertEquals(shielded[1].exception(), undefined);
  assertFalse(shielded[1].cancelled());
  await assertRejects(() => shielded[2], CancelledError, "otherwise");
  assert(shielded[2].cancelled(), "cancelled otherwise, so is what is returned");
});

Deno.test("shield() takes futures, tasks, generators and promises, and is typed by them", async () => {
  const task = shield(createTask(async () => "task"));
  assertSameType<typeof task, Future<string>>();
  const generator = shield((function* () {
    yield;
    return true;
  })());
  assertSameType<typeof generator, Future<boolean>>();
  const promise = shield(Promise.resolve(1n));
  assertSameType<typeof promise, Future<bigint>>();
  assertEquals([await task, await generator, await promise], ["task", true, 1n]);
  // @ts-expect-error: a function is to be called
  assertThrows(() => shield(async () => 1), TypeError);
});

Deno.test("shield() returns a future itself that is done already", () => {
  const done = new Future<number>();
  done.setResult(1);
  const cancelled = new Future<number>();
  cancelled.cancel();
  assertStrictEquals(shield(done), done);
  assertStrictEquals(shield(cancelled), cancelled);
  assertStrictEquals(shield(done, { signal: AbortSignal.abort() }), done);
});

Deno.test("shield() whose outer future somebody else settles keeps that result", async () => {
  const inner = new Future<string>();
  const outer = shield(inner);
  outer.setResult("by hand");
  inner.setResult("inner");
  await hostTurn();
  assertEquals(outer.result(), "by hand");
});

// Failure
// -------

Deno.test("shield() reports an exception that nobody retrieves once, not for the inner future too", async () => {
  needs("finalization");
  using reports = collectReports();
  await (async () => {
    const inner = new Future<void>();
    shield(inner);
    inner.setException(new RangeError("lost"));
    await hostTurn();
  })();
  await hostTurn();
  await collectGarbage(() => reports.length > 0);
  await collectGarbage(() => reports.length > 1, 5);
  assertEquals(reports.map(({ exception }) => (exception as Error).message), ["lost"]);
});

Deno.test("shield() reports no exception that is retrieved from the inner or the outer future", async () => {
  needs("gc");
  using reports = collectReports();
  await (async () => {
    const inner = new Future<void>();
    const outer = shield(inner);
    outer.cancel();
    inner.setException(new RangeError("looked at later"));
    assertInstanceOf(inner.exception(), RangeError);

    const other = new Future<void>();
    const shielded = shield(other);
    other.setException(new RangeError("looked at through the shield"));
    await assertRejects(() => shielded, RangeError);
  })();
  await hostTurn();
  await collectGarbage(() => reports.length > 0, 10);
  assertEquals(reports.length, 0);
});

Deno.test("shield() reports an exception once that comes after the outer future was cancelled", async () => {
  needs("finalization");
  using reports = collectReports();
  const cancelFirst = async () => {
    const inner = new Future<void>();
    const outer = shield(inner);
    outer.cancel();
    await hostTurn();
    inner.setException(new RangeError("later"));
  };
  const inTheSameTurn = async () => {
    const inner = new Future<void>();
    const outer = shield(inner);
    inner.setException(new RangeError("same turn"));
    outer.cancel();
    await hostTurn();
    assert(outer.cancelled());
  };
  const task = async () => {
    using time = new FakeTime();
    const outer = shield((function* () {
      yield* sleep(1);
      throw new RangeError("task");
    })());
    outer.cancel();
    await hostTurn();
    time.tick(1);
    await hostTurn();
  };
  for (const fail of [cancelFirst, inTheSameTurn, task]) await fail();
  await hostTurn();
  await collectGarbage(() => reports.length >= 3);
  await collectGarbage(() => reports.length > 3, 5);
  assertEquals(
    reports.map(({ exception }) => (exception as Error).message).toSorted(),
    ["later", "same turn", "task"],
  );
});

// Cancellation
// ------------

Deno.test("shield() that is cancelled leaves the inner future pending, with no callback on it", async () => {
  const inner = new Future<string>();
  const outer = shield(inner);
  assertEquals(String(inner), "<Future pending cb=[shield]>");
  assert(outer.cancel("why"));
  assert(outer.cancelled());
  await assertRejects(() => outer, CancelledError, "why");
  assertEquals(String(inner), "<Future pending>");
  inner.setResult("still here");
  assertEquals(await inner, "still here");
  assert(outer.cancelled());
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`shield() leaves its task running when the coroutine (${kind}) that waits is cancelled`, async () => {
    const gate = new Future<void>();
    const inner = createTask(coroutine(function* (wait) {
      yield* wait(gate);
      return "saved";
    }));
    const caller = createTask(coroutine(function* (wait) {
      return yield* wait(shield(inner));
    }));
    await hostTurn();
    caller.cancel("stop");
    await assertRejects(() => caller, CancelledError, "stop");
    assertEquals(inner.cancelling(), 0);
    gate.setResult();
    assertEquals(await inner, "saved");
  });

  Deno.test(`shield() keeps its generator running when the coroutine (${kind}) that waits is gone`, async () => {
    needs("gc");
    const gate = new Future<void>();
    let saved = false;
    const caller = createTask(coroutine(function* (wait) {
      yield* wait(shield((function* () {
        yield* gate;
        saved = true;
      })()));
    }));
    await hostTurn();
    caller.cancel();
    await assertRejects(() => caller, CancelledError);
    await collectGarbage(() => false, 2);
    gate.setResult();
    await hostTurn();
    assert(saved);
  });

  Deno.test(`shield() does not swallow a cancellation of the coroutine (${kind}) as the result arrives`, async () => {
    const inner = new Future<void>();
    const log: string[] = [];
    const caller = createTask(coroutine(function* (wait) {
      yield* wait(shield(inner));
      yield* wait(new Future<void>());
      log.push("not to be reached");
    }));
    await hostTurn();
    inner.setResult();
    caller.cancel("just now");
    await assertRejects(() => caller, CancelledError, "just now");
    assertEquals(log, []);
  });
}

Deno.test("shield() inside waitFor() keeps the timeout from the inner future", async () => {
  const inner = new Future<string>();
  await assertRejects(() => waitFor(shield(inner), 0), TimeoutError);
  assertFalse(inner.done());
  assertEquals(String(inner), "<Future pending>");
});

// Signal
// ------

Deno.test("shield() option signal cancels the outer future alone, with its reason", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const inner = new Future<string>();
  const outer = shield(inner, { signal });
  const finished = shield(sleep(0, { result: "in time" }), { signal });
  assertEquals(await finished, "in time");
  assertEquals(listeners.size, 1);
  controller.abort("enough");
  await assertRejects(() => outer, CancelledError, "enough");
  assertEquals(listeners.size, 0);
  assertEquals(String(inner), "<Future pending>");

  let started = false;
  const late = shield(
    (function* () {
      started = true;
      yield;
    })(),
    { signal },
  );
  assert(late.cancelled(), "at once");
  await assertRejects(() => late, CancelledError, "enough");
  await hostTurn();
  assert(started, "what is shielded runs");
  const other = shield(inner, { signal });
  assert(other.cancelled());
  assertEquals(String(inner), "<Future pending>");
});

// Loop
// ----

Deno.test("shield() on another loop belongs to that loop and runs in its turns alone", async () => {
  const copy = await importCopy();
  const left = await leftOver(() => {
    const loop = makeManualLoop();
    const inner = loop.createFuture<string>();
    const outer = shield(inner);
    assertStrictEquals<unknown>(outer.getLoop(), loop);
    inner.setResult("x");
    assertFalse(outer.done(), "not before a turn of the loop");
    loop.drain();
    assertEquals(outer.result(), "x");

    const gate = loop.createFuture<string>();
    const task = loop.createTask(function* () {
      return yield* shield(gate);
    });
    loop.drain();
    task.cancel("stop");
    loop.drain();
    assertThrows(() => task.result(), CancelledError, "stop");
    assertEquals(String(gate), "<Future pending>");

    // The outer futures are of the class that the loop makes.
    const futures = [1, 2, 3].map(() => loop.createFuture<string>());
    loop.createFuture = <T>() =>
      new copy.Future<T>({ loop: loop as never }) as unknown as Future<T>;
    const shielded = futures.map((future) => shield(future));
    assert(shielded.every((outer) => outer instanceof copy.Future));
    futures[0]!.setResult("result");
    futures[1]!.setException(new RangeError("exception"));
    futures[2]!.cancel("cancelled");
    loop.drain();
    assertEquals(shielded[0]!.result(), "result");
    assertThrows(() => shielded[1]!.result(), RangeError, "exception");
    assertThrows(() => shielded[2]!.result(), CancelledError, "cancelled");
  });
  assertEquals(left, 0);
});

// Context
// -------

Deno.test("shield() runs generators and callbacks in the context of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const seen: unknown[] = [];
  const inner = new Future<void>();
  const outer = variable.run("caller", () => {
    shield((function* () {
      seen.push(variable.get());
      yield;
    })());
    const outer = shield(inner);
    outer.addDoneCallback(() => seen.push(variable.get()));
    return outer;
  });
  variable.run("settler", () => inner.setResult());
  await outer;
  await hostTurn();
  assertEquals(seen, ["caller", "caller"]);
});

// Copies of the module
// --------------------

Deno.test("shield() takes futures of another copy of the module", async () => {
  const make = await makerOfForeignFutures<number>();
  const [one, two, three] = [make(), make(), make()];
  const outer = shield(one);
  one.setResult(1);
  assertEquals(await outer, 1);
  const cancelled = shield(two);
  cancelled.cancel();
  await hostTurn();
  assertEquals(String(two), "<Future pending>");
  const failing = shield(three);
  three.setException(new RangeError("there"));
  await assertRejects(() => failing, RangeError, "there");
  assertStrictEquals(shield(one), one);
});

// Misuse
// ------

Deno.test("shield() refuses bad arguments, and starts and changes nothing", async () => {
  const future = new Future<void>();
  let started = false;
  const generator = (function* () {
    started = true;
    yield;
  })();
  const before = allTasks().size;
  const awaitables: [unknown, string][] = [
    [5, "Cannot shield the awaitable as it is no future, generator or promise: received 5"],
    [
      undefined,
      "Cannot shield the awaitable as it is no future, generator or promise: received undefined",
    ],
    [
      [future],
      "Cannot shield the awaitable as it is no future, generator or promise: received [<Future pending>]",
    ],
    [
      async function main() {},
      "Cannot shield the awaitable as it is no future, generator or promise (use createTask): received [Function main]",
    ],
  ];
  for (const [wrong, message] of awaitables) {
    assertThrows(() => shield(wrong as never), TypeError, message);
  }
  const options: [unknown, string][] = [
    [5, "Cannot shield the awaitable as its options are no object: received 5"],
    [null, "Cannot shield the awaitable as its options are no object: received null"],
    [new AbortController().signal, "its options are a signal: write `{ signal }`: received "],
    [{ signal: 5 }, "Cannot use the signal as it is no AbortSignal: received 5"],
  ];
  for (const [wrong, message] of options) {
    assertThrows(() => shield(generator, wrong as never), TypeError, message);
    assertThrows(() => shield(future, wrong as never), TypeError, message);
  }
  assertEquals(String(future), "<Future pending>");
  assertEquals(allTasks().size, before);
  await hostTurn();
  assertFalse(started);
  assertEquals(await shield(generator), undefined, "the generator can still be used");
});

// Leaks
// -----

Deno.test("shield() keeps no memory after a million calls on one future", async () => {
  needs("heapSize");
  const future = new Future<void>();
  const count = 250_000;
  const round = async () => {
    for (let i = 0; i < count; i++) {
      shield(future).cancel();
      if (i % 10_000 === 0) await hostTurn();
    }
    return await heapUsed();
  };
  let before = await round();
  const bytesPerWait = await leastOf(4, async () => {
    await round();
    await round();
    const after = await round();
    const grown = (after - before) / (3 * count);
    before = after;
    return grown;
  });
  assertLess(bytesPerWait, 4);
  assertEquals(String(future), "<Future pending>");
});
