import { assert, assertEquals, assertFalse, assertGreaterOrEqual } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import FakeTimers from "@sinonjs/fake-timers";
import { getEventLoop, sleep } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { countHostTimers } from "../helpers/counting.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();

/** Fake timers of several kinds, some of which leave `performance` real. */
interface Clock extends Disposable {
  tick(ms: number): void;
}
const clocks: [string, () => Clock][] = [
  ["FakeTime", () => new FakeTime()],
  ["sinon", () => {
    const clock = FakeTimers.install();
    return { tick: (ms) => void clock.tick(ms), [Symbol.dispose]: () => clock.uninstall() };
  }],
  ["sinon, from another time on", () => {
    const clock = FakeTimers.install({ now: 5_000 });
    return { tick: (ms) => void clock.tick(ms), [Symbol.dispose]: () => clock.uninstall() };
  }],
  ["a fake setTimeout without a clock", () => {
    const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
    return { tick: (ms) => void clock.tick(ms), [Symbol.dispose]: () => clock.uninstall() };
  }],
];

// Each kind of fake timers
// ------------------------

for (const [name, install] of clocks) {
  const exact = !name.endsWith("clock");

  Deno.test(`EventLoop timers fire when they are due under ${name}`, async () => {
    using clock = install();
    const order: string[] = [];
    const start = loop.time();
    // The delays are far apart, as the real clock may go on meanwhile.
    loop.callLater(2_000, () => order.push("2000"));
    loop.callLater(1_000, () => order.push("1000"));
    const absolute = loop.callAt(start + 1_500, () => order.push("1500"));
    assertEquals(absolute.when(), start + 1_500);
    clock.tick(exact ? 999 : 500);
    await microtasks();
    assertEquals(order, []);
    clock.tick(exact ? 1 : 501);
    await microtasks();
    assertEquals(order, ["1000"]);
    clock.tick(10_000);
    await microtasks();
    assertEquals(order, ["1000", "1500", "2000"]);
    assertGreaterOrEqual(loop.time(), start + 2_000);
  });

  Deno.test(`EventLoop timers for the same time fire in order of creation under ${name}`, async () => {
    using clock = install();
    const order: number[] = [];
    const when = loop.time() + 10;
    for (let i = 0; i < 100; i++) loop.callAt(when, () => order.push(i));
    clock.tick(11);
    await microtasks();
    assertEquals(order, Array.from({ length: 100 }, (_, i) => i));
  });

  Deno.test(`EventLoop timers made by a timer fire at their time under ${name}`, async () => {
    using clock = install();
    const order: string[] = [];
    loop.callLater(1_000, () => {
      order.push("1000");
      loop.callLater(500, () => order.push("1500"));
      loop.callLater(1_001, () => order.push("2001"));
    });
    loop.callLater(2_000, () => order.push("2000"));
    for (const expected of [0, 1, 2, 4]) {
      clock.tick(expected === 4 ? 510 : exact ? 500 : 502);
      await microtasks();
      assertEquals(order.length, expected);
    }
    assertEquals(order, ["1000", "1500", "2000", "2001"]);
  });

  Deno.test(`sleep() ends on time under ${name}, twice in a row`, async () => {
    for (let i = 0; i < 2; i++) {
      using clock = install();
      const [short, long] = [sleep(1_000), sleep(2_000)];
      clock.tick(exact ? 999 : 500);
      assertEquals([short.done(), long.done()], [false, false]);
      clock.tick(exact ? 1 : 501);
      await microtasks();
      assertEquals([short.done(), long.done()], [true, false]);
      clock.tick(1_000);
      await microtasks();
      assert(long.done());
    }
  });

  Deno.test(`EventLoop timers left over under ${name} block neither the next clock nor the real one`, async () => {
    {
      using _ = install();
      loop.callLater(50, () => {});
      sleep(100_000);
    }
    {
      using clock = install();
      const future = sleep(200_000);
      clock.tick(200_002);
      await microtasks();
      assert(future.done());
    }
    await sleep(1);
  });

  Deno.test(`EventLoop timers of the host are neither held nor fired by ${name}`, async () => {
    const order: string[] = [];
    const real = loop.callLater(1, () => order.push("real"));
    {
      using clock = install();
      loop.callLater(1_000, () => order.push("fake"));
      clock.tick(1_000_000);
      await microtasks();
      assertEquals(order, ["fake"]);
      assertFalse(real.cancelled());
    }
    while (order.length < 2) await hostTurn();
    assertEquals(order, ["fake", "real"]);
  });
}

// Timers of the fake clock
// ------------------------

Deno.test("EventLoop arms one fake timer, for the earliest", () => {
  needs("sharedTimers");
  const clock = FakeTimers.install({ toNotFake: ["setImmediate"] });
  try {
    const handles = [20, 30, 10].map((delay) => loop.callLater(delay, () => {}));
    assertEquals(clock.countTimers(), 1);
    for (const handle of handles) handle.cancel();
    assertEquals(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});

Deno.test("EventLoop shows fake timers the next timer that is due, and none that was cancelled", () => {
  const clock = FakeTimers.install({ now: 0, toNotFake: ["setImmediate"] });
  try {
    const cancelled = loop.callLater(10, () => {});
    const kept = loop.callLater(20, () => {});
    cancelled.cancel();
    assertEquals(clock.next(), 20);
    kept.cancel();
  } finally {
    clock.uninstall();
  }
});

Deno.test("EventLoop holds no fake timer for a cancelled timer once an earlier one fired", () => {
  const clock = FakeTimers.install();
  try {
    loop.callLater(10, () => {});
    loop.callLater(20, () => {}).cancel();
    clock.tick(10);
    assertEquals(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});

// Between fake timers and the host
// --------------------------------

Deno.test("TimerHandle.cancel() releases the timer of its own clock under another clock", () => {
  using host = countHostTimers();
  const real = [loop.callLater(60_000, () => {}), loop.callLater(60_000, () => {})];
  const clock = FakeTimers.install({ toNotFake: ["setImmediate"] });
  const fake = loop.callLater(60_000, () => {});
  try {
    real[0]!.cancel();
    real[1]!.cancel();
    assertEquals([host.armed.size, clock.countTimers()], [0, 1]);
  } finally {
    clock.uninstall();
  }
  const last = loop.callLater(90_000, () => {});
  fake.cancel();
  assertEquals([host.armed.size, clock.countTimers()], [1, 0]);
  last.cancel();
  assertEquals(host.armed.size, 0);
});

Deno.test("EventLoop has one host timer for the timers made before and after fake timers", () => {
  needs("sharedTimers");
  using host = countHostTimers();
  const before = loop.callLater(5_000, () => {});
  const clock = FakeTimers.install();
  loop.callLater(1, () => {}).cancel();
  clock.uninstall();
  const after = loop.callLater(10_000, () => {});
  assertEquals(host.armed.size, 1);
  before.cancel();
  assertEquals(host.armed.size, 1);
  after.cancel();
  assertEquals(host.armed.size, 0);
});

Deno.test("EventLoop timers fire on time although a stale fake timer fires that clearTimeout() could not clear", async () => {
  const clock = FakeTimers.install({ toFake: ["setTimeout"] });
  const fired: string[] = [];
  try {
    const handles = [
      loop.callLater(60_000, () => fired.push("60,000")),
      loop.callLater(10, () => fired.push("10")),
      loop.callLater(5, () => fired.push("5")),
    ];
    handles[2]!.cancel();
    clock.tick(20);
    await hostTurn();
    assertEquals(fired, ["10"]);
    handles[0]!.cancel();
  } finally {
    clock.uninstall();
  }
});
