import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { CancelledError, createTask, currentTask, Future, sleep, type Task } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { microtasks, withResolvers } from "../helpers/turns.ts";

// Cancellation: futures that the function waits on
// ------------------------------------------------

Deno.test("Task.cancel() cancels the future that a function returned", async () => {
  const future = new Future<number>();
  const task = createTask(() => future);
  await microtasks();
  task.cancel("why");
  assert(future.cancelled());
  await assertRejects(() => task, CancelledError, "why");
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
  Deno.test(`Task.cancel() cancels a future that is awaited through ${name}`, async () => {
    // The engine waits on the returned promise in a thenable job.
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

Deno.test("Task.cancel() cancels those of several awaited futures that are pending", async () => {
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

Deno.test("Task.cancel() cancels all of three awaited futures", async () => {
  const futures = [1, 2, 3].map(() => new Future<void>());
  const task = createTask(async () => {
    await Promise.all(futures);
  });
  await microtasks();
  task.cancel();
  assertEquals(futures.map((future) => future.cancelled()), [true, true, true]);
  await assertRejects(() => task, CancelledError);
});

Deno.test("Task.cancel() cancels a future that is awaited through several handlers", async () => {
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

Deno.test("Task.cancel() cancels the awaited future after a handler of another future was called", async () => {
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

Deno.test("Task.cancel() cancels a future whose derived promise was made before an earlier request", async () => {
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

// Cancellation: futures that the function does not wait on
// --------------------------------------------------------

Deno.test("Task.cancel() leaves alone a future to which the task only added handlers", async () => {
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

Deno.test("Task.cancel() leaves alone a future to which the task added chains of handlers", async () => {
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

Deno.test("Task.cancel() leaves alone a future whose derived promise only other code awaits", async () => {
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

Deno.test("Task.cancel() of a task that then fails leaves alone the code that the task left running", async () => {
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

// Cancellation: foreign promises
// ------------------------------

Deno.test("Task.cancel() throws at the next wait if the async function awaits a foreign promise", async () => {
  needs("contextOfPromises");
  for (const next of [new Future<void>(), createTask(() => sleep(60_000))]) {
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
    assert(next.cancelled(), "the next future is cancelled as if the task had waited on it");
  }
});

Deno.test("Task.cancel() throws at the next wait after a foreign promise, even on a done future", async () => {
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

Deno.test("Future.then() in a task returns a promise that looks like any other", async () => {
  needs("inspect");
  await createTask(async () => {
    const promise = new Future<void>().then(() => {});
    assertEquals(Object.keys(promise), []);
    assertStrictEquals(promise.constructor, Promise);
    assertStrictEquals(Promise.resolve(promise), promise);
    assertInstanceOf(promise.then(() => {}), Promise);
    // Node 20 shows the ids of its async hooks as well.
    const show = (promise: unknown) => Deno.inspect(promise).replaceAll(/\d+/g, "…");
    assertEquals(show(promise), show(new Promise(() => {})));
  });
});

// Waiting on the task itself
// --------------------------

Deno.test("Task can be awaited by code that it left running", async () => {
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

Deno.test("Task.cancel() counts one request if code of the task awaits the task itself", async () => {
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

Deno.test("Task.cancel() returns if two tasks wait for each other", async () => {
  const tasks: Task<unknown>[] = [];
  tasks.push(createTask(async () => await tasks[1]));
  tasks.push(createTask(async () => await tasks[0]));
  await microtasks();
  assertMatch(String(tasks[0]), /wait_for="Task-\d+"/);
  assertEquals(tasks[0]!.cancel("deadlock"), true);
  // Each task waits for the other to end, so there is no code into which to throw.
  assertEquals(tasks.map((task) => task.cancelling()), [2, 1]);
});
