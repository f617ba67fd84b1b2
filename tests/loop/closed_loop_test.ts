import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import FakeTimers from "@sinonjs/fake-timers";
import { type EventLoop, Future, getRunningLoop, type Handle, run } from "../../mod.ts";
import { countHostTimers } from "../helpers/counting.ts";
import { passTime } from "../helpers/fake_time.ts";
import { collectReports } from "../helpers/reports.ts";
import { microtasks } from "../helpers/turns.ts";

// Callbacks
// ---------

Deno.test("EventLoop that is closed rejects callbacks and tasks, and forgets its timers", async () => {
  using time = new FakeTime();
  let closed!: EventLoop;
  const log: string[] = [];
  const handles: Handle[] = [];
  await run(async () => {
    closed = getRunningLoop();
    assert(closed.isRunning());
    assertThrows(() => closed.close(), Error, "as it is running");
    handles.push(closed.callLater(1, () => log.push("timer")));
    closed.callSoon(() => log.push("soon"));
  });
  assert(closed.isClosed());
  assertFalse(closed.isRunning());
  assertThrows(() => closed.callSoon(() => {}), Error, "Event loop is closed");
  assertThrows(() => closed.callLater(1, () => {}), Error, "Event loop is closed");
  assertThrows(() => closed.callAt(1, () => {}), Error, "Event loop is closed");
  assertThrows(() => closed.createTask(async () => {}), Error, "Event loop is closed");
  await passTime(time, 5);
  assertEquals(log, ["soon"]);
  closed.close();
  handles[0]!.cancel();
});

Deno.test("EventLoop that is closed does not call the callbacks that were ready", async () => {
  let late = false;
  await run(() => {
    const loop = getRunningLoop();
    const again = () => {
      if (loop.isClosed()) late = true;
      else loop.callSoon(again);
    };
    again();
  });
  await microtasks();
  assertFalse(late);
});

// Timers of the host
// ------------------

Deno.test("EventLoop.close() releases the timers of the host and of fake timers", async () => {
  using host = countHostTimers();
  await run(async () => {
    const loop = getRunningLoop();
    loop.callLater(10_000, () => {});
    using clock = new FakeTime();
    loop.callLater(10, () => {
      throw new Error("must not fire");
    });
    queueMicrotask(() => clock);
  });
  assertEquals(host.armed.size, 0);
});

Deno.test("EventLoop.close() releases the timers of a fake clock that is uninstalled", async () => {
  let clock!: ReturnType<typeof FakeTimers.install>;
  await run(() => {
    clock = FakeTimers.install();
    try {
      getRunningLoop().callLater(1_000, () => {});
    } finally {
      clock.uninstall();
    }
    getRunningLoop().callLater(1_000, () => {});
    assertEquals(clock.countTimers(), 1);
  });
  assertEquals(clock.countTimers(), 0);
});

// Futures
// -------

Deno.test("Future of a closed loop reports done callbacks that it cannot call, and rejects new ones once done", async () => {
  let future!: Future<void>;
  const log: string[] = [];
  let closed!: EventLoop;
  await run(async () => {
    closed = getRunningLoop();
    future = closed.createFuture<void>();
    future.addDoneCallback(function late() {
      log.push("late");
    });
  });
  using reports = collectReports(closed);
  const waiting = (async () => await future)();
  await microtasks();
  future.setResult();
  await waiting;
  await microtasks();
  assertEquals(log, []);
  assertEquals(reports.map(({ message }) => message), ["Cannot call the done callback late"]);
  assertThrows(() => future.addDoneCallback(() => {}), Error, "Event loop is closed");
});

Deno.test("Future of a closed loop accepts a done callback while it is pending, and reports it once done", async () => {
  let future!: Future<void>;
  await run(async () => {
    future = new Future<void>();
  });
  using reports = collectReports(future.getLoop());
  future.addDoneCallback(function late() {});
  future.setResult();
  await microtasks();
  assertEquals(reports.map(({ message }) => message), ["Cannot call the done callback late"]);
});
