import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  createTask,
  ensureFuture,
  Future,
  getEventLoop,
  newEventLoop,
  sleep,
  Task,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { foreignAborts, untilAborted } from "../helpers/foreign_aborts.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn, microtasks, until, withResolvers } from "../helpers/turns.ts";

// Result and failure
// ------------------

Deno.test("ensureFuture() returns a future as it is", () => {
  const future = new Future<number>();
  const same: Future<number> = ensureFuture(future);
  assertStrictEquals(same, future);
  const task: Task<number> = new Task(() => 1);
  const sameTask: Task<number> = ensureFuture(task);
  assertStrictEquals(sameTask, task);
});

Deno.test("ensureFuture() makes a task of a generator coroutine", async () => {
  const task: Task<number> = ensureFuture((function* () {
    yield;
    return 1;
  })());
  assertInstanceOf(task, Task);
  assertEquals(await task, 1);
});

Deno.test("ensureFuture() makes a future of a promise, with its result, error or cancellation", async () => {
  const future: Future<number> = ensureFuture(Promise.resolve(1));
  assertFalse(future.done());
  assertEquals(await future, 1);
  const error = new RangeError("x");
  assertStrictEquals(await assertRejects(() => ensureFuture(Promise.reject(error))), error);
  const rejected = ensureFuture(Promise.reject(new CancelledError("theirs")));
  await assertRejects(() => rejected, CancelledError, "theirs");
  assert(rejected.cancelled());
});

Deno.test("ensureFuture() makes a future of any thenable, and keeps its first outcome", async () => {
  const thenable = {
    then(resolve: (value: number) => void, reject: (reason: unknown) => void) {
      resolve(1);
      resolve(2);
      reject(3);
    },
  } as PromiseLike<number>;
  assertEquals(await ensureFuture(thenable), 1);
  const broken = {
    then() {
      throw new RangeError("x");
    },
  } as PromiseLike<number>;
  await assertRejects(() => ensureFuture(broken), RangeError);
});

Deno.test("ensureFuture() takes a function with a then method, and no object with another then", async () => {
  const callable = Object.assign(() => {}, {
    then: (resolve: (value: number) => void) => resolve(1),
  });
  assertEquals(await ensureFuture(callable as unknown as PromiseLike<number>), 1);
  assertThrows(
    () => ensureFuture({ then: 1 } as never),
    TypeError,
    "it is no future, generator or promise",
  );
});

// Cancellation
// ------------

Deno.test("ensureFuture() leaves a cancelled future as it is, whatever the promise does", async () => {
  using reports = collectReports();
  for (const promise of [Promise.resolve(1), Promise.reject(new Error("x"))]) {
    const future = ensureFuture(promise);
    future.cancel("ours");
    await microtasks();
    assertThrows(() => future.result(), CancelledError, "ours");
  }
  assertEquals(reports.length, 0);
});

Deno.test("ensureFuture() does not report a late rejection, which its maker may have handled", async () => {
  using reports = collectReports();
  const handled: unknown[] = [];
  const task = createTask(async () => {
    const { promise: query, reject: stop } = withResolvers<void>();
    try {
      await ensureFuture(query);
    } finally {
      stop(new Error("the query was stopped"));
      await query.catch((error) => handled.push(error));
    }
  });
  await hostTurn();
  task.cancel("enough");
  await assertRejects(() => task, CancelledError, "enough");
  await hostTurn();
  assertEquals([handled.map(String), reports.length], [["Error: the query was stopped"], 0]);
});

Deno.test("ensureFuture() reports a late rejection in debug mode, but no abort or cancellation", async () => {
  using reports = collectReports();
  const late = new RangeError("late");
  const loop = getEventLoop();
  loop.setDebug(true);
  try {
    for (const error of [late, new DOMException("x", "AbortError"), new CancelledError("x")]) {
      const { promise, reject } = withResolvers<void>();
      ensureFuture(promise).cancel();
      reject(error);
    }
    await hostTurn();
  } finally {
    loop.setDebug(false);
  }
  assertEquals(
    reports.map(({ message, exception }) => [message, exception]),
    [["Promise was rejected after its future was done", late]],
  );
});

Deno.test("ensureFuture() reports no later rejection with the error of a library that was aborted", async () => {
  const loop = newEventLoop();
  loop.setDebug(true);
  using reports = collectReports(loop);
  for (const [, make] of foreignAborts) {
    const controller = new AbortController();
    const future = ensureFuture(untilAborted(controller.signal, make), { loop });
    future.signal.addEventListener("abort", () => controller.abort(future.signal.reason));
    future.cancel();
  }
  await hostTurn();
  assertEquals(reports.length, 0);
});

Deno.test("ensureFuture() reports the abort error of a promise whose future was settled otherwise", async () => {
  const loop = newEventLoop();
  loop.setDebug(true);
  using reports = collectReports(loop);
  const error = new DOMException("stopped", "AbortError");
  const future = ensureFuture(Promise.reject(error), { loop });
  future.setResult(undefined as never);
  await hostTurn();
  assertEquals(reports.map(({ exception }) => exception), [error]);
});

// Option onLate
// -------------

Deno.test("ensureFuture() option onLate gets a result that comes after the cancellation, once", async () => {
  const late: string[] = [];
  const onLate = (result: string) => late.push(result);
  const { promise, resolve } = withResolvers<string>();
  const future = ensureFuture(promise, { onLate });
  assertSameType<typeof future, Future<string>>();
  future.cancel();
  resolve("connection");
  await microtasks();
  assertEquals(late, ["connection"]);
  assert(future.cancelled());

  const thenable = {
    then(resolve: (value: string) => void) {
      resolve("of a thenable");
      resolve("again");
    },
  } as PromiseLike<string>;
  ensureFuture(thenable, { onLate }).cancel();
  await microtasks();
  const settled = ensureFuture(Promise.resolve("of a settled future"), { onLate });
  settled.setResult("by hand");
  await microtasks();
  assertEquals(late, ["connection", "of a thenable", "of a settled future"]);
  assertEquals(settled.result(), "by hand");
});

Deno.test("ensureFuture() option onLate is not called in time, for a rejection or for a future", async () => {
  using reports = collectReports();
  const late: unknown[] = [];
  const onLate = (result: unknown) => late.push(result);
  assertEquals(await ensureFuture(Promise.resolve(1), { onLate }), 1);
  const future = ensureFuture(Promise.resolve(2), { onLate });
  await microtasks();
  assertFalse(future.cancel());
  assertEquals(future.result(), 2, "nobody waited, so it stays in the future");
  const broken = {
    then() {
      throw new RangeError("x");
    },
  } as PromiseLike<number>;
  for (const promise of [Promise.reject(new RangeError("x")), broken]) {
    ensureFuture(promise, { onLate }).cancel();
  }
  const task = createTask(() => sleep(0, { result: 3 }));
  assertStrictEquals(ensureFuture(task, { onLate }), task);
  task.cancel();
  await hostTurn();
  assertEquals([late, reports.length], [[], 0]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`ensureFuture() option onLate gets what is cancelled at any microtask of a coroutine (${kind})`, async () => {
    // A connection that is there already, and one that comes after some microtasks.
    for (const delay of [0, 1, 3]) {
      for (let turns = 0; turns < 12; turns++) {
        let open = 0;
        const connect = async () => {
          for (let i = 0; i < delay; i++) await undefined;
          open++;
        };
        const onLate = () => open--;
        const connectByCallback = () => {
          const future = new Future<void>();
          // What a future has before anybody waits for it is still reached through that future.
          microtasks(2).then(connect).then(() => future.done() ? open-- : future.setResult());
          return future;
        };
        const ways = [
          () => ensureFuture(delay ? connect() : (open++, Promise.resolve()), { onLate }),
          () => waitFor(delay ? connect() : (open++, Promise.resolve()), 60_000, { onLate }),
          () => waitFor(ensureFuture(connect(), { onLate }), 60_000),
          () => waitFor(waitFor(connect(), null, { onLate }), 60_000),
          () => waitFor(connectByCallback(), null, { onLate }),
        ];
        for (const [i, way] of ways.entries()) {
          const task = createTask(coroutine(function* (wait) {
            yield* wait(way());
            try {
              yield* wait(new Future<void>());
            } finally {
              open--;
            }
          }));
          await microtasks(turns);
          task.cancel();
          await assertRejects(() => task, CancelledError);
          await microtasks();
          assertEquals(open, 0, `way ${i}, delay ${delay}, after ${turns} turns`);
        }
      }
    }
  });

  Deno.test(`ensureFuture() option onLate is called unless another coroutine (${kind}) has the result`, async () => {
    const ends = new Set<string>();
    for (let turns = 0; turns < 12; turns++) {
      for (const cancelled of [[0], [1], [0, 1]]) {
        const late: number[] = [];
        const { promise, resolve } = withResolvers<number>();
        const future = ensureFuture(promise, { onLate: (result) => late.push(result) });
        let taken = 0;
        const start = () =>
          createTask(coroutine(function* (wait) {
            yield* wait(future);
            taken++;
          }));
        const tasks = [start(), start()];
        await hostTurn();
        resolve(1);
        await microtasks(turns);
        for (const i of cancelled) tasks[i]!.cancel();
        await hostTurn();
        assertEquals(late.length, taken > 0 ? 0 : 1, `${cancelled} after ${turns} turns`);
        ends.add(`${future.cancelled() ? "cancelled" : "done"}, ${taken} taken`);
      }
    }
    assertEquals([...ends].sort(), [
      "cancelled, 0 taken",
      "done, 0 taken",
      "done, 1 taken",
      "done, 2 taken",
    ]);
  });
}

Deno.test("ensureFuture() option onLate is not called for a task that comes later than the result", async () => {
  const late: number[] = [];
  const future = ensureFuture(Promise.resolve(1), { onLate: (result) => late.push(result) });
  const first = createTask(async () => await future);
  const second = createTask(async () => {
    await hostTurn();
    return await future;
  });
  await microtasks();
  second.cancel();
  await assertRejects(() => second, CancelledError);
  assertEquals([await first, late], [1, []]);
});

Deno.test("ensureFuture() option onLate is called in the context of the caller, on the loop", async () => {
  const variable = new AsyncContext.Variable<string>();
  const loop = newEventLoop();
  const seen: unknown[] = [];
  const { promise, resolve } = withResolvers<number>();
  const future = variable.run("of the caller", () =>
    ensureFuture(promise, {
      loop,
      onLate: (result) => seen.push(result, variable.get(), getEventLoop() === loop),
    }));
  future.cancel();
  variable.run("of the maker", () => resolve(1));
  await microtasks();
  assertEquals(seen, [1, "of the caller", true]);
});

Deno.test("ensureFuture() option onLate is called though the loop is closed, which it does not use then", async () => {
  const loop = newEventLoop();
  const { promise, resolve } = withResolvers<string>();
  const seen: unknown[] = [];
  const future = ensureFuture(promise, {
    loop,
    onLate: async (result) => {
      await sleep(0);
      seen.push(result);
    },
  });
  future.cancel();
  loop.close();
  resolve("connection");
  await hostTurn();
  await hostTurn();
  assertEquals(seen, ["connection"]);
});

Deno.test("ensureFuture() reports what its option onLate throws, or what it returns fails with", async () => {
  const loop = newEventLoop();
  using reports = collectReports(loop);
  const fail = () => {
    throw new RangeError("cannot give back");
  };
  const returned: unknown[] = [];
  const ways: ((result: string) => unknown)[] = [
    fail,
    async () => fail(),
    () => returned[0] = createTask(fail),
    () => ({ then: fail }),
    () => ({
      get then() {
        return fail();
      },
    }),
    // Not a failure.
    () => createTask(() => sleep(60_000)).cancel(),
    () => {
      const cancelled = new Future();
      cancelled.cancel();
      return cancelled;
    },
  ];
  const futures: unknown[] = ways.map((onLate) => {
    const future = ensureFuture(Promise.resolve("connection"), { loop, onLate });
    future.cancel();
    return future;
  });
  await until(() => reports.length >= 5);
  await hostTurn();
  assertEquals(
    reports.map(({ exception, future }) => [String(exception), futures.indexOf(future!)]).sort(),
    [0, 1, 2, 3, 4].map((i) => ["RangeError: cannot give back", i]),
  );
  assert(reports.every(({ message }) => message.startsWith("Exception in callback ")));
});

Deno.test("ensureFuture() option onLate that cancels and awaits disturbs neither its task nor the others", async () => {
  const log: string[] = [];
  const { promise, resolve } = withResolvers<string>();
  const task: Task<void> = createTask(async () => {
    try {
      await ensureFuture(promise, {
        onLate(result) {
          log.push(result);
          task.cancel("again");
          return createTask(async () => {
            await sleep(0);
            log.push("given back");
          });
        },
      });
    } finally {
      log.push("clean");
    }
  });
  await hostTurn();
  promise.then(() => task.cancel("once"));
  resolve("connection");
  await assertRejects(() => task, CancelledError, "once");
  await hostTurn();
  await hostTurn();
  assertEquals(log.sort(), ["clean", "connection", "given back"]);
});

Deno.test("ensureFuture() keeps neither its future nor its option onLate alive", async () => {
  needs("gc");
  const kept: WeakRef<object>[] = [];
  const start = (promise: Promise<void>) => {
    const onLate = () => {};
    const future = ensureFuture(promise, { onLate });
    kept.push(new WeakRef(onLate), new WeakRef(future));
    return future;
  };
  await (async () => {
    await start(Promise.resolve());
    start(new Promise(() => {}));
    start(new Promise(() => {})).cancel();
  })();
  const collected = () => kept.every((ref) => ref.deref() === undefined);
  await collectGarbage(collected);
  assert(collected());
});

// Loop
// ----

Deno.test("ensureFuture() uses the loop it is given", () => {
  const loop = makeManualLoop();
  assertStrictEquals(ensureFuture(Promise.resolve(), { loop }).getLoop(), loop);
  const task = ensureFuture(
    (function* () {
      yield;
      return 1;
    })(),
    { loop },
  );
  loop.drain();
  assertEquals(task.result(), 1);
});

// Misuse
// ------

Deno.test("ensureFuture() refuses values that cannot be waited for, and bad options", () => {
  const ensure = ensureFuture as (value: unknown, options?: unknown) => unknown;
  assertThrows(
    () => ensure(async function load() {}),
    TypeError,
    "Cannot ensure a future as it is no future, generator or promise (use createTask): " +
      "received [Function load]",
  );
  for (const value of [3, null, undefined, {}, (async function* () {})()]) {
    assertThrows(
      () => ensure(value),
      TypeError,
      "as it is no future, generator or promise: received ",
    );
  }
  assertThrows(() => ensure(new Future(), 3), TypeError, "options are no object");
  assertThrows(() => ensure(new Future(), { loop: 3 }), TypeError, "no event loop");
  assertThrows(
    () => ensure(Promise.resolve(), { onLate: 3 }),
    TypeError,
    "Cannot ensure a future as the option onLate is no function: received 3",
  );
  assertThrows(
    () => ensure(Promise.resolve(), { onLate: function* () {} }),
    TypeError,
    "as the option onLate is a generator function",
  );
});
