import { assertEquals, assertInstanceOf, assertLess, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  cancelAndWait,
  createTask,
  currentTask,
  Future,
  Queue,
  sleep,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { endless, failing, failWhenCancelled } from "../helpers/coroutines.ts";
import { leftOver } from "../helpers/counting.ts";
import { passTime } from "../helpers/fake_time.ts";
import { heapUsed } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { CANCELLED, FAILED, outcome, TIMED_OUT } from "../helpers/outcome.ts";
import { hostTurn, leastOf } from "../helpers/turns.ts";

// timeout() within timeout()
// --------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() within timeout() that expires leaves the outer one alone (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const future = timeout(
      20,
      coroutine(function* (wait, outer: Timeout) {
        try {
          yield* wait(timeout(10, coroutine((wait) => wait(new Future<void>()))));
        } catch (error) {
          log.push((error as Error).name);
        }
        yield* wait(sleep(5));
        return outer.expired();
      }),
    );
    await passTime(time, 10);
    assertEquals(log, ["TimeoutError"]);
    await passTime(time, 5);
    assertEquals(outcome(future), "result false");
  });

  Deno.test(`timeout() within timeout() is cancelled when the outer one expires (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const scopes: Timeout[] = [];
    const future = timeout(
      10,
      coroutine(function* (wait, outer: Timeout) {
        scopes.push(outer);
        try {
          yield* wait(timeout(
            20,
            coroutine(function* (wait, inner: Timeout) {
              scopes.push(inner);
              yield* wait(new Future<void>());
            }),
          ));
        } catch (error) {
          log.push((error as Error).name);
          throw error;
        }
      }),
    );
    await passTime(time, 10);
    assertEquals(log, ["CancelledError"]);
    assertEquals(outcome(future), TIMED_OUT);
    await passTime(time, 10);
    assertEquals(scopes.map((scope) => scope.expired()), [true, false]);
  });

  for (const [outerMs, innerMs, first] of [[10, 10, "outer"], [10, 9.9999, "inner"]] as const) {
    Deno.test(`timeout() within timeout() ends as cancelled if both expire in one turn, the ${first} one first (${kind})`, async () => {
      using time = new FakeTime();
      const log: string[] = [];
      const scopes: Timeout[] = [];
      const future = timeout(
        outerMs,
        coroutine(function* (wait, outer: Timeout) {
          scopes.push(outer);
          try {
            yield* wait(timeout(
              innerMs,
              coroutine(function* (wait, inner: Timeout) {
                scopes.push(inner);
                yield* wait(new Future<void>());
              }),
            ));
          } catch (error) {
            log.push((error as Error).name);
          }
          yield* wait(sleep(60_000));
        }),
      );
      await passTime(time, 10);
      await passTime(time, 1);
      // The cancellation of the outer one must not come out as the inner one's TimeoutError,
      // or else the body would run on until its next wait.
      assertEquals(log, ["CancelledError"]);
      assertEquals(scopes.map((scope) => scope.expired()), [true, true]);
      assertEquals(outcome(future), "pending", "the body swallowed the cancellation");
      future.cancel();
      await hostTurn();
      assertEquals(outcome(future), CANCELLED);
    });
  }

  Deno.test(`timeout() around timeout() fails with a TimeoutError if both expire in one turn (${kind})`, async () => {
    using time = new FakeTime();
    const inner: string[] = [];
    const future = timeout(
      10,
      coroutine(function* (wait) {
        const nested = timeout(10, coroutine((wait) => wait(new Future<void>())));
        nested.addDoneCallback(() => inner.push(outcome(nested)));
        yield* wait(nested);
      }),
    );
    await passTime(time, 10);
    assertEquals(inner, [CANCELLED]);
    assertEquals(outcome(future), TIMED_OUT);
  });
}

Deno.test("timeout() nested 2,000 deep is cancelled to the bottom", async () => {
  let depth = 0;
  let ended = 0;
  function* nest(): Generator<unknown, void> {
    yield;
    try {
      if (++depth < 2_000) yield* timeout(60_000, nest);
      else yield* new Future<void>();
    } finally {
      ended++;
    }
  }
  const left = await leftOver(async () => {
    const future = timeout(60_000, nest);
    while (depth < 2_000) await hostTurn();
    future.cancel("from the top");
    while (!future.done()) await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: from the top");
  });
  assertEquals(ended, 2_000);
  assertEquals(left, 0);
});

// taskGroup() within taskGroup()
// ------------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() within taskGroup() passes its failure on as a single error (${kind})`, async () => {
    const log: string[] = [];
    const future = taskGroup(coroutine(function* (wait, outer: TaskGroup) {
      outer.createTask(() => endless(log, "outer"));
      yield* wait(taskGroup(coroutine(function* (wait, inner: TaskGroup) {
        inner.createTask(() => endless(log, "inner"));
        inner.createTask(() => failing(new RangeError("a")));
        yield* wait(new Future<void>());
      })));
    }));
    const { errors } = await assertRejects(() => future, AggregateError);
    assertEquals(errors.length, 1);
    assertInstanceOf(errors[0], AggregateError);
    assertEquals(errors[0].errors.map(String), ["RangeError: a"]);
    assertEquals(log, ["inner ended", "outer ended"]);
  });

  Deno.test(`taskGroup() within taskGroup() is cancelled when the outer one fails (${kind})`, async () => {
    const log: string[] = [];
    const future = taskGroup(coroutine(function* (wait, outer: TaskGroup) {
      outer.createTask(() => failing(new RangeError("a")));
      const inner = taskGroup(coroutine(function* (wait, inner: TaskGroup) {
        inner.createTask(() => endless(log, "inner"));
        yield* wait(new Future<void>());
      }));
      inner.addDoneCallback(() => log.push(outcome(inner)));
      yield* wait(inner);
    }));
    await assertRejects(() => future, AggregateError);
    assertEquals(outcome(future), `${FAILED} [RangeError: a]`);
    assertEquals(log, ["inner ended", CANCELLED]);
  });

  for (const first of ["inner", "outer"]) {
    Deno.test(`taskGroup() within taskGroup() hands over its errors if both fail in one turn, the ${first} one first (${kind})`, async () => {
      const log: string[] = [];
      const fail = (message: string) =>
        function* () {
          yield;
          throw new RangeError(message);
        };
      const group = taskGroup(coroutine(function* (wait, outer: TaskGroup) {
        try {
          yield* wait(taskGroup((inner) => {
            const starts = [
              () => inner.createTask(fail("inner")),
              () => outer.createTask(fail("outer")),
            ];
            if (first === "outer") starts.reverse();
            for (const start of starts) start();
          }));
        } catch (error) {
          log.push(`${error} [${(error as AggregateError).errors}]`);
          log.push(`cancelling: ${currentTask()!.cancelling()}`);
          try {
            yield* wait(sleep(1));
          } catch (error) {
            log.push(String(error));
            throw error;
          }
        }
      }));
      await assertRejects(() => group, AggregateError);
      assertEquals(outcome(group), `${FAILED} [RangeError: outer]`);
      assertEquals(log, [
        "AggregateError: Unhandled errors in a task group [RangeError: inner]",
        "cancelling: 1",
        "CancelledError: The operation has been cancelled",
      ]);
    });
  }
}

// taskGroup() within timeout()
// ----------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() around a taskGroup() that fails at the deadline ends as its body does (${kind})`, async () => {
    using time = new FakeTime();
    const waits = timeout(
      10,
      coroutine(function* (wait) {
        try {
          yield* wait(failWhenCancelled(coroutine));
          throw new Error("not reached");
        } catch (error) {
          assertInstanceOf(error, AggregateError);
        }
        yield* wait(sleep(60_000));
      }),
    );
    const throws = timeout(10, coroutine((wait) => wait(failWhenCancelled(coroutine))));
    await passTime(time, 10);
    await hostTurn();
    assertEquals(outcome(waits), TIMED_OUT);
    assertEquals(outcome(throws), `${FAILED} [RangeError: clean-up]`);
  });

  for (
    const [where, wrap] of [
      ["taskGroup()", (start) => start()],
      [
        "taskGroup() in timeout()",
        (start) => timeout(60_000, coroutine((wait) => wait(start()))),
      ],
      ["taskGroup() in timeout(), in helper functions", (start) =>
        timeout(60_000, async () => {
          const helper = async (depth: number): Promise<void> =>
            depth > 0 ? await helper(depth - 1) : await start();
          await helper(10);
        })],
      [
        "taskGroup() in timeout() in taskGroup()",
        (start) =>
          taskGroup(coroutine((wait) => wait(timeout(60_000, coroutine((wait) => wait(start())))))),
      ],
    ] as [string, (start: () => Future<void>) => Future<void>][]
  ) {
    Deno.test(`${where} that fails when its parent is cancelled throws the errors, then a CancelledError (${kind})`, async () => {
      const log: string[] = [];
      const task = createTask(coroutine(function* (wait) {
        try {
          yield* wait(wrap(() => failWhenCancelled(coroutine)));
        } catch (error) {
          log.push((error as Error).name);
        }
        log.push("goes on");
        yield* wait(sleep(60_000));
        log.push("not reached");
      }));
      await hostTurn();
      task.cancel("outside");
      for (let i = 0; i < 3; i++) await hostTurn();
      const ended = outcome(task);
      const requests = task.cancelling();
      task.cancel();
      await hostTurn();
      assertEquals(log, ["AggregateError", "goes on"]);
      assertEquals(ended.split(":")[0], "cancelled CancelledError");
      assertEquals(requests, 1, "the count is stable");
    });
  }
}

const boom = new RangeError("boom");

/**
 * Starts a group, within so many timeouts, whose task fails when it is cancelled.
 * All bodies are async functions.
 */
function inAsyncFunctions(depth: number): Future<unknown> {
  if (depth > 0) return timeout(null, async () => await inAsyncFunctions(depth - 1));
  return taskGroup(async (group) => {
    group.createTask(async () => {
      try {
        await sleep(60_000);
      } catch {
        throw boom;
      }
    });
    await sleep(60_000);
  });
}

/** Starts the same group with generators as the bodies. */
function inGenerators(depth: number): Future<unknown> {
  if (depth > 0) {
    return timeout(null, function* () {
      yield* inGenerators(depth - 1);
    });
  }
  return taskGroup(function* (group) {
    group.createTask(function* () {
      try {
        yield* sleep(60_000);
      } catch {
        throw boom;
      }
    });
    yield* sleep(60_000);
  });
}

Deno.test("taskGroup() in 0 to 3 timeouts throws its errors, then a CancelledError, into a cancelled async function", async () => {
  for (const depth of [0, 1, 2, 3]) {
    const log: unknown[] = [];
    const task = createTask(async () => {
      try {
        await inAsyncFunctions(depth);
      } catch (error) {
        log.push(error instanceof AggregateError && error.errors);
      }
      try {
        await sleep(0);
        log.push("goes on");
      } catch (error) {
        log.push(error instanceof Error && error.name);
      }
    });
    await hostTurn();
    task.cancel();
    await task;
    assertEquals(log, [[boom], "CancelledError"], `${depth} scopes`);
  }
});

Deno.test("taskGroup() in 0 to 3 timeouts throws its errors, then a CancelledError, into a cancelled generator", async () => {
  for (const depth of [0, 1, 2, 3]) {
    const log: unknown[] = [];
    const task = createTask(function* () {
      try {
        yield* inGenerators(depth);
      } catch (error) {
        log.push(error instanceof AggregateError && error.errors);
      }
      try {
        yield* sleep(0);
        log.push("goes on");
      } catch (error) {
        log.push(error instanceof Error && error.name);
      }
    });
    await hostTurn();
    task.cancel();
    await task;
    assertEquals(log, [[boom], "CancelledError"], `${depth} scopes`);
  }
});

// Leaks
// -----

Deno.test("a generator that opens one scope after the other keeps none of them", async () => {
  needs("heapSize");
  const counts = new Queue<number>();
  const ends = new Queue<void>();
  const task = createTask(function* () {
    for (;;) {
      const count = yield* counts.get();
      for (let i = 0; i < count; i++) {
        yield* timeout(null, function* () {
          yield;
        });
        yield* taskGroup(function* () {
          yield;
        });
      }
      yield* ends.put(undefined);
    }
  });
  const heapAfter = async (count: number) => {
    counts.putNowait(count);
    await ends.get();
    return await heapUsed();
  };
  await heapAfter(1_000);
  const bytes = await leastOf(100, async () => {
    const before = await heapAfter(100);
    return (await heapAfter(2_000) - before) / 2_000;
  });
  assertLess(bytes, 100);
  await cancelAndWait(task);
});
