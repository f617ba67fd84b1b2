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
  asCompleted,
  AsyncContext,
  CancelledError,
  createTask,
  Future,
  run,
  shield,
  sleep,
  Task,
  wait,
  waitFor,
  type WaitOptions,
  type WaitResult,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { collectGarbage, heapUsed } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, leastOf } from "../helpers/turns.ts";
import { assertSameType } from "../helpers/same_type.ts";

function makeFutures(count: number): Future<number>[] {
  return Array.from({ length: count }, () => new Future<number>());
}

Deno.test("wait() has the very futures given, those done and those pending", async () => {
  const [one, two, three] = makeFutures(3) as [Future<number>, Future<number>, Future<number>];
  const task = createTask(async () => await three);
  const waiting = wait([one, two, task, one], { returnWhen: "FIRST_COMPLETED" });
  assertInstanceOf(waiting, Future);
  await hostTurn();
  assertFalse(waiting.done());
  two.setResult(2);
  const { done, pending } = await waiting;
  assertInstanceOf(done, Set);
  assertInstanceOf(pending, Set);
  assertEquals([done.size, pending.size], [1, 2]);
  assert(done.has(two));
  assert(pending.has(one));
  assert(pending.has(task));
  three.setResult(3);
  await task;
});

Deno.test("wait() is typed by what is given", async () => {
  const tasks = [createTask(async () => 1), createTask(async () => 2)];
  const waiting = wait(tasks);
  assertSameType<typeof waiting, Future<WaitResult<Task<number>>>>();
  const { done } = await waiting;
  assertSameType<typeof done, Set<Task<number>>>();
  assertEquals([...done].map((task) => task.result()), [1, 2]);
  const mixed = wait([new Future<string>(), new Future<number>()], { timeout: 0 });
  assertSameType<typeof mixed, Future<WaitResult<Future<string> | Future<number>>>>();
  assertEquals((await mixed).pending.size, 2);
  // @ts-expect-error: a promise is no future
  assertThrows(() => wait([Promise.resolve()]), TypeError);
  // @ts-expect-error: there must be an iterable of futures
  assertThrows(() => wait(tasks[0]!.getName), TypeError);
  // @ts-expect-error: no such condition
  assertThrows(() => wait(tasks, { returnWhen: "ALL" }), TypeError);
});

Deno.test("wait() waits for all by default, whatever their outcomes", async () => {
  for (const options of [undefined, {}, { returnWhen: undefined }] as WaitOptions[]) {
    const [one, two, three] = makeFutures(3) as [Future<number>, Future<number>, Future<number>];
    const waiting = wait(new Set([one, two, three]), options);
    one.setException(new RangeError("x"));
    two.cancel();
    await hostTurn();
    assertFalse(waiting.done());
    three.setResult(3);
    const { done, pending } = await waiting;
    assertEquals([done.size, pending.size], [3, 0]);
    assertInstanceOf(one.exception(), RangeError);
  }
});

Deno.test("wait() option returnWhen FIRST_COMPLETED ends with any outcome", async () => {
  const ends: ((future: Future<number>) => void)[] = [
    (future) => future.setResult(1),
    (future) => future.setException(new Error("x")),
    (future) => future.cancel(),
  ];
  for (const end of ends) {
    const [one, two] = makeFutures(2) as [Future<number>, Future<number>];
    const waiting = wait([one, two], { returnWhen: "FIRST_COMPLETED" });
    end(one);
    const { done, pending } = await waiting;
    assertEquals([done.has(one), pending.has(two)], [true, true]);
    assertEquals([done.size, pending.size], [1, 1]);
    assertFalse(two.done(), "nothing is cancelled");
    if (!one.cancelled()) one.exception();
  }
});

Deno.test("wait() option returnWhen FIRST_EXCEPTION ends with an exception, else with all", async () => {
  const [one, two, three, four] = makeFutures(4) as [
    Future<number>,
    Future<number>,
    Future<number>,
    Future<number>,
  ];
  const waiting = wait([one, two, three, four], { returnWhen: "FIRST_EXCEPTION" });
  one.setResult(1);
  two.cancel();
  await hostTurn();
  assertFalse(waiting.done(), "neither a result nor a cancellation counts");
  three.setException(undefined);
  const { done, pending } = await waiting;
  assertSame(done, [one, two, three]);
  assertSame(pending, [four]);
  assertEquals(three.exception(), undefined);

  const all = makeFutures(2);
  const waitingForAll = wait(all, { returnWhen: "FIRST_EXCEPTION" });
  all[0]!.cancel();
  all[1]!.setResult(1);
  assertEquals((await waitingForAll).done.size, 2);
});

Deno.test("wait() has among those done what is done in the same turn", async () => {
  const [one, two, three] = makeFutures(3) as [Future<number>, Future<number>, Future<number>];
  const waiting = wait([one, two, three], { returnWhen: "FIRST_COMPLETED" });
  two.setResult(2);
  three.setResult(3);
  const { done, pending } = await waiting;
  assertSame(done, [two, three]);
  assertSame(pending, [one]);
});

Deno.test("wait() of what is done already ends in the next turn", async () => {
  for (const returnWhen of ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] as const) {
    const futures = makeFutures(2);
    futures.forEach((future, i) => future.setResult(i));
    const waiting = wait(futures, { returnWhen });
    assertFalse(waiting.done());
    assertSame((await waiting).done, futures);
  }
});

Deno.test("wait() option timeout ends with what there is, and cancels nothing", async () => {
  using time = new FakeTime();
  const [one, two] = makeFutures(2) as [Future<number>, Future<number>];
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
    const [one, two] = makeFutures(2) as [Future<number>, Future<number>];
    one.setResult(1);
    const waiting = wait([one, two], { timeout });
    time.tick(0);
    const { done, pending } = await waiting;
    assertSame(done, [one]);
    assertSame(pending, [two]);
  }
});

Deno.test("wait() option timeout null or Infinity is no limit", async () => {
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

Deno.test("wait() never loses what is done in the turn of the timeout", () => {
  for (const first of ["result", "timeout"]) {
    const loop = makeManualLoop();
    const future = loop.createFuture<number>();
    const settle = () => loop.callLater(10, () => future.setResult(1));
    if (first === "result") settle();
    const waiting = wait([future], { timeout: 10 });
    if (first === "timeout") settle();
    loop.advance(10);
    loop.drain();
    // As in asyncio, which asks what is done when the code that waits goes on.
    const { done, pending } = waiting.result();
    assertEquals([done.size, pending.size], [1, 0]);
  }
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`wait() is waited for in a coroutine (${kind})`, async () => {
    const future = sleep(1, { result: "slept" });
    const task = createTask(coroutine(function* (waitIn) {
      const { done } = yield* waitIn(wait([future]));
      return [...done].map((future) => future.result());
    }));
    assertEquals(await task, ["slept"]);
  });

  Deno.test(`wait() cancels nothing with the coroutine (${kind}) that waits`, async () => {
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

  Deno.test(`wait() does not swallow that the coroutine (${kind}) is cancelled as it ends`, async () => {
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

Deno.test("wait() that is cancelled lets go of everything", async () => {
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

Deno.test("wait() lets go of everything when it ends", async () => {
  const { signal, listeners } = makeCountingSignal();
  const [one, two] = makeFutures(2) as [Future<number>, Future<number>];
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

Deno.test("wait() looks at no outcome: what fails is still reported", async () => {
  needs("finalization");
  using reports = collectReports();
  for (const returnWhen of ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] as const) {
    await (async () => {
      const future = new Future<void>();
      const waiting = wait([future], { returnWhen });
      future.setException(new Error(returnWhen));
      await waiting;
    })();
  }
  await hostTurn();
  await collectGarbage(() => reports.length > 2);
  assertEquals(
    reports.map(({ exception }) => (exception as Error).message).toSorted(),
    ["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"],
  );
});

Deno.test("wait() takes any iterable that is no coroutine", async () => {
  const future = new Future<number>();
  future.setResult(1);
  const once: Iterable<Future<number>> = { [Symbol.iterator]: () => [future].values() };
  const iterables = [[future], new Set([future]), new Map([[1, future]]).values(), once];
  for (const futures of iterables) {
    assertSame((await wait(futures)).done, [future]);
  }
});

Deno.test("wait() calls in the context of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const future = new Future<void>();
  let seen: unknown;
  const waiting = variable.run("caller", () => {
    const waiting = wait([future]);
    waiting.addDoneCallback(() => seen = variable.get());
    return waiting;
  });
  variable.run("settler", () => future.setResult());
  await waiting;
  await hostTurn();
  assertEquals(seen, "caller");
});

Deno.test("wait() takes futures of another copy of the module", async () => {
  const copy = await importCopy();
  const make = () => new copy.Future<number>() as unknown as Future<number>;
  const [one, two, three] = [make(), make(), make()];
  const waiting = wait([one, two, three], { returnWhen: "FIRST_EXCEPTION" });
  one.setResult(1);
  two.cancel();
  await hostTurn();
  assertFalse(waiting.done());
  const own = new Future<number>();
  const any = wait([own, three], { returnWhen: "FIRST_COMPLETED" });
  three.setException(new RangeError("there"));
  const { done, pending } = await waiting;
  assertEquals([done.size, pending.size], [3, 0]);
  assert((await any).pending.has(own));
  assertEquals(String(own), "<Future pending>");
  assertInstanceOf(three.exception(), RangeError);
});

Deno.test("wait() on another loop belongs to it and uses its timers alone", async () => {
  const copy = await importCopy();
  const left = await leftOver(() => {
    const loop = makeManualLoop();
    const [one, two] = [loop.createFuture<number>(), loop.createFuture<number>()];
    const waiting = wait([one, two], { returnWhen: "FIRST_COMPLETED", timeout: 10 });
    assertStrictEquals<unknown>(waiting.getLoop(), loop);
    one.setResult(1);
    assertFalse(waiting.done(), "not before a turn of the loop");
    loop.drain();
    assertSame(waiting.result().done, [one]);

    const timed = wait([two], { timeout: 10 });
    loop.advance(10);
    loop.drain();
    assertSame(timed.result().pending, [two]);
    assertEquals(String(two), "<Future pending>");

    // Futures of the loop's own class.
    const made: unknown[] = [];
    loop.createFuture = <T>() => {
      const future = new copy.Future<T>({ loop: loop as never }) as unknown as Future<T>;
      made.push(future);
      return future;
    };
    const own = wait([two]);
    assertStrictEquals(made[0], own);
    two.setResult(2);
    loop.drain();
    assertSame(own.result().done, [two]);
  });
  assertEquals(left, 0);
});

Deno.test("wait() rejects bad arguments, with nothing changed", () => {
  const future = new Future<void>();
  let started = false;
  const generator = (function* () {
    started = true;
    yield future;
  })();
  const inputs: [unknown, string][] = [
    [[], "Cannot wait as there are no futures: received []"],
    [new Set(), "Cannot wait as there are no futures: received []"],
    [
      future,
      "futures come in no iterable, such as an array (write `[…]` around them): received <Future pending>",
    ],
    [new Task(() => 1), "Cannot wait as the futures come in no iterable, such as an array"],
    [
      generator,
      "Cannot wait as the futures come in no iterable, such as an array (write `[…]` around them): received ",
    ],
    [undefined, "as the futures come in no iterable, such as an array: received undefined"],
    [null, "as the futures come in no iterable, such as an array: received null"],
    ["text", 'as the futures come in no iterable, such as an array: received "text"'],
    [{ 0: future }, "as the futures come in no iterable, such as an array: received { 0: "],
    [[future, generator], "else among the futures (make it a task with createTask): received "],
    [
      [future, Promise.resolve()],
      "Cannot wait as there is something else among the futures (make it a future with ensureFuture): received [Promise]",
    ],
    [[future, 5], "Cannot wait as there is something else among the futures: received 5"],
    [
      [future, async function main() {}],
      "Cannot wait as there is something else among the futures (make it a task with createTask): received [Function main]",
    ],
    [
      [future, Future],
      "among the futures (make it a task with createTask): received [Function Future]",
    ],
  ];
  for (const [wrong, message] of inputs) {
    assertThrows(() => wait(wrong as never), TypeError, message);
  }
  const options: [unknown, string][] = [
    [5, "Cannot wait as its options are no object: received 5"],
    [null, "Cannot wait as its options are no object: received null"],
    [new AbortController().signal, "as its options are a signal: write `{ signal }`: received "],
    [{ signal: 5 }, "Cannot use the signal as it is no AbortSignal: received 5"],
    [{ timeout: "5" }, 'as the timeout is no number of milliseconds: received "5"'],
    [{ timeout: NaN }, "as the timeout is no number of milliseconds: received NaN"],
    [
      { returnWhen: "first_completed" },
      "Cannot wait as returnWhen is none of FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED: " +
      'received "first_completed"',
    ],
    [{ returnWhen: null }, "ALL_COMPLETED: received null"],
  ];
  for (const [wrong, message] of options) {
    assertThrows(() => wait([future], wrong as never), TypeError, message);
  }
  assertEquals(String(future), "<Future pending>");
  assertFalse(started);
});

Deno.test("wait() on a closed loop throws, with nothing changed", () => {
  const loop = makeManualLoop();
  const [pending, done] = [loop.createFuture<void>(), loop.createFuture<void>()];
  done.setResult();
  loop.close();
  assertThrows(() => wait([pending], { timeout: 1 }), Error, "Event loop is closed");
  assertThrows(() => wait([pending, done]), Error, "Event loop is closed");
  assertEquals(String(pending), "<Future pending>");
});

Deno.test("wait() a hundred thousand times on one future keeps no memory", async () => {
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

Deno.test("wait() and shield() of one future, many times at once, let go of it in no time", async () => {
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

Deno.test("wait() for the first is done once, though several are done in one turn", async () => {
  using reports = collectReports();
  const [one, two, three] = [new Future<number>(), new Future<number>(), new Future<number>()];
  const waiting = wait([one, two, three], { returnWhen: "FIRST_COMPLETED" });
  one.setResult(1);
  two.setResult(2);
  const { done, pending } = await waiting;
  await hostTurn();
  assertSame(done, [one, two]);
  assertSame(pending, [three]);
  assertEquals(reports.map(({ message }) => message), []);
});

Deno.test("wait() for the first exception leaves it to be reported", async () => {
  const loop = makeManualLoop();
  const messages: unknown[] = [];
  loop.setExceptionHandler((_loop, { message }) => messages.push(message));
  const main = run(async () => {
    const failing = new Future<void>();
    const waiting = wait([failing, new Future<void>()], { returnWhen: "FIRST_EXCEPTION" });
    failing.setException(new RangeError("x"));
    await waiting;
  }, { loop });
  await drainInTurns(loop);
  await main;
  assertEquals(messages, ["Future exception was never retrieved"]);
});

Deno.test("waits without limit arm no host timer", async () => {
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

Deno.test("wait() leaves no callback on futures of another copy of the module", async () => {
  const { Future: OtherFuture } = await importCopy();
  const foreign = new OtherFuture<number>() as unknown as Future<number>;
  wait([foreign]).cancel();
  await hostTurn();
  assertEquals(String(foreign), "<Future pending>");
});
