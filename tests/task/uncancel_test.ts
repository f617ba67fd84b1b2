import { assertEquals, assertRejects } from "@std/assert";
import { CancelledError, createTask, currentTask, Future, sleep, timeout } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { microtasks, withResolvers } from "../helpers/turns.ts";

Deno.test("Task.uncancel() takes back requests, so that nothing is thrown when none is left", async () => {
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

Deno.test("Task.uncancel() leaves the CancelledError to be thrown while requests remain", async () => {
  const task = createTask(async () => {
    const me = currentTask()!;
    me.cancel("one");
    me.cancel("two");
    me.uncancel();
    await sleep(0);
  });
  await assertRejects(() => task, CancelledError, "one");
});

Deno.test("Task.uncancel() does not take back what the signal of a scope has requested", async () => {
  needs("contextOfPromises");
  const log: unknown[] = [];
  const controller = new AbortController();
  const gate = withResolvers<void>();
  await createTask(async () => {
    const scope = timeout(null, async () => {
      await gate.promise;
      await sleep(0);
    }, { signal: controller.signal });
    controller.abort("by the signal");
    currentTask()!.cancel("taken back");
    log.push(currentTask()!.uncancel());
    gate.resolve();
    await assertRejects(() => scope, CancelledError, "by the signal");
    await sleep(0);
  });
  assertEquals(log, [0]);
});

Deno.test("Task.cancelling() counts the request before the signal aborts", async () => {
  const task = createTask(() => new Future<void>());
  const counts: number[] = [];
  task.signal.addEventListener("abort", () => counts.push(task.cancelling()));
  await microtasks();
  task.cancel();
  assertEquals(counts, [1]);
  await assertRejects(() => task, CancelledError);
});

Deno.test("Task.cancelling() counts a second request that a listener of the signal makes", async () => {
  const task = createTask(async (signal) => {
    signal.addEventListener("abort", () => task.cancel("inner"));
    await new Future<void>();
  });
  await microtasks();
  task.cancel("outer");
  assertEquals(task.cancelling(), 2);
  await assertRejects(() => task, CancelledError);
});
