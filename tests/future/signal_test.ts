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
  asCompleted,
  CancelledError,
  createTask,
  Future,
  gather,
  getEventLoop,
  run,
  shield,
  sleep,
  Task,
  taskGroup,
  timeout,
  timeoutAt,
  wait,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { cancelled, doneAndCancelled, withResult } from "../helpers/futures.ts";
import { heapUsed } from "../helpers/garbage.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { serveNothing } from "../helpers/programs.ts";
import { collectReports } from "../helpers/reports.ts";
import { StubbornTask } from "../helpers/stubborn.ts";
import { hostTurn, leastOf, microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Option `signal`
// ---------------

Deno.test("Future option signal cancels the future, with the signal's reason", () => {
  const controller = new AbortController();
  const future = new Future({ signal: controller.signal });
  assertFalse(future.done());
  controller.abort("too slow");
  assertThrows(() => future.result(), CancelledError, "too slow");
  const other = new AbortController();
  const second = new Future({ signal: other.signal });
  other.abort();
  const error = assertThrows(() => second.result(), CancelledError);
  assertStrictEquals(error.cause, other.signal.reason);
});

Deno.test("Option signal has its reason thrown as the cause, and by signal.throwIfAborted() in a catch", async () => {
  const starts: ((signal: AbortSignal) => PromiseLike<unknown>)[] = [
    (signal) => new Future({ signal }),
    (signal) => createTask(() => new Future(), { signal }),
    (signal) => sleep(60_000, { signal }),
    (signal) => waitFor(new Future(), 60_000, { signal }),
    (signal) => gather(new Future(), { signal }),
    (signal) => shield(new Future(), { signal }),
    (signal) => wait([new Future()], { signal }),
    (signal) => [...asCompleted([new Future()], { signal })][0]!,
    (signal) => timeout(60_000, () => new Future(), { signal }),
    (signal) => taskGroup(() => new Future(), { signal }),
    (signal) => run(() => new Future(), { signal }),
  ];
  for (const start of starts) {
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = (async () => {
      try {
        await start(signal);
      } catch (error) {
        assertInstanceOf(error, CancelledError);
        assertStrictEquals(error.cause, signal.reason);
        signal.throwIfAborted();
        throw error;
      }
    })();
    await microtasks();
    controller.abort();
    const error = await assertRejects(() => waiting, DOMException);
    assertEquals(error.name, "AbortError");
  }
});

Deno.test("Future option signal cancels at once if the signal is aborted already", () => {
  const future = new Future({ signal: AbortSignal.abort("before") });
  assert(future.cancelled());
  assertThrows(() => future.result(), CancelledError, "before");
});

Deno.test("Future option signal leaves a future alone that is done", () => {
  const controller = new AbortController();
  const future = new Future<number>({ signal: controller.signal });
  future.setResult(1);
  controller.abort();
  assertEquals(future.result(), 1);
});

Deno.test("Future option signal cancels all futures of the signal, in order", async () => {
  const controller = new AbortController();
  const order: number[] = [];
  const futures = Array.from({ length: 10 }, (_, i) => {
    const future = new Future<void>({ signal: controller.signal });
    future.addDoneCallback(() => order.push(i));
    return future;
  });
  controller.abort("all of you");
  assert(futures.every((future) => future.cancelled()));
  await microtasks();
  assertEquals(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("Future option signal cancels at once in a listener of the abort", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const seen: boolean[] = [];
  signal.addEventListener("abort", () => seen.push(new Future<void>({ signal }).cancelled()));
  const future = new Future<void>({ signal });
  controller.abort();
  assertEquals(seen, [true]);
  assert(future.cancelled());
});

Deno.test("Future option signal serves futures that are made or settled during the abort", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const late: Future<void>[] = [];
  const first = new Future<void>({ signal });
  const second = new Future<void>({ signal });
  const third = new Future<number>({ signal });
  first.signal.addEventListener("abort", () => {
    late.push(new Future<void>({ signal }));
    third.setResult(1);
  });
  controller.abort("now");
  assert(first.cancelled() && second.cancelled() && late[0]!.cancelled());
  assertEquals(third.result(), 1);
});

Deno.test("Future option signal cancels all futures, though the cancel() of a subclass throws", () => {
  class Stubborn extends Future<void> {
    override cancel(reason?: unknown): boolean {
      throw new Error(`never, though ${reason}`);
    }
  }
  const { controller, signal, listeners } = makeCountingSignal();
  const stubborn = [new Stubborn({ signal }), new Stubborn({ signal })];
  const future = new Future<void>({ signal });
  using reports = collectReports();
  controller.abort("late");
  stubborn.push(new Stubborn({ signal })); // The signal is aborted already.
  assert(future.cancelled());
  for (const future of stubborn) assertThrows(() => future.result(), CancelledError, "late");
  assertEquals(listeners.size, 0);
  assertEquals(
    reports.map(({ message, exception, future }) => [message, String(exception), future]),
    stubborn.map((future) => ["Cannot cancel the future", "Error: never, though late", future]),
  );
});

Deno.test("Task option signal cancels the task, though the cancel() of a subclass throws", async () => {
  using reports = collectReports();
  const controller = new AbortController();
  const { signal } = controller;
  const task = new StubbornTask(() => sleep(60_000), { signal });
  await microtasks();
  controller.abort("late");
  await assertRejects(async () => await task, CancelledError, "late");
  let hasRun = false;
  const next = new StubbornTask(() => hasRun = true, { signal });
  await assertRejects(async () => await next, CancelledError, "late");
  assertFalse(hasRun);
  assertEquals(reports.map(({ future }) => future), [task, next]);
});

Deno.test("Future option signal ignores an abort event that is dispatched without an abort", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const future = new Future<void>({ signal });
  signal.dispatchEvent(new Event("abort"));
  await microtasks();
  assertFalse(future.done());
  assertEquals(listeners.size, 1);
  const next = new Future<void>({ signal });
  controller.abort("for real");
  assert(future.cancelled());
  assert(next.cancelled());
  assertEquals(listeners.size, 0);
});

Deno.test("Task option signal cancels once if an abort event is dispatched before the abort", async () => {
  const controller = new AbortController();
  let left: number | undefined;
  const task: Task<void> = createTask(async () => {
    await sleep(60_000).catch(() => {});
    left = task.uncancel();
  }, { signal: controller.signal });
  await microtasks();
  controller.signal.dispatchEvent(new Event("abort"));
  controller.abort();
  await task;
  assertEquals(left, 0);
});

Deno.test("Future option signal cancels a chain of any length inside the first cancel(), in order", async () => {
  for (const length of [20_000, 60]) {
    const controller = new AbortController();
    const order: number[] = [];
    const futures: Future<unknown>[] = [];
    for (let i = 0; i < length; i++) {
      const future = new Future({ signal: futures[i - 1]?.signal ?? controller.signal });
      future.addDoneCallback(() => order.push(i));
      futures.push(future);
    }
    if (length === 60) futures[0]!.cancel("now");
    else controller.abort("now");
    assert(futures.every((future) => future.cancelled()));
    assertThrows(() => futures.at(-1)!.result(), CancelledError, "now");
    await hostTurn();
    assertEquals(order, futures.map((_, i) => i));
  }
});

Deno.test("Future option signal cancels a chain of futures, tasks and gathers inside the first cancel()", () => {
  const makers = [
    (signal: AbortSignal) => new Future<unknown>({ signal }),
    (signal: AbortSignal) => createTask(() => sleep(60_000), { signal }),
    (signal: AbortSignal) => gather(new Future<unknown>(), { signal }),
  ];
  const first = new Future<unknown>();
  const chain: Future<unknown>[] = [first];
  for (let i = 0; i < 3_000; i++) chain.push(makers[i % 3]!(chain.at(-1)!.signal));
  first.cancel();
  assert(chain.every((future) => future.signal.aborted));
});

// Property `signal`
// -----------------

Deno.test("Future.signal aborts synchronously in cancel(), when the future is done", () => {
  const future = new Future();
  const { signal } = future;
  assertStrictEquals(future.signal, signal);
  assertFalse(signal.aborted);
  let seen: unknown[] = [];
  signal.addEventListener("abort", () => {
    seen = [...doneAndCancelled(future), future.cancel("again"), signal.reason];
  });
  future.cancel("why");
  assertEquals(seen.slice(0, 3), [true, true, false]);
  assertInstanceOf(seen[3], CancelledError);
  assertEquals(seen[3].message, "why");
});

Deno.test("Future.signal is aborted if it is first read after cancel()", () => {
  const future = cancelled("why");
  assert(future.signal.aborted);
  assertStrictEquals(future.signal.reason, assertThrows(() => future.result()));
});

Deno.test("Future.signal never aborts after a result", () => {
  const future = new Future<number>();
  const { signal } = future;
  future.setResult(1);
  future.cancel();
  assertFalse(signal.aborted);
  assertFalse(future.signal.aborted);
  assertFalse(withResult(1).signal.aborted);
});

Deno.test("Future.signal stops a fetch when the future is cancelled", async () => {
  needs("servers");
  await using server = serveNothing();
  const reply = new Future<void>();
  const fetching = fetch(server.url, { signal: reply.signal });
  await server.requested;
  reply.cancel("not needed");
  assertStrictEquals(await assertRejects(() => fetching), reply.signal.reason);
});

// Misuse
// ------

Deno.test("Future option signal refuses an object that lacks any part of an AbortSignal", () => {
  const whole = { aborted: false, addEventListener() {}, removeEventListener() {} };
  for (const name of Object.keys(whole)) {
    const signal = { ...whole, [name]: undefined } as unknown as AbortSignal;
    assertThrows(() => new Future({ signal }), TypeError, "it is no AbortSignal: received ");
  }
  assertThrows(() => new Future({ signal: null as never }), TypeError, "received null");
});

Deno.test("Future option signal passes on, each time, that a signal takes no listeners", () => {
  const signal = {
    aborted: false,
    addEventListener() {
      throw new RangeError("no listeners");
    },
    removeEventListener() {},
  };
  for (let i = 0; i < 2; i++) {
    assertThrows(() => new Future({ signal } as never), RangeError, "no listeners");
  }
});

Deno.test("Option signal that takes no listener makes each call throw, and nothing is begun", async () => {
  let begun = 0;
  const begin = () => void begun++;
  const future = new Future<void>();
  const calls: Record<string, (given: Generator<unknown, void>, signal: AbortSignal) => unknown> = {
    "new Future()": (_, signal) => new Future({ signal }),
    "new Task()": (_, signal) => new Task(begin, { signal }),
    "new Task() of a generator": (given, signal) => new Task(given, { signal }),
    "new Task() that starts at once": (_, signal) => new Task(begin, { signal, eagerStart: true }),
    "createTask()": (given, signal) => createTask(given, { signal }),
    "gather()": (given, signal) => gather(future, given, { signal }),
    "waitFor()": (given, signal) => waitFor(given, 60_000, { signal }),
    "waitFor() of a future": (_, signal) => waitFor(future, 0, { signal }),
    "wait()": (_, signal) => wait([future], { timeout: 60_000, signal }),
    "asCompleted()": (given, signal) => asCompleted([future, given], { timeout: 60_000, signal }),
    "shield()": (given, signal) => shield(given, { signal }),
    "shield() of a future": (_, signal) => shield(future, { signal }),
    "sleep()": (_, signal) => sleep(60_000, { signal }),
    "sleep(0)": (_, signal) => sleep(0, { signal }),
    "timeout()": (_, signal) => timeout(60_000, begin, { signal }),
    "timeoutAt()": (_, signal) => timeoutAt(getEventLoop().time() + 60_000, begin, { signal }),
    "taskGroup()": (_, signal) => taskGroup(begin, { signal }),
    "run()": (given, signal) => run(given, { signal }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { signal, listeners } = makeCountingSignal();
    const { addEventListener } = signal;
    signal.addEventListener = () => {
      signal.addEventListener = addEventListener;
      throw new RangeError("no listeners");
    };
    const given = (function* () {
      begin();
    })();
    const left = await leftOver(async () => {
      assertThrows(() => call(given, signal), RangeError, "no listeners", name);
      await hostTurn();
    });
    assertEquals(
      [left, begun, allTasks().size, String(future)],
      [0, 0, 0, "<Future pending>"],
      name,
    );
    assertEquals(listeners.size, 0, name);
    await createTask(given);
    assertEquals(begun, 1, name);
    begun = 0;
  }
});

Deno.test("Option signal has no listener left when a call fails later than at the signal", async () => {
  const { signal, listeners } = makeCountingSignal();
  const loop = makeManualLoop();
  loop.createTask = loop.callSoon = () => {
    throw new RangeError("no more room");
  };
  const future = loop.createFuture<void>();
  const begin = function* () {};
  const calls = [
    () => new Task(begin(), { loop, signal }),
    () => gather(future, begin(), { signal }),
    () => asCompleted([future, begin()], { signal }),
  ];
  for (const call of calls) {
    assertThrows(call, RangeError, "no more room");
    await microtasks();
    assertEquals(listeners.size, 0);
  }
});

Deno.test("asCompleted() option signal that takes no listener for a step ends the loop", async () => {
  const { signal, listeners } = makeCountingSignal();
  const future = new Future<void>();
  const left = await leftOver(async () => {
    for (const kind of ["for", "for await"]) {
      const completions = asCompleted([future], { timeout: 60_000, signal });
      await microtasks();
      const { addEventListener } = signal;
      signal.addEventListener = () => {
        signal.addEventListener = addEventListener;
        throw new RangeError("no listeners");
      };
      await assertRejects(async () => {
        if (kind === "for") { for (const _ of completions); }
        else for await (const _ of completions);
      }, RangeError);
      assertEquals(String(future), "<Future pending>");
    }
  });
  assertEquals([left, listeners.size], [0, 0]);
});

Deno.test("Future option signal may refuse to remove its listener, which does nothing later", () => {
  const { controller, signal } = makeCountingSignal();
  signal.removeEventListener = () => {
    throw new RangeError("no removal");
  };
  const future = new Future<number>({ signal });
  future.setResult(1);
  assertEquals(future.result(), 1);
  const next = new Future<void>({ signal });
  controller.abort();
  assert(next.cancelled());
});

// Leaks
// -----

Deno.test("Future option signal adds a single listener, removed after the last future", () => {
  const { signal, listeners, added } = makeCountingSignal();
  const futures = Array.from({ length: 1_000 }, () => new Future<void>({ signal }));
  assertEquals([listeners.size, added()], [1, 1]);
  for (const future of futures.slice(1)) future.setResult();
  assertEquals([listeners.size, added()], [1, 1]);
  futures[0]!.setResult();
  assertEquals([listeners.size, added()], [0, 1]);
  const again = new Future<void>({ signal });
  assertEquals([listeners.size, added()], [1, 2]);
  again.cancel();
  assertEquals(listeners.size, 0);
});

virtual.test("Future option signal removes the listener after each outcome, and for tasks", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const failed = new Future<void>({ signal });
  failed.setException(new Error("x"));
  failed.exception();
  assertEquals(listeners.size, 0);
  await createTask(() => sleep(0, { signal }), { signal });
  assertEquals(listeners.size, 0);
  const task = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await sleep(1);
    }
  }, { signal });
  new Future<void>({ signal });
  await sleep(1);
  assertEquals(listeners.size, 1);
  controller.abort();
  assertEquals(listeners.size, 0);
  await assertRejects(() => task, CancelledError);
});

Deno.test("Future option signal keeps no memory for futures that are done", async () => {
  needs("heapSize");
  const { signal } = new AbortController();
  const anchor = new Future<void>({ signal });
  const use = (count: number) => {
    for (let i = 0; i < count; i++) new Future<void>({ signal }).setResult();
    return heapUsed();
  };
  await use(10_000);
  const before = await use(10_000);
  const after = await use(200_000);
  assertLess(after - before, 2_000_000, "ten bytes for each future would be as much");
  anchor.setResult();
});

Deno.test("Future option signal costs under two microseconds a future, to add and to remove", async () => {
  const { signal } = new AbortController();
  const count = 100_000;
  const measure = async () => {
    const bare: number[] = [];
    const linked: number[] = [];
    for (let round = 0; round < 7; round++) {
      for (const [times, options] of [[bare, {}], [linked, { signal }]] as const) {
        const futures: Future<void>[] = [];
        const start = performance.now();
        for (let i = 0; i < count; i++) futures.push(new Future<void>(options));
        for (const future of futures) future.setResult();
        times.push(performance.now() - start);
      }
    }
    return (Math.min(...linked) - Math.min(...bare)) * 1_000 / count;
  };
  assertLess(await leastOf(2, measure), 2, "adding and removing together");
});
