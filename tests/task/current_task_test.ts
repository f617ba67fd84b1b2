import { assertEquals, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  AsyncContext,
  createTask,
  currentTask,
  Future,
  getEventLoop,
  getRunningLoop,
  sleep,
  type Task,
} from "../../mod.ts";
import { passTime } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// In tasks
// --------

for (const [kind, coroutine] of kinds) {
  Deno.test(`currentTask() is the task at every step of the coroutine (${kind})`, async () => {
    using time = new FakeTime();
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
    const tasks = [make("a"), make("b"), make("c")];
    await passTime(time, 1);
    await passTime(time, 2);
    await Promise.all(tasks);
    assertEquals(seen, Array(9).fill(true));
    assertEquals(currentTask(), null);
  });
}

Deno.test("currentTask() is the task at every step in a context that was given", async () => {
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

// Outside of tasks
// ----------------

Deno.test("currentTask() is null outside of tasks, for another loop, and in code that outlives its task", async () => {
  assertEquals(currentTask(), null);
  const other = makeManualLoop();
  const later = new Future<unknown>();
  const seen = await createTask(async () => {
    // Code that outlives its task belongs to no task.
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

virtual.test("currentTask() in a callback is the task that registered it", async () => {
  const seen: (string | undefined)[] = [];
  const note = () => seen.push(currentTask()?.getName());
  const task = createTask(async () => {
    const loop = getRunningLoop();
    const fired = new Future<void>();
    loop.callSoon(note);
    fired.addDoneCallback(note);
    loop.callLater(60_000, () => {
      note();
      fired.setResult();
    });
    await fired;
  }, { name: "registrar" });
  await task;
  assertEquals(seen, ["registrar", "registrar", "registrar"]);
  assertEquals(getRunningLoop().time(), 60_000);
});
