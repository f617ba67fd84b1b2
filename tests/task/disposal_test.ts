import { assert, assertEquals, assertFalse, assertInstanceOf, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  type ExceptionContext,
  Future,
  getRunningLoop,
  run,
  sleep,
  type Task,
} from "../../mod.ts";
import { microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Cancellation
// ------------

virtual.test("Task[Symbol.dispose]() cancels, Task[Symbol.asyncDispose]() cancels and waits for the end", async () => {
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
    await sleep(1);
  }
  assert(task.cancelled());
  assertEquals(log, ["clean"]);
  {
    using inner = createTask(body);
    task = inner;
    await sleep(1);
  }
  assertFalse(task.done());
  await assertRejects(() => task, CancelledError);
  {
    await using done = createTask(() => 1);
    await done;
  }
});

virtual.test("Task[Symbol.asyncDispose]() defers the cancellation of its caller to the wait after the disposal", async () => {
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

for (const child of ["done", "running"]) {
  Deno.test(`Task[Symbol.asyncDispose]() of a task that is ${child} hides no error behind a cancellation`, async () => {
    const log: unknown[] = [];
    const outer = createTask(async () => {
      try {
        await using inner = createTask(async () => {
          if (child === "running") await new Future<void>();
        });
        await sleep(0);
        log.push(inner.done());
        currentTask()!.cancel("enough");
        throw new RangeError("mine");
      } catch (error) {
        log.push(String(error));
      }
    });
    await assertRejects(() => outer, CancelledError, "enough");
    assertEquals(log, [child === "done", "RangeError: mine"]);
  });
}

// Failure
// -------

Deno.test("Task[Symbol.asyncDispose]() does not throw a failure of the clean-up", async () => {
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

Deno.test("Task[Symbol.asyncDispose]() leaves a failure of the clean-up to be reported", async () => {
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

// Loop
// ----

Deno.test("Task[Symbol.asyncDispose]() does nothing to a done task, even if its loop is closed", async () => {
  let task!: Task<number>;
  await run(async () => {
    task = createTask(() => 1);
    await task;
  });
  assert(task.getLoop().isClosed());
  await task[Symbol.asyncDispose]();
  assertEquals(task.result(), 1);
});
