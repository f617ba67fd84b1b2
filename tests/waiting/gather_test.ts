/**
 * `gather()`: results and failures. Cancellation is in `gather_cancellation_test.ts`.
 *
 * @module
 */

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
import {
  allTasks,
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  type ExceptionContext,
  Future,
  gather,
  type GatherOptions,
  getEventLoop,
  getRunningLoop,
  run,
  sleep,
  type Task,
  wait,
} from "../../mod.ts";
import { has, needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { bytesPerRound, collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

function* returning<T>(value: T): Generator<unknown, T> {
  yield;
  return value;
}

// Result
// ------

Deno.test("gather() has the results in the order of the arguments", async () => {
  const futures = [new Future<number>(), new Future<number>(), new Future<number>()] as const;
  const gathered = gather(...futures);
  assertInstanceOf(gathered, Future);
  futures[2].setResult(3);
  futures[0].setResult(1);
  await hostTurn();
  assertFalse(gathered.done(), "one is pending");
  futures[1].setResult(2);
  assertEquals(await gathered, [1, 2, 3]);
  assertEquals(gathered.result(), [1, 2, 3]);
});

Deno.test("gather() takes futures, tasks, generators, promises and thenables", async () => {
  const done = new Future<string>();
  done.setResult("future");
  const options = Object.assign(Object.create(null), { returnExceptions: true });
  assertEquals<unknown>(await gather(sleep(0, { result: 1 }), options), [1]);
  const thenable = { then: (resolve: (value: string) => void) => resolve("thenable") };
  assertEquals(
    await gather(
      done,
      createTask(async () => "task"),
      returning("generator"),
      Promise.resolve("promise"),
      thenable as PromiseLike<string>,
    ),
    ["future", "task", "generator", "promise", "thenable"],
  );
});

Deno.test("gather() runs a generator as a task of the loop", async () => {
  let task: Task<unknown> | null = null;
  await gather((function* () {
    task = currentTask();
    yield;
  })());
  assertStrictEquals(task!.getLoop(), getEventLoop());
});

for (const [kind, coroutine] of kinds) {
  virtual.test(`gather() has the results in a coroutine (${kind}) that waits for it`, async () => {
    const loop = getRunningLoop();
    const one = createTask(() => sleep(2, { result: "one" }));
    const two = sleep(1, { result: "two" });
    const task = createTask(coroutine(function* (wait) {
      return yield* wait(gather(one, two));
    }));
    assertEquals(await task, ["one", "two"]);
    assertEquals(loop.time(), 2);
  });
}

Deno.test("gather() of nothing is done at once, with an empty list", async () => {
  const gathered = gather();
  assert(gathered.done());
  assertEquals(gathered.result(), []);
  assertEquals(await gather({ returnExceptions: true }), []);
  assertEquals(gather({ signal: AbortSignal.abort() }).result(), []);
  assertFalse(gathered.cancel());
});

Deno.test("gather() of futures that are done is done at once", () => {
  const done = new Future<number>();
  done.setResult(1);
  assertEquals(gather(done, done).result(), [1, 1]);
  const failed = new Future<number>();
  failed.setException(new RangeError("x"));
  assertThrows(() => gather(done, failed).result(), RangeError, "x");
});

Deno.test("gather() waits once for an awaitable that is given twice, and fills both places", async () => {
  let runs = 0;
  const generator = (function* () {
    yield;
    return ++runs;
  })();
  const future = new Future<string>();
  let thens = 0;
  const thenable = {
    then(resolve: (value: string) => void) {
      thens++;
      resolve("then");
    },
  } as PromiseLike<string>;
  const gathered = gather(generator, future, thenable, generator, thenable, future);
  assertEquals(String(future), "<Future pending cb=[gather]>");
  future.setResult("x");
  assertEquals(await gathered, [1, "x", "then", 1, "then", "x"]);
  assertEquals([runs, thens], [1, 1]);
});

Deno.test("gather() adds a single callback to a future that is given twice and has others", async () => {
  for (const [count, shown] of [[1, "other, gather"], [40, "other, <39 more>, gather"]] as const) {
    const [first, second] = [new Future<number>(), new Future<number>()];
    for (let i = 0; i < count; i++) first.addDoneCallback(function other() {});
    const gathered = gather(first, second, first);
    assertEquals(String(first), `<Future pending cb=[${shown}]>`);
    first.setResult(1);
    second.setResult(2);
    assertEquals(await gathered, [1, 2, 1]);
  }
});

Deno.test("gather() adds a single callback to a future that is given twice and has lost another", async () => {
  const future = new Future<number>();
  for (let i = 0; i < 40; i++) future.addDoneCallback(function other() {});
  const waiting = wait([future]);
  future.addDoneCallback(function last() {});
  waiting.cancel();
  const gathered = gather(future, future);
  assertEquals(String(future), "<Future pending cb=[other, <40 more>, gather]>");
  future.setResult(1);
  assertEquals(await gathered, [1, 1]);
});

Deno.test("gather() takes a plain object for options only if it cannot be awaited", async () => {
  const iterator = returning("generator");
  const generator = {
    next: () => iterator.next(),
    return: (value: string) => iterator.return(value),
    throw: (error: unknown) => iterator.throw(error),
    [Symbol.iterator]: () => generator,
  } as Generator<unknown, string>;
  assertEquals(await gather(generator), ["generator"]);
  const thenable = { then: (resolve: (value: number) => void) => resolve(1) };
  assertEquals(await gather(thenable as PromiseLike<number>), [1]);
  const future = {
    [Symbol.for("asyncio.Future")]: true,
    getLoop: getEventLoop,
    addDoneCallback: (callback: (future: unknown) => void) => callback(future),
    done: () => true,
    cancelled: () => false,
    result: () => "duck",
  };
  assertEquals(await gather(future as unknown as Future<string>), ["duck"]);
});

Deno.test("gather() keeps the order of a hundred thousand results", async () => {
  const count = 100_000;
  const futures = Array.from({ length: count }, () => new Future<number>());
  const gathered = gather(...futures);
  for (let i = count - 1; i >= 0; i--) futures[i]!.setResult(i);
  const results = await gathered;
  assertEquals(results.length, count);
  assert(results.every((result, i) => result === i));
});

// Failure
// -------

Deno.test("gather() fails with the first exception, and lets the others run on", async () => {
  const error = new RangeError("first");
  const [failing, running] = [new Future<number>(), new Future<number>()];
  let ended = false;
  const task = createTask(async () => {
    await running;
    ended = true;
  });
  const gathered = gather(task, failing, running);
  failing.setException(error);
  assertStrictEquals(await assertRejects(() => gathered), error);
  assertStrictEquals(gathered.exception(), error);
  assertFalse(running.done());
  assertFalse(gathered.cancel(), "it is done");
  await hostTurn();
  assertFalse(running.done());
  running.setResult(1);
  await task;
  assert(ended);
});

Deno.test("gather() fails with whatever value is thrown, undefined included", async () => {
  for (const thrown of [undefined, null, 0, "text"]) {
    const failing = new Future<number>();
    const gathered = gather(failing, new Future());
    failing.setException(thrown);
    await hostTurn();
    assert(gathered.done());
    assertFalse(gathered.cancelled());
    assertStrictEquals(gathered.exception(), thrown);
  }
});

Deno.test("gather() fails with the CancelledError of a future that somebody else cancels", async () => {
  const [cancelled, running] = [new Future<number>(), new Future<number>()];
  const gathered = gather(running, cancelled);
  cancelled.cancel("by somebody");
  const error = await assertRejects(() => gathered, CancelledError, "by somebody");
  assertFalse(gathered.cancelled());
  assertStrictEquals(gathered.exception(), error);
  assertThrows(() => cancelled.result(), CancelledError);
  assertFalse(running.done());
});

Deno.test("gather() option returnExceptions puts exceptions among the results", async () => {
  needs("gc");
  using reports = collectReports();
  const error = new RangeError("x");
  const thrown = [error, undefined, null, "text"];
  const failing = thrown.map(() => new Future<number>());
  const cancelled = new Future<number>();
  const succeeding = new Future<number>();
  const gathered = gather(...failing, cancelled, succeeding, { returnExceptions: true });
  failing.forEach((future, i) => future.setException(thrown[i]));
  cancelled.cancel("by somebody");
  await hostTurn();
  assertFalse(gathered.done(), "it waits for all");
  succeeding.setResult(42);
  const results = await gathered;
  assertStrictEquals(results[0], error as Error);
  assertEquals(results.slice(1, 4) as unknown[], [undefined, null, "text"]);
  assertInstanceOf(results[4], CancelledError);
  assertEquals(results[4].message, "by somebody");
  assertEquals(results[5], 42);
  await collectGarbage(() => reports.length > 0, 5);
  assertEquals(reports.length, 0);
});

Deno.test("gather() marks later exceptions as retrieved, and reports its own once if nobody looks", async () => {
  needs("finalization");
  using reports = collectReports();
  await (async () => {
    const [one, two] = [new Future<number>(), new Future<number>()];
    const task = createTask(async () => {
      await two.catch(() => {});
      throw new Error("third");
    });
    const gathered = gather(one, two, task);
    one.setException(new Error("first"));
    await assertRejects(() => gathered, Error, "first");
    two.setException(new Error("second"));
    await hostTurn();
  })();
  await hostTurn();
  await collectGarbage(() => reports.length > 0, 10);
  assertEquals(reports.length, 0);

  await (async () => {
    const one = new Future<number>();
    gather(one, new Future());
    one.setException(new Error("not looked at"));
    await hostTurn();
  })();
  await collectGarbage(() => reports.length > 0);
  await collectGarbage(() => reports.length > 1, 5);
  assertEquals(reports.map(({ exception }) => String(exception)), ["Error: not looked at"]);
});

Deno.test("gather() option returnExceptions: run() reports an exception that is not among any results yet", async () => {
  const reports: ExceptionContext[] = [];
  const pending = new Future<void>();
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    const [failing, failed] = [new Future<void>(), new Future<void>()];
    gather(failing, failed, pending, { returnExceptions: true });
    failing.setException(new RangeError("nobody looks"));
    failed.setException(new RangeError("somebody looks"));
    await hostTurn();
    assertThrows(() => failed.result(), RangeError);
  });
  assertEquals(reports.map(({ message, exception }) => [message, String(exception)]), [
    ["Future exception was never retrieved", "RangeError: nobody looks"],
  ]);
  assertFalse(pending.done());
});

// Loop
// ----

Deno.test("gather() on another loop belongs to that loop and runs in its turns alone", () => {
  const loop = makeManualLoop();
  const future = new Future<number>({ loop });
  const gathered = gather(future, returning("generator"));
  assertStrictEquals<unknown>(gathered.getLoop(), loop);
  future.setResult(1);
  assertFalse(gathered.done(), "not before a turn of the loop");
  loop.drain();
  assertEquals(gathered.result(), [1, "generator"]);

  const task = loop.createTask(function* () {
    return yield* gather(sleep(10, { result: "slept" }), returning("generator"));
  });
  loop.drain();
  assertFalse(task.done());
  loop.advance(10);
  loop.drain();
  assertEquals(task.result(), ["slept", "generator"]);

  const cancelled = loop.createTask(function* () {
    return yield* gather(sleep(10), loop.createFuture());
  });
  loop.drain();
  cancelled.cancel("stop");
  loop.drain();
  assertThrows(() => cancelled.result(), CancelledError, "stop");
});

Deno.test("gather() on a closed loop throws and starts nothing", () => {
  const loop = makeManualLoop();
  const future = loop.createFuture<void>();
  loop.close();
  assertThrows(() => gather(future, returning(1)), Error, "Event loop is closed");
  assertEquals(String(future), "<Future pending>");
});

// Context
// -------

Deno.test("gather() runs generators and callbacks in the context of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const seen: unknown[] = [];
  const future = new Future<void>();
  const gathered = variable.run("caller", () => {
    const gathered = gather(
      future,
      (function* () {
        seen.push(variable.get());
        yield;
      })(),
    );
    gathered.addDoneCallback(() => seen.push(variable.get()));
    return gathered;
  });
  variable.run("settler", () => future.setResult());
  await gathered;
  await hostTurn();
  assertEquals(seen, ["caller", "caller"]);
});

// Copies of the module
// --------------------

Deno.test("gather() takes futures of another copy of the module", async () => {
  const copy = await importCopy();
  const foreign = new copy.Future<number>() as unknown as Future<number>;
  const task = copy.createTask(async () => "task") as unknown as Future<string>;
  const own = new Future<boolean>();
  const gathered = gather(foreign, task, own);
  foreign.setResult(1);
  own.setResult(true);
  assertEquals(await gathered, [1, "task", true]);

  const [pending, failing] = [new copy.Future<number>(), new copy.Future<number>()];
  const others = gather(
    pending as unknown as Future<number>,
    failing as unknown as Future<number>,
    { returnExceptions: true },
  );
  pending.cancel("there");
  failing.setException(new RangeError("there"));
  const [cancellation, error] = await others;
  assertInstanceOf(cancellation, copy.CancelledError);
  assertInstanceOf(error, RangeError);

  const cancelled = new copy.Future<number>();
  const waiting = gather(cancelled as unknown as Future<number>);
  assert(waiting.cancel("here"));
  assert(cancelled.cancelled());
  await assertRejects(() => waiting, CancelledError, "here");
});

// Types
// -----

Deno.test("gather() is typed by its arguments", async () => {
  const number = new Future<number>();
  const text = new Future<string>();
  number.setResult(1);
  text.setResult("x");
  const numbers = [number, number];
  const tuple = gather(number, text);
  assertSameType<typeof tuple, Future<[number, string]>>();
  const mixed = gather(returning(true), Promise.resolve(1n), createTask(() => "x"));
  assertSameType<typeof mixed, Future<[boolean, bigint, string]>>();
  const list = gather(...numbers);
  assertSameType<typeof list, Future<number[]>>();
  const none = gather();
  assertSameType<typeof none, Future<[]>>();
  const outcomes = gather(number, text, { returnExceptions: true });
  assertSameType<typeof outcomes, Future<[number | Error, string | Error]>>();
  const asBefore = gather(number, text, { returnExceptions: false });
  assertSameType<typeof asBefore, Future<[number, string]>>();
  const withSignal = gather(number, { signal: new AbortController().signal });
  assertSameType<typeof withSignal, Future<[number]>>();
  const perhaps: GatherOptions = {};
  const either = gather(number, perhaps);
  assertSameType<typeof either, Future<[number | Error]>>();
  const listOutcomes = gather(...numbers, { returnExceptions: true });
  assertSameType<typeof listOutcomes, Future<(number | Error)[]>>();

  assertEquals(
    await gather(tuple, mixed, list, none, outcomes, asBefore, withSignal, either, listOutcomes),
    [
      [1, "x"],
      [true, 1n, "x"],
      [1, 1],
      [],
      [1, "x"],
      [1, "x"],
      [1],
      [1],
      [1, 1],
    ],
  );
  for (
    const wrong of [
      // @ts-expect-error: a list is to be spread
      () => gather([number, text]),
      // @ts-expect-error: a function is to be called
      () => gather(async () => 1),
      // @ts-expect-error: the options come last
      () => gather({ returnExceptions: true }, number),
      // @ts-expect-error: undefined cannot be waited for
      () => gather(number, undefined),
    ]
  ) assertThrows(wrong, TypeError, "Cannot gather ");
  // @ts-expect-error: no such option
  gather(number, { timeout: 1 });
  // @ts-expect-error: the result is a tuple
  const wrong: Future<string[]> = tuple;
  assertStrictEquals(wrong, tuple);
});

// Misuse
// ------

Deno.test("gather() refuses arguments that cannot be awaited, and starts none of the others", async () => {
  const future = new Future<void>();
  let started = false;
  const generator = (function* () {
    started = true;
    yield;
  })();
  const before = allTasks().size;
  const cases: [unknown, string][] = [
    [5, "Cannot gather the awaitable as it is no future, generator or promise: received 5"],
    [null, "Cannot gather the awaitable as it is no future, generator or promise: received null"],
    [
      undefined,
      "Cannot gather the awaitable as it is no future, generator or promise: received undefined",
    ],
    [
      "text",
      'Cannot gather the awaitable as it is no future, generator or promise: received "text"',
    ],
    [
      [future],
      "it is no future, generator or promise (write `...` before it): received [<Future pending>]",
    ],
    [new Set([future]), "promise (write `...` before it): received [Set]"],
    [
      async function main() {},
      "Cannot gather the awaitable as it is no future, generator or promise (use createTask): received [Function main]",
    ],
    [{ signal: 5 }, "Cannot use the signal as it is no AbortSignal: received 5"],
    [{ signal: null }, "Cannot use the signal as it is no AbortSignal: received null"],
    [
      new AbortController().signal,
      "Cannot gather the awaitable as it is no future, generator or promise (write `{ signal }`): received ",
    ],
  ];
  for (const [wrong, message] of cases) {
    assertThrows(() => gather(generator, future, wrong as never), TypeError, message);
  }
  for (const [wrong, message] of cases.slice(0, 7)) {
    assertThrows(() => gather(generator, wrong as never, future), TypeError, message);
  }
  assertThrows(
    () => gather(generator, {} as never, future),
    TypeError,
    "Cannot gather the awaitable as it is no future, generator or promise (options come last): received {}",
  );
  assertEquals(String(future), "<Future pending>");
  assertEquals(allTasks().size, before);
  await hostTurn();
  assertFalse(started);
  assertEquals(await gather(generator), [undefined], "the generator can still be used");
});

Deno.test("gather() refuses a generator that a task runs already, and starts none of the others", async () => {
  const driven = returning(1);
  const task = createTask(driven);
  const before = allTasks().size;
  let started = false;
  const fresh = (function* () {
    started = true;
    yield;
  })();
  assertThrows(
    () => gather(fresh, driven),
    TypeError,
    "Cannot gather the awaitable as another task runs the generator already: received ",
  );
  assertEquals(allTasks().size, before);
  await task;
  await hostTurn();
  assertFalse(started);
  assertEquals(await gather(fresh), [undefined], "the generator can still be used");
});

// Leaks
// -----

Deno.test("gather() leaves no callback on what it waited for", async () => {
  const future = new Future<number>();
  const gathered = gather(future, Promise.resolve());
  future.setResult(1);
  await gathered;
  assertEquals(String(future), "<Future finished result=1>");
  assertEquals(String(gathered), "<Future finished result=[1, undefined]>");
});

Deno.test("gather() that failed leaves one small callback on what is still pending, however often", async () => {
  const copy = await importCopy();
  const own = new Future<number>();
  const foreign = new copy.Future<number>() as unknown as Future<number>;
  using reports = collectReports();
  for (let i = 0; i < 3; i++) {
    const failing = new Future<never>();
    const gathered = gather(own, failing, foreign, own);
    own.addDoneCallback(function mine() {});
    failing.setException(new RangeError("no such host"));
    await assertRejects(() => gathered, RangeError);
    await assertRejects(() => gather(own, failing), RangeError);
  }
  const callbacks = (future: Future<unknown>) => /cb=\[(.*)\]/.exec(String(future))?.[1];
  assertEquals(callbacks(own)?.split(", ").toSorted(), ["<2 more>", "gather", "mine"]);
  assertEquals(callbacks(foreign), "outcomeOf");
  own.setException(new Error("later"));
  foreign.setException(new Error("later"));
  await hostTurn();
  if (has.finalization) await collectGarbage(() => reports.length > 0, 5);
  assertEquals(reports.length, 0);
});

Deno.test("gather() that failed keeps no memory on what is pending for long", async () => {
  needs("heapSize");
  const shutdown = new Future<void>();
  const bytes = await bytesPerRound(50, async () => {
    const failing = new Future<never>();
    const gathered = gather(shutdown, failing);
    failing.setException(new Error("x"));
    await gathered.catch(() => {});
  });
  assertLess(bytes, 50);
  assertFalse(shutdown.done());
});
