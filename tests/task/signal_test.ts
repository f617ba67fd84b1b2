import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  CancelledError,
  type Coroutine,
  createTask,
  currentTask,
  Future,
  sleep,
  type Task,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { kinds } from "../helpers/kinds.ts";
import { serveNothing } from "../helpers/programs.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Option signal
// -------------

for (const [kind, coroutine] of kinds) {
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
}

// Task.signal
// -----------

Deno.test("Task passes its signal to a function, however that takes its argument", async () => {
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

Deno.test("Task.signal exists although the function takes no argument", async () => {
  const task: Task<unknown> = createTask(async () => {
    await sleep(60_000);
  });
  await hostTurn();
  const { signal } = task;
  task.cancel("enough");
  assertEquals([signal.aborted, signal.reason.message], [true, "enough"]);
  await assertRejects(() => task, CancelledError, "enough");
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task.signal aborts before the CancelledError is thrown into the coroutine (${kind})`, async () => {
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
}

Deno.test("Task.signal stops a fetch when the task is cancelled", async () => {
  needs("servers");
  await using server = serveNothing();
  const task = createTask((signal) => fetch(server.url, { signal }));
  await server.requested;
  task.cancel("not needed");
  await assertRejects(() => task, CancelledError, "not needed");
});

Deno.test("Task.signal aborts when the coroutine throws a CancelledError of its own", async () => {
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

// Reason
// ------

Deno.test("Task.signal aborts with the very error that is thrown into an async function", async () => {
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

virtual.test("Task.signal that is first read after cancel() has the error that was thrown as its reason", async () => {
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

virtual.test("Task.signal that is first read after cancel() is aborted, and stays so", async () => {
  const task = createTask(function* () {
    yield* new Future<void>();
  });
  await sleep(1);
  const generator = createTask((function* () {
    try {
      yield* new Future<void>();
    } catch {
      yield* sleep(1);
    }
  })());
  await sleep(1);
  generator.cancel("asked");
  assert(generator.signal.aborted);
  assertStringIncludes(String(generator.signal.reason), "asked");
  await generator;
  assert(generator.signal.aborted);
  assertFalse(task.signal.aborted);
  task.cancel();
  await assertRejects(() => task);
});
