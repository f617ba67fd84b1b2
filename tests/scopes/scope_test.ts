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
  currentTask,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  run,
  sleep,
  Task,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
  timeoutAt,
  TimeoutError,
} from "../../mod.ts";
import { runVirtual } from "../../testing.ts";
import { needs } from "../helpers/capabilities.ts";
import { endless, failing } from "../helpers/coroutines.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { passTime, passUntilDone } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { FAILED, outcome, TIMED_OUT } from "../helpers/outcome.ts";
import { hostTurn } from "../helpers/turns.ts";

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() runs the body at once until it first waits (${kind})`, async () => {
    const log: string[] = [];
    const future = timeout(
      null,
      coroutine(function* (wait) {
        log.push("started");
        assertStrictEquals(getRunningLoop(), getEventLoop());
        assertInstanceOf(currentTask(), Task);
        yield* wait(sleep(0));
        log.push("went on");
      }),
    );
    log.push("returned");
    await future;
    assertEquals(log, ["started", "returned", "went on"]);
  });

  Deno.test(`taskGroup() runs the body at once until it first waits (${kind})`, async () => {
    const log: string[] = [];
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      log.push("started");
      group.createTask(() => log.push("task"));
      yield* wait(sleep(0));
      log.push("went on");
    }));
    log.push("returned");
    await future;
    assertEquals(log, ["started", "returned", "task", "went on"]);
  });

  Deno.test(`timeout() can be waited for with await and with yield* (${kind})`, async () => {
    const body = coroutine(function* (wait) {
      yield* wait(sleep(0));
      return "both";
    });
    assertEquals(await timeout(60_000, body), "both");
    const task = createTask(function* () {
      const result: string = yield* timeout(60_000, body);
      try {
        yield* timeout(0, coroutine((wait) => wait(new Future<void>())));
      } catch (error) {
        return `${result}, ${(error as Error).name}`;
      }
    });
    assertEquals(await task, "both, TimeoutError");
  });

  Deno.test(`taskGroup() can be waited for with await and with yield* (${kind})`, async () => {
    const body = coroutine(function* (wait, group: TaskGroup) {
      return yield* wait(group.createTask(() => 1));
    });
    assertEquals(await taskGroup(body), 1);
    const task = createTask(function* () {
      const result: number | undefined = yield* taskGroup(body);
      return result;
    });
    assertEquals(await task, 1);
  });
}

Deno.test("timeout() of a body that is not a coroutine has its value or error at once", () => {
  const future: Future<number> = timeout(10, () => 1);
  assertEquals(outcome(future), "result 1");
  assertEquals(outcome(timeout(0, () => 2)), "result 2");
  const error = new RangeError("at once");
  const failed = timeout(10, () => {
    throw error;
  });
  assertStrictEquals(failed.exception(), error);
  const cancelled = timeout(10, () => {
    throw new CancelledError("at once");
  });
  assertEquals(outcome(cancelled), "cancelled CancelledError: at once");
  let scope!: Timeout;
  timeout(0, (timeout) => void (scope = timeout));
  assertFalse(scope.expired());
  assertThrows(() => scope.reschedule(1), Error, "as the timeout is finished: received 1");
});

Deno.test("taskGroup() of a body that is not a coroutine has its value or error when all tasks have ended", async () => {
  const empty: Future<number | undefined> = taskGroup(() => 1);
  assertEquals(outcome(empty), "result 1", "there is nothing to wait for");
  const log: string[] = [];
  const withTasks = taskGroup((group) => group.createTask(() => 2).getName());
  const failed = taskGroup((group) => {
    group.createTask(() => void log.push("not started"));
    throw new RangeError("at once");
  });
  const cancelled = taskGroup((group) => {
    group.createTask(() => void log.push("not started"));
    throw new CancelledError("at once");
  });
  const ended = taskGroup((group) => {
    group.cancel();
    return 3;
  });
  assertEquals(outcome(withTasks), "pending");
  for (let i = 0; i < 3; i++) await hostTurn();
  assertEquals(outcome(withTasks).slice(0, 12), "result Task-");
  assertEquals(outcome(failed), `${FAILED} [RangeError: at once]`);
  assertEquals(outcome(cancelled), "cancelled CancelledError: at once");
  assertEquals(outcome(ended), "result 3");
  assertEquals(log, []);
});

Deno.test("timeout() has the result of a future, promise or thenable that the body returns", async () => {
  using time = new FakeTime();
  const future = new Future<number>();
  const cancelled = new Future<number>();
  const scopes = [
    timeout(10, () => future),
    timeout(10, () => Promise.resolve(2)),
    timeout(10, () => ({ then: (resolve: (value: number) => void) => resolve(3) }) as never),
    timeout(10, () => cancelled),
  ];
  future.setResult(1);
  await passTime(time, 10);
  assertEquals(scopes.map(outcome), ["result 1", "result 2", "result 3", TIMED_OUT]);
  assert(cancelled.cancelled());
});

// Failure
// -------

Deno.test("timeout() and taskGroup() report their failure once if nobody looks at it", async () => {
  const reports = await runVirtual(async () => {
    const reports: unknown[] = [];
    getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(exception));
    timeout(10, () => {
      throw new RangeError("unseen");
    });
    taskGroup((group) => void group.createTask(() => failing(new RangeError("in a task"))));
    await sleep(1);
    return reports;
  });
  assertEquals(reports.map(String), [
    "RangeError: unseen",
    "AggregateError: Unhandled errors in a task group",
  ]);
});

// Cancellation
// ------------

Deno.test("timeout() and taskGroup() are cancelled when run() shuts down", async () => {
  const log: string[] = [];
  await run(async () => {
    const started = new Future<void>();
    taskGroup(async (group) => {
      group.createTask(function* () {
        started.setResult();
        yield* endless(log, "task");
      });
      try {
        await timeout(60_000, () => endless(log, "timeout"));
      } finally {
        log.push("group");
      }
    });
    await started;
  });
  assertEquals(log.toSorted(), ["group", "task ended", "timeout ended"]);
});

// Signal
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() cancels the body when the option signal aborts (${kind})`, async () => {
    const { controller, listeners } = makeCountingSignal();
    const { signal } = controller;
    const future = timeout(60_000, coroutine((wait) => wait(new Future<void>())), { signal });
    const finished = timeout(60_000, coroutine((wait) => wait(sleep(0, { result: 1 }))), {
      signal,
    });
    assertEquals(listeners.size, 1);
    await hostTurn();
    assertEquals(outcome(finished), "result 1");
    controller.abort("gone");
    assertFalse(future.done(), "it is a request");
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: gone");
    assertEquals(listeners.size, 0);
  });

  Deno.test(`taskGroup() cancels the body and the tasks when the option signal aborts (${kind})`, async () => {
    const { controller, listeners } = makeCountingSignal();
    const log: string[] = [];
    const future = taskGroup(
      coroutine(function* (wait, group: TaskGroup) {
        group.createTask(() => endless(log, "task"));
        yield* wait(new Future<void>());
      }),
      { signal: controller.signal },
    );
    assertEquals(listeners.size, 1);
    await hostTurn();
    controller.abort("gone");
    assertFalse(future.done());
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: gone");
    assertEquals(log, ["task ended"]);
    assertEquals(listeners.size, 0);
  });

  Deno.test(`timeout() whose body aborts the option signal before its first wait is cancelled there (${kind})`, async () => {
    const controller = new AbortController();
    const future = timeout(
      null,
      coroutine(function* (wait) {
        controller.abort("by itself");
        yield* wait(new Future<void>());
      }),
      { signal: controller.signal },
    );
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: by itself");
  });
}

Deno.test("timeout() and timeoutAt() with an aborted signal do not run the body", async () => {
  const { controller, listeners } = makeCountingSignal();
  const reason = new Error("before");
  controller.abort(reason);
  let ran = false;
  const body = () => void (ran = true);
  const tasks = allTasks().size;
  assertEquals(
    await leftOver(() => {
      for (const scope of [timeout<unknown>, timeoutAt<unknown>]) {
        const future = scope(60_000, body, { signal: controller.signal });
        const error = assertThrows(() => future.result(), CancelledError);
        assertStrictEquals(error.cause, reason);
        assert(future.cancelled());
        assert(future.signal.aborted);
      }
    }),
    0,
  );
  assertFalse(ran);
  assertEquals(listeners.size, 0);
  assertEquals(allTasks().size, tasks);
});

Deno.test("taskGroup() with an aborted signal does not run the body", async () => {
  const { controller, listeners } = makeCountingSignal();
  controller.abort("before");
  let ran = false;
  const future = taskGroup(() => void (ran = true), { signal: controller.signal });
  assertEquals(outcome(future), "cancelled CancelledError: before");
  assertFalse(future.cancel());
  await hostTurn();
  assertFalse(ran);
  assertEquals(listeners.size, 0);
});

Deno.test("timeout() and taskGroup() cancel a body that left a handler on a future of the scope's signal", async () => {
  using time = new FakeTime();
  const limited = timeout(1, async (scope) => {
    new Future<void>({ signal: scope.signal }).catch(() => {});
    await sleep(500);
  });
  await passUntilDone(time, limited);
  await assertRejects(() => limited, TimeoutError);
  const grouped = taskGroup(async (group) => {
    new Future<void>({ signal: group.signal }).catch(() => {});
    group.createTask(async () => {
      await sleep(1);
      throw new RangeError("x");
    });
    await sleep(500);
  });
  await passUntilDone(time, grouped);
  await assertRejects(() => grouped, AggregateError);
});

// Context
// -------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() runs the body in the caller's context (${kind})`, async () => {
    const user = new AsyncContext.Variable<string>();
    const future = user.run("ada", () =>
      timeout(
        60_000,
        coroutine(function* (wait) {
          const before = user.get();
          yield* wait(sleep(0));
          return [before, user.get()];
        }),
      ));
    assertEquals(await future, ["ada", "ada"]);
  });

  Deno.test(`taskGroup() runs the body and each task in the context of the code that starts it (${kind})`, async () => {
    const user = new AsyncContext.Variable<string>({ defaultValue: "nobody" });
    const seen: string[] = [];
    const look = coroutine(function* (wait) {
      yield* wait(sleep(0));
      seen.push(user.get()!);
    });
    const grace = user.run("grace", () => new AsyncContext.Snapshot());
    await user.run("ada", () =>
      taskGroup(coroutine(function* (wait, group: TaskGroup) {
        seen.push(user.get()!);
        group.createTask(look);
        user.run("bob", () => group.createTask(look));
        group.createTask(look, { context: grace });
        yield* wait(sleep(0));
        seen.push(user.get()!);
      })));
    assertEquals(seen[0], "ada");
    assertEquals(seen.slice(1).toSorted(), ["ada", "ada", "bob", "grace"]);
  });
}

// Representation
// --------------

Deno.test("Timeout and TaskGroup show their state in toString() and when inspected", async () => {
  needs("inspect");
  const shown: string[] = [];
  const show = (scope: object) => shown.push(String(scope), Deno.inspect(scope));
  const loop = makeManualLoop();
  const task = loop.createTask(function* () {
    let timeoutScope!: object;
    yield* timeout(20, function* (scope) {
      show(timeoutScope = scope);
      scope.reschedule(null);
      show(scope);
      yield;
    });
    show(timeoutScope);
    let group!: object;
    const error = yield* gather(
      taskGroup(function* (scope) {
        show(group = scope);
        scope.createTask(() => {
          throw new Error("x");
        });
        scope.createTask(function* () {
          try {
            yield* loop.createFuture<void>();
          } finally {
            show(scope);
          }
        });
        show(scope);
        yield* loop.createFuture<void>();
      }),
      { returnExceptions: true },
    );
    show(group);
    return error;
  });
  loop.drain();
  assertEquals(task.result().map(String), ["AggregateError: Unhandled errors in a task group"]);
  const expected = [
    "<Timeout active when=20>",
    "<Timeout active>",
    "<Timeout finished>",
    "<TaskGroup active>",
    "<TaskGroup active tasks=2>",
    "<TaskGroup cancelling tasks=1 errors=1>",
    "<TaskGroup finished errors=1>",
  ];
  assertEquals(shown, expected.flatMap((text) => [text, text]));
  await hostTurn();
});

Deno.test("Timeout that is expiring or expired shows no deadline", async () => {
  const shown: string[] = [];
  let scope!: Timeout;
  const future = timeout(0, function* (timeout) {
    scope = timeout;
    try {
      yield* new Future<void>();
    } finally {
      shown.push(String(scope));
    }
  });
  await assertRejects(() => future, TimeoutError);
  assertEquals([...shown, String(scope)], ["<Timeout expiring>", "<Timeout expired>"]);
});

Deno.test("TaskGroup has counted a failed task among its errors by the time its signal aborts", async () => {
  const shown: string[] = [];
  const future = taskGroup(function* (group) {
    group.signal.addEventListener("abort", () => shown.push(String(group)));
    group.createTask(() => failing(new Error("x")));
    group.createTask(() => sleep(60_000));
    yield* new Future<void>();
  });
  await assertRejects(() => future, AggregateError);
  assertEquals(shown, ["<TaskGroup cancelling tasks=1 errors=1>"]);
});

// Misuse
// ------

/** Values that are no body of a scope, and the hint of the message. */
const NO_BODIES: [bad: unknown, hint: string][] = [
  [undefined, " (pass the block, as in `async () => { … }`)"],
  [null, ""],
  [5, ""],
  ["x", ""],
  [{}, ""],
];

Deno.test("timeout() and timeoutAt() refuse bad arguments and change nothing", async () => {
  let ran = false;
  const body = () => void (ran = true);
  const tasks = allTasks().size;
  const left = await leftOver(() => {
    for (const bad of [NaN, "1", undefined, 1n, {}, new Date(0)]) {
      assertThrows(
        () => timeout(bad as number, body),
        TypeError,
        "Cannot run with a time limit as the delay is no number of milliseconds: received ",
      );
      assertThrows(
        () => timeoutAt(bad as number, body),
        TypeError,
        "Cannot run with a deadline as the time is no number of milliseconds: received ",
      );
    }
    for (const [bad, why] of NO_BODIES) {
      assertThrows(
        () => timeout(60_000, bad as never),
        TypeError,
        `Cannot run with a time limit as the body is no function${why}: received `,
      );
      assertThrows(
        () => timeoutAt(60_000, bad as never),
        TypeError,
        `Cannot run with a deadline as the body is no function${why}: received `,
      );
    }
    for (const scope of [timeout<unknown>, timeoutAt<unknown>]) {
      assertThrows(() => scope(60_000, body, 5 as never), TypeError, "no object: received 5");
      assertThrows(
        () => scope(60_000, body, AbortSignal.abort() as never),
        TypeError,
        "write `{ signal }`",
      );
      assertThrows(
        () => scope(60_000, body, { signal: 5 as never }),
        TypeError,
        "Cannot use the signal as it is no AbortSignal: received 5",
      );
    }
  });
  assertEquals(left, 0);
  assertFalse(ran);
  assertEquals(allTasks().size, tasks);
});

Deno.test("taskGroup() refuses bad arguments and changes nothing", () => {
  let ran = false;
  const body = () => void (ran = true);
  const tasks = allTasks().size;
  for (const [bad, why] of NO_BODIES) {
    assertThrows(
      () => taskGroup(bad as never),
      TypeError,
      `Cannot run a task group as the body is no function${why}: received `,
    );
  }
  assertThrows(() => taskGroup(body, 5 as never), TypeError, "its options are no object: received");
  assertThrows(
    () => taskGroup(body, { signal: {} as never }),
    TypeError,
    "Cannot use the signal as it is no AbortSignal: received ",
  );
  assertFalse(ran);
  assertEquals(allTasks().size, tasks);
});

Deno.test("timeout() and taskGroup() refuse a promise as the body", () => {
  const promise = Promise.resolve(1) as never;
  for (const start of [() => timeout(1, promise), () => taskGroup(promise)]) {
    assertThrows(
      start,
      TypeError,
      "which already runs: pass the function itself: received [Promise]",
    );
  }
});

Deno.test("timeout(), timeoutAt() and taskGroup() refuse an async generator as the body", () => {
  const body = async function* () {} as never;
  for (const start of [() => timeout(1, body), () => timeoutAt(1, body), () => taskGroup(body)]) {
    assertThrows(
      start,
      TypeError,
      "as the body is an async generator, which yields values: received ",
    );
  }
});
