import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  type Context,
  createTask,
  currentTask,
  Future,
  run,
  type Task,
} from "../../mod.ts";
import { kinds } from "../helpers/kinds.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

// Context
// -------

Deno.test("Task.getContext() is the context that was given, or that in which the task was made", async () => {
  const user = new AsyncContext.Variable<string>();
  const context = user.run("ada", () => new AsyncContext.Snapshot());
  const given = createTask(() => user.get(), { context });
  assertStrictEquals<Context>(given.getContext(), context);
  assertEquals(await given, "ada");
  const inherited = user.run("grace", () => createTask(() => user.get()));
  assertEquals(inherited.getContext().run(() => user.get()), "grace");
  assertEquals(await inherited, "grace");
});

Deno.test("AsyncContext.Variable.run() in a task stays part of the task, which waits and is cancelled there", async () => {
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

// Contexts that fail
// ------------------

for (const [kind, coroutine] of kinds) {
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

Deno.test("Task fails if its context cannot be entered a second time", async () => {
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

Deno.test("Task goes on and reports the error if its context throws after it ran the function", async () => {
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

Deno.test("Task never runs a function that its context calls too late", async () => {
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

Deno.test("Task whose context calls the function twice takes the outcome that comes first, and reports a later failure", async () => {
  using reports = collectReports();
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
  assertEquals(
    reports.map(({ message, exception }) => [message, String(exception)]),
    [["Task was done before its coroutine failed", "RangeError: 4"]],
  );
});
