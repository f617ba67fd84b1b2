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
import { AsyncContext, type Context, getEventLoop, sleep, type TimerHandle } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectGarbage, heapUsed } from "../helpers/garbage.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, leastOf, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();
const MAX_DELAY = 2 ** 31 - 1;

function installFakeTimers() {
  const clock = FakeTimers.install({ toNotFake: ["setImmediate"] });
  return { tick: (ms: number) => void clock.tick(ms), [Symbol.dispose]: () => clock.uninstall() };
}

// Order
// -----

Deno.test("EventLoop.callLater() calls in a microtask after the host timer", async () => {
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

Deno.test("TimerHandle.when() is the time of the loop at which the timer is due", () => {
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

Deno.test("EventLoop timers made later for an earlier time fire at that time", async () => {
  using clock = installFakeTimers();
  const fired: number[] = [];
  for (const ms of [5_000, 6_000, 10]) loop.callLater(ms, () => fired.push(ms));
  clock.tick(9);
  await microtasks();
  assertEquals(fired, []);
  clock.tick(1);
  await microtasks();
  assertEquals(fired, [10]);
  clock.tick(5_990);
  await microtasks();
  assertEquals(fired, [10, 5_000, 6_000]);
});

Deno.test("EventLoop timers fire in order when many others are cancelled", async () => {
  using clock = installFakeTimers();
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

Deno.test("EventLoop timers fire at a time for which an earlier one was cancelled", async () => {
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

Deno.test("EventLoop timers fire in order of time, then of creation, whatever is added and cancelled", async () => {
  const operation = fc.oneof(
    // Many timers of one delay, as timeouts have, and some of any other.
    fc.record({ add: fc.constantFrom(5, 20), times: fc.nat(150) }),
    fc.record({ add: fc.nat(40), times: fc.constant(1) }),
    fc.record({ cancel: fc.nat(), times: fc.nat(150) }),
    fc.record({ tick: fc.nat(15) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      using clock = installFakeTimers();
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

// Delay
// -----

Deno.test("EventLoop.callLater() with a negative delay fires now, after the timers that are due already", async () => {
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

Deno.test("EventLoop.callLater() with a delay beyond 2**31 - 1 ms does not fire early", async () => {
  using clock = installFakeTimers();
  const delays: number[] = [];
  using _ = stub(globalThis, "setTimeout", noteDelays(globalThis.setTimeout, delays));
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

/** Wraps `setTimeout` so that it notes the delays. */
function noteDelays(original: typeof setTimeout, delays: number[]): typeof setTimeout {
  return ((callback: () => void, delay: number) => {
    delays.push(delay);
    return original(callback, delay);
  }) as typeof setTimeout;
}

Deno.test("EventLoop.callLater() with Infinity never fires, and can be cancelled", async () => {
  using clock = installFakeTimers();
  let fired = false;
  const handle = loop.callLater(Infinity, () => fired = true);
  clock.tick(3 * MAX_DELAY);
  await microtasks();
  assertFalse(fired);
  assertEquals(handle.when(), Infinity);
  handle.cancel();
});

// Real time
// ---------

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

// Failure
// -------

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

// Cancellation
// ------------

Deno.test("TimerHandle.cancel() keeps the callback from being called", async () => {
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

Deno.test("TimerHandle.cancel() by a timer that is due keeps the next due callback from being called", async () => {
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

// Context
// -------

Deno.test("EventLoop timers run in the context in which they were made, or in the given one", async () => {
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

// Misuse
// ------

Deno.test("EventLoop.callLater() throws a TypeError if the clock of the loop gives no number", () => {
  using _ = stub(loop, "time", () => NaN);
  assertThrows(() => loop.callLater(1, () => {}), TypeError, "no number");
});

// Leaks
// -----

Deno.test("TimerHandle.cancel() releases the context of the callback", async () => {
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

Deno.test("EventLoop timers leave no memory behind while there is always one that is pending", async () => {
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
  // Several rounds are measured as a whole, as arrays grow by leaps.
  for (let i = 0; i < 4; i++) await round();
  const bytesPerTimer = (await round() - before) / (5 * count);
  latest.cancel();
  assertLess(bytesPerTimer, 4);
});
