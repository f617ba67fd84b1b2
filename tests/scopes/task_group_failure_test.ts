import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  CancelledError,
  createTask,
  currentTask,
  Future,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { endless, failing } from "../helpers/coroutines.ts";
import { passTime, passUntilDone } from "../helpers/fake_time.ts";
import { foreignAborts, untilAborted } from "../helpers/foreign_aborts.ts";
import { kinds } from "../helpers/kinds.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { FAILED, outcome } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Failure of a task
// -----------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() cancels the other tasks and the body when a task fails (${kind})`, async () => {
    const log: string[] = [];
    const error = new RangeError("a");
    const tasks: Task<unknown>[] = [];
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      tasks.push(
        group.createTask(() => endless(log, "one")),
        group.createTask(() => failing(error)),
        group.createTask(() => endless(log, "two")),
      );
      try {
        yield* wait(new Future<void>());
        log.push("not reached");
      } finally {
        log.push("body ended");
      }
    }));
    const thrown = await assertRejects(() => future, AggregateError);
    assertEquals(thrown.message, "Unhandled errors in a task group");
    assertEquals(thrown.errors.length, 1);
    assertStrictEquals(thrown.errors[0], error);
    assertEquals(log.toSorted(), ["body ended", "one ended", "two ended"]);
    assertEquals(tasks.map((task) => task.cancelled()), [true, false, true]);
  });

  Deno.test(`taskGroup() collects all errors in the order of failure and leaves out cancellations (${kind})`, async () => {
    using time = new FakeTime();
    const fail = (ms: number, name: string) =>
      coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } catch {
          yield* wait(sleep(ms));
          throw new RangeError(name);
        }
      });
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      group.createTask(fail(30, "a"));
      group.createTask(fail(10, "b"));
      group.createTask(() => endless([], "cancelled"));
      group.createTask(() => failing(new RangeError("c")));
      try {
        yield* wait(new Future<void>());
      } catch {
        yield* wait(sleep(20));
        throw new TypeError("body");
      }
    }));
    await hostTurn();
    for (let i = 0; i < 3; i++) await passTime(time, 10);
    assertEquals(
      outcome(future),
      `${FAILED} [RangeError: c, RangeError: b, TypeError: body, RangeError: a]`,
    );
  });

  Deno.test(`taskGroup() fails with the error of a task though the body swallows the cancellation (${kind})`, async () => {
    using time = new FakeTime();
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      group.createTask(() => failing(new RangeError("a")));
      try {
        yield* wait(new Future<void>());
        throw new Error("not reached");
      } catch (error) {
        assertInstanceOf(error, CancelledError);
      }
      yield* wait(sleep(1));
      return "still here";
    }));
    await passUntilDone(time, future);
    await assertRejects(() => future, AggregateError);
    assertEquals(outcome(future), `${FAILED} [RangeError: a]`);
  });

  virtual.test(`taskGroup() that fails leaves the task that waits for it uncancelled (${kind})`, async () => {
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(taskGroup(coroutine(function* (wait, group: TaskGroup) {
          group.createTask(() => failing(new RangeError("a")));
          yield* wait(new Future<void>());
        })));
        throw new Error("not reached");
      } catch (error) {
        assertInstanceOf(error, AggregateError);
      }
      yield* wait(sleep(1));
      return currentTask()!.cancelling();
    }));
    assertEquals(await task, 0);
  });
}

Deno.test("taskGroup() that fails has no errors of libraries that it told to stop", async () => {
  for (const [convention, make] of foreignAborts) {
    const future = taskGroup(async (group) => {
      group.createTask((signal) => untilAborted(signal, make));
      group.createTask(() => failing(new RangeError("sibling")));
      await untilAborted(group.signal, make);
    });
    await future.catch(() => {});
    assertEquals(outcome(future), `${FAILED} [RangeError: sibling]`, convention);
  }
});

// Failure of the body
// -------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() cancels the tasks when the body throws, and has its error (${kind})`, async () => {
    const log: string[] = [];
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      group.createTask(() => endless(log, "task"));
      yield* wait(sleep(0));
      throw new TypeError("body");
    }));
    await hostTurn();
    assertEquals(outcome(future), `${FAILED} [TypeError: body]`);
    assertEquals(log, ["task ended"]);
  });
}

const failedAlready = () => {
  const future = new Future<void>();
  future.setException(new RangeError("boom"));
  return future;
};

const endsAtOnce: [string, () => Future<unknown>, string][] = [
  ["throws", () =>
    taskGroup(() => {
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["throws as a generator", () =>
    taskGroup(function* () {
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["throws as an async function", () =>
    taskGroup(async () => {
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["waits for a failed future", () =>
    taskGroup(function* () {
      yield* failedAlready();
    }), `${FAILED} [RangeError: boom]`],
  ["throws after it cancelled the group", () =>
    taskGroup((group) => {
      group.cancel();
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["throws and leaves a task", () =>
    taskGroup((group) => {
      group.createTask(() => sleep(60_000));
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["throws within another group", () =>
    taskGroup(() =>
      taskGroup(() => {
        throw new RangeError("boom");
      })
    ), `${FAILED} [AggregateError: Unhandled errors in a task group]`],
  ["throws within a timeout", () =>
    timeout(60_000, () =>
      taskGroup(() => {
        throw new RangeError("boom");
      })), `${FAILED} [RangeError: boom]`],
  ["throws an AbortError", () =>
    taskGroup(() => {
      throw new DOMException("boom", "AbortError");
    }), `${FAILED} [AbortError: boom]`],
  ["throws a CancelledError", () =>
    taskGroup(() => {
      throw new CancelledError("stop");
    }), "cancelled CancelledError: stop"],
  ["returns", () => taskGroup(() => 1), "result 1"],
  ["returns after it cancelled the group", () =>
    taskGroup((group) => {
      group.cancel();
      return 1;
    }), "result 1"],
];

for (const [how, start, expected] of endsAtOnce) {
  Deno.test(`taskGroup() ends, in a task and outside of tasks, if its body at once ${how}`, async () => {
    using reports = collectReports();
    const alone = start();
    const inTask = createTask(function* () {
      const group = start();
      try {
        yield* group;
      } catch {
        // The outcome is asserted below.
      }
      return group;
    });
    // The limit keeps a group that never ends from blocking the test.
    for (let turn = 0; turn < 10; turn++) await hostTurn();
    assertEquals(outcome(alone), expected);
    assertEquals(outcome(inTask.result()), expected);
    assertEquals(reports.map(({ message }) => message), []);
  });
}

// The same error from a task and the body
// ---------------------------------------

Deno.test("taskGroup() has an error once that both a task and the body throw", async () => {
  const boom = new RangeError("boom");
  const group = taskGroup(async (group) => {
    await group.createTask(async () => {
      throw boom;
    });
  });
  const { errors } = await assertRejects(() => group, AggregateError);
  assertEquals(errors, [boom]);
});

Deno.test("taskGroup() has an error once that the body throws before the group learns that the task failed", async () => {
  const boom = new RangeError("boom");
  const loop = makeManualLoop();
  const gate = loop.createFuture<void>();
  const main = loop.createTask(() =>
    taskGroup(async (group) => {
      await group.createTask(async () => {
        await gate;
        throw boom;
      });
    })
  );
  await drainInTurns(loop);
  gate.setResult();
  // The body ends in this turn, before the loop calls the group.
  await microtasks();
  await drainInTurns(loop);
  const error = await assertRejects(() => main, AggregateError);
  assertEquals(error.errors.length, 1);
  assertStrictEquals(error.errors[0], boom);
});

Deno.test("taskGroup() has a string twice that is thrown by a task and by the body", async () => {
  const error = await assertRejects(() =>
    taskGroup(async (group) => {
      group.createTask(() => {
        throw "x";
      });
      try {
        await sleep(60_000);
      } catch {
        throw "x";
      }
    }), AggregateError);
  assertEquals(error.errors, ["x", "x"]);
});

Deno.test("taskGroup() fails with the error of a task though the body returns that error", async () => {
  using time = new FakeTime();
  const error = new RangeError("x");
  const group = taskGroup((group) => {
    group.createTask(async () => {
      await sleep(1);
      throw error;
    });
    return error;
  });
  await passUntilDone(time, group);
  const { errors } = await assertRejects(() => group, AggregateError);
  assertEquals(errors, [error]);
});

// Errors that cannot be looked at
// -------------------------------

for (
  const [name, body] of Object.entries<(thrown: unknown, group: TaskGroup) => Promise<void>>({
    "its body": async (thrown) => {
      await sleep(1);
      throw thrown;
    },
    "a task, while the body waits": async (thrown, group) => {
      group.createTask(async () => {
        throw thrown;
      });
      await sleep(500);
    },
    "a task, which the body waits for": async (thrown, group) => {
      await group.createTask(function* () {
        throw thrown;
      });
    },
  })
) {
  Deno.test(`taskGroup() fails if ${name} throws a revoked proxy`, async () => {
    using time = new FakeTime();
    const proxy = revokedProxy();
    const group = taskGroup((group) => body(proxy, group));
    await passUntilDone(time, group);
    const { errors } = await assertRejects(() => group, AggregateError);
    assertEquals(errors.length, 1);
    assertStrictEquals(errors[0], proxy);
  });
}
