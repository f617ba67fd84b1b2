import { assert, assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import {
  allTasks,
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  Future,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { kinds } from "../helpers/kinds.ts";
import { collectReports } from "../helpers/reports.ts";
import { microtasks } from "../helpers/turns.ts";

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task with eagerStart runs its coroutine (${kind}) at once until the first wait`, async () => {
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
}

// Context
// -------

Deno.test("Task with eagerStart starts in the context that was given", async () => {
  const user = new AsyncContext.Variable<string>();
  const context = user.run("ada", () => new AsyncContext.Snapshot());
  const task = createTask(() => user.get(), { context, eagerStart: true });
  assertEquals(task.result(), "ada");
  await task;
});

// Misuse
// ------

Deno.test("Task with eagerStart that cannot start as the stack overflows leaves allTasks()", async () => {
  using _reports = collectReports();
  const known = allTasks();
  let thrown = 0;
  let done = 0;
  // Each frame on the way back has a little more room on the stack.
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
  // Retrieves the failures of the tasks in which the stack ended.
  await Promise.allSettled([...known].filter((task) => task.done()));
});
