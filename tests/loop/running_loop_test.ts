import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  createTask,
  type EventLoop,
  Future,
  getEventLoop,
  getRunningLoop,
  sleep,
} from "../../mod.ts";
import { passTime } from "../helpers/fake_time.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();

// getRunningLoop()
// ----------------

Deno.test("getRunningLoop() is the loop of the task or callback that runs, and throws outside of these", async () => {
  using time = new FakeTime();
  assertThrows(
    () => getRunningLoop(),
    Error,
    "Cannot get the running loop as no task and no loop callback is running",
  );
  const seen: EventLoop[] = [];
  loop.callSoon(() => seen.push(getRunningLoop()));
  loop.callLater(1, () => seen.push(getRunningLoop()));
  const future = new Future<void>();
  future.addDoneCallback(() => seen.push(getRunningLoop()));
  future.setResult();
  const task = createTask(async () => {
    seen.push(getRunningLoop());
    await sleep(5);
    seen.push(getRunningLoop());
  });
  await passTime(time, 1);
  await passTime(time, 4);
  await task;
  assertEquals(seen.length, 5);
  assert(seen.every((each) => each === loop));
  assertThrows(() => getRunningLoop());
});

Deno.test("getRunningLoop() throws in code that outlives its task", async () => {
  const later = new Future<boolean>();
  await createTask(async () => {
    (async () => {
      await hostTurn();
      try {
        getRunningLoop();
        later.setResult(false);
      } catch {
        later.setResult(getEventLoop() === loop);
      }
    })();
  });
  assertEquals(await later, true);
});

Deno.test("getRunningLoop() is the inner loop while one loop drives another", async () => {
  const manual = makeManualLoop();
  const seen: boolean[] = [];
  manual.createTask(function* () {
    seen.push(getRunningLoop() === manual);
    yield* sleep(0);
    seen.push(getEventLoop() === manual);
  });
  await createTask(async () => {
    await sleep(0);
    manual.drain();
    seen.push(getRunningLoop() === loop);
  });
  assertEquals(seen, [true, true, true]);
});

Deno.test("getRunningLoop() is the outer loop again when the inner one has run", async () => {
  const manual = makeManualLoop();
  const seen: EventLoop[] = [];
  const future = manual.createFuture<void>();
  future.addDoneCallback(() => seen.push(getRunningLoop()));
  future.setResult();
  loop.callSoon(() => {
    manual.drain();
    seen.push(getRunningLoop());
  });
  await microtasks();
  assertEquals(seen.map((each) => each === manual), [true, false]);
});

// getEventLoop()
// --------------

Deno.test("getEventLoop() is the default loop outside of tasks, which always runs and cannot be closed", () => {
  assertStrictEquals(getEventLoop(), loop);
  assert(loop.isRunning());
  assertFalse(loop.isClosed());
  assertThrows(() => loop.close(), Error, "Cannot close the event loop as it is running");
  assertFalse(loop.isClosed());
});
