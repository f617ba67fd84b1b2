import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  Future,
  gather,
  getEventLoop,
  sleep,
  type Task,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { withResult } from "../helpers/futures.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { hostTurn, microtasks, takeSteps, withResolvers } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Several requests in one turn
// ----------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task.cancel() throws one CancelledError into the coroutine (${kind}) for all requests of one turn`, async () => {
    const cancels: [string, (task: Task<unknown>, future: Future<void>) => void][] = [
      ["twice", (task) => [task.cancel("first"), task.cancel("second")]],
      ["the future first", (task, future) => [future.cancel("first"), task.cancel("second")]],
      ["a CancelledError as exception", (task, future) => {
        future.setException(new CancelledError("first"));
        task.cancel("second");
      }],
      ["in the next microtask", (task) => {
        queueMicrotask(() => task.cancel("second"));
        task.cancel("first");
      }],
    ];
    for (const [name, cancel] of cancels) {
      const log: string[] = [];
      const future = new Future<void>();
      const task = createTask(coroutine(function* (wait) {
        try {
          yield* wait(future);
        } catch (error) {
          log.push((error as Error).message);
          yield* wait(sleep(0));
          log.push("cleaned up");
        }
        return log.length;
      }));
      await microtasks();
      cancel(task, future);
      assertEquals(await task, 2, name);
      assertEquals(log, ["first", "cleaned up"], name);
    }
  });

  virtual.test(`Task.cancel() throws one CancelledError if what the coroutine (${kind}) waits on was just cancelled`, async () => {
    const child = new Future<number>();
    const log: string[] = [];
    const task = createTask(() =>
      coroutine(function* (wait) {
        try {
          yield* wait(gather(child));
        } catch (error) {
          log.push(String(error));
        }
        yield* wait(sleep(1));
        return "goes on";
      })(undefined)
    );
    await sleep(1);
    child.cancel("first");
    task.cancel("second");
    assertEquals(await task, "goes on");
    assertEquals(log, ["CancelledError: first"]);
  });
}

virtual.test("Task.cancel() twice in a turn throws one CancelledError into a task that waits on several futures", async () => {
  const log: string[] = [];
  const [one, other] = [new Future<void>(), new Future<void>()];
  const task = createTask(async () => {
    try {
      await Promise.all([one, other]);
    } catch (error) {
      log.push(String(error));
      await sleep(1);
      log.push("cleaned up");
      throw error;
    }
  });
  await sleep(1);
  one.cancel("owner");
  task.cancel("first");
  task.cancel("second");
  await assertRejects(() => task, CancelledError, "owner");
  assertEquals(log, ["CancelledError: owner", "cleaned up"]);
});

for (
  const [how, wait] of Object.entries<() => Promise<void>>({
    "twice in a turn": async () => {
      const task = currentTask()!;
      getEventLoop().callSoon(() => {
        task.cancel();
        task.cancel();
      });
      await new Future<void>();
    },
    "before the task awaits a done future": async () => {
      const done = new Future<void>();
      done.setResult();
      currentTask()!.cancel();
      await done;
    },
  })
) {
  Deno.test(`Task.cancel() ${how} throws one CancelledError, and one more after a taskGroup() that fails later`, async () => {
    needs("contextOfPromises");
    const log: unknown[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const task = createTask(async () => {
      await assertRejects(wait, CancelledError);
      await assertRejects(() =>
        taskGroup(async () => {
          try {
            await new Future<void>();
          } catch {
            throw new RangeError("in the clean-up");
          }
        }, { signal }), AggregateError);
      // The request was swallowed, and not taken back.
      await assertRejects(async () => await sleep(0), CancelledError);
      log.push("goes on");
    });
    await microtasks();
    controller.abort();
    await task;
    assertEquals(log, ["goes on"]);
  });
}

/** Waits, and logs the error and the clean-up that follows. */
async function waitAndCleanUp(
  log: string[],
  name: string,
  wait: () => PromiseLike<unknown>,
): Promise<void> {
  try {
    await wait();
  } catch (error) {
    log.push(`${name}: ${error}`);
    await sleep(1);
    log.push(`${name} cleaned up`);
    throw error;
  }
}

for (
  const [name, other] of Object.entries<() => PromiseLike<unknown>>({
    "a future": () => new Future(),
    "gather()": () => gather(new Future()),
    "gather() in gather()": () => gather(gather(new Future(), new Future()), new Future()),
    "gather() in gather() in gather()": () => gather(gather(gather(new Future()))),
  })
) {
  virtual.test(`Task.cancel() twice in a turn interrupts no clean-up in code that waits on ${name} and on more`, async () => {
    for (const wait of [() => new Future(), () => gather(new Future())]) {
      const log: string[] = [];
      const task = createTask(async () => {
        await Promise.all([
          waitAndCleanUp(log, "one", wait),
          waitAndCleanUp(log, "other", other),
        ]);
      });
      await sleep(1);
      task.cancel("first");
      task.cancel("second");
      await assertRejects(() => task, CancelledError, "first");
      await sleep(5);
      assertEquals(log.toSorted(), [
        "one cleaned up",
        "one: CancelledError: first",
        "other cleaned up",
        "other: CancelledError: first",
      ]);
    }
  });
}

virtual.test("Task.cancel() by a signal interrupts no clean-up if other code of the task waits for a disposal", async () => {
  const log: string[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  const slow = createTask(async () => {
    try {
      await sleep(500);
    } finally {
      await sleep(5);
    }
  });
  const connection = new Future<void>({ signal });
  const task = createTask(async () => {
    await Promise.all([
      waitAndCleanUp(log, "load", () => gather(connection)),
      slow[Symbol.asyncDispose](),
    ]);
  }, { signal });
  await sleep(1);
  controller.abort("bye");
  await assertRejects(() => task, CancelledError, "bye");
  await sleep(5);
  slow.cancel();
  assertEquals(log, ["load: CancelledError: bye", "load cleaned up"]);
});

virtual.test("Task.cancel() by a handler of the future that was cancelled interrupts no clean-up", async () => {
  const log: string[] = [];
  const future = new Future<void>();
  const task = createTask(async () => {
    future.catch(() => task.cancel("handler"));
    await waitAndCleanUp(log, "code", () => future);
  });
  await sleep(1);
  future.cancel("owner");
  await assertRejects(() => task, CancelledError, "owner");
  assertEquals(log, ["code: CancelledError: owner", "code cleaned up"]);
});

virtual.test("Task.cancel() twice throws the first request, also if what it was passed to left it unanswered", async () => {
  const inScope = createTask(async () => {
    await timeout(null, async () => {
      await sleep(1);
      inScope.cancel("first");
      // Between the end of the body and the moment at which the task goes on.
      queueMicrotask(() => queueMicrotask(() => inScope.cancel("second")));
    });
    await sleep(1);
  });
  const hasChild = createTask(function* () {
    yield* child;
  });
  const child = createTask(function* () {
    yield* sleep(1);
    hasChild.cancel("first");
    queueMicrotask(() => hasChild.cancel("second"));
    throw new RangeError("failed");
  });
  await assertRejects(() => inScope, CancelledError, "first");
  await assertRejects(() => hasChild, CancelledError, "first");
  assertEquals(String(child.exception()), "RangeError: failed");
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task.cancel() that a child (${kind}) swallowed is not thrown again if the child fails after one of its own`, async () => {
    const child: Task<void> = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch {
        // The code goes on.
      }
      child.cancel("too late");
      throw new RangeError("closed");
    }));
    const task = createTask(coroutine((wait) => wait(child)));
    await hostTurn();
    task.cancel("swallowed");
    await hostTurn();
    assertEquals(outcome(task), "failed RangeError: closed");
  });

  Deno.test(`Task.cancel() that a body (${kind}) swallowed is not thrown again if the body ends after one of its signal`, async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const body = coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch {
        // The code goes on.
      }
      controller.abort("too late");
    });
    const task = createTask(coroutine(function* (wait) {
      yield* wait(timeout(null, body, { signal }));
      yield* wait(sleep(0));
      return "goes on";
    }));
    await hostTurn();
    task.cancel("swallowed");
    await hostTurn();
    await hostTurn();
    assertEquals(outcome(task), "result goes on");
  });
}

// No request is lost
// ------------------

Deno.test("Task.cancel() is thrown where a task awaits a done future while callbacks wait for a turn of the host", async () => {
  needs("contextOfPromises");
  const log: string[] = [];
  const steps = takeSteps({ createTask }, 100_000);
  await microtasks(10_000);
  const task = createTask(async () => {
    try {
      await withResult(undefined);
      log.push("not reached");
    } finally {
      await sleep(0);
      log.push("cleaned up");
    }
  }, { eagerStart: true });
  await microtasks();
  assert(task.cancel("stop"));
  await assertRejects(() => task, CancelledError, "stop");
  assertEquals(log, ["cleaned up"]);
  steps.cancel();
  await Promise.allSettled([steps]);
});

for (
  const [name, body] of Object.entries<
    (signal: AbortSignal, gate: Promise<void>) => Promise<unknown>
  >({
    "a future with the same signal and a handler of its own": async (signal) => {
      new Future<void>({ signal }).catch(() => {});
      return await sleep(500);
    },
    "a future that a listener of the signal cancels": async (signal) => {
      const request = new Future<void>();
      signal.addEventListener("abort", () => request.cancel());
      request.finally(() => {}).catch(() => {});
      return await sleep(500);
    },
    "a future that the end of a block cancels": async (_signal, gate) => {
      {
        using reply = new Future<void>();
        reply.catch(() => {});
        await gate;
      }
      return await sleep(500);
    },
    "the cancellation of one of several futures, which is caught": async (signal) =>
      await Promise.all([new Future<void>({ signal }).catch(() => 0), sleep(500)]),
  })
) {
  Deno.test(`Task.cancel() reaches the task despite ${name}`, async () => {
    const gate = withResolvers<void>();
    const task = createTask((signal) => body(signal, gate.promise));
    await hostTurn();
    assert(task.cancel("stop"));
    await hostTurn();
    gate.resolve();
    await assertRejects(() => task, CancelledError, "stop");
  });
}

/** Cancels a future before or after a task, in the same turn. */
const cancelBothInTurn: [name: string, (future: Future<void>, task: Task<unknown>) => void][] = [
  ["before", (future, task) => [future.cancel("side"), task.cancel("stop")]],
  ["after", (future, task) => [task.cancel("stop"), future.cancel("side")]],
];

for (const [name, cancelBoth] of cancelBothInTurn) {
  Deno.test(`Task.cancel() reaches the task if a future with a handler is cancelled just ${name} it`, async () => {
    const gate = withResolvers<void>();
    const side = new Future<void>();
    const task = createTask(async () => {
      side.catch(() => {});
      await gate.promise;
      return await sleep(500);
    });
    await hostTurn();
    cancelBoth(side, task);
    await hostTurn();
    gate.resolve();
    await assertRejects(() => task, CancelledError, "stop");
  });

  Deno.test(`Task.cancel() cancels the other future if one of two awaited ones is cancelled just ${name} it`, async () => {
    const [one, other] = [new Future<void>(), new Future<void>()];
    const task = createTask(async () => await Promise.allSettled([one, other]));
    await hostTurn();
    cancelBoth(one, task);
    assert(other.cancelled());
    assertEquals((await task).map(({ status }) => status), ["rejected", "rejected"]);
  });
}

Deno.test("Task.cancel() cancels all that the task waits on, also if its signal cancels one of these", async () => {
  const task = createTask(async (signal) =>
    await Promise.allSettled([new Future<void>({ signal }), sleep(60_000)])
  );
  await hostTurn();
  task.cancel("stop");
  assertEquals((await task).map(({ status }) => status), ["rejected", "rejected"]);
});
