/**
 * `asCompleted()`: deadlines, cancellation, and loops that are left early.
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
  assertStringIncludes,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  asCompleted,
  CancelledError,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  sleep,
  type Task,
  taskGroup,
  TimeoutError,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { resultOf, threeFutures } from "../helpers/futures.ts";
import { bytesPerRound, collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { outcome } from "../helpers/outcome.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Deadline
// --------

virtual.test("asCompleted() option timeout fails the step that waits with a TimeoutError, and cancels no future", async () => {
  const [one, two, last] = threeFutures<string>();
  const order: unknown[] = [];
  const loop = getRunningLoop();
  const taking = (async () => {
    for await (const future of asCompleted([one, two, last], { timeout: 100 })) {
      order.push(resultOf(future));
    }
  })();
  one.setResult("one");
  await sleep(98);
  two.setResult("two");
  await sleep(1);
  assertEquals(order, ["one", "two"]);
  await assertRejects(() => taking, TimeoutError);
  assertEquals(loop.time(), 100);
  assertEquals(String(last), "<Future pending>", "nothing is cancelled");
});

Deno.test("asCompleted() option timeout fails all steps of for without outcome, later steps included", async () => {
  using time = new FakeTime();
  const [one, two, last] = threeFutures<string>();
  const iterator = asCompleted([one, two, last], { timeout: 100 })[Symbol.iterator]();
  const steps = [iterator.next().value!, iterator.next().value!];
  one.setResult("one");
  await hostTurn();
  time.tick(100);
  assertEquals(await steps[0], "one");
  await assertRejects(() => steps[1]!, TimeoutError);
  two.setResult("too late");
  await assertRejects(() => iterator.next().value!, TimeoutError);
  assertEquals(iterator.next().done, true);
  assertEquals(String(last), "<Future pending>");
});

virtual.test("asCompleted() option timeout lets the outcomes from before the deadline be taken after it", async () => {
  for (const isAsync of [true, false]) {
    const [one, two, last] = threeFutures<string>();
    const completions = asCompleted([last, one, two], { timeout: 100 });
    one.setResult("one");
    two.setResult("two");
    await sleep(200);
    const order: unknown[] = [];
    await assertRejects(async () => {
      if (isAsync) { for await (const future of completions) order.push(resultOf(future)); }
      else for (const step of completions) order.push(await step);
    }, TimeoutError);
    assertEquals(order, ["one", "two"]);
    assertFalse(last.done());
  }
});

Deno.test("asCompleted() option timeout spares outcomes from before the deadline and from its turn", () => {
  const loop = makeManualLoop();
  const [one, two] = [loop.createFuture<string>(), loop.createFuture<string>()];
  loop.callLater(10, () => two.setResult("two"));
  const steps = [...asCompleted([one, two], { timeout: 10 })];
  one.setResult("one");
  loop.advance(10);
  loop.drain();
  assertEquals(steps[0]!.result(), "one");
  // The future was done before the deadline, although its callbacks had not run.
  assertEquals(steps[1]!.result(), "two");

  const futures = [1, 2, 3].map(() => loop.createFuture<string>());
  const completions = asCompleted(futures, { timeout: 10 });
  loop.advance(10);
  futures[1]!.setResult("once");
  loop.drain();
  const [first, ...others] = completions;
  assertEquals(first!.result(), "once");
  for (const step of others) assertInstanceOf(step.exception(), TimeoutError);

  const inTime = [...asCompleted([one, two], { timeout: 10 })];
  loop.drain();
  loop.advance(10);
  loop.drain();
  assertEquals(inTime.map((step) => step.result()), ["one", "two"]);
});

Deno.test("asCompleted() option timeout of zero or less gives the futures that are done already", async () => {
  using time = new FakeTime();
  for (const timeout of [0, -1, -Infinity]) {
    const [one, two] = threeFutures<string>();
    one.setResult("one");
    const completions = asCompleted([two, one], { timeout });
    await hostTurn();
    time.tick(0);
    const order: unknown[] = [];
    await assertRejects(async () => {
      for await (const future of completions) order.push(resultOf(future));
    }, TimeoutError);
    assertEquals(order, ["one"]);
  }
});

Deno.test("asCompleted() option timeout null or Infinity is no limit", async () => {
  using time = new FakeTime();
  for (const timeout of [null, undefined, Infinity]) {
    const [one] = threeFutures<string>();
    const [step] = asCompleted([one], { timeout });
    time.tick(2 ** 40);
    await hostTurn();
    assertFalse(step!.done());
    one.setResult("one");
    assertEquals(await step, "one");
  }
});

// Cancellation
// ------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`asCompleted() releases futures, timer and signal when the coroutine (${kind}) is cancelled`, async () => {
    const futures = threeFutures<string>();
    const { signal, listeners } = makeCountingSignal();
    const left = await leftOver(async () => {
      const task = createTask(coroutine(function* (wait) {
        for (const step of asCompleted(futures, { timeout: 60_000, signal })) yield* wait(step);
      }));
      await hostTurn();
      assertEquals(listeners.size, 1);
      task.cancel("stop");
      await assertRejects(() => task, CancelledError, "stop");
    });
    assertEquals(left, 0);
    assertEquals(listeners.size, 0);
    assertEquals(futures.map(String), Array(3).fill("<Future pending>"), "nothing is cancelled");
  });
}

Deno.test("asCompleted() with for await releases futures, timer and signal when the task is cancelled", async () => {
  const futures = threeFutures<string>();
  const { signal, listeners } = makeCountingSignal();
  const left = await leftOver(async () => {
    const task = createTask(async () => {
      for await (const _ of asCompleted(futures, { timeout: 60_000, signal })) { /* waits */ }
    });
    await hostTurn();
    assertEquals(futures.map(String), Array(3).fill("<Future pending cb=[asCompleted]>"));
    task.cancel("stop");
    await assertRejects(() => task, CancelledError, "stop");
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
  assertEquals(futures.map(String), Array(3).fill("<Future pending>"), "nothing is cancelled");
});

/** Iterates in a task that handles every error but a cancellation, and then waits for ever. */
async function consume(load: Future<unknown>): Promise<void> {
  try {
    for await (const done of asCompleted([load])) done.result();
  } catch (error) {
    if (error instanceof CancelledError) throw error;
  }
  await new Future<void>();
}

for (
  const [name, cancelWhenDone] of [
    ["a callback", (load, task) => load.addDoneCallback(() => task.cancel("stop"))],
    ["another task", (load, task) =>
      createTask(function* () {
        try {
          yield* load;
        } catch {
          task.cancel("stop");
        }
      })],
    ["the same turn", (load, task) =>
      queueMicrotask(() => {
        load.setException(new RangeError("load"));
        task.cancel("stop");
      })],
  ] as [string, (load: Future<unknown>, task: Task<unknown>) => unknown][]
) {
  Deno.test(`asCompleted() whose loop throws loses no cancellation by ${name}`, async () => {
    const load = new Future<unknown>();
    const task = createTask(() => consume(load));
    await hostTurn();
    cancelWhenDone(load, task);
    await microtasks();
    if (!load.done()) load.setException(new RangeError("load"));
    await hostTurn();
    const ended = outcome(task);
    task.cancel();
    assertEquals(ended, "cancelled CancelledError: stop");
    await Promise.allSettled([load]);
  });
}

Deno.test("asCompleted() whose loop throws loses no cancellation by its own body", async () => {
  const task = createTask(async () => {
    try {
      for await (const _ of asCompleted([sleep(0)])) {
        currentTask()!.cancel("stop");
        throw new RangeError("body");
      }
    } catch (error) {
      if (error instanceof CancelledError) throw error;
    }
    await new Future<void>();
  });
  await assertRejects(() => task, CancelledError, "stop");
});

Deno.test("asCompleted() whose loop throws loses no cancellation by a group that fails in the same turn", async () => {
  const gate = new Future<void>();
  const load = createTask(async () => {
    await gate;
    throw new RangeError("load");
  });
  const group = taskGroup((group) => {
    group.createTask(() => consume(load));
    group.createTask(async () => {
      await gate;
      throw new RangeError("other");
    });
  });
  await hostTurn();
  gate.setResult();
  const { errors } = await assertRejects(() => group, AggregateError);
  assertEquals(errors.map(String), ["RangeError: other"]);
  await Promise.allSettled([load]);
});

// Signal
// ------

Deno.test("asCompleted() option signal cancels the steps that wait, and no future", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const futures = threeFutures<string>();
  const left = await leftOver(async () => {
    const options = { timeout: 60_000, signal };
    const loop = (async () => {
      for await (const _ of asCompleted(futures, options)) { /* waits */ }
    })();
    const steps = [...asCompleted(futures, options)];
    await hostTurn();
    assertEquals(listeners.size, 1);
    controller.abort("enough");
    await assertRejects(() => loop, CancelledError, "enough");
    for (const step of steps) await assertRejects(() => step, CancelledError, "enough");

    // The signal is aborted already.
    for (const step of asCompleted(futures, options)) {
      assert(step.cancelled());
      await assertRejects(() => step, CancelledError, "enough");
    }
    await assertRejects(
      async () => {
        for await (const _ of asCompleted(futures, options)) throw new Error("not to be reached");
      },
      CancelledError,
      "enough",
    );
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
  assertEquals(futures.map(String), Array(3).fill("<Future pending>"));
});

// Leaks
// -----

Deno.test("asCompleted() releases futures, timer and signal at the end of the loop", async () => {
  const { signal, listeners } = makeCountingSignal();
  const left = await leftOver(async () => {
    const futures = [sleep(1), sleep(0), Promise.resolve(), (function* () {})()];
    for await (const _ of asCompleted(futures, { timeout: 60_000, signal })) { /* goes on */ }
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
});

Deno.test("asCompleted() releases futures, timer and signal at a break, a return and a throw", async () => {
  const futures = threeFutures<string>();
  const { signal, listeners } = makeCountingSignal();
  const [one, two, last] = futures;
  one.setResult("one");
  const left = await leftOver(async () => {
    const options = { timeout: 60_000, signal };
    for (const step of asCompleted(futures, options)) {
      assertEquals(await step, "one");
      break;
    }
    for await (const future of asCompleted(futures, options)) {
      assertStrictEquals(future, one);
      break;
    }
    await assertRejects(async () => {
      for await (const _ of asCompleted(futures, options)) throw new RangeError("thrown");
    }, RangeError);
    const iterator = asCompleted(futures, options)[Symbol.asyncIterator]();
    assertEquals(await iterator.return!(), { done: true, value: undefined });
    assertEquals(await iterator.next(), { done: true, value: undefined });
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
  assertEquals([two, last].map(String), Array(2).fill("<Future pending>"));
});

Deno.test("asCompleted() releases its timer when all is done, even if no step is taken", async () => {
  const [one, two] = threeFutures<string>();
  const left = await leftOver(async () => {
    const completions = asCompleted([one, two], { timeout: 60_000 });
    one.setResult("one");
    two.setResult("two");
    await hostTurn();
    assert(Symbol.iterator in completions);
  });
  assertEquals(left, 0);
});

Deno.test("asCompleted() that is destructured releases futures and timer after the steps taken", async () => {
  const [one, two, last] = threeFutures<string>();
  const left = await leftOver(async () => {
    const [first, second] = asCompleted([one, two, last], { timeout: 60_000 });
    last.setResult("last");
    assertEquals(await first, "last");
    assertFalse(second!.done());
    two.setResult("two");
    assertEquals(await second, "two");
  });
  assertEquals(left, 0);
  assertEquals(String(one), "<Future pending>");
});

Deno.test("asCompleted() that is destructured releases futures and timer when the step is cancelled", async () => {
  const futures = threeFutures<string>();
  const left = await leftOver(() => {
    const [first] = asCompleted(futures, { timeout: 60_000 });
    first!.cancel();
  });
  assertEquals(left, 0);
  assertEquals(futures.map(String), Array(3).fill("<Future pending>"));
});

Deno.test("asCompleted() that nobody holds any more releases futures and timer", async () => {
  needs("finalization");
  const copy = await importCopy();
  const shutdown = new Future<void>();
  const foreign = new copy.Future<void>() as unknown as Future<void>;
  const shown = () => [String(shutdown), String(foreign)];
  const begin = async () => {
    asCompleted([shutdown, foreign], { timeout: 60_000 });
    const done = sleep(0);
    const iterator = asCompleted([shutdown, done, foreign])[Symbol.asyncIterator]();
    assertStrictEquals((await iterator.next()).value, done);
  };
  const left = await leftOver(async () => {
    for (let i = 0; i < 3; i++) await begin();
    assertStringIncludes(String(foreign), "cb=[");
    await collectGarbage(() => !shown().join().includes("cb="));
  });
  assertEquals(shown(), ["<Future pending>", "<Future pending>"]);
  assertEquals(left, 0);
});

Deno.test("asCompleted() that nobody iterates keeps no memory on what is pending for long", async () => {
  needs("finalization", "heapSize", "sharedTimers");
  const shutdown = new Future<void>();
  const bytes = await bytesPerRound(50, () => void asCompleted([shutdown], { timeout: 60_000 }));
  assertLess(bytes, 50);
  assertFalse(shutdown.done());
});

Deno.test("asCompleted() that only the code waiting for a step holds goes on", async () => {
  needs("gc");
  const futures = threeFutures<string>();
  const seen: string[] = [];
  const iterate = async () => {
    for await (const future of asCompleted(futures)) seen.push(future.result());
  };
  const iterateSteps = async () => {
    for (const step of asCompleted(futures)) seen.push(await step);
  };
  iterate();
  iterateSteps();
  const [first] = asCompleted(futures);
  first!.addDoneCallback((step) => seen.push(step.result()));
  await collectGarbage(() => false, 5);
  futures[0].setResult("a");
  await hostTurn();
  await collectGarbage(() => false, 5);
  futures[1].setResult("b");
  futures[2].setResult("c");
  await hostTurn();
  assertEquals(seen.toSorted(), ["a", "a", "a", "b", "b", "c", "c"]);
});

Deno.test("asCompleted() releases its timer if the task is cancelled when a step has its outcome", async () => {
  const futures = [new Future<number>(), new Future<number>()];
  const left = await leftOver(async () => {
    const task = createTask(async () => {
      for await (const future of asCompleted(futures, { timeout: 60_000 })) future.result();
    });
    await hostTurn();
    futures[0]!.setResult(1);
    // A turn later, the step has its outcome, and the task has yet to go on.
    futures[0]!.addDoneCallback(() => task.cancel());
    await assertRejects(() => task, CancelledError);
  });
  assertEquals(left, 0);
});
