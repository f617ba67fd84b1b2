import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  type Coroutine,
  createTask,
  Future,
  InvalidStateError,
  isFuture,
  sleep,
  Task,
  type TaskOptions,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds, waitIn } from "../helpers/kinds.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

// Result
// ------

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
}

Deno.test("Task starts in a microtask after createTask()", async () => {
  const order: string[] = [];
  const task = createTask(async () => void order.push("task"));
  order.push("created");
  queueMicrotask(() => order.push("microtask"));
  await task;
  assertEquals(order, ["created", "task", "microtask"]);
});

Deno.test("Task runs any function and any generator, and waits for the promise that a function returns", async () => {
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

Deno.test("Task.getCoro() is the function or generator that the task was made of", async () => {
  const main = () => 1;
  const generator = waitIn(sleep(0));
  const tasks = [createTask(main), createTask(generator)] as const;
  assertStrictEquals<unknown>(tasks[0].getCoro(), main);
  assertStrictEquals<unknown>(tasks[1].getCoro(), generator);
  await Promise.all(tasks);
});

Deno.test("Task that is done has forgotten its coroutine, but for the name", async () => {
  needs("gc");
  const start = () => {
    const enclosed = { page: "x" };
    const task = createTask(async function load() {
      await sleep(0);
      return Object.keys(enclosed).length;
    });
    return { task, ref: new WeakRef(enclosed) };
  };
  const { task, ref } = start();
  assertEquals(await task, 1);
  assertEquals(task.getCoro(), null);
  assertEquals(String(task).includes("coro=load"), true);
  await collectGarbage(() => ref.deref() === undefined);
  assertEquals(ref.deref(), undefined);
});

// Failure
// -------

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task of a coroutine (${kind}) that throws has its exception`, async () => {
    const error = new RangeError("x");
    const task = createTask(coroutine(function* (wait) {
      yield* wait(sleep(0));
      throw error;
    }));
    assertStrictEquals(await assertRejects(() => task), error);
    assertStrictEquals(task.exception(), error);
  });
}

Deno.test("Task has whatever is thrown as its exception, even an error that throws when it is looked at", async () => {
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

// Name
// ----

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

Deno.test("Task.getName() counts from Task-1 in each copy of the module", async () => {
  const copy = await importCopy();
  const tasks = [copy.createTask(() => 1), copy.createTask(() => 2)];
  assertEquals(tasks.map((task) => task.getName()), ["Task-1", "Task-2"]);
  await Promise.all(tasks);
});

Deno.test("Task option name of null gives the name Task-N", () => {
  const task = createTask(() => {}, { name: null });
  assertMatch(task.getName(), /^Task-\d+$/);
});

// Representation
// --------------

Deno.test("String(task) shows the name, the coroutine and the future that the task waits on", async () => {
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
  assertEquals(
    String(generator),
    '<Task cancelling name="gen" coro=<generator> wait_for=<Future cancelled> cb=[other]>',
  );
  await assertRejects(() => other);
  assertEquals(String(generator), '<Task cancelled name="gen" coro=<generator>>');
  assertEquals(Object.prototype.toString.call(task), "[object Task]");
  assert(isFuture(task));
});

Deno.test("String(task) shows the pending ones of several futures that the task waits on", async () => {
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

Deno.test("String(task) does not show a future that was done when its derived promise was awaited", async () => {
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

// Misuse
// ------

Deno.test("createTask() rejects a coroutine or option of a wrong type, and makes no task", () => {
  const create = createTask as (coro: unknown, options?: unknown) => unknown;
  const before = allTasks().size;
  const main = async () => {};
  assertThrows(
    () => create(main()),
    TypeError,
    "Cannot create a task as the coroutine is neither a generator nor a function (a promise " +
      "already runs: pass the async function itself, or use ensureFuture): received [Promise]",
  );
  for (const coro of [3, null, undefined, {}, [], "main"]) {
    assertThrows(() => create(coro), TypeError, "nor a function: received ");
    assertThrows(() => new Task(coro as unknown as Coroutine<void>), TypeError, "received ");
  }
  const values = (async function* () {})();
  assertThrows(
    () => create(values),
    TypeError,
    "nor a function (an async generator yields values: loop over it in an async function): received",
  );
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

Deno.test("createTask() rejects an object that has only some methods of a generator", () => {
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

Deno.test("createTask() rejects an async generator function", () => {
  assertThrows(
    () => createTask(async function* () {} as unknown as () => void),
    TypeError,
    "loop over it in an async function",
  );
});

Deno.test("Task.setResult() and setException() throw", async () => {
  const task = createTask(async () => 1, { name: "mine" });
  assertThrows(
    () => task.setResult(2 as never),
    InvalidStateError,
    'Cannot set the result as a task makes its own: <Task pending name="mine"',
  );
  assertThrows(
    () => task.setException(new Error("x") as never),
    InvalidStateError,
    "makes its own",
  );
  assertEquals(await task, 1);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task that is settled by force (${kind}) leaves allTasks(), and reports a later error of its coroutine`, async () => {
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

Deno.test("Task reports the error of getName() if that throws while the task fails", async () => {
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
