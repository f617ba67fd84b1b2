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
  CancelledError,
  currentTask,
  Future,
  getEventLoop,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
} from "../../mod.ts";
import { importCopy } from "../helpers/copy.ts";
import { endless } from "../helpers/coroutines.ts";
import { passTime, passUntilDone } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { FAILED, outcome } from "../helpers/outcome.ts";
import { hostTurn } from "../helpers/turns.ts";

// Cancellation from outside
// -------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() that is cancelled cancels the body, and the tasks when the body has ended (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    let scope!: TaskGroup;
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      scope = group;
      group.createTask(() => endless(log, "task"));
      try {
        yield* wait(new Future<void>());
      } catch (error) {
        // The group is still open.
        group.createTask(() => void log.push("new task"));
        yield* wait(sleep(5));
        log.push("body ended");
        throw error;
      }
    }));
    await hostTurn();
    const reason = new CancelledError("outside");
    assert(future.cancel(reason));
    assertFalse(future.done());
    assert(scope.signal.aborted);
    await hostTurn();
    assertEquals(log, ["new task"]);
    await passTime(time, 5);
    assertEquals(log, ["new task", "body ended", "task ended"]);
    assertStrictEquals(assertThrows(() => future.result()), reason);
    assert(future.cancelled());
    assertFalse(future.cancel());
  });

  Deno.test(`taskGroup() that is cancelled when the body has ended cancels the tasks (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const future = taskGroup(coroutine(function* (_wait, group: TaskGroup) {
      group.createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } finally {
          yield* wait(sleep(5));
          log.push("task ended");
        }
      }));
    }));
    await hostTurn();
    const reason = new CancelledError("outside");
    assert(future.cancel(reason));
    assertFalse(future.done());
    await hostTurn();
    assert(future.cancel("again"), "it is still not done");
    await hostTurn();
    assertEquals(outcome(future), "pending");
    await passTime(time, 5);
    assertStrictEquals(assertThrows(() => future.result()), reason);
    assertEquals(log, ["task ended"]);
  });

  Deno.test(`taskGroup() that is cancelled goes on if the body swallows the cancellation (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      const task = group.createTask(coroutine(function* (wait) {
        yield* wait(sleep(2));
        log.push("task");
      }));
      try {
        yield* wait(new Future<void>());
      } catch {
        // The body goes on.
      }
      yield* wait(group.createTask(() => void log.push("new task")));
      yield* wait(task);
      return "still here";
    }));
    await hostTurn();
    future.cancel();
    await passUntilDone(time, future);
    assertEquals(await future, "still here");
    assertEquals(log, ["new task", "task"]);
  });
}

Deno.test("taskGroup() whose body has ended as cancelled keeps that CancelledError when asked again", async () => {
  const copy = await importCopy();
  for (const request of ["TaskGroup.cancel()", "Future.cancel()"]) {
    const loop = makeManualLoop();
    let body!: Task<unknown>;
    loop.setTaskFactory((loop, coro, options) =>
      body = new copy.Task(coro as never, { ...options, loop } as never) as never
    );
    let scope!: TaskGroup;
    let future!: Future<unknown>;
    // Outside of tasks, the body of a scope is a task of the loop.
    const start = loop.createFuture<void>();
    start.addDoneCallback(() => {
      future = taskGroup(function* (group) {
        scope = group;
        yield* loop.createFuture<void>();
      });
    });
    start.setResult();
    loop.drain();
    future.cancel("first");
    while (!body.done()) loop.ready.shift()!();
    assertEquals(outcome(future), "pending");
    if (request === "TaskGroup.cancel()") scope.cancel();
    else future.cancel("second");
    loop.drain();
    assertEquals(outcome(future), "cancelled CancelledError: first", request);
  }
});

// Cancellation of a task
// ----------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() goes on when a task is cancelled on its own (${kind})`, async () => {
    using time = new FakeTime();
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      const task = group.createTask(() => endless([], "task"));
      const thrower = group.createTask(() => {
        throw new CancelledError("thrown");
      });
      yield* wait(sleep(0));
      task.cancel();
      yield* wait(sleep(1));
      assertEquals([task.cancelled(), thrower.cancelled()], [true, true]);
      assertFalse(group.signal.aborted);
      return yield* wait(group.createTask(() => "goes on"));
    }));
    await passUntilDone(time, future);
    assertEquals(await future, "goes on");
  });

  Deno.test(`taskGroup() ends as cancelled when the body waits for a task that is cancelled (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      group.createTask(() => endless(log, "sibling"));
      const task = group.createTask(() => endless(log, "task"));
      getEventLoop().callLater(1, () => task.cancel("only this one"));
      yield* wait(task);
    }));
    await passUntilDone(time, future);
    await assertRejects(() => future, CancelledError, "only this one");
    assertEquals(log, ["task ended", "sibling ended"]);
  });
}

// TaskGroup.cancel()
// ------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`TaskGroup.cancel() in the body ends the group without an error (${kind})`, async () => {
    const log: string[] = [];
    const tasks: Task<unknown>[] = [];
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      tasks.push(group.createTask(() => endless(log, "task")));
      yield* wait(sleep(0));
      group.cancel();
      group.cancel();
      log.push("goes on");
      yield* wait(new Future<void>());
      log.push("not reached");
    }));
    assertEquals(await future, undefined);
    assertEquals(log, ["goes on", "task ended"]);
    assert(tasks[0]!.cancelled());
    assertEquals(tasks[0]!.cancelling(), 1);
  });

  Deno.test(`TaskGroup.cancel() in the body before its first wait keeps the tasks from starting (${kind})`, async () => {
    let started = false;
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      group.createTask(() => void (started = true));
      group.cancel();
      yield* wait(new Future<void>());
      return "not reached";
    }));
    assertEquals(await future, undefined);
    assertFalse(started, "a task that is cancelled before its start never starts");
  });

  for (const when of ["before", "after"]) {
    Deno.test(`TaskGroup.cancel() ${when} the first wait of a body that waits no more keeps its result (${kind})`, async () => {
      const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
        if (when === "after") yield* wait(sleep(0));
        group.cancel();
        return "the result";
      }));
      assertEquals(await future, "the result");
    });
  }

  Deno.test(`TaskGroup.cancel() in a task and from outside ends the group without an error (${kind})`, async () => {
    using time = new FakeTime();
    for (const from of ["task", "outside"]) {
      const log: string[] = [];
      const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
        group.createTask(() => endless(log, "sibling"));
        if (from === "task") {
          group.createTask(coroutine(function* (wait) {
            yield* wait(sleep(0));
            group.cancel();
            log.push("task goes on");
            yield* wait(new Future<void>());
          }));
        } else {
          getEventLoop().callLater(1, () => group.cancel());
        }
        try {
          yield* wait(new Future<void>());
        } finally {
          log.push("body ended");
        }
      }));
      await passUntilDone(time, future);
      assertEquals(await future, undefined);
      if (from === "task") assertEquals(log.shift(), "task goes on");
      assertEquals(log.toSorted(), ["body ended", "sibling ended"]);
    }
  });

  Deno.test(`TaskGroup.cancel() after the body has ended keeps its result (${kind})`, async () => {
    const log: string[] = [];
    let scope!: TaskGroup;
    const future = taskGroup(coroutine(function* (_wait, group: TaskGroup) {
      scope = group;
      group.createTask(() => endless(log, "task"));
      return "the result";
    }));
    await hostTurn();
    assertEquals(outcome(future), "pending");
    scope.cancel();
    assertEquals(await future, "the result");
    assertEquals(log, ["task ended"]);
    scope.cancel();
    assertEquals(outcome(future), "result the result");
    assertFalse(
      await taskGroup(coroutine(function* (_wait, group: TaskGroup) {
        return group;
      })).then((group) => {
        group!.cancel();
        return group!.signal.aborted;
      }),
      "a group that has ended is not asked to end",
    );
  });

  Deno.test(`TaskGroup.cancel() does not hide the error of a clean-up (${kind})`, async () => {
    const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
      group.createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } catch {
          throw new RangeError("clean-up");
        }
      }));
      yield* wait(sleep(0));
      group.cancel();
    }));
    await hostTurn();
    assertEquals(outcome(future), `${FAILED} [RangeError: clean-up]`);
  });
}

Deno.test("TaskGroup.cancel() in a generator is thrown at a bare yield", async () => {
  const log: string[] = [];
  const future = taskGroup(function* (group) {
    yield* sleep(0);
    group.cancel();
    log.push("goes on");
    yield;
    log.push("not reached");
  });
  assertEquals(await future, undefined);
  assertEquals(log, ["goes on"]);
});

Deno.test("TaskGroup.cancel() aborts the group's signal, then cancels the tasks, then the body", async () => {
  const log: string[] = [];
  const listen = (name: string, signal: AbortSignal) =>
    signal.addEventListener("abort", () => log.push(name));
  let scope!: TaskGroup;
  const future = taskGroup(function* (group) {
    scope = group;
    listen("body", currentTask()!.signal);
    listen("group", group.signal);
    listen("task", group.createTask(() => sleep(60_000)).signal);
    yield* new Future<void>();
  });
  await hostTurn();
  scope.cancel();
  await future;
  assertEquals(log, ["group", "task", "body"]);
});

// Cancellation from outside and TaskGroup.cancel()
// ------------------------------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() cancelled from outside while TaskGroup.cancel() shuts it down ends as cancelled (${kind})`, async () => {
    using time = new FakeTime();
    for (const bodyWaits of [true, false]) {
      let scope!: TaskGroup;
      const future = taskGroup(coroutine(function* (wait, group: TaskGroup) {
        scope = group;
        group.createTask(coroutine(function* (wait) {
          try {
            yield* wait(new Future<void>());
          } finally {
            yield* wait(sleep(5));
          }
        }));
        try {
          if (bodyWaits) yield* wait(new Future<void>());
        } finally {
          if (bodyWaits) yield* wait(sleep(5));
        }
      }));
      await hostTurn();
      scope.cancel();
      await hostTurn();
      assert(future.cancel("outside"));
      await passTime(time, 5);
      assertEquals(outcome(future), "cancelled CancelledError: outside");
    }
  });
}

Deno.test("taskGroup() cancelled from outside and by TaskGroup.cancel() in one turn ends as cancelled", async () => {
  for (const first of ["itself", "outside"]) {
    const reply = new Future<void>();
    const log: string[] = [];
    let scope!: TaskGroup;
    const future = taskGroup(function* (group) {
      scope = group;
      yield* reply;
      log.push("not reached");
    });
    await hostTurn();
    // The body's wait is over, but the body has not gone on yet.
    reply.setResult();
    const requests = [() => scope.cancel(), () => future.cancel("outside")];
    if (first === "outside") requests.reverse();
    for (const request of requests) request();
    await hostTurn();
    assertEquals(outcome(future).split(":")[0], "cancelled CancelledError");
    assertEquals(log, []);
  }
});
