import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  Future,
  getEventLoop,
  run,
  sleep,
  type Task,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { kinds, waitIn } from "../helpers/kinds.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Cancellation from outside
// -------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task.cancel() throws a CancelledError where the coroutine (${kind}) waits`, async () => {
    const future = new Future<void>();
    let caught: unknown;
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(future);
      } catch (error) {
        caught = error;
        throw error;
      }
    }));
    await microtasks();
    assertEquals(task.cancel("why"), true);
    assertFalse(task.done(), "a request takes effect later");
    assert(future.cancelled(), "the future that the task waits on is cancelled at once");
    const error = await assertRejects(() => task, CancelledError, "why");
    assertStrictEquals(caught, error);
    assert(task.cancelled());
    assertEquals(task.cancel(), false);
  });

  Deno.test(`Task.cancel() before the start ends the task, and the coroutine (${kind}) never starts`, async () => {
    let started = false;
    const task = createTask(coroutine(function* () {
      started = true;
    }));
    task.cancel("never mind");
    assertFalse(task.done());
    await assertRejects(() => task, CancelledError, "never mind");
    assertFalse(started);
  });

  Deno.test(`Task is cancelled when the future on which its coroutine (${kind}) waits is cancelled`, async () => {
    const future = new Future<void>();
    const task = createTask(coroutine(function* (wait) {
      yield* wait(future);
    }));
    await microtasks();
    future.cancel("by somebody else");
    await assertRejects(() => task, CancelledError, "by somebody else");
    assert(task.cancelled());
    assertEquals(task.cancelling(), 0);
  });

  virtual.test(`Task.cancel() lets the coroutine (${kind}) wait while it cleans up`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } finally {
        log.push("cleaning");
        yield* wait(sleep(1));
        log.push("clean");
      }
    }));
    await sleep(1);
    task.cancel();
    await assertRejects(() => task, CancelledError);
    assertEquals(log, ["cleaning", "clean"]);
  });

  virtual.test(`Task.cancel() does not end a task whose coroutine (${kind}) catches the CancelledError`, async () => {
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch {
        // The task goes on.
      }
      yield* wait(sleep(1));
      return "still here";
    }));
    await sleep(1);
    task.cancel();
    assertEquals(await task, "still here");
    assertEquals(task.cancelling(), 1);
  });

  Deno.test(`Task.cancel() a second time interrupts the clean-up of the coroutine (${kind})`, async () => {
    const log: unknown[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch (first) {
        log.push((first as Error).message);
        try {
          yield* wait(new Future<void>());
        } catch (second) {
          log.push((second as Error).message);
          throw second;
        }
      }
    }));
    await microtasks();
    task.cancel("one");
    await microtasks();
    task.cancel("two");
    await assertRejects(() => task, CancelledError, "two");
    assertEquals(log, ["one", "two"]);
    assertEquals(task.cancelling(), 2);
  });

  Deno.test(`Task.cancel() after the result came, before the coroutine (${kind}) resumed, is still thrown`, async () => {
    const future = new Future<number>();
    const log: unknown[] = [];
    const task = createTask(coroutine(function* (wait) {
      log.push(yield* wait(future));
      yield* wait(new Future<void>());
      log.push("not reached");
    }));
    await microtasks();
    future.setResult(1);
    task.cancel("in the same turn");
    await assertRejects(() => task, CancelledError, "in the same turn");
    assertFalse(log.includes("not reached"));
    assertEquals(future.result(), 1);
  });
}

Deno.test("Task that is cancelled before it receives an exception leaves the exception to be reported", async () => {
  const loop = makeManualLoop();
  const messages: unknown[] = [];
  loop.setExceptionHandler((_loop, { message }) => messages.push(message));
  const main = run(function* () {
    const failing = new Future<void>();
    const task = createTask(function* () {
      yield* failing;
    });
    yield;
    yield;
    failing.setException(new RangeError("x"));
    task.cancel();
    yield;
    yield;
  }, { loop });
  await drainInTurns(loop);
  await main;
  assertEquals(messages, ["Future exception was never retrieved"]);
});

Deno.test("Task.cancel() without a reason makes a CancelledError whose stack starts with cancel()", () => {
  const stackOf = (future: Future<unknown>) => {
    const { signal } = future;
    future.cancel();
    return (signal.reason as Error).stack!.split("\n")
      .filter((line) => !line.startsWith("CancelledError:"));
  };
  const [innermost, caller] = stackOf(createTask(() => sleep(60_000)));
  assertMatch(innermost!, /\bcancel\b/);
  assertMatch(caller!, /\bstackOf\b/);
});

// Cancellation from inside
// ------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task.cancel() by the coroutine (${kind}) itself takes effect at its next wait`, async () => {
    const future = new Future<void>();
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      currentTask()!.cancel("myself");
      log.push("goes on");
      yield* wait(future);
      log.push("not reached");
    }));
    await assertRejects(() => task, CancelledError, "myself");
    assertEquals(log, ["goes on"]);
    assert(future.cancelled());
  });

  Deno.test(`Task.cancel() by the coroutine (${kind}) itself cancels the task if it returns without another wait`, async () => {
    const task = createTask(coroutine(function* () {
      currentTask()!.cancel("too late to be thrown");
      return 1;
    }));
    await assertRejects(() => task, CancelledError, "too late to be thrown");
    const failing = createTask(coroutine(function* () {
      currentTask()!.cancel();
      throw new RangeError("mine");
    }));
    await assertRejects(() => failing, RangeError, "mine");
  });

  Deno.test(`Task.cancel() by the coroutine (${kind}) itself is thrown once`, async () => {
    const task = createTask(
      coroutine(function* (wait) {
        currentTask()!.cancel();
        try {
          yield* wait(new Future<void>());
        } catch (error) {
          assertInstanceOf(error, CancelledError);
        }
        const later = new Future<string>();
        getEventLoop().callSoon(() => later.done() || later.setResult("undisturbed"));
        return yield* wait(later);
      }),
    );
    assertEquals(await task, "undisturbed");
  });

  Deno.test(`Task.cancel() by the coroutine (${kind}) while it cleans up is thrown at its next wait`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch {
        currentTask()!.cancel("again");
        try {
          yield* wait(sleep(0));
        } catch (error) {
          log.push((error as Error).message);
        }
      }
    }));
    await microtasks();
    task.cancel("once");
    await task;
    assertEquals(log, ["again"]);
  });

  Deno.test(`Task.cancel() that a future refuses is thrown into the coroutine (${kind}) when it is done`, async () => {
    class Shielded<T> extends Future<T> {
      override cancel(): boolean {
        return false;
      }
    }
    const shielded = new Shielded<string>();
    const log: string[] = [];
    const task = createTask(
      coroutine(function* (wait) {
        currentTask()!.cancel("late");
        log.push(yield* wait(shielded));
        yield* wait(new Future<void>());
      }),
    );
    await microtasks();
    shielded.setResult("went through");
    await assertRejects(() => task, CancelledError, "late");
    assertEquals(log, []);
    assertEquals(shielded.result(), "went through");
  });
}

// Cancellation of tasks that wait for tasks
// -----------------------------------------

for (const [kind, coroutine] of kinds) {
  virtual.test(`Task.cancel() waits for the inner task on which the coroutine (${kind}) waits`, async () => {
    const log: string[] = [];
    const inner = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } finally {
        yield* wait(sleep(1));
        log.push("inner clean");
      }
    }));
    const outer = createTask(coroutine(function* (wait) {
      try {
        yield* wait(inner);
      } finally {
        log.push("outer clean");
      }
    }));
    await sleep(1);
    outer.cancel("all of it");
    await assertRejects(() => outer, CancelledError, "all of it");
    assert(inner.cancelled());
    assertEquals(log, ["inner clean", "outer clean"]);
  });

  Deno.test(`Task.cancel() that an inner task catches does not reach the coroutine (${kind}) that waits for it`, async () => {
    const inner = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch {
        return "survived";
      }
    }));
    const outer = createTask(coroutine(function* (wait) {
      return yield* wait(inner);
    }));
    await microtasks();
    outer.cancel();
    assertEquals(await outer, "survived");
  });

  virtual.test(`Task.cancel() by the coroutine (${kind}) itself is used up by the inner task for which it waits next`, async () => {
    const swallowing = createTask(function* () {
      try {
        yield* new Future<void>();
      } catch {
        return yield* sleep(1, { result: "swallowed" });
      }
    });
    const task = createTask(() =>
      coroutine(function* (wait) {
        const self = currentTask()!;
        yield* wait(sleep(1));
        self.cancel();
        const result = yield* wait(swallowing);
        yield* wait(sleep(1));
        return result;
      })(undefined)
    );
    assertEquals(await task, "swallowed");
  });
}

Deno.test("Task.cancel() cancels an inner task once, even if the task waits for it in two ways", async () => {
  needs("contextOfPromises");
  const child = createTask(waitIn(new Future<void>()), { name: "child" });
  const task = createTask(() => {
    const awaits = async () => await child;
    awaits().catch(() => {});
    return waitIn(child);
  });
  await microtasks();
  task.cancel();
  assertEquals(child.cancelling(), 1);
  await assertRejects(() => task, CancelledError);
});

Deno.test("Task.cancel() interrupts an inner task once, even if several tasks wait for it", async () => {
  const log: string[] = [];
  const inner = createTask(async () => {
    try {
      await new Future<void>();
    } catch {
      await sleep(0);
      log.push("cleaned up");
    }
  });
  const middle = createTask(async () => await inner);
  const outer = createTask(async () => {
    await Promise.all([middle, inner]);
  });
  await microtasks();
  outer.cancel();
  await inner;
  assertEquals(log, ["cleaned up"]);
  await Promise.allSettled([middle, outer]);
});

Deno.test("Task.cancel() passes through a chain of 50,000 tasks", async () => {
  const depth = 50_000;
  const innermost = new Future<void>();
  let task: Task<unknown> = createTask(waitIn(innermost));
  for (let i = 0; i < depth; i++) {
    const inner = task;
    task = createTask(waitIn(inner));
  }
  await hostTurn();
  task.cancel("from the top");
  assert(innermost.cancelled());
  await assertRejects(() => task, CancelledError, "from the top");
});

Deno.test("Task.cancel() reaches 20,000 tasks at the end of a chain of 100", async () => {
  const leaves = Array.from({ length: 20_000 }, () => createTask(() => new Future<void>()));
  let task: Task<unknown> = createTask(async () => {
    await Promise.all(leaves);
  });
  for (let i = 0; i < 99; i++) {
    const inner = task;
    task = createTask(async () => {
      await inner;
    });
  }
  await hostTurn();
  await hostTurn();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  await Promise.allSettled(leaves);
  assert(leaves.every((leaf) => leaf.cancelled()));
});

// AbortError
// ----------

Deno.test("Task that throws an AbortError is cancelled after cancel(), and fails otherwise", async () => {
  const task = createTask(async (signal) => {
    await new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")))
    );
  });
  await microtasks();
  task.cancel("why");
  await assertRejects(() => task, CancelledError, "why");
  assert(task.cancelled());
  const failed = createTask(async () => {
    await Promise.reject(new DOMException("by itself", "AbortError"));
  });
  await assertRejects(() => failed, DOMException, "by itself");
  assertFalse(failed.cancelled());
});

Deno.test("Task that throws something like an AbortError fails, after cancel() too", async () => {
  for (const thrown of [{ name: "AbortError" }, null]) {
    const task = createTask(async () => {
      currentTask()!.cancel();
      throw thrown;
    });
    await task.catch(() => {});
    assertFalse(task.cancelled());
    assertStrictEquals(task.exception(), thrown);
  }
});
