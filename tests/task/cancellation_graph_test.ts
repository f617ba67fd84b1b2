/**
 * Requests to cancel that pass along circles, shared graphs and long chains, and by futures whose
 * `cancel()` throws.
 *
 * @module
 */

import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  CancelledError,
  createTask,
  Future,
  gather,
  sleep,
  type Task,
  taskGroup,
  timeout,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { importCopy } from "../helpers/copy.ts";
import { passTime } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome, TIMED_OUT } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn } from "../helpers/turns.ts";

// Shapes
// ------

for (
  const [name, link] of [
    ["", (task) => task],
    [" with gather()", (task) => gather(task)],
    [" with waitFor()", (task) => waitFor(task, null)],
    [" with timeout()", (task) => timeout(null, async () => await task)],
    [" with Promise.all()", async (task) => await Promise.all([task])],
  ] as [string, (task: Task<unknown>) => PromiseLike<unknown>][]
) {
  Deno.test(`Task.cancel() returns if 300 tasks wait for each other in a circle${name}`, async () => {
    const tasks: Task<unknown>[] = [];
    for (let i = 0; i < 300; i++) {
      tasks.push(createTask(async () => void await link(tasks[(i + 1) % 300]!)));
    }
    await hostTurn();
    await hostTurn();
    assert(tasks[0]!.cancel("enough"));
    // The request comes round once.
    assertEquals(tasks.map((task) => task.cancelling()), [2, ...Array(299).fill(1)]);
  });
}

Deno.test("Task.cancel() returns if 300 generators wait for each other in a circle", async () => {
  const tasks: Task<unknown>[] = [];
  for (let i = 0; i < 300; i++) {
    tasks.push(createTask(function* () {
      yield* tasks[(i + 1) % 300]!;
    }));
  }
  await hostTurn();
  assert(tasks[0]!.cancel("enough"));
  assertEquals(tasks.map((task) => task.cancelling()), [2, ...Array(299).fill(1)]);
});

Deno.test("Task.cancel() of a graph with shared parts calls each cancel() in proportion to its waiters", async () => {
  let calls = 0;
  class Counting extends Future<void> {
    override cancel(reason?: unknown): boolean {
      calls++;
      return super.cancel(reason);
    }
  }
  let shared: Future<unknown> = new Counting();
  for (let level = 0; level < 22; level++) shared = gather(shared, shared);
  const task = createTask(async () => await shared);
  await hostTurn();
  task.cancel("all of it");
  await assertRejects(() => task, CancelledError, "all of it");
  assertLess(calls, 5);
});

Deno.test("Task.cancel() passes through a chain of 100,000 tasks, each awaiting the next", async () => {
  const innermost = new Future<void>();
  let task: Task<unknown> = createTask(async () => await innermost);
  for (let i = 0; i < 100_000; i++) {
    const inner = task;
    task = createTask(async () => await inner);
  }
  for (let i = 0; i < 3; i++) await hostTurn();
  task.cancel("from the top");
  assert(innermost.cancelled());
  await assertRejects(() => task, CancelledError, "from the top");
});

// A cancel() that throws
// ----------------------

/** A future whose `cancel()` throws, after it has cancelled the future or without. */
class Throwing extends Future<void> {
  constructor(readonly cancelsItself: boolean) {
    super();
  }

  override cancel(reason?: unknown): boolean {
    if (this.cancelsItself) super.cancel(reason);
    throw new Error("the socket is closed");
  }
}

/** Starts so many tasks, the last of which awaits a future, and each other one the next. */
function awaitThrough(count: number, future: Future<void>): Future<void> {
  let last = future;
  for (let i = 0; i < count; i++) {
    const next = last;
    last = createTask(async () => await next);
  }
  return last;
}

for (const cancelsItself of [true, false]) {
  const how = cancelsItself ? "though it works" : "in place of working";

  Deno.test(`taskGroup() that fails cancels all tasks if the cancel() of a future throws ${how}`, async () => {
    using reports = collectReports();
    const group = taskGroup(async (group) => {
      group.createTask(async () => await new Throwing(cancelsItself));
      group.createTask(() => sleep(60_000));
      await sleep(0);
      throw new RangeError("no such host");
    });
    const { errors } = await assertRejects(() => group, AggregateError);
    assertEquals(errors.map(String), ["RangeError: no such host"]);
    assertEquals(reports.map(({ exception }) => String(exception)), [
      "Error: the socket is closed",
    ]);
  });

  Deno.test(`Task.cancel() cancels all that a task waits on if one cancel() throws ${how}`, async () => {
    using _ = collectReports();
    const [bad, good] = [new Throwing(cancelsItself), new Future<void>()];
    const task = createTask(async () => void await Promise.allSettled([bad, good]));
    await hostTurn();
    assert(task.cancel("stop"));
    assertEquals([bad.cancelled(), good.cancelled()], [true, true]);
    await task;
  });

  Deno.test(`gather() 150 deep reports a cancel() that throws ${how}`, async () => {
    using reports = collectReports();
    const innermost = new Throwing(cancelsItself);
    let deep: Future<unknown> = innermost;
    for (let i = 0; i < 150; i++) deep = gather(deep);
    assert(deep.cancel("stop"));
    assertEquals(reports.map(({ future }) => future), [innermost]);
    await assertRejects(() => deep, CancelledError, "stop");
  });

  Deno.test(`Task.cancel() cancels all that a task waits on if a cancel() deep down throws ${how}`, async () => {
    // Requests that have passed through about 100 tasks are passed on later.
    for (let depth = 90; depth <= 105; depth++) {
      using reports = collectReports();
      const [bad, good] = [new Throwing(cancelsItself), new Future<void>()];
      const task = createTask(async () => {
        await Promise.all([
          awaitThrough(depth, waitFor(bad, null)),
          awaitThrough(depth + 20, good),
        ]);
      });
      await hostTurn();
      assert(task.cancel("stop"));
      assertEquals([bad.cancelled(), good.cancelled()], [true, true], `${depth} tasks`);
      assertEquals(reports.map(({ future }) => future === bad), [true]);
      await assertRejects(() => task, CancelledError, "stop");
    }
  });

  Deno.test(`waitFor() ends with a TimeoutError if the cancel() of its future throws ${how}`, async () => {
    using time = new FakeTime();
    using reports = collectReports();
    const bad = new Throwing(cancelsItself);
    const limited = waitFor(bad, 10);
    await passTime(time, 10);
    assertEquals(outcome(limited), TIMED_OUT);
    assertEquals(reports.map(({ future }) => future === bad), [true]);
  });

  for (const [kind, coroutine] of kinds) {
    Deno.test(`timeout() ends with a TimeoutError if the cancel() of what it waits for throws ${how} (${kind})`, async () => {
      using time = new FakeTime();
      using _ = collectReports();
      const limited = timeout(10, coroutine((wait) => wait(new Throwing(cancelsItself))));
      await passTime(time, 10);
      await assertRejects(() => limited, TimeoutError);
    });
  }
}

// Another error on the way
// ------------------------

Deno.test("Task.cancel() reports any error deep down, and cancels all else that a task waits on", async () => {
  const copy = await importCopy();
  class Broken extends copy.Future<void> {
    override cancel(): boolean {
      return false;
    }
    override cancelled(): boolean {
      throw new Error("out of order");
    }
  }
  const start = async (depth: number) => {
    const good = new Future<void>();
    const task = createTask(async () => {
      await Promise.all([awaitThrough(150, good), awaitThrough(depth, new Broken() as never)]);
    });
    await hostTurn();
    return { task, good };
  };
  // Requests that have passed through about 100 tasks are passed on later.
  for (let depth = 90; depth <= 105; depth++) {
    using reports = collectReports();
    const { task, good } = await start(depth);
    assert(task.cancel("stop"));
    assert(good.cancelled(), `${depth} tasks`);
    assertEquals(reports.map(({ exception }) => String(exception)), ["Error: out of order"]);
  }
  // The error is thrown before the request to `good` is passed on.
  const { task, good } = await start(0);
  assertThrows(() => task.cancel("stop"), Error, "out of order");
  assert(good.cancelled());
});
