import {
  assert,
  assertEquals,
  assertFalse,
  assertGreaterOrEqual,
  assertLess,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import FakeTimers from "@sinonjs/fake-timers";
import fc from "fast-check";
import {
  AsyncContext,
  type Context,
  getEventLoop,
  getRunningLoop,
  run,
  sleep,
  type TimerHandle,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { countHostTimers } from "../helpers/counting.ts";
import { collectGarbage, heapUsed } from "../helpers/garbage.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, leastOf, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();
const MAX_DELAY = 2 ** 31 - 1;

/** The two kinds of fake timers: one leaves `performance` real, one does not. */
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

for (const [name, install] of clocks) {
  const exact = !name.endsWith("clock");

  Deno.test(`EventLoop timers fire when they are due under ${name}`, async () => {
    using clock = install();
    const order: string[] = [];
    const start = loop.time();
    // Far apart, as without a fake clock the real one goes on meanwhile.
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

  Deno.test(`EventLoop timers that tie run in order of creation under ${name}`, async () => {
    using clock = install();
    const order: number[] = [];
    const when = loop.time() + 10;
    for (let i = 0; i < 100; i++) loop.callAt(when, () => order.push(i));
    clock.tick(11);
    await microtasks();
    assertEquals(order, Array.from({ length: 100 }, (_, i) => i));
  });

  Deno.test(`EventLoop timers made by a timer fire in their turn under ${name}`, async () => {
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

  Deno.test(`sleep() wakes under ${name}, twice in a row`, async () => {
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
    await sleep(5);
  });

  Deno.test(`EventLoop timers of the host are neither held nor fired by ${name}`, async () => {
    const order: string[] = [];
    const real = loop.callLater(20, () => order.push("real"));
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

Deno.test("EventLoop arms one host timer, for the earliest", async () => {
  needs("sharedTimers");
  using host = countHostTimers();
  const handles = Array.from({ length: 1_000 }, (_, i) => loop.callLater(10_000 + i, () => {}));
  assertEquals(host.armed.size, 1);
  assertEquals(host.set, 1);
  const earlier = loop.callLater(5_000, () => {});
  assertEquals([host.armed.size, host.set], [1, 2]);
  let fired = false;
  loop.callLater(1, () => fired = true);
  while (!fired) await microtasks(1), await hostTurn();
  assertEquals(host.armed.size, 1);
  earlier.cancel();
  for (const handle of handles) handle.cancel();
  assertEquals(host.armed.size, 0);
});

Deno.test("TimerHandle.cancel() releases the host timer, in any order", () => {
  needs("sharedTimers");
  using host = countHostTimers();
  for (const order of ["first to last", "last to first", "odd ones first"]) {
    const handles = Array.from({ length: 1_000 }, (_, i) => loop.callLater(10_000 + i, () => {}));
    assertEquals(host.armed.size, 1);
    if (order === "last to first") handles.reverse();
    if (order === "odd ones first") handles.sort((a, b) => (a.when() & 1) - (b.when() & 1));
    for (const handle of handles) {
      handle.cancel();
      handle.cancel();
    }
    assert(handles.every((handle) => handle.cancelled()));
    assertEquals(host.armed.size, 0, order);
  }
});

Deno.test("TimerHandle.cancel() means that the callback never runs", async () => {
  using clock = new FakeTime();
  const order: number[] = [];
  const handles: TimerHandle[] = [];
  for (let i = 0; i < 300; i++) handles.push(loop.callLater(i % 7, () => order.push(i)));
  const kept = handles.flatMap((handle, i) => {
    if (i % 3 !== 0) handle.cancel();
    return i % 3 === 0 ? [i] : [];
  });
  clock.tick(10);
  await microtasks();
  assertEquals(order, kept.toSorted((a, b) => a % 7 - b % 7 || a - b));
  handles[0]!.cancel();
  assert(handles[0]!.cancelled());
});

Deno.test("TimerHandle.cancel() releases the host timer under another clock, too", () => {
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

Deno.test("TimerHandle.cancel() between falling due and running means that it never runs", async () => {
  using clock = new FakeTime();
  const order: string[] = [];
  const handles: TimerHandle[] = [];
  loop.callLater(1, () => handles[0]!.cancel());
  handles.push(loop.callLater(1, () => order.push("cancelled")));
  clock.tick(1);
  handles.push(loop.callLater(1, () => order.push("kept")));
  clock.tick(1);
  await microtasks();
  assertEquals(order, ["kept"]);
});

Deno.test("TimerHandle.cancel() while its callback waits for a turn of the host means that it never runs", async () => {
  needs("sharedTimers");
  using clock = new FakeTime();
  let scheduling = true;
  const again = () => {
    if (scheduling) loop.callSoon(again);
  };
  again();
  await microtasks(10_000);
  const log: string[] = [];
  const handle = loop.callLater(1, () => log.push("cancelled"));
  loop.callLater(1, () => log.push("kept"));
  clock.tick(1);
  await microtasks();
  assertEquals(log, []);
  handle.cancel();
  scheduling = false;
  await hostTurn();
  await hostTurn();
  assertEquals(log, ["kept"]);
});

Deno.test("EventLoop timers stay in order when many are cancelled", async () => {
  using clock = FakeTimersAsClock();
  const order: number[] = [];
  const handles = Array.from(
    { length: 2_000 },
    (_, i) => [i, loop.callLater((i * 7919) % 500, () => order.push(i))] as const,
  );
  for (const [i, handle] of handles) if (i % 5 !== 0) handle.cancel();
  const expected = handles.filter(([i]) => i % 5 === 0).map(([i]) => i)
    .sort((a, b) => (a * 7919) % 500 - (b * 7919) % 500 || a - b);
  clock.tick(1_000);
  await microtasks(1_000);
  await hostTurn();
  assertEquals(order, expected);
});

Deno.test("EventLoop timers fire in order of time and creation, whatever is added and cancelled", async () => {
  const operation = fc.oneof(
    // Many of one delay, as timeouts are, and some of any other.
    fc.record({ add: fc.constantFrom(5, 20), times: fc.nat(150) }),
    fc.record({ add: fc.nat(40), times: fc.constant(1) }),
    fc.record({ cancel: fc.nat(), times: fc.nat(150) }),
    fc.record({ tick: fc.nat(15) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      using clock = FakeTimersAsClock();
      let pending: { id: number; due: number; handle: TimerHandle }[] = [];
      const fired: number[] = [];
      let made = 0;
      let now = 0;
      for (
        const { add, cancel, tick, times = 0 } of [...operations, { tick: 100 }] as Operation[]
      ) {
        for (let i = 0; i < times; i++) {
          if (add !== undefined) {
            const id = made++;
            pending.push({ id, due: now + add, handle: loop.callLater(add, () => fired.push(id)) });
          } else if (cancel !== undefined && pending.length > 0) {
            const [timer] = pending.splice((cancel * (i + 1)) % pending.length, 1);
            timer!.handle.cancel();
          }
        }
        if (tick === undefined) continue;
        now += tick;
        const expected = pending.filter(({ due }) => due <= now)
          .sort((a, b) => a.due - b.due || a.id - b.id).map(({ id }) => id);
        pending = pending.filter(({ due }) => due > now);
        clock.tick(tick);
        await microtasks();
        await hostTurn();
        assertEquals(fired.splice(0), expected);
      }
    }),
    { numRuns: 200 },
  );
});

interface Operation {
  add?: number;
  cancel?: number;
  tick?: number;
  times?: number;
}

function FakeTimersAsClock(): Clock {
  const clock = FakeTimers.install({ toNotFake: ["setImmediate"] });
  return { tick: (ms) => void clock.tick(ms), [Symbol.dispose]: () => clock.uninstall() };
}

Deno.test("EventLoop.callLater() with a delay beyond 2**31 - 1 ms does not fire early", async () => {
  using clock = FakeTimersAsClock();
  const delays: number[] = [];
  using _ = stub(globalThis, "setTimeout", spyOn(globalThis.setTimeout, delays));
  let fired = false;
  loop.callLater(2 * MAX_DELAY + 10, () => fired = true);
  for (const step of [1, MAX_DELAY, MAX_DELAY, 8]) {
    clock.tick(step);
    await microtasks();
    assertFalse(fired);
  }
  clock.tick(1);
  await microtasks();
  assert(fired);
  assertEquals(delays, [MAX_DELAY, MAX_DELAY, 10]);
});

/** Wraps `setTimeout` so that the delays are kept. */
function spyOn(original: typeof setTimeout, delays: number[]): typeof setTimeout {
  return ((callback: () => void, delay: number) => {
    delays.push(delay);
    return original(callback, delay);
  }) as typeof setTimeout;
}

Deno.test("EventLoop.callLater() with Infinity never fires, and can be cancelled", async () => {
  using clock = FakeTimersAsClock();
  let fired = false;
  const handle = loop.callLater(Infinity, () => fired = true);
  clock.tick(3 * MAX_DELAY);
  await microtasks();
  assertFalse(fired);
  assertEquals(handle.when(), Infinity);
  handle.cancel();
});

Deno.test("EventLoop.time() goes on where Date alone is fake", async () => {
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

Deno.test("EventLoop.callLater() refuses a clock that gives no number", () => {
  using _ = stub(loop, "time", () => NaN);
  assertThrows(() => loop.callLater(1, () => {}), TypeError, "no number");
});

Deno.test("EventLoop.callLater() with a negative delay fires now, after what is there already", async () => {
  using clock = new FakeTime();
  const order: string[] = [];
  const start = loop.time();
  const zero = loop.callLater(0, () => order.push("0"));
  const negative = loop.callLater(-1_000, () => order.push("-1000"));
  assertEquals(negative.when(), start);
  assertEquals(zero.when(), start);
  loop.callAt(-Infinity, () => order.push("-Infinity"));
  assertEquals(order, []);
  clock.tick(0);
  await microtasks();
  assertEquals(order, ["0", "-1000", "-Infinity"]);
});

Deno.test("EventLoop timers run as one microtask each, after the host timer", async () => {
  using clock = new FakeTime();
  const order: string[] = [];
  loop.callLater(1, () => {
    order.push("a");
    queueMicrotask(() => order.push("microtask"));
  });
  clock.tick(1);
  assertEquals(order, []);
  await microtasks();
  assertEquals(order, ["a", "microtask"]);
});

Deno.test("EventLoop timers that throw are reported, and the others fire", async () => {
  using clock = new FakeTime();
  using reports = collectReports();
  let fired = false;
  const handle = loop.callLater(1, function explode() {
    throw new Error("x");
  });
  loop.callLater(1, () => fired = true);
  clock.tick(1);
  await microtasks();
  assert(fired);
  assertEquals(reports.map(({ message }) => message), ["Exception in callback explode"]);
  assertStrictEquals(reports[0]!.handle, handle);
});

Deno.test("EventLoop timers go on after the stack ended while the host was asked for one", async () => {
  const { setTimeout } = globalThis;
  let asked = 0;
  globalThis.setTimeout = ((callback: () => void, delay: number) => {
    if (++asked === 1) throw new RangeError("Maximum call stack size exceeded");
    return setTimeout(callback, delay);
  }) as typeof setTimeout;
  try {
    assertThrows(() => getEventLoop().callLater(1, () => {}), RangeError);
    await sleep(5);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertGreaterOrEqual(asked, 2);
});

Deno.test("EventLoop timers run in the context they were made in, or in the one given", async () => {
  using clock = new FakeTime();
  const user = new AsyncContext.Variable<string>();
  const seen: unknown[] = [];
  const note = () => seen.push(user.get());
  user.run("ada", () => loop.callLater(1, note));
  const context: Context = user.run("grace", () => new AsyncContext.Snapshot());
  loop.callAt(loop.time() + 1, note, { context });
  user.run("mary", () => clock.tick(1));
  await microtasks();
  assertEquals(seen, ["ada", "grace"]);
});

Deno.test("EventLoop timers fire in real time, neither early nor much later", async () => {
  for (const delay of [1, 5, 10, 20, 40]) {
    const late = await leastOf(50, async () => {
      const start = performance.now();
      await sleep(delay);
      const elapsed = performance.now() - start;
      assertGreaterOrEqual(elapsed, delay - 1);
      return elapsed - delay;
    });
    assertLess(late, 50, `a delay of ${delay} ms`);
  }
});

Deno.test("EventLoop timers made later for an earlier time fire at that time in real time", async () => {
  const later = loop.callLater(5_000, () => {});
  const start = performance.now();
  await sleep(1);
  later.cancel();
  assertLess(performance.now() - start, 2_500);
});

Deno.test("EventLoop.time() goes by the clock that never goes back", () => {
  using time = stub(Date, "now", () => 0);
  const before = performance.now();
  assertGreaterOrEqual(loop.time(), before);
  assertEquals(time.calls.length, 0);
});

Deno.test("EventLoop has one host timer for the timers before and after fake timers", () => {
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

Deno.test("EventLoop.close() forgets the timers of every host", async () => {
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

Deno.test("TimerHandle.when() is the time of the loop when it is due", () => {
  using _ = new FakeTime();
  const start = loop.time();
  const later = loop.callLater(100, () => {});
  assertEquals(later.when(), start + 100);
  const at = loop.callAt(start + 50, () => {});
  assertEquals(at.when(), start + 50);
  later.cancel();
  at.cancel();
  assertThrows(() => loop.callLater(NaN, () => {}), TypeError);
});

Deno.test("EventLoop timers fire at a time for which one was cancelled", async () => {
  const clock = FakeTimers.install();
  try {
    const when = loop.time() + 10;
    const log: string[] = [];
    loop.callAt(when, () => log.push("cancelled")).cancel();
    loop.callAt(when, () => log.push("fired"));
    clock.tick(10);
    await microtasks();
    assertEquals(log, ["fired"]);
  } finally {
    clock.uninstall();
  }
});

Deno.test("EventLoop holds no host timer for a cancelled timer once an earlier one fired", () => {
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

Deno.test("EventLoop arms the host timer for the delay itself, despite rounding", () => {
  let now = 0;
  const delays: number[] = [];
  using _now = stub(performance, "now", () => now);
  using _set = stub(
    globalThis,
    "setTimeout",
    ((_callback: () => void, delay: number) => delays.push(delay)) as never,
  );
  using _clear = stub(globalThis, "clearTimeout", () => {});
  while (now + 5 - now <= 5) now += 0.1;
  loop.callLater(5, () => {}).cancel();
  assertEquals(delays, [5]);
});

Deno.test("EventLoop.close() releases the host timers of fake clocks left behind, too", async () => {
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

Deno.test("TimerHandle.cancel() releases the context that the callback was to run in", async () => {
  needs("gc");
  const variable = new AsyncContext.Variable<object>();
  const first = loop.callLater(60_000, () => {});
  const handles: TimerHandle[] = [];
  const value = () => {
    const value = {};
    variable.run(value, () => handles.push(loop.callLater(60_001, () => {})));
    handles[0]!.cancel();
    return new WeakRef(value);
  };
  const ref = value();
  await collectGarbage(() => !ref.deref());
  assertEquals(ref.deref(), undefined);
  assert(handles[0]!.cancelled());
  first.cancel();
});

Deno.test("EventLoop timers of which one is always left keep no memory of those before", async () => {
  needs("heapSize");
  const count = 200_000;
  let latest = loop.callLater(60_000, () => {});
  const round = async () => {
    for (let i = 0; i < count; i++) {
      const next = loop.callLater(60_000, () => {});
      latest.cancel();
      latest = next;
    }
    return await heapUsed();
  };
  const before = await round();
  // All at once, as arrays grow by leaps.
  for (let i = 0; i < 4; i++) await round();
  const bytesPerTimer = (await round() - before) / (5 * count);
  latest.cancel();
  assertLess(bytesPerTimer, 4);
});

Deno.test("EventLoop shows no timer to fake timers but for what is due", () => {
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

Deno.test("EventLoop timers do not take a host timer that could not be cleared for theirs", async () => {
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
