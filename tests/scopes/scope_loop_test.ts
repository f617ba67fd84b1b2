import { assert, assertEquals, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  currentTask,
  Future,
  getEventLoop,
  getRunningLoop,
  sleep,
  Task,
  taskGroup,
  type Timeout,
  timeout,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { importCopy } from "../helpers/copy.ts";
import { endless, failing } from "../helpers/coroutines.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { passTime } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { outcome, TIMED_OUT } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { makeStubbornTask } from "../helpers/stubborn.ts";
import { hostTurn, withResolvers } from "../helpers/turns.ts";

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() on a manual loop goes by the clock of that loop (${kind})`, async () => {
    const loop = makeManualLoop();
    const seen: unknown[] = [];
    const task = loop.createTask(() =>
      timeout(
        10,
        coroutine(function* (wait, scope: Timeout) {
          seen.push(scope.when(), getRunningLoop() === loop, currentTask()?.getLoop() === loop);
          yield* wait(new Future<void>());
        }),
      )
    );
    loop.drain();
    await hostTurn();
    loop.advance(9);
    loop.drain();
    await hostTurn();
    assertEquals(outcome(task), "pending");
    loop.advance(1);
    loop.drain();
    await hostTurn();
    loop.drain();
    assertEquals(outcome(task), TIMED_OUT);
    assertEquals(seen, [10, true, true]);
  });
}

Deno.test("timeout() and taskGroup() with generators on a manual loop need no turn of the host", () => {
  const loop = makeManualLoop();
  const log: string[] = [];
  const task = loop.createTask(function* () {
    const seen: unknown[] = [];
    seen.push(
      yield* timeout(10, function* () {
        return yield* sleep(5, { result: "in time" });
      }),
    );
    try {
      yield* timeout(10, () => endless(log, "body"));
    } catch (error) {
      seen.push((error as Error).name);
    }
    seen.push(
      yield* taskGroup(function* (group) {
        const task = group.createTask(function* () {
          return yield* sleep(5, { result: "from a task" });
        });
        return yield* task;
      }),
    );
    try {
      yield* taskGroup(function* (group) {
        group.createTask(() => endless(log, "sibling"));
        group.createTask(() => failing(new RangeError("a")));
        yield* new Future<void>();
      });
    } catch (error) {
      seen.push(...(error as AggregateError).errors.map(String));
    }
    return seen.join(", ");
  });
  // The host takes no turn and runs no microtask from here to the end.
  loop.drain();
  for (let i = 0; i < 4; i++) {
    loop.advance(5);
    loop.drain();
  }
  assertEquals(outcome(task), "result in time, TimeoutError, from a task, RangeError: a");
  assertEquals(log, ["body ended", "sibling ended"]);
  assertEquals(loop.ready.length, 0);
  assertEquals(allTasks(loop).size, 0);
});

Deno.test("taskGroup() makes its tasks with the task factory of the loop, and no task for its body", async () => {
  const loop = makeManualLoop();
  const made: Task<unknown>[] = [];
  loop.setTaskFactory((loop, coro, options) => {
    const task = new Task(coro, { ...options, loop });
    made.push(task as Task<unknown>);
    return task;
  });
  const main = loop.createTask(function* () {
    const limited = yield* timeout(null, () => [currentTask()]);
    const grouped = yield* taskGroup((group) => [group.createTask(() => {}), currentTask()]);
    return [...limited, ...grouped!];
  });
  loop.drain();
  const [limited, child, grouped] = main.result();
  assertSame(made, [main, child]);
  assertSame([limited, grouped], [main, main]);
  await hostTurn();
});

Deno.test("timeout() and taskGroup() work with tasks of another copy of the module", async () => {
  const copy = await importCopy();
  const loop = makeManualLoop();
  loop.setTaskFactory((loop, coro, options) =>
    new copy.Task(coro as never, { ...options, loop } as never) as never
  );
  const main = new Task(function* () {
    const log: string[] = [];
    let scope!: Timeout;
    const kept = timeout(10, function* (timeout) {
      scope = timeout;
      yield* loop.createFuture<void>();
    });
    log.push(String(scope.when()));
    kept.cancel();
    try {
      yield* kept;
    } catch (error) {
      log.push((error as Error).name);
    }
    log.push(
      String(
        yield* taskGroup((group) => {
          group.createTask(function* () {
            yield;
          });
          return 1;
        }),
      ),
    );
    try {
      yield* taskGroup(function* (group) {
        group.createTask(function* () {
          yield;
          throw new RangeError("a");
        });
        while (true) yield;
      });
    } catch (error) {
      log.push(`${error} ${(error as AggregateError).errors}`);
    }
    return log;
  }, { loop });
  for (let i = 0; i < 20 && !main.done(); i++) {
    loop.drain();
    await hostTurn();
  }
  assertEquals(main.result(), [
    "10",
    "CancelledError",
    "1",
    "AggregateError: Unhandled errors in a task group RangeError: a",
  ]);
});

Deno.test("timeout() and taskGroup() cancel all that a task factory made, though its cancel() throws", async () => {
  using reports = collectReports();
  const loop = getEventLoop();
  loop.setTaskFactory(makeStubbornTask);
  try {
    const log: string[] = [];
    const limited = timeout(null, () => endless(log, "limited"));
    const grouped = taskGroup((group) => {
      group.createTask(() => endless(log, "child"));
      return endless(log, "body");
    });
    const left = taskGroup((group) => void group.createTask(() => endless(log, "left")));
    const ended = taskGroup((group) => {
      group.createTask(() => {
        group.cancel();
        return endless(log, "starts at once");
      }, { eagerStart: true });
    });
    await hostTurn();
    assert(limited.cancel("why"));
    assert(grouped.cancel("why"));
    assert(left.cancel("why"));
    await hostTurn();
    assertEquals([limited, grouped, left, ended].map((scope) => outcome(scope)), [
      "cancelled CancelledError: why",
      "cancelled CancelledError: why",
      "cancelled CancelledError: why",
      "result undefined",
    ]);
    assertEquals(log.sort(), [
      "body ended",
      "child ended",
      "left ended",
      "limited ended",
      "starts at once ended",
    ]);
    assertEquals(
      new Set(reports.map(({ message }) => message)),
      new Set(["Cannot cancel the future"]),
    );
  } finally {
    loop.setTaskFactory(null);
  }
});

Deno.test("timeout() and taskGroup() outlast a body of another copy of the module whose cancel() throws", async () => {
  const copy = await importCopy();
  class Stubborn<T> extends copy.Task<T> {
    override cancel(): boolean {
      throw new Error("never");
    }
  }
  using reports = collectReports();
  const loop = getEventLoop();
  loop.setTaskFactory((loop, coro, options) =>
    new Stubborn(coro as never, { ...options, loop } as never) as never
  );
  try {
    const gate = withResolvers<number>();
    const limited = timeout(0, () => gate.promise);
    const grouped = taskGroup((group) => {
      group.cancel();
      return gate.promise;
    });
    await hostTurn();
    gate.resolve(1);
    await hostTurn();
    assertEquals([limited, grouped].map((scope) => outcome(scope)), ["result 1", "result 1"]);
    assertEquals(
      reports.map(({ message, exception }) => `${message}: ${exception}`),
      Array(2).fill("Cannot cancel the future: Error: never"),
    );
  } finally {
    loop.setTaskFactory(null);
  }
});

Deno.test("timeout() and taskGroup() on a closed loop throw and do not run the body", async () => {
  const loop = makeManualLoop();
  let ran = 0;
  const task = loop.createTask(() => {
    loop.close();
    for (const delay of [null, 10, 0]) {
      assertThrows(() => timeout(delay, () => ran++), Error, "Event loop is closed");
    }
    assertThrows(() => taskGroup(() => ran++), Error, "Event loop is closed");
  });
  loop.drain();
  assertEquals(outcome(task), "result undefined");
  assertEquals(ran, 0);
  await hostTurn();
});

Deno.test("timeout() and taskGroup() throw the error of the task factory and leave nothing behind", async () => {
  using reports = collectReports();
  using time = new FakeTime();
  const { controller, listeners } = makeCountingSignal();
  const loop = getEventLoop();
  loop.setTaskFactory(() => {
    throw new RangeError("no more tasks");
  });
  try {
    const options = { signal: controller.signal };
    assertThrows(() => timeout(10, () => 1, options), RangeError, "no more tasks");
    assertThrows(() => timeout(0, () => 1, options), RangeError, "no more tasks");
    assertThrows(() => taskGroup(() => 1, options), RangeError, "no more tasks");
  } finally {
    loop.setTaskFactory(null);
  }
  await passTime(time, 10);
  assertEquals(reports.length, 0);
  assertEquals(listeners.size, 0);
});
