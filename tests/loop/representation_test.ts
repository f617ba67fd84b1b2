/**
 * The representations of handles and loops.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { createTask, getEventLoop, getRunningLoop, newEventLoop, run, sleep } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { hostTurn } from "../helpers/turns.ts";

const loop = getEventLoop();

function load() {}

// Handles
// -------

Deno.test("String(handle) has the name of the callback, until it is called or cancelled", async () => {
  const handle = loop.callSoon(load);
  const other = loop.callSoon(load);
  assertEquals(String(handle), "<Handle load>");
  other.cancel();
  assertEquals(String(other), "<Handle cancelled>");
  await hostTurn();
  assertEquals(String(handle), "<Handle called>");
  assertEquals(String(other), "<Handle cancelled>");
});

Deno.test("String(handle) of a timer has its time in whole milliseconds", () => {
  const handle = loop.callAt(loop.time() + 60_000.4, load);
  const when = Math.round(handle.when());
  assertEquals(String(handle), `<TimerHandle when=${when} load>`);
  handle.cancel();
  assertEquals(String(handle), `<TimerHandle when=${when} cancelled>`);
  const never = loop.callLater(Infinity, () => load());
  assertEquals(String(never), "<TimerHandle when=Infinity load>");
  never.cancel();
});

Deno.test("String(handle) in debug mode has the place where the callback was scheduled", () => {
  needs("sources");
  loop.setDebug(true);
  try {
    const [soon, later] = [loop.callSoon(() => {}), loop.callLater(60_000, load)];
    assertMatch(String(soon), /^<Handle callback at representation_test\.ts:\d+>$/);
    assertMatch(String(later), /^<TimerHandle when=\d+ load at representation_test\.ts:\d+>$/);
    soon.cancel();
    later.cancel();
    assertMatch(String(soon), /^<Handle cancelled at representation_test\.ts:\d+>$/);
  } finally {
    loop.setDebug(false);
  }
});

// Loops
// -----

Deno.test("String(loop) tells whether the loop runs, is closed or in debug mode, and counts its tasks", async () => {
  const own = newEventLoop();
  assertEquals(String(own), "<EventLoop tasks=0>");
  await run(async () => {
    assertEquals(String(getRunningLoop()), "<EventLoop running tasks=1>");
    const tasks = [createTask(() => sleep(0)), createTask(() => sleep(0))];
    assertEquals(String(own), "<EventLoop running tasks=3>");
    await Promise.all(tasks);
    own.setDebug(true);
    assertEquals(String(own), "<EventLoop running tasks=1 debug>");
  }, { loop: own });
  assertEquals(String(own), "<EventLoop closed>");
});

// Consoles
// --------

Deno.test("inspect() shows handles and loops by their representations", () => {
  needs("inspect");
  const handle = loop.callLater(60_000, load);
  assertEquals(Deno.inspect(handle), String(handle));
  handle.cancel();
  assertEquals(Deno.inspect({ loop: newEventLoop() }), "{ loop: <EventLoop tasks=0> }");
});
