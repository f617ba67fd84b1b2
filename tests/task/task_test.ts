import {
  assert,
  assertEquals,
  assertFalse,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLess,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  AsyncContext,
  CancelledError,
  type Context,
  type Coroutine,
  createTask,
  currentTask,
  ensureFuture,
  type EventLoop,
  type ExceptionContext,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  InvalidStateError,
  isFuture,
  run,
  sleep,
  Task,
  taskGroup,
  type TaskOptions,
  timeout,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds, waitIn } from "../helpers/kinds.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { revokedProxy, ThrowingFuture } from "../helpers/objects.ts";
import { serveNothing } from "../helpers/programs.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task runs a coroutine (${kind}) and has its result`, async () => {
    const future = new Future<number>();
    const task: Task<number> = createTask(coroutine(function* (wait) {
      return (yield* wait(future)) + 1;
    }));
    await microtasks();
    assertFalse(task.done());
    future.setResult(1);
    assertEquals(await task, 2);
    assertEquals(task.result(), 2);
  });

  Deno.test(`Task of a coroutine (${kind}) that throws has its exception`, async () => {
    const error = new RangeError("x");
    const task = createTask(coroutine(function* (wait) {
      yield* wait(sleep(0));
      throw error;
    }));
    assertStrictEquals(await assertRejects(() => task), error);
    assertStrictEquals(task.exception(), error);
  });

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
    assert(future.cancelled(), "what the task waits on is cancelled at once");
    const error = await assertRejects(() => task, CancelledError, "why");
    assertStrictEquals(caught, error);
    assert(task.cancelled());
    assertEquals(task.cancel(), false);
  });

  Deno.test(`Task.cancel() lets the coroutine (${kind}) clean up with further waits`, async () => {
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
    await microtasks();
    task.cancel();
    await assertRejects(() => task, CancelledError);
    assertEquals(log, ["cleaning", "clean"]);
  });

  Deno.test(`Task.cancel() that the coroutine (${kind}) swallows leaves the task running`, async () => {
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch {
        // stays
      }
      yield* wait(sleep(1));
      return "still here";
    }));
    await microtasks();
    task.cancel();
    assertEquals(await task, "still here");
    assertEquals(task.cancelling(), 1);
  });

  Deno.test(`Task.cancel() twice interrupts the clean-up of the coroutine (${kind})`, async () => {
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

  Deno.test(`Task.cancel() aborts the signal of the coroutine (${kind}) before it throws`, async () => {
    const log: string[] = [];
    const task: Task<void> = createTask(coroutine(function* (wait, signal) {
      assertStrictEquals(signal, task.signal);
      signal.addEventListener("abort", () => log.push(`abort ${signal.reason.message}`));
      try {
        yield* wait(new Future<void>());
      } catch (error) {
        log.push(`throw ${(error as Error).message}`);
        assertStrictEquals(error, signal.reason);
        throw error;
      }
    }));
    await microtasks();
    task.cancel("why");
    assertEquals(log, ["abort why"]);
    await assertRejects(() => task, CancelledError);
    assertEquals(log, ["abort why", "throw why"]);
  });

  Deno.test(`Task.cancel() before the start: the coroutine (${kind}) never starts`, async () => {
    let started = false;
    const task = createTask(coroutine(function* () {
      started = true;
    }));
    task.cancel("never mind");
    assertFalse(task.done());
    await assertRejects(() => task, CancelledError, "never mind");
    assertFalse(started);
  });

  Deno.test(`Task.cancel() by the coroutine (${kind}) itself takes effect where it waits next`, async () => {
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

  Deno.test(`Task.cancel() by the coroutine (${kind}) itself cancels the task if it waits no more`, async () => {
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

  Deno.test(`Task.cancel() waits for a task that the coroutine (${kind}) waits on`, async () => {
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
    await microtasks();
    outer.cancel("all of it");
    await assertRejects(() => outer, CancelledError, "all of it");
    assert(inner.cancelled());
    assertEquals(log, ["inner clean", "outer clean"]);
  });

  Deno.test(`Task.cancel() that an inner task swallows leaves the coroutine (${kind}) running`, async () => {
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

  Deno.test(`Task of a coroutine (${kind}) is cancelled when what it waits on was cancelled`, async () => {
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

  Deno.test(`Task.cancel() after the result came but before the coroutine (${kind}) went on is not lost`, async () => {
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

  Deno.test(`Task option signal cancels the coroutine (${kind})`, async () => {
    const controller = new AbortController();
    const task = createTask(
      coroutine(function* (wait) {
        yield* wait(new Future<void>());
      }),
      { signal: controller.signal },
    );
    await microtasks();
    controller.abort("outside");
    await assertRejects(() => task, CancelledError, "outside");
    let started = false;
    const never = createTask(
      coroutine(function* () {
        started = true;
      }),
      { signal: AbortSignal.abort("before") },
    );
    await assertRejects(() => never, CancelledError, "before");
    assertFalse(started);
  });

  Deno.test(`Task of a coroutine (${kind}) with eagerStart runs at once until it first waits`, async () => {
    const log: string[] = [];
    const future = new Future<void>();
    const task = createTask(
      coroutine(function* (wait) {
        log.push(currentTask()!.getName());
        yield* wait(future);
        log.push(currentTask()!.getName());
      }),
      { eagerStart: true, name: "eager" },
    );
    assertEquals(log, ["eager"]);
    assertEquals(currentTask(), null);
    assert(allTasks().has(task));
    await microtasks();
    future.setResult();
    await task;
    assertEquals(log, ["eager", "eager"]);
    const never = createTask(
      coroutine(function* () {
        log.push("never");
      }),
      { eagerStart: true, signal: AbortSignal.abort() },
    );
    await assertRejects(() => never, CancelledError);
    assertEquals(log.length, 2);
  });

  Deno.test(`currentTask() is the task at every step of the coroutine (${kind})`, async () => {
    const seen: unknown[] = [];
    const make = (name: string) =>
      createTask(
        coroutine(function* (wait) {
          for (let i = 0; i < 3; i++) {
            seen.push(currentTask()?.getName() === name && getRunningLoop() === getEventLoop());
            yield* wait(sleep(i));
          }
        }),
        { name },
      );
    await Promise.all([make("a"), make("b"), make("c")]);
    assertEquals(seen, Array(9).fill(true));
    assertEquals(currentTask(), null);
  });
}

Deno.test("createTask() rejects what is no coroutine, with no state changed", () => {
  const create = createTask as (coro: unknown, options?: unknown) => unknown;
  const before = allTasks().size;
  const main = async () => {};
  assertThrows(
    () => create(main()),
    TypeError,
    "Cannot create a task as the coroutine is neither a generator nor a function (a promise " +
      "already runs: pass the async function itself, or use ensureFuture): received [Promise]",
  );
  for (const coro of [3, null, undefined, {}, [], "main", (async function* () {})()]) {
    assertThrows(() => create(coro), TypeError, "nor a function: received ");
    assertThrows(() => new Task(coro as unknown as Coroutine<void>), TypeError, "received ");
  }
  for (
    const options of [
      3,
      null,
      { context: {} },
      { signal: {} },
      { loop: {} },
    ] as unknown as TaskOptions[]
  ) {
    assertThrows(() => create(main, options), TypeError, "received ");
    assertThrows(() => new Task(main, options), TypeError, "received ");
  }
  assertEquals(allTasks().size, before);
});

Deno.test("createTask() on a closed loop throws", () => {
  const loop = makeManualLoop();
  loop.close();
  assertThrows(() => createTask(async () => {}, { loop }), Error, "Event loop is closed");
  assertThrows(
    () => createTask(async () => {}, { loop, eagerStart: true }),
    Error,
    "Event loop is closed",
  );
  assertEquals(allTasks(loop).size, 0);
});

Deno.test("Task starts in a later microtask", async () => {
  const order: string[] = [];
  const task = createTask(async () => void order.push("task"));
  order.push("created");
  queueMicrotask(() => order.push("microtask"));
  await task;
  assertEquals(order, ["created", "task", "microtask"]);
});

Deno.test("Task runs any function and any generator", async () => {
  assertEquals(await createTask(() => 1), 1);
  assertEquals(await createTask(() => Promise.resolve(2)), 2);
  const future = new Future<number>();
  const task: Task<number> = createTask(() => future);
  await microtasks();
  future.setResult(3);
  assertEquals(await task, 3);
  const generator: Task<number> = createTask((function* () {
    return 4;
  })());
  assertEquals(await generator, 4);
  await assertRejects(() =>
    createTask(() => {
      throw new RangeError("at once");
    }), RangeError);
  const thenable = { then: (resolve: (value: number) => void) => resolve(5) };
  assertEquals(await createTask(() => thenable as PromiseLike<number>), 5);
});

Deno.test("Task.cancel() reaches the future that a function returned", async () => {
  const future = new Future<number>();
  const task = createTask(() => future);
  await microtasks();
  task.cancel("why");
  assert(future.cancelled());
  await assertRejects(() => task, CancelledError, "why");
});

Deno.test("Task gives way for one turn at a bare yield", async () => {
  const order: string[] = [];
  const make = (name: string) =>
    createTask(function* () {
      for (let i = 0; i < 2; i++) {
        order.push(`${name}${i}`);
        yield;
      }
    });
  await Promise.all([make("a"), make("b")]);
  assertEquals(order, ["a0", "b0", "a1", "b1"]);
});

Deno.test("Task throws a TypeError into a generator that yields what cannot be waited for", async () => {
  const future = new Future<number>();
  const inner = waitIn(future);
  const promise = Promise.resolve();
  for (
    const [yielded, message] of [
      [
        future,
        "Cannot wait for the future as it was yielded bare, write `yield*`: received <Future",
      ],
      [inner, "as it is a generator, write `yield*`: received "],
      [promise, "as it is a promise, write `yield* ensureFuture(promise)`: received [Promise]"],
      [3, "Cannot wait for what was yielded as it is no future: received 3"],
      [null, "as it is no future: received null"],
    ] as const
  ) {
    let caught: unknown;
    const task = createTask(function* () {
      try {
        yield yielded;
      } catch (error) {
        caught = error;
        yield* sleep(0);
        return "goes on";
      }
    });
    assertEquals(await task, "goes on");
    assertInstanceOf(caught, TypeError);
    assertStringIncludes(caught.message, message);
  }
  assertFalse(future.done());
});

Deno.test("Task that waits on itself gets a TypeError (generator)", async () => {
  const task: Task<void> = createTask(function* (): Generator<unknown, void> {
    yield* task;
  }, { name: "selfish" });
  await assertRejects(() => task, TypeError, "as it would wait for itself");
});

Deno.test("Task lets code that it left behind wait on it", async () => {
  const log: unknown[] = [];
  const task = createTask(async () => {
    const me = currentTask()!;
    (async () => log.push(await me))();
    await sleep(0);
    return "done";
  });
  await task;
  await microtasks();
  assertEquals(log, ["done"]);
  const cancelled = createTask(async () => {
    const me = currentTask()!;
    (async () => log.push(await me.catch(() => "cancelled")))();
    (async () => {
      await me.then(() => {}, () => {});
    })();
    await new Future<void>();
  });
  await microtasks();
  cancelled.cancel();
  await assertRejects(() => cancelled, CancelledError);
  await microtasks();
  assertEquals(log, ["done", "cancelled"]);
});

Deno.test("Task.cancel() comes back from tasks that wait on each other", async () => {
  const tasks: Task<unknown>[] = [];
  tasks.push(createTask(async () => await tasks[1]));
  tasks.push(createTask(async () => await tasks[0]));
  await microtasks();
  assertMatch(String(tasks[0]), /wait_for="Task-\d+"/);
  assertEquals(tasks[0]!.cancel("deadlock"), true);
  // Each waits for the other to end, so nobody is left to be thrown an error.
  assertEquals(tasks.map((task) => task.cancelling()), [2, 1]);
});

Deno.test("Task.cancel() reaches several futures that an async function waits on at once", async () => {
  const futures = [new Future<void>(), new Future<void>(), new Future<void>()];
  futures[2]!.setResult();
  const task = createTask(async () => {
    await Promise.all(futures);
  });
  await microtasks();
  task.cancel("all");
  assertEquals(futures.map((future) => future.cancelled()), [true, true, false]);
  await assertRejects(() => task, CancelledError, "all");
});

for (
  const [name, derive] of [
    ["then()", (future) => future.then(() => "result")],
    [
      "then() with both handlers",
      (future) => future.then(() => {}, (error) => Promise.reject(error)),
    ],
    ["catch()", (future) => future.catch((error) => Promise.reject(error))],
    ["finally()", (future) => future.finally(() => {})],
    ["a chain", (future) => future.then(() => {}).then(() => {}).finally(() => {})],
    ["Promise.all()", (future) => Promise.all([future.then(() => {}), 1])],
    ["Promise.race()", (future) => Promise.race([future.catch((error) => Promise.reject(error))])],
    ["an async function", async (future) => await future.then(() => {})],
    ["an async function that returns it", async (future) => future.then(() => {})],
  ] as [string, (future: Future<void>) => Promise<unknown>][]
) {
  Deno.test(`Task.cancel() reaches a future that is awaited through ${name}`, async () => {
    // What it returns is waited on in a job of the engine's.
    if (name === "an async function that returns it") needs("contextOfPromises");
    for (const body of [async (future: Future<void>) => void await derive(future), derive]) {
      const future = new Future<void>();
      const task = createTask(() => body(future));
      await microtasks();
      task.cancel("why");
      assert(future.cancelled());
      await assertRejects(() => task, CancelledError, "why");
    }
  });
}

Deno.test("Task.cancel() leaves a future alone that the task only added handlers to", async () => {
  const background = new Future<string>();
  const log: unknown[] = [];
  const task = createTask(async () => {
    background.then((value) => log.push(value));
    background.catch(() => log.push("failed"));
    await new Future<void>();
  });
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertFalse(background.done());
  background.setResult("undisturbed");
  await microtasks();
  assertEquals(log, ["undisturbed"]);
});

Deno.test("Task.cancel() leaves a future alone whose promise others await", async () => {
  const future = new Future<string>();
  let promise!: Promise<string>;
  const task = createTask(async () => {
    promise = future.then((value) => value);
    await new Future<void>();
  });
  await microtasks();
  const outside = (async () => await promise)();
  const other = createTask(async () => await promise);
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertFalse(future.done());
  future.setResult("for others");
  assertEquals(await Promise.all([outside, other]), ["for others", "for others"]);
});

Deno.test("Task.cancel() when a promise is awaited that was made before the request", async () => {
  const [first, second] = [new Future<void>(), new Future<void>()];
  const task = createTask(async () => {
    const promise = second.then(() => {});
    try {
      await first;
    } catch {
      currentTask()!.cancel("again");
    }
    await promise;
  });
  await microtasks();
  task.cancel("once");
  await assertRejects(() => task, CancelledError, "again");
  assert(second.cancelled());
});

Deno.test("Future.then() in a task returns a promise that looks like any other", async () => {
  needs("inspect");
  await createTask(async () => {
    const promise = new Future<void>().then(() => {});
    assertEquals(Object.keys(promise), []);
    assertStrictEquals(promise.constructor, Promise);
    assertStrictEquals(Promise.resolve(promise), promise);
    assertInstanceOf(promise.then(() => {}), Promise);
    // Node 20 shows numbers by which it follows promises.
    const show = (promise: unknown) => Deno.inspect(promise).replaceAll(/\d+/g, "…");
    assertEquals(show(promise), show(new Promise(() => {})));
  });
});

Deno.test("Task.cancel() of an async function that waits on something foreign throws at its next wait", async () => {
  for (const next of [new Future<void>(), createTask(() => sleep(60_000))]) {
    needs("contextOfPromises");
    let release!: () => void;
    const foreign = new Promise<void>((resolve) => release = resolve);
    const log: string[] = [];
    const task = createTask(async () => {
      await foreign;
      log.push("went on");
      await next;
      log.push("not reached");
    });
    await microtasks();
    task.cancel("why");
    await microtasks();
    assertFalse(task.done());
    release();
    await assertRejects(() => task, CancelledError, "why");
    assertEquals(log, ["went on"]);
    assert(next.cancelled(), "it is cancelled as if it had been waited on");
  }
});

Deno.test("Task.cancel() of an async function throws at its next wait even on a done future", async () => {
  needs("contextOfPromises");
  let release!: () => void;
  const foreign = new Promise<void>((resolve) => release = resolve);
  const done = new Future<number>();
  done.setResult(1);
  const task = createTask(async () => {
    await foreign;
    try {
      await done;
    } catch (error) {
      return [error, await done];
    }
  });
  await microtasks();
  task.cancel("why");
  release();
  const [error, value] = (await task)!;
  assertInstanceOf(error, CancelledError);
  assertEquals(value, 1);
});

Deno.test("Task is cancelled by an AbortError after cancel(), and fails with one before", async () => {
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

Deno.test("Task.cancel() stops a fetch through the signal", async () => {
  needs("servers");
  await using server = serveNothing();
  const task = createTask((signal) => fetch(server.url, { signal }));
  await sleep(20);
  task.cancel("not needed");
  await assertRejects(() => task, CancelledError, "not needed");
});

Deno.test("Task.cancel() called again by a listener of the signal counts twice", async () => {
  const task = createTask(async (signal) => {
    signal.addEventListener("abort", () => task.cancel("inner"));
    await new Future<void>();
  });
  await microtasks();
  task.cancel("outer");
  assertEquals(task.cancelling(), 2);
  await assertRejects(() => task, CancelledError);
});

Deno.test("Task.cancel() that nobody could be told of does not hit code left behind", async () => {
  const later = new Future<string>();
  const log: string[] = [];
  const task = createTask(async () => {
    (async () => {
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
      log.push(await later);
    })();
    currentTask()!.cancel();
    throw new RangeError("mine");
  });
  await assertRejects(() => task, RangeError);
  await microtasks();
  later.setResult("undisturbed");
  await microtasks();
  assertEquals(log, ["undisturbed"]);
});

Deno.test("Task.signal asked for after cancel() is aborted", async () => {
  const task = createTask(function* () {
    yield* new Future<void>();
  });
  await microtasks();
  const generator = createTask((function* () {
    try {
      yield* new Future<void>();
    } catch {
      yield* sleep(1);
    }
  })());
  await microtasks();
  generator.cancel("asked");
  assert(generator.signal.aborted);
  assertStringIncludes(String(generator.signal.reason), "asked");
  await generator;
  assert(generator.signal.aborted);
  assertFalse(task.signal.aborted);
  task.cancel();
  await assertRejects(() => task);
});

Deno.test("Task.uncancel() takes back requests", async () => {
  const log: unknown[] = [];
  const task = createTask(async () => {
    const me = currentTask()!;
    log.push(me.uncancel());
    me.cancel();
    me.cancel();
    log.push(me.cancelling(), me.uncancel(), me.uncancel());
    await sleep(0);
    return "not cancelled";
  });
  assertEquals(await task, "not cancelled");
  assertEquals(log, [0, 2, 1, 0]);
});

Deno.test("Task.uncancel() keeps what is to be thrown while requests remain", async () => {
  const task = createTask(async () => {
    const me = currentTask()!;
    me.cancel("one");
    me.cancel("two");
    me.uncancel();
    await sleep(0);
  });
  await assertRejects(() => task, CancelledError, "two");
});

Deno.test("Task.getName() is Task-N unless a name is given", async () => {
  const [a, b] = [createTask(() => 1), createTask(() => 2)];
  const [, first] = a.getName().match(/^Task-(\d+)$/)!;
  assertEquals(b.getName(), `Task-${Number(first) + 1}`);
  const named = createTask(() => 3, { name: 42 });
  assertEquals(named.getName(), "42");
  named.setName({ toString: () => "renamed" });
  assertEquals(named.getName(), "renamed");
  await Promise.all([a, b, named]);
});

Deno.test("Task.getCoro() returns the coroutine", async () => {
  const main = () => 1;
  const generator = waitIn(sleep(0));
  const tasks = [createTask(main), createTask(generator)] as const;
  assertStrictEquals<unknown>(tasks[0].getCoro(), main);
  assertStrictEquals<unknown>(tasks[1].getCoro(), generator);
  await Promise.all(tasks);
});

Deno.test("Task.getContext() returns the context that was given, or runs in the creator's", async () => {
  const user = new AsyncContext.Variable<string>();
  const context = user.run("ada", () => new AsyncContext.Snapshot());
  const given = createTask(() => user.get(), { context });
  assertStrictEquals<Context>(given.getContext(), context);
  assertEquals(await given, "ada");
  const inherited = user.run("grace", () => createTask(() => user.get()));
  assertEquals(inherited.getContext().run(() => user.get()), "grace");
  assertEquals(await inherited, "grace");
});

Deno.test("Task.setResult() and setException() throw", async () => {
  const task = createTask(async () => 1, { name: "mine" });
  assertThrows(
    () => task.setResult(2),
    InvalidStateError,
    'Cannot set the result as a task makes its own: <Task pending name="mine"',
  );
  assertThrows(() => task.setException(new Error("x")), InvalidStateError, "makes its own");
  assertEquals(await task, 1);
});

Deno.test("Task gives its signal to a function however that takes it", async () => {
  const isSignal = (value: unknown) => value instanceof AbortSignal;
  const object = {
    method() {
      return isSignal(arguments[0]);
    },
    async async() {
      return isSignal(arguments[0]);
    },
  };
  const coroutines: Coroutine<boolean>[] = [
    (signal) => isSignal(signal),
    async (signal) => isSignal(signal),
    (...args: unknown[]) => isSignal(args[0]),
    async (...args: unknown[]) => isSignal(args[0]),
    (signal: unknown = undefined) => isSignal(signal),
    ({ aborted }: { aborted?: boolean } = {}) => aborted === false,
    function () {
      return isSignal(arguments[0]);
    },
    async function () {
      return isSignal(arguments[0]);
    },
    function* () {
      return isSignal(arguments[0]);
    },
    object.method,
    object.async,
    object.method.bind(object),
    new Proxy(() => true, { apply: (_target, _self, args) => isSignal(args[0]) }),
  ];
  for (const coroutine of coroutines) assertEquals(await createTask(coroutine), true);
});

Deno.test("Task has a signal although its function takes none", async () => {
  const task: Task<unknown> = createTask(async () => {
    await sleep(60_000);
  });
  await sleep(1);
  const { signal } = task;
  task.cancel("enough");
  assertEquals([signal.aborted, signal.reason.message], [true, "enough"]);
  await assertRejects(() => task, CancelledError, "enough");
});

Deno.test("Task[Symbol.dispose]() cancels, Task[Symbol.asyncDispose]() cancels and waits", async () => {
  const log: string[] = [];
  const body = async () => {
    try {
      await new Future<void>();
    } finally {
      await sleep(1);
      log.push("clean");
    }
  };
  let task: Task<void>;
  {
    await using inner = createTask(body);
    task = inner;
    await microtasks();
  }
  assert(task.cancelled());
  assertEquals(log, ["clean"]);
  {
    using inner = createTask(body);
    task = inner;
    await microtasks();
  }
  assertFalse(task.done());
  await assertRejects(() => task, CancelledError);
  {
    await using done = createTask(() => 1);
    await done;
  }
});

Deno.test("Task[Symbol.asyncDispose]() leaves a failure to be reported, and does not throw it", async () => {
  let task: Task<void>;
  {
    await using failing = createTask(async () => {
      try {
        await new Future<void>();
      } catch {
        throw new RangeError("in the clean-up");
      }
    });
    task = failing;
    await microtasks();
  }
  assertInstanceOf(task.exception(), RangeError);
});

Deno.test("String(task) shows the name, the coroutine and what it waits on", async () => {
  const future = new Future<number>();
  const task = createTask(
    async function load() {
      return await future;
    },
    { name: "loader" },
  );
  assertEquals(String(task), '<Task pending name="loader" coro=load>');
  await microtasks();
  assertEquals(
    String(task),
    '<Task pending name="loader" coro=load wait_for=<Future pending cb=[await]>>',
  );
  future.setResult(1);
  await task;
  assertEquals(String(task), '<Task finished name="loader" coro=load result=1>');
  const generator = createTask(waitIn(new Future<void>()), { name: "gen" });
  const other = createTask(waitIn(generator), { name: "other" });
  await microtasks();
  assertEquals(
    String(generator),
    '<Task pending name="gen" coro=<generator> wait_for=<Future pending cb=[gen]> cb=[other]>',
  );
  assertEquals(String(other), '<Task pending name="other" coro=<generator> wait_for="gen">');
  generator.cancel();
  assertEquals(String(generator), '<Task cancelling name="gen" coro=<generator> cb=[other]>');
  await assertRejects(() => other);
  assertEquals(String(generator), '<Task cancelled name="gen" coro=<generator>>');
  assertEquals(Object.prototype.toString.call(task), "[object Task]");
  assert(isFuture(task));
});

Deno.test("currentTask() is null outside of tasks, for another loop and after the end", async () => {
  assertEquals(currentTask(), null);
  const other = makeManualLoop();
  const later = new Future<unknown>();
  const seen = await createTask(async () => {
    // Code that goes on after the task's end belongs to no task.
    (async () => {
      await hostTurn();
      later.setResult(currentTask());
    })();
    return [currentTask() === null, currentTask(getEventLoop()) === null, currentTask(other)];
  });
  assertEquals(seen, [false, false, null]);
  assertEquals(await later, null);
  assertThrows(() => currentTask(3 as never), TypeError, "no event loop");
});

Deno.test("currentTask() in a callback is the task that registered it", async () => {
  const seen: (string | undefined)[] = [];
  const note = () => seen.push(currentTask()?.getName());
  const task = createTask(async () => {
    const loop = getRunningLoop();
    const fired = new Future<void>();
    loop.callSoon(note);
    fired.addDoneCallback(note);
    loop.callLater(1, () => {
      note();
      fired.setResult();
    });
    await sleep(5);
  }, { name: "registrar" });
  await task;
  assertEquals(seen, ["registrar", "registrar", "registrar"]);
});

Deno.test("allTasks() holds the tasks that are not done", async () => {
  const before = allTasks().size;
  const future = new Future<void>();
  const task = createTask(() => future);
  assertEquals(allTasks().size, before + 1);
  assert(allTasks().has(task));
  allTasks().clear();
  assert(allTasks(getEventLoop()).has(task));
  let during = true;
  task.addDoneCallback(() => during = allTasks().has(task));
  await microtasks();
  future.setResult();
  await task;
  await microtasks();
  assertFalse(during);
  assertEquals(allTasks().size, before);
  assertEquals(allTasks(makeManualLoop()).size, 0);
  assertThrows(() => allTasks(3 as never), TypeError, "no event loop");
});

Deno.test("allTasks() holds them in the order in which they were made, whichever ends first", async () => {
  const loop = makeManualLoop();
  const futures = Array.from({ length: 5 }, () => loop.createFuture<void>());
  const tasks = futures.map((future) => loop.createTask(() => future));
  await drainInTurns(loop);
  assertSame(allTasks(loop), tasks);
  // The latest, the earliest, one between others, those that are left.
  for (const ending of [4, 0, 2, 3, 1]) {
    futures[ending]!.setResult();
    await drainInTurns(loop);
    futures.forEach((future, i) => assertEquals(allTasks(loop).has(tasks[i]!), !future.done()));
    assertSame(allTasks(loop), tasks.filter((task) => !task.done()));
  }
  const late = loop.createTask(() => 1);
  assertSame(allTasks(loop), [late]);
  await drainInTurns(loop);
  assertSame(allTasks(loop), []);
});

/** Makes a loop whose `callSoon()` calls at once. */
function makeImmediateLoop(): EventLoop {
  return new Proxy(makeManualLoop(), {
    get(target, key) {
      if (key === "callSoon") {
        return (callback: () => void) => {
          callback();
          return { cancel() {}, cancelled: () => false };
        };
      }
      return Reflect.get(target, key);
    },
  });
}

Deno.test("Task that ends while it is made, on a loop that calls at once, is let go of", async () => {
  needs("gc");
  const loop = makeImmediateLoop();
  const make = async () => {
    await undefined;
    return Array.from({ length: 5 }, () => new WeakRef(new Task(() => {}, { loop })));
  };
  const refs = await make();
  const alive = () => refs.filter((ref) => ref.deref()).length;
  await collectGarbage(() => alive() === 0);
  // A collector that looks at the stack may take one for alive.
  assertLess(alive(), 2);
  assertSame(allTasks(loop), []);
});

Deno.test("allTasks() holds those that are not done, on a loop that calls at once, too", () => {
  const loop = makeImmediateLoop();
  const end = () => {};
  const wait = () => new Future<void>({ loop });
  const first = new Task(end, { loop });
  const waiting = new Task(wait, { loop });
  const last = new Task(end, { loop });
  assertEquals([first, waiting, last].map((task) => task.done()), [true, false, true]);
  assertSame(allTasks(loop), [waiting]);
});

Deno.test("Task settles and is listed no more, whatever loop it says that it is on", async () => {
  class Elsewhere<T> extends Task<T> {
    override getLoop() {
      return makeManualLoop();
    }
  }
  const before = allTasks();
  const tasks = [1, 2].map((i) => new Elsewhere(() => i, { eagerStart: true }));
  const other = createTask(() => 3);
  assertEquals(tasks.map((task) => task.done()), [true, true]);
  assertSame(allTasks(), [...before, other]);
  assertEquals(await other, 3);
});

Deno.test("Task keeps those made before and after it alive neither while it waits nor when it is done", async () => {
  needs("gc");
  const end = new Future<void>();
  const kept: Task<void>[] = [];
  const make = () => {
    const dropped: WeakRef<Task<void>>[] = [];
    for (let i = 0; i < 5; i++) {
      kept.push(createTask(() => end), createTask(() => {}));
      dropped.push(new WeakRef(createTask(() => {})));
    }
    return dropped;
  };
  const dropped = make();
  const collected = () => dropped.filter((ref) => !ref.deref()).length;
  await collectGarbage(() => collected() >= 4);
  // A collector that looks at the stack may take one for alive.
  assertGreaterOrEqual(collected(), 4);
  end.setResult();
  await Promise.all(kept);
});

Deno.test("CancelledError of a task that is cancelled without a reason starts its stack with cancel()", () => {
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

Deno.test("Task on a manual loop is driven by that loop alone", async () => {
  for (const heedsContext of [true, false]) {
    const loop = makeManualLoop({ heedsContext });
    const user = new AsyncContext.Variable<string>();
    const future = loop.createFuture<number>();
    const seen: unknown[] = [];
    const task = user.run("ada", () =>
      loop.createTask(function* () {
        seen.push([currentTask() === task, user.get(), getRunningLoop() === loop]);
        const value = yield* future;
        seen.push([currentTask() === task, user.get(), getRunningLoop() === loop]);
        yield;
        seen.push([currentTask() === task, user.get(), getRunningLoop() === loop]);
        try {
          yield value;
        } catch (error) {
          seen.push(error instanceof TypeError);
        }
        return value;
      }));
    await hostTurn();
    assertEquals(seen, []);
    loop.drain();
    assertEquals(seen.splice(0), [[true, "ada", true]]);
    future.setResult(1);
    await hostTurn();
    assertEquals(seen, []);
    loop.drain();
    assertEquals(seen.splice(0), [[true, "ada", true], [true, "ada", true], true]);
    assertEquals(task.result(), 1);
    assertEquals(loop.ready.length, 0);
  }
});

Deno.test("Task on a manual loop sleeps and is cancelled by that loop's time", () => {
  const loop = makeManualLoop();
  const log: string[] = [];
  const task = loop.createTask(function* () {
    yield* sleep(10);
    log.push("awake");
    try {
      yield* sleep(1000);
    } finally {
      log.push("clean");
    }
  });
  loop.drain();
  loop.advance(9);
  loop.drain();
  assertEquals(log, []);
  loop.advance(1);
  loop.drain();
  assertEquals(log, ["awake"]);
  task.cancel();
  assertEquals(log, ["awake"]);
  loop.drain();
  assertEquals(log, ["awake", "clean"]);
  assert(task.cancelled());
});

Deno.test("Task on a manual loop gets a step to the loop's own contexts", () => {
  const loop = makeManualLoop();
  const context = new AsyncContext.Snapshot();
  const task = loop.createTask(function* () {
    return 1;
  }, { context });
  assertStrictEquals(loop.contexts[0], context);
  loop.drain();
  assertEquals(task.result(), 1);
});

Deno.test("Task that cannot give way, as its loop is closed, is reported and goes no further", async () => {
  const gate = new Future<void>();
  const log: string[] = [];
  let stranded!: Task<void>;
  let loop!: EventLoop;
  await run(async () => {
    loop = getRunningLoop();
    stranded = createTask(function* () {
      try {
        yield* sleep(60_000);
      } catch {
        yield* gate;
      }
      log.push("gives way");
      yield;
      log.push("goes on");
    });
    loop.setExceptionHandler(() => {});
    await sleep(0);
  }, { shutdownTimeout: 1 });
  assertEquals([loop.isClosed(), stranded.done(), log], [true, false, []]);
  using reports = collectReports(loop);
  gate.setResult();
  await hostTurn();
  assertEquals(log, ["gives way"]);
  assertEquals(reports.map(({ exception }) => String(exception)), ["Error: Event loop is closed"]);
  assertStrictEquals(reports[0]!.task, stranded);
});

Deno.test("Task that cannot be resumed, as its loop is closed, is reported", () => {
  const loop = makeManualLoop();
  using reports = collectReports(loop);
  const future = new Future<void>({ loop });
  const other = new Future<void>({ loop });
  const task = loop.createTask(waitIn(future), { name: "stranded" });
  loop.drain();
  loop.close();
  let told = false;
  future.then(() => told = true);
  future.setResult();
  assertEquals(reports.map(({ message }) => message), ["Cannot resume the task"]);
  assertStrictEquals<unknown>(reports[0]!.task, task);
  other.cancel();
  assertFalse(told);
});

Deno.test("Task may wait on a future of another loop", async () => {
  const loop = makeManualLoop();
  const future = loop.createFuture<number>();
  const tasks = [createTask(waitIn(future)), createTask(async () => await future)];
  await microtasks();
  future.setResult(1);
  assertEquals(await Promise.all(tasks), [1, 1]);
});

Deno.test("ensureFuture() lets a generator wait for a promise", async () => {
  const task = createTask(function* () {
    return yield* ensureFuture(Promise.resolve("native"));
  });
  assertEquals(await task, "native");
});

Deno.test("Task chains of great depth are cancelled", async () => {
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

Deno.test("Task.getName() counts from Task-1", async () => {
  const copy = await importCopy();
  const tasks = [copy.createTask(() => 1), copy.createTask(() => 2)];
  assertEquals(tasks.map((task) => task.getName()), ["Task-1", "Task-2"]);
  await Promise.all(tasks);
});

Deno.test("Task with eagerStart starts in the context that was given", async () => {
  const user = new AsyncContext.Variable<string>();
  const context = user.run("ada", () => new AsyncContext.Snapshot());
  const task = createTask(() => user.get(), { context, eagerStart: true });
  assertEquals(task.result(), "ada");
  await task;
});

Deno.test("Task.cancelling() counts the request when the signal aborts", async () => {
  const task = createTask(() => new Future<void>());
  const counts: number[] = [];
  task.signal.addEventListener("abort", () => counts.push(task.cancelling()));
  await microtasks();
  task.cancel();
  assertEquals(counts, [1]);
  await assertRejects(() => task, CancelledError);
});

Deno.test("Task.cancel() throws the very error that its signal aborted with", async () => {
  let caught: unknown;
  const task = createTask(async (signal) => {
    try {
      await new Future<void>();
    } catch (error) {
      caught = error;
      assertStrictEquals(signal.reason, error);
    }
  });
  await microtasks();
  task.cancel("enough");
  await task;
  assertInstanceOf(caught, CancelledError);
});

Deno.test("Task[Symbol.asyncDispose]() waits to the end although it is cancelled, which is thrown at the next wait", async () => {
  const log: string[] = [];
  const outer = createTask(async () => {
    const inner = createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        await sleep(2);
        log.push("inner ended");
      }
    });
    await sleep(0);
    await inner[Symbol.asyncDispose]();
    log.push("disposed of");
    await sleep(60_000);
  });
  await sleep(1);
  outer.cancel("enough");
  await assertRejects(() => outer, CancelledError, "enough");
  assertEquals(log, ["inner ended", "disposed of"]);
});

Deno.test("Task[Symbol.asyncDispose]() has a failure in the clean-up reported", async () => {
  const reports: ExceptionContext[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    await using _task = createTask(async () => {
      try {
        await new Future<void>();
      } catch {
        throw new RangeError("in the clean-up");
      }
    });
    await microtasks();
  });
  assertEquals(reports.map(({ message }) => message), ["Task exception was never retrieved"]);
});

Deno.test("Task[Symbol.asyncDispose]() does nothing to a done task, though its loop is closed", async () => {
  let task!: Task<number>;
  await run(async () => {
    task = createTask(() => 1);
    await task;
  });
  assert(task.getLoop().isClosed());
  await task[Symbol.asyncDispose]();
  assertEquals(task.result(), 1);
});

Deno.test("currentTask() is the task at every step in the context that was given", async () => {
  const seen: unknown[] = [];
  const task: Task<void> = createTask(function* () {
    seen.push(currentTask());
    yield;
    seen.push(currentTask());
    yield* sleep(0);
    seen.push(currentTask());
  }, { context: new AsyncContext.Snapshot() });
  await task;
  assertEquals(seen.map((each) => each === task), [true, true, true]);
});

Deno.test("Task.cancel() of a generator leaves async code alone that it only started", async () => {
  const other = new Future<string>();
  let started!: Promise<string>;
  const task = createTask(function* () {
    started = (async () => await other)();
    started.catch(() => {});
    yield* new Future<void>();
  });
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertFalse(other.done());
  other.setResult("undisturbed");
  assertEquals(await started, "undisturbed");
});

Deno.test("Task.cancel() goes before a TypeError that has not been thrown yet", async () => {
  const caught: unknown[] = [];
  const task = createTask(function* () {
    for (let i = 0; i < 2; i++) {
      try {
        yield i === 0 ? 42 : undefined;
      } catch (error) {
        caught.push(error);
      }
    }
  }, { eagerStart: true });
  task.cancel("first");
  await task;
  assertEquals(caught.map(String), ["CancelledError: first"]);
});

Deno.test("Task.cancel() throws at a bare yield", async () => {
  const log: string[] = [];
  const task = createTask(function* () {
    try {
      yield;
      log.push("went on");
    } catch (error) {
      log.push(String(error));
    }
    yield* sleep(0);
    return "done";
  }, { eagerStart: true });
  task.cancel("enough");
  assertEquals(await task, "done");
  assertEquals(log, ["CancelledError: enough"]);
});

Deno.test("Task fails with what only looks like an AbortError, after cancel() too", async () => {
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

Deno.test("createTask() checks its arguments before it calls the loop", () => {
  const manual = makeManualLoop();
  let called = 0;
  manual.createTask = () => {
    called++;
    throw new Error("must not be called");
  };
  const untyped = createTask as (coro: unknown, options?: unknown) => unknown;
  assertThrows(() => untyped(Promise.resolve(), { loop: manual }), TypeError, "coroutine");
  assertEquals(called, 0);
});

Deno.test("Task throws a TypeError at a bare yield of a future that was waited for before", async () => {
  const future = new Future<number>();
  const task = createTask(function* () {
    const value = yield* future;
    yield future;
    return value;
  });
  await microtasks();
  future.setResult(1);
  await assertRejects(() => task, TypeError, "it was yielded bare");
});

Deno.test("Task throws a TypeError at a bare yield after another future's iterator was asked", async () => {
  const [asked, bare] = [new Future<number>(), new Future<number>()];
  const task = createTask(function* () {
    asked[Symbol.iterator]().next();
    yield bare;
  });
  await assertRejects(() => task, TypeError, "it was yielded bare");
});

Deno.test("Task.cancel() reaches all of three futures that an async function waits on", async () => {
  const futures = [1, 2, 3].map(() => new Future<void>());
  const task = createTask(async () => {
    await Promise.all(futures);
  });
  await microtasks();
  task.cancel();
  assertEquals(futures.map((future) => future.cancelled()), [true, true, true]);
  await assertRejects(() => task, CancelledError);
});

for (const [kind, coroutine] of kinds) {
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

  Deno.test(`Task.cancel() that a future refuses is thrown where the coroutine (${kind}) waits next`, async () => {
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
    assertEquals(log, kind === "generator" ? [] : ["went through"]);
  });
}

Deno.test("Task.cancel() reaches what is awaited though a handler was called meanwhile", async () => {
  const [awaited, handled] = [new Future<void>(), new Future<void>()];
  const task = createTask(async () => {
    handled.then(() => {});
    await awaited;
  });
  await microtasks();
  handled.setResult();
  await microtasks();
  task.cancel();
  assert(awaited.cancelled());
  await assertRejects(() => task, CancelledError);
});

Deno.test("String(task) shows of several futures those that are pending", async () => {
  const futures = [1, 2, 3].map(() => new Future<number>());
  const task = createTask(async () => {
    await Promise.all([futures[0], futures[1]!.then(() => {}), futures[2]]);
  });
  const shown = () => String(task).split("wait_for=").length - 1;
  await microtasks();
  assertEquals(shown(), 3);
  for (const [i, future] of futures.entries()) {
    future.setResult(i);
    await microtasks();
    assertEquals(shown(), 2 - i);
  }
  await task;
});

Deno.test("String(task) shows nothing of a promise whose future was done when it was awaited", async () => {
  needs("contextOfPromises");
  const [first, second] = [new Future<void>(), new Future<void>()];
  const task = createTask(async () => {
    const promise = first.then(() => {});
    first.setResult();
    await promise;
    await second;
  });
  await microtasks();
  assertEquals(String(task).split("wait_for=").length - 1, 1);
  second.setResult();
  await task;
});

Deno.test("Task.cancel() counts once where code of the task waits on the task itself", async () => {
  needs("contextOfPromises");
  const gate = withResolvers<void>();
  const task: Task<void> = createTask(async () => {
    (async () => {
      await task.catch(() => {});
    })();
    await gate.promise;
    await new Future<void>();
  });
  await microtasks();
  task.cancel("enough");
  assertEquals(task.cancelling(), 1);
  gate.resolve();
  await assertRejects(() => task, CancelledError, "enough");
});

Deno.test("AsyncContext.Variable.run() in a task stays in the task, which waits and is cancelled there", async () => {
  const user = new AsyncContext.Variable<string>();
  const future = new Future<void>();
  let seen: unknown;
  const task: Task<void> = createTask(async () => {
    await user.run("ada", async () => {
      seen = currentTask();
      await future;
    });
  });
  await microtasks();
  assertStrictEquals(seen, task);
  task.cancel();
  assert(future.cancelled());
  await assertRejects(() => task, CancelledError);
});

Deno.test("createTask() rejects what is only in part a generator", () => {
  const untyped = createTask as (coro: unknown) => unknown;
  const method = () => {};
  for (
    const value of [
      [1].values(),
      { [Symbol.iterator]: method, throw: method },
      { next: method, throw: method },
    ]
  ) {
    assertThrows(() => untyped(value), TypeError, "is neither a generator nor a function");
  }
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task of a coroutine (${kind}) is thrown one CancelledError for all requests of one turn`, async () => {
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

  Deno.test(`Task of a coroutine (${kind}) that cancels itself while it cleans up is thrown another`, async () => {
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

  Deno.test(`Task of a coroutine (${kind}) fails if its context cannot be entered`, async () => {
    const contexts: [string, Context][] = [
      ["no way in", {
        run: () => {
          throw new Error("no way in");
        },
      }],
      ["did not call the function", { run: () => undefined as never }],
    ];
    for (const [message, context] of contexts) {
      for (const eagerStart of [false, true]) {
        let ran = false;
        const result = run(() => {
          const task = createTask(
            coroutine(function* () {
              ran = true;
            }),
            { context, eagerStart },
          );
          return task;
        });
        await assertRejects(() => result, Error, message);
        assertFalse(ran);
      }
    }
  });
}

Deno.test("Task fails if its context cannot be entered again", async () => {
  let entered = 0;
  const context: Context = {
    run(fn, ...args) {
      if (++entered > 1) throw new Error("closed meanwhile");
      return fn(...args);
    },
  };
  const task = createTask(function* () {
    yield;
  }, { context });
  await assertRejects(() => task, Error, "closed meanwhile");
});

Deno.test("Task ignores a context that calls the function when it is too late", async () => {
  let late: (() => void) | undefined;
  const context: Context = {
    run(fn, ...args) {
      late = () => fn(...args);
      return undefined as never;
    },
  };
  let ran = false;
  const task = createTask(() => ran = true, { context });
  await assertRejects(() => task, TypeError);
  late!();
  assertFalse(ran);
});

Deno.test("Task.cancel() of a task awaits its children once, by however many ways it waits on them", async () => {
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

Deno.test("Task.cancel() reaches very many tasks at the end of a deep chain", async () => {
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

Deno.test("Task does not wait on a future for which it left handlers behind", async () => {
  const leave: ((future: Future<void>) => unknown)[] = [
    (future) => future.then(() => {}).catch(() => {}),
    (future) => future.finally(() => {}).catch(() => {}),
    (future) => future.then(() => {}).then(() => {}).finally(() => {}),
  ];
  for (const make of leave) {
    const future = new Future<void>();
    const waited = new Future<void>();
    const task = createTask(async () => {
      make(future);
      await waited;
    });
    await microtasks();
    task.cancel();
    await assertRejects(() => task, CancelledError);
    assertFalse(future.done());
  }
});

Deno.test("Task waits on a future through a chain of handlers that it awaits", async () => {
  needs("contextOfPromises");
  const chains: ((future: Future<void>) => Promise<unknown>)[] = [
    (future) => future.then(() => {}).then(() => {}),
    (future) => future.then(() => {}).catch(() => {}).finally(() => {}),
    async (future) => future.then(() => {}),
  ];
  for (const chain of chains) {
    const future = new Future<void>();
    const task = createTask(async () => {
      await chain(future);
      await sleep(0);
      return "went on";
    });
    await microtasks();
    task.cancel();
    assert(future.cancelled());
    await Promise.allSettled([task]);
  }
});

Deno.test("Task refuses a generator that another task runs", async () => {
  const generator = function* () {
    yield* sleep(0);
    return 5;
  }();
  const task = createTask(generator);
  assertThrows(() => createTask(generator), TypeError, "another task runs the generator already");
  assertThrows(() => ensureFuture(generator), TypeError);
  assertEquals(await task, 5);
  assertThrows(() => createTask(generator), TypeError);
});

Deno.test("Task option name of null is as none", () => {
  const task = createTask(() => {}, { name: null });
  assertMatch(task.getName(), /^Task-\d+$/);
});

Deno.test("Task refuses an async generator function", () => {
  assertThrows(
    () => createTask(async function* () {} as unknown as () => void),
    TypeError,
    "loop over it in an async function",
  );
});

Deno.test("Task.signal aborts when the code cancels the task by itself", async () => {
  for (const touchesSignal of [true, false]) {
    let signal: AbortSignal | undefined;
    const task = createTask(function* () {
      if (touchesSignal) signal = currentTask()!.signal;
      yield;
      throw new CancelledError("enough");
    });
    await assertRejects(() => task, CancelledError, "enough");
    assert((signal ?? task.signal).aborted);
    assertStrictEquals(task.signal.reason.message, "enough");
  }
  const task = createTask(async () => {
    throw new CancelledError("enough");
  });
  await assertRejects(() => task);
  assert(task.signal.aborted);
});

Deno.test("Task.cancel() keeps the request if a future that is no Future of ours throws", async () => {
  let callback!: () => void;
  const foreign = {
    [Symbol.for("asyncio.Future")]: true,
    done: () => callback === undefined,
    cancelled: () => false,
    addDoneCallback: (fn: () => void) => void (callback = fn),
    cancel() {
      throw new Error("not now");
    },
  } as unknown as Future<void>;
  const task = createTask(function* () {
    yield foreign;
    return "went on";
  });
  await microtasks();
  assertThrows(() => task.cancel("why"), Error, "not now");
  callback();
  await assertRejects(() => task, CancelledError, "why");
});

Deno.test("Task reports whatever it throws, an error that throws when it is looked at included", async () => {
  const proxy = revokedProxy(new Error("x"));
  const getter = Object.defineProperty(new Error("x"), "name", {
    get() {
      throw new Error("not now");
    },
  });
  for (const error of [proxy, getter]) {
    for (const [, coroutine] of kinds) {
      const task = createTask(coroutine(function* () {
        throw error;
      }));
      const cancelled = createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future());
        } catch {
          throw error;
        }
      }));
      await microtasks();
      cancelled.cancel();
      for (const each of [task, cancelled]) {
        const outcome = await each.then(() => {}, (reason) => [reason]);
        assertStrictEquals(outcome?.[0], error);
      }
    }
  }
});

Deno.test("Task is kept alive by its loop until it is done", async () => {
  needs("gc");
  const count = 5;
  const waited: WeakRef<Future<void>>[] = [];
  let ended = 0;
  const start = () => {
    return new WeakRef(createTask(function* () {
      const future = new Future<void>();
      waited.push(new WeakRef(future));
      yield* future;
      ended++;
    }));
  };
  const tasks = Array.from({ length: count }, start);
  const alive = (refs: WeakRef<object>[]) => refs.filter((ref) => ref.deref()).length;
  await collectGarbage(() => false, 5);
  assertEquals([alive(tasks), alive(waited)], [count, count]);
  for (const ref of waited) ref.deref()!.setResult();
  await microtasks();
  assertEquals(ended, count);
  await collectGarbage(() => alive(tasks) === 0);
  // A collector that looks at the stack may take one for alive.
  assertLess(alive(tasks), 2);
});

Deno.test("Task goes on if its context throws when it is left, which is reported", async () => {
  using reports = collectReports();
  const context: Context = {
    run(fn, ...args) {
      fn(...args);
      throw new Error("no way out");
    },
  };
  const task = createTask(function* () {
    yield;
    return "went on";
  }, { context });
  assertEquals(await task, "went on");
  assertEquals(reports.map(({ message }) => message), [
    "Cannot leave the context of the task",
    "Cannot leave the context of the task",
  ]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task.cancel() of a running task is passed on to one that it waits for, and is done with (${kind})`, async () => {
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

  Deno.test(`Task.cancel() when what the task waits for was cancelled comes to one CancelledError (${kind})`, async () => {
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
    await hostTurn();
    child.cancel("first");
    task.cancel("second");
    assertEquals(await task, "goes on");
    assertEquals(log, ["CancelledError: first"]);
  });
}

Deno.test("Task whose context calls the function twice has the outcome that comes first", async () => {
  const context: Context = {
    run(fn, ...args) {
      fn(...args);
      return fn(...args);
    },
  };
  let calls = 0;
  const returned: Task<number> = createTask(async () => {
    const call = ++calls;
    await Promise.resolve();
    return call;
  }, { context });
  const thrown = createTask(async () => {
    await Promise.resolve();
    throw new RangeError(String(++calls));
  }, { context });
  await hostTurn();
  assertEquals([await returned, calls], [1, 4]);
  await assertRejects(() => thrown, RangeError, "3");
});

Deno.test("Task that was told of a mistake is not told again after its next wait", async () => {
  const task = createTask(function* () {
    try {
      yield 5;
    } catch (error) {
      assertInstanceOf(error, TypeError);
    }
    return yield* sleep(1, { result: "goes on" });
  });
  assertEquals(await task, "goes on");
});

Deno.test("Task that is cancelled before it hears of an exception leaves it to be reported", async () => {
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

Deno.test("Task.signal that is asked for after cancel() aborted with the very error that is thrown", async () => {
  const seen: boolean[] = [];
  const look = (error: unknown) => seen.push(currentTask()!.signal.reason === error);
  const tasks: Task<unknown>[] = [
    createTask(async () => {
      await sleep(60_000).catch(look);
    }),
    createTask(async () => {
      try {
        await sleep(60_000);
      } catch (error) {
        look(error);
      }
    }),
    createTask((function* () {
      try {
        yield* sleep(60_000);
      } catch (error) {
        look(error);
      }
    })()),
  ];
  await sleep(1);
  for (const task of tasks) task.cancel("enough");
  for (const task of tasks) await task;
  assertEquals(seen, [true, true, true]);
});

Deno.test("Task is not woken by a branded future that calls back once more", async () => {
  using reports = collectReports();
  const callbacks: (() => void)[] = [];
  let done = false;
  const duck = {
    [Symbol.for("asyncio.Future")]: true,
    addDoneCallback: (callback: (future: unknown) => void) => callbacks.push(() => callback(duck)),
    removeDoneCallback: () => 0,
    done: () => done,
    cancelled: () => false,
    cancel: () => false,
    result: () => 1,
  };
  const later = new Future<number>();
  const task = createTask(function* () {
    yield duck;
    return yield* later;
  });
  await sleep(0);
  done = true;
  callbacks[0]!();
  await sleep(0);
  callbacks[0]!();
  await sleep(0);
  assertEquals(task.done(), false);
  later.setResult(2);
  assertEquals(await task, 2);
  assertEquals(reports.map(({ message }) => message), []);
});

Deno.test("Task waits no longer on a branded future that calls back at once", async () => {
  const duck = {
    [Symbol.for("asyncio.Future")]: true,
    addDoneCallback: (callback: (future: unknown) => void) => callback(duck),
    removeDoneCallback: () => 0,
    done: () => true,
    cancelled: () => false,
    cancel: () => assert(false, "it is done, and nobody waits on it"),
    result: () => 1,
  };
  const later = new Future<number>();
  const task = createTask(function* () {
    yield duck;
    return yield* later;
  }, { name: "waits" });
  await sleep(0);
  await sleep(0);
  assertEquals(
    String(task),
    '<Task pending name="waits" coro=<anonymous> wait_for=<Future pending cb=[waits]>>',
  );
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(String(task), '<Task cancelled name="waits" coro=<anonymous>>');
});

Deno.test("Task stays pending, and is reported, when what it waits for throws", async () => {
  using reports = collectReports();
  const log: unknown[] = [];
  const duck = new ThrowingFuture();
  const task = createTask(function* () {
    try {
      yield duck;
      log.push(currentTask());
    } finally {
      log.push(task.done());
    }
  });
  await sleep(0);
  await sleep(0);
  assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: full"]);
  assertStrictEquals(reports[0]!.task, task);
  assertEquals(task.done(), false);
  duck.callBack();
  await task;
  assertEquals(log, [task, false]);
});

Deno.test("Task that cannot be told to have failed is reported", async () => {
  using reports = collectReports();
  class Nameless extends Task<void> {
    override getName(): string {
      throw new TypeError("no name");
    }
  }
  new Nameless(function* () {
    throw new RangeError("lost");
  });
  await sleep(0);
  await sleep(0);
  assertEquals(reports.map(({ exception }) => String(exception)), ["TypeError: no name"]);
});

Deno.test("Task.cancel() asks once what the task waits on twice", async () => {
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

/** Objects that throw when somebody looks whether they are futures, promises or generators. */
function unlookable(): [name: string, value: unknown][] {
  const fail = () => {
    throw new RangeError("do not look");
  };
  const proxy = revokedProxy();
  return [
    ["a revoked proxy", proxy],
    ["a then that throws", Object.defineProperty({}, "then", { get: fail })],
    ["a brand that throws", Object.defineProperty({}, Symbol.for("asyncio.Future"), { get: fail })],
    [
      "a branded proxy",
      new Proxy({}, {
        get: (_target, key) => key === Symbol.for("asyncio.Future"),
        getPrototypeOf: fail,
      }),
    ],
    ["a next that throws", Object.defineProperty({ [Symbol.iterator]: 1 }, "next", { get: fail })],
  ];
}

for (const [name, value] of unlookable()) {
  Deno.test(`Task whose generator yields ${name} is thrown a TypeError there`, async () => {
    const log: unknown[] = [];
    const task = createTask(function* () {
      try {
        yield value;
      } catch (error) {
        log.push(error);
        yield* sleep(1);
        return "cleaned up";
      }
    });
    assertEquals(await task, "cleaned up");
    assertInstanceOf(log[0], TypeError);
    assertStringIncludes(log[0].message, "Cannot wait for what was yielded as it is no future");
  });

  Deno.test(`Task whose function returns ${name} ends`, async () => {
    const task = createTask(() => value);
    await hostTurn();
    assert(task.done());
    if (task.exception() === null) assertStrictEquals(task.result(), value);
  });
}

for (
  const [name, next] of [
    ["no object", () => undefined],
    ["a done that throws", () => ({
      get done() {
        throw new RangeError("do not look");
      },
    })],
  ] as const
) {
  Deno.test(`Task whose generator's next() returns ${name} fails`, async () => {
    const generator = { next, throw: next, [Symbol.iterator]: () => generator };
    const task = createTask(generator as never);
    await assertRejects(() => task, Error);
  });
}

for (
  const [name, body] of Object.entries<(signal: AbortSignal) => Promise<unknown>>({
    "a future of the signal that a handler was left on": async (signal) => {
      new Future<void>({ signal }).catch(() => {});
      return await sleep(500);
    },
    "a future that a listener of the signal cancels": async (signal) => {
      const request = new Future<void>();
      signal.addEventListener("abort", () => request.cancel());
      request.finally(() => {}).catch(() => {});
      return await sleep(500);
    },
    "a future that the end of a block cancels": async () => {
      {
        using reply = new Future<void>();
        reply.catch(() => {});
        await hostTurn(5);
      }
      return await sleep(500);
    },
    "one of several that it waits for, which is caught": async (signal) =>
      await Promise.all([new Future<void>({ signal }).catch(() => 0), sleep(500)]),
  })
) {
  Deno.test(`Task.cancel() is not lost on ${name}`, async () => {
    const task = createTask(body);
    await sleep(1);
    assert(task.cancel("stop"));
    await assertRejects(() => task, CancelledError, "stop");
  });
}

for (
  const [name, cancelBoth] of Object.entries<(side: Future<void>, task: Task<unknown>) => void>({
    before: (side, task) => [side.cancel("side"), task.cancel("stop")],
    after: (side, task) => [task.cancel("stop"), side.cancel("side")],
  })
) {
  Deno.test(`Task.cancel() is not lost if a future with a handler is cancelled just ${name}`, async () => {
    const side = new Future<void>();
    const task = createTask(async () => {
      side.catch(() => {});
      await hostTurn(5);
      return await sleep(500);
    });
    await sleep(1);
    cancelBoth(side, task);
    await assertRejects(() => task, CancelledError, "stop");
  });

  Deno.test(`Task.cancel() is not lost if one of several is cancelled just ${name}`, async () => {
    const [one, other] = [new Future<void>(), new Future<void>()];
    const task = createTask(async () => await Promise.allSettled([one, other]));
    await sleep(1);
    cancelBoth(one, task);
    assert(other.cancelled());
    assertEquals((await task).map(({ status }) => status), ["rejected", "rejected"]);
  });
}

Deno.test("Task.cancel() twice in a turn throws one CancelledError, by however many it waits", async () => {
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

Deno.test("Task.cancel() cancels all that it waits for, one that its signal cancels among them", async () => {
  const task = createTask(async (signal) =>
    await Promise.allSettled([new Future<void>({ signal }), sleep(500)])
  );
  await sleep(1);
  task.cancel("stop");
  assertEquals((await task).map(({ status }) => status), ["rejected", "rejected"]);
});

Deno.test("Task whose function returns a generator that another task runs fails, and leaves that alone", async () => {
  const future = new Future<string>();
  const generator = (function* () {
    return yield* future;
  })();
  const [first, second] = [createTask(() => generator), createTask(() => generator)];
  await assertRejects(() => second, TypeError, "another task runs the generator already");
  future.setResult("x");
  assertEquals(await first, "x");
});

Deno.test("createTask() that refuses the name leaves the generator to the next one", async () => {
  const generator = (function* () {
    return "x";
  })();
  assertThrows(() => createTask(generator, { name: Object.create(null) }), TypeError);
  assertEquals(await createTask(generator), "x");
});

/** Waits, and logs whether it can clean up then. */
async function clean(log: string[], name: string, wait: () => PromiseLike<unknown>): Promise<void> {
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
  Deno.test(`Task.cancel() twice in a turn cuts off no cleanup, with ${name} beside another`, async () => {
    for (const wait of [() => new Future(), () => gather(new Future())]) {
      const log: string[] = [];
      const task = createTask(async () => {
        await Promise.all([clean(log, "one", wait), clean(log, "other", other)]);
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

Deno.test("Task.cancel() by one signal cuts off no cleanup, beside a wait that takes no request", async () => {
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
      clean(log, "load", () => gather(connection)),
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

Deno.test("Task.cancel() by a handler of the future that was cancelled comes to one CancelledError", async () => {
  const log: string[] = [];
  const future = new Future<void>();
  const task = createTask(async () => {
    future.catch(() => task.cancel("handler"));
    await clean(log, "code", () => future);
  });
  await sleep(1);
  future.cancel("owner");
  await assertRejects(() => task, CancelledError, "owner");
  assertEquals(log, ["code: CancelledError: owner", "code cleaned up"]);
});

Deno.test("Task that a loop refuses leaves its generator to others", async () => {
  const refusing = makeManualLoop();
  refusing.callSoon = () => {
    throw new RangeError("full");
  };
  const generator = (function* () {
    yield;
    return 42;
  })();
  assertThrows(() => new Task(generator, { loop: refusing }), RangeError, "full");
  assertEquals(allTasks(refusing).size, 0);
  assertEquals(await createTask(generator), 42);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task that is settled by force (${kind}) is listed no more, and what it throws is reported`, async () => {
    using reports = collectReports();
    const gate = new Future<void>();
    const ends = ["returns", "throws"].map((end) => {
      const task = createTask(coroutine(function* (wait) {
        yield* wait(gate);
        if (end === "throws") throw new RangeError("lost");
        return "unused";
      }));
      return task as Task<string>;
    });
    await microtasks();
    for (const task of ends) Future.prototype.setResult.call(task, "forced");
    assertEquals(ends.filter((task) => allTasks().has(task)), []);
    gate.setResult();
    await hostTurn();
    assertEquals(ends.map((task) => task.result()), ["forced", "forced"]);
    assertEquals(reports.map(({ message, exception }) => [message, String(exception)]), [
      ["Task was done before its coroutine failed", "RangeError: lost"],
    ]);
    assertStrictEquals(reports[0]!.task, ends[1]);
  });
}

Deno.test("Task that is settled by force is let go of, before it starts and when its coroutine ends", async () => {
  needs("gc");
  const gate = new Future<void>();
  const make = async (isStarted: boolean) => {
    const tasks = Array.from({ length: 5 }, () => createTask(waitIn(gate)));
    if (isStarted) await microtasks();
    for (const task of tasks) Future.prototype.setResult.call(task, undefined);
    return tasks.map((task) => new WeakRef(task));
  };
  const refs = [...await make(false), ...await make(true)];
  gate.setResult();
  const alive = () => refs.filter((ref) => ref.deref()).length;
  await collectGarbage(() => alive() === 0);
  // A collector that looks at the stack may take one for alive.
  assertLess(alive(), 2);
});

Deno.test("Task that cannot start as the stack overflows is listed no more", async () => {
  using _reports = collectReports();
  const known = allTasks();
  let thrown = 0;
  let done = 0;
  // Back from where the stack ends, each time with room for a little more.
  const recurse = () => {
    try {
      recurse();
    } catch {
      // The stack has ended.
    }
    if (done === 20) return;
    try {
      const task = createTask(() => {}, { eagerStart: true });
      known.add(task);
      if (task.done()) done++;
    } catch {
      thrown++;
    }
  };
  recurse();
  assertGreaterOrEqual(thrown, 1);
  assertEquals(done, 20);
  assertSame([...allTasks()].filter((task) => !known.has(task)), []);
  // Those that failed, as the stack ended in them, are not to be reported.
  await Promise.allSettled([...known].filter((task) => task.done()));
});

Deno.test("Task.cancel() throws at the bare yield of a generator that left a scope running", async () => {
  const log: string[] = [];
  const gate = new Future<void>();
  const task = createTask(function* () {
    timeout(null, function* () {
      yield* gate;
    });
    // Called when the scope has just ended, and before the task has its turn.
    gate.addDoneCallback(() => task.cancel());
    gate.setResult();
    try {
      yield;
      log.push("goes on");
    } catch {
      log.push("cancelled");
    }
  });
  await task;
  assertEquals(log, ["cancelled"]);
});

for (
  const [how, wait] of Object.entries<() => Promise<void>>({
    "twice at once": async () => {
      const task = currentTask()!;
      getEventLoop().callSoon(() => {
        task.cancel();
        task.cancel();
      });
      await new Future<void>();
    },
    "before it awaits what is done": async () => {
      const done = new Future<void>();
      done.setResult();
      currentTask()!.cancel();
      await done;
    },
  })
) {
  Deno.test(`Task.cancel() ${how} is thrown once, though a group fails later`, async () => {
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
      await sleep(0);
      log.push("goes on");
    });
    await microtasks();
    controller.abort();
    await task;
    assertEquals(log, ["goes on"]);
  });
}
