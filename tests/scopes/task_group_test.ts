import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  CancelledError,
  currentTask,
  type EventLoop,
  Future,
  getEventLoop,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
} from "../../mod.ts";
import { endless, failing } from "../helpers/coroutines.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { passTime, passUntilDone } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { CANCELLED, FAILED, outcome } from "../helpers/outcome.ts";
import { hostTurn, withResolvers } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() waits for all tasks and has the result of the body (${kind})`, async () => {
    using time = new FakeTime();
    const tasks: Task<number>[] = [];
    const future: Future<string | undefined> = taskGroup(
      coroutine(function* (wait, group: TaskGroup) {
        for (const ms of [30, 10, 20]) {
          tasks.push(group.createTask(coroutine((wait) => wait(sleep(ms, { result: ms })))));
        }
        yield* wait(sleep(5));
        return "body";
      }),
    );
    assert(future instanceof Future);
    assertStrictEquals(future.getLoop(), getEventLoop());
    await hostTurn();
    for (const ms of [5, 5, 10, 9]) await passTime(time, ms);
    assertEquals(tasks.map((task) => task.done()), [false, true, true]);
    assertEquals(outcome(future), "pending");
    await passTime(time, 1);
    assertEquals(outcome(future), "result body");
    assertEquals(tasks.map((task) => task.result()), [30, 10, 20]);
  });
}

Deno.test("taskGroup() waits for a body that ignores its cancellation", async () => {
  const foreign = withResolvers<string>();
  const future = taskGroup(async (group) => {
    group.createTask(() => failing(new RangeError("a")));
    return await foreign.promise;
  });
  const cancelled = taskGroup(async (group) => {
    await sleep(0);
    group.cancel();
    return await foreign.promise;
  });
  for (let i = 0; i < 3; i++) await hostTurn();
  assertEquals([future, cancelled].map(outcome), ["pending", "pending"]);
  foreign.resolve("at last");
  await hostTurn();
  assertEquals([future, cancelled].map(outcome), [`${FAILED} [RangeError: a]`, "result at last"]);
});

Deno.test("taskGroup() waits for a task that ignores its cancellation", async () => {
  const foreign = withResolvers<void>();
  const future = taskGroup((group) => {
    group.createTask(() => foreign.promise);
    group.createTask(() => failing(new RangeError("a")));
  });
  for (let i = 0; i < 3; i++) await hostTurn();
  assertEquals(outcome(future), "pending");
  foreign.resolve();
  await hostTurn();
  assertEquals(outcome(future), `${FAILED} [RangeError: a]`);
});

// Tasks
// -----

for (const [kind, coroutine] of kinds) {
  Deno.test(`TaskGroup.createTask() works in tasks, also after the body has ended, until the last task ends (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    let scope!: TaskGroup;
    const future = taskGroup(coroutine(function* (_wait, group: TaskGroup) {
      scope = group;
      group.createTask(coroutine(function* (wait) {
        yield* wait(sleep(10));
        log.push("first");
        group.createTask(coroutine(function* (wait) {
          yield* wait(sleep(10));
          log.push("second");
          group.createTask(() => void log.push("third"));
        }));
      }));
      return "body";
    }));
    await passTime(time, 10);
    assertEquals(outcome(future), "pending");
    await passTime(time, 10);
    assertEquals(outcome(future), "result body");
    assertEquals(log, ["first", "second", "third"]);
    assertThrows(
      () => scope.createTask(() => void log.push("not started")),
      Error,
      "Cannot create a task as the task group is finished",
    );
    await hostTurn();
    assertEquals(log.length, 3);
  });
}

Deno.test("TaskGroup.createTask() takes a name and a signal", async () => {
  using time = new FakeTime();
  const controller = new AbortController();
  const group = taskGroup((group) => {
    const tasks = [
      group.createTask(() => currentTask()!.getName(), { name: "greeter" }),
      group.createTask(() => sleep(60_000), { signal: controller.signal }),
    ];
    getEventLoop().callLater(1, () => controller.abort("no longer needed"));
    return tasks;
  });
  await passUntilDone(time, group);
  const [named, cancelled] = (await group)!;
  assertEquals(outcome(named!), "result greeter");
  assertEquals(outcome(cancelled!), "cancelled CancelledError: no longer needed");
});

for (const [kind, coroutine] of kinds) {
  virtual.test(`TaskGroup.createTask() starts tasks eagerly that fail or cancel the group at once (${kind})`, async () => {
    const log: string[] = [];
    const failed = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      const task = group.createTask(() => {
        throw new RangeError("at once");
      }, { eagerStart: true });
      assert(task.done());
      group.createTask(() => endless(log, "sibling"), { eagerStart: true });
      yield* wait(new Future<void>());
    }));
    await sleep(1);
    assertEquals(outcome(failed), `${FAILED} [RangeError: at once]`);
    for (const waits of [true, false]) {
      const cancelled = taskGroup(coroutine(function* (wait, group: TaskGroup) {
        if (waits) yield* wait(sleep(0));
        const task = group.createTask(
          coroutine(function* (wait) {
            group.cancel();
            yield* wait(new Future<void>());
          }),
          { eagerStart: true },
        );
        task.addDoneCallback(() => log.push(outcome(task)));
        yield* wait(new Future<void>());
      }));
      await sleep(1);
      assertEquals(outcome(cancelled), "result undefined");
    }
    assertEquals(log, ["sibling ended", CANCELLED, CANCELLED]);
  });
}

// Signal
// ------

for (const [kind, coroutine] of kinds) {
  virtual.test(`TaskGroup.signal aborts when the tasks are cancelled (${kind})`, async () => {
    const scopes: TaskGroup[] = [];
    const log: string[] = [];
    const start = (name: string, rest: (group: TaskGroup) => void) =>
      taskGroup(coroutine(function* (wait, group: TaskGroup) {
        scopes.push(group);
        const { signal } = group;
        assertStrictEquals(group.signal, signal);
        signal.addEventListener("abort", () => log.push(`${name}: ${signal.reason}`));
        rest(group);
        yield* wait(sleep(1));
        if (name === "body") throw new RangeError("x");
        if (name === "cancel") group.cancel();
        if (name !== "done") yield* wait(new Future<void>());
      }));
    const outside = start("outside", () => {});
    const futures = [
      start("task", (group) => group.createTask(() => failing(new RangeError("x")))),
      start("body", () => {}),
      start("cancel", () => {}),
      start("done", () => {}),
      outside,
    ];
    outside.cancel("why");
    assertEquals(log, ["outside: CancelledError: why"]);
    await sleep(1);
    await Promise.allSettled(futures);
    const reason = "CancelledError: The operation has been cancelled";
    assertEquals(log.slice(1).toSorted(), [
      `body: ${reason}`,
      `cancel: ${reason}`,
      `task: ${reason}`,
    ]);
    assertEquals(scopes.map((scope) => scope.signal.aborted), [true, true, true, true, false]);
  });

  Deno.test(`TaskGroup.signal that is first read when aborted has the reason of the request (${kind})`, async () => {
    const reasons: unknown[] = [];
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      try {
        yield* wait(new Future<void>());
      } finally {
        assert(group.signal.aborted);
        reasons.push(group.signal.reason);
      }
    }));
    await hostTurn();
    future.cancel("why");
    await assertRejects(() => future, CancelledError, "why");
    assertEquals(reasons.map(String), ["CancelledError: why"]);
    let scope!: TaskGroup;
    await taskGroup(coroutine(function* (_wait, group: TaskGroup) {
      scope = group;
      group.cancel();
    }));
    assertEquals(
      String(scope.signal.reason),
      "CancelledError: The operation has been cancelled",
    );
  });
}

Deno.test("TaskGroup.signal that is first read after two requests has the reason of the first", async () => {
  const reasons: string[] = [];
  const refusing = (group: TaskGroup, request: () => void) =>
    function* (): Generator<unknown, void> {
      try {
        yield* new Future<void>();
      } catch {
        request();
      }
      reasons.push(String(group.signal.reason));
    };
  const twice = taskGroup((group) => refusing(group, () => twice.cancel("second"))());
  const itself: Future<void> = taskGroup((group) => {
    void getEventLoop().callSoon(() => group.cancel());
    return refusing(group, () => itself.cancel("second"))();
  });
  await hostTurn();
  twice.cancel("first");
  await Promise.allSettled([twice, itself]);
  assertEquals(reasons, [
    "CancelledError: The operation has been cancelled",
    "CancelledError: first",
  ]);
});

// Loop
// ----

Deno.test("TaskGroup.createTask() makes a task of the group's loop, wherever it is called", async () => {
  const loop = makeManualLoop();
  let scope!: TaskGroup;
  const main = loop.createTask(function* () {
    return yield* taskGroup(function* (group) {
      scope = group;
      yield* sleep(10);
    });
  });
  loop.drain();
  const task = scope.createTask(() => 1);
  assertStrictEquals<EventLoop>(task.getLoop(), loop);
  loop.advance(10);
  loop.drain();
  assertEquals([main, task].map(outcome), ["result undefined", "result 1"]);
  await hostTurn();
});

// Misuse
// ------

Deno.test("TaskGroup.createTask() refuses what is not a coroutine, and the group goes on", async () => {
  const result = await taskGroup((group) => {
    for (const bad of [Promise.resolve(), 5, undefined]) {
      assertThrows(
        () => group.createTask(bad as never),
        TypeError,
        "Cannot create a task as the coroutine is neither a generator nor a function",
      );
    }
    assertThrows(() => group.createTask(() => {}, 5 as never), TypeError, "received 5");
    return group.createTask((function* () {
      yield;
      return "fine";
    })());
  }).then((task) => task);
  assertEquals(result, "fine");
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`TaskGroup.createTask() of a group that shuts down throws and starts nothing (${kind})`, async () => {
    let started = false;
    const errors: unknown[] = [];
    const tryToCreate = (group: TaskGroup) => {
      errors.push(assertThrows(() => group.createTask(() => void (started = true))));
      errors.push(
        assertThrows(() => group.createTask(() => void (started = true), { eagerStart: true })),
      );
    };
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      group.createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } finally {
          tryToCreate(group);
        }
      }));
      yield* wait(sleep(0));
      group.cancel();
      tryToCreate(group);
    }));
    assertEquals(await future, undefined);
    assertEquals(errors.length, 4);
    for (const error of errors) {
      assertEquals(
        String(error),
        "Error: Cannot create a task as the task group is shutting down: received [Function <anonymous>]",
      );
    }
    await hostTurn();
    assertFalse(started);
  });
}

// Leaks
// -----

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() leaves no task, timer or listener behind (${kind})`, async () => {
    const { controller, listeners } = makeCountingSignal();
    const { signal } = controller;
    const tasks = allTasks().size;
    const left = await leftOver(async () => {
      const scopes: TaskGroup[] = [];
      const body = coroutine(function* (wait, group: TaskGroup) {
        scopes.push(group);
        group.createTask(() => sleep(60_000), { signal });
        group.createTask(() => sleep(60_000));
        yield* wait(sleep(60_000));
      });
      const futures = Array.from({ length: 4 }, () => taskGroup(body, { signal }));
      await hostTurn();
      assertEquals(listeners.size, 1);
      assertEquals(allTasks().size, tasks + 4 * 3);
      scopes[0]!.cancel();
      scopes[1]!.createTask(() => failing(new RangeError("x")));
      futures[2]!.cancel();
      for (let i = 0; i < 3; i++) await hostTurn();
      assertEquals(futures.map(outcome), [
        "result undefined",
        `${FAILED} [RangeError: x]`,
        CANCELLED,
        "pending",
      ]);
      controller.abort();
      await hostTurn();
      assertEquals(outcome(futures[3]!).split(":")[0], "cancelled CancelledError");
    });
    assertEquals(left, 0);
    assertEquals(listeners.size, 0);
    assertEquals(allTasks().size, tasks);
  });
}
