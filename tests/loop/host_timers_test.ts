import { assert, assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { stub } from "@std/testing/mock";
import { getEventLoop, sleep } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { countHostTimers } from "../helpers/counting.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();

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

Deno.test("TimerHandle.cancel() releases the host timer, in whatever order the timers are cancelled", () => {
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

Deno.test("EventLoop timers fire although setTimeout() of the host threw once", async () => {
  const { setTimeout } = globalThis;
  let asked = 0;
  globalThis.setTimeout = ((callback: () => void, delay: number) => {
    if (++asked === 1) throw new RangeError("Maximum call stack size exceeded");
    return setTimeout(callback, delay);
  }) as typeof setTimeout;
  try {
    assertThrows(() => getEventLoop().callLater(1, () => {}), RangeError);
    await sleep(1);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertGreaterOrEqual(asked, 2);
});
