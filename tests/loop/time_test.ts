import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import FakeTimers from "@sinonjs/fake-timers";
import { getEventLoop, sleep } from "../../mod.ts";
import { microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();

Deno.test("EventLoop.time() counts milliseconds of real time", async () => {
  const first = performance.now();
  const before = loop.time();
  const second = performance.now();
  await sleep(20);
  const third = performance.now();
  const elapsed = loop.time() - before;
  const fourth = performance.now();
  assertGreaterOrEqual(elapsed, 19.999);
  // A host timer that fires early moves the loop's time on.
  assertGreaterOrEqual(elapsed, third - second - 1);
  assertLess(elapsed, fourth - first + 2);
});

Deno.test("EventLoop.time() goes by performance.now(), not by Date", () => {
  using time = stub(Date, "now", () => 0);
  const before = performance.now();
  assertGreaterOrEqual(loop.time(), before);
  assertEquals(time.calls.length, 0);
});

Deno.test("EventLoop.time() goes on while only Date is fake", async () => {
  const loop = getEventLoop();
  const clock = FakeTimers.install({ toFake: ["Date"], now: 0 });
  try {
    const start = loop.time();
    await sleep(10);
    assertGreaterOrEqual(loop.time() - start, 9);
    const before = loop.time();
    clock.setSystemTime(86_400_000);
    assertLess(loop.time() - before, 60_000);
  } finally {
    clock.uninstall();
  }
});

Deno.test("EventLoop.time() does not go back after a timer for a time long past", async () => {
  const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    loop.callLater(100_000, () => {});
    clock.tick(100_000);
    const time = loop.time();
    loop.callAt(time - 200_000, () => {});
    clock.tick(1);
    assert(loop.time() >= time);
    await microtasks();
  } finally {
    clock.uninstall();
  }
});

Deno.test("EventLoop timers work where there is no performance", async () => {
  const performance = Object.getOwnPropertyDescriptor(globalThis, "performance")!;
  using clock = new FakeTime();
  Object.defineProperty(globalThis, "performance", { value: undefined, configurable: true });
  try {
    const future = sleep(10);
    clock.tick(10);
    await microtasks();
    assert(future.done());
  } finally {
    Object.defineProperty(globalThis, "performance", performance);
  }
});
