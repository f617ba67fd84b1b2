/**
 * `Event`: a flag that code waits for.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  Event,
  gather,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { bytesPerRound } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

Deno.test("Event.wait() has true, at once if the event is set", async () => {
  const event = new Event();
  assertFalse(event.isSet());
  const waiting = event.wait();
  assertFalse(waiting.done());
  event.set();
  assert(event.isSet());
  assertEquals([waiting.result(), event.wait().result()], [true, true]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`Event.set() wakes all who wait, in their order (${kind})`, async () => {
    const event = new Event();
    const log: string[] = [];
    const start = (name: string) =>
      createTask(coroutine(function* (wait) {
        yield* wait(event.wait());
        log.push(name);
        yield* wait(event.wait());
        log.push(`${name} again`);
      }));
    const tasks = [start("a"), start("b")];
    await hostTurn();
    assertEquals(log, []);
    event.set();
    await gather(...tasks);
    assertEquals(log.filter((name) => !name.endsWith("again")), ["a", "b"]);
    assertEquals(log.length, 4);
  });

  Deno.test(`Event.clear() in the turn of set() does not keep those who wait (${kind})`, async () => {
    const event = new Event();
    const task = createTask(coroutine(function* (wait) {
      return yield* wait(event.wait());
    }));
    await hostTurn();
    event.set();
    event.clear();
    assertFalse(event.isSet());
    assertFalse(event.wait().done());
    assertEquals(await task, true);
  });

  // Cancellation
  // ------------

  Deno.test(`Event.wait() that is cancelled leaves the others waiting (${kind})`, async () => {
    const event = new Event();
    const start = () =>
      createTask(coroutine(function* (wait) {
        return yield* wait(event.wait());
      }));
    const [a, b] = [start(), start()];
    await hostTurn();
    a.cancel();
    await assertRejects(() => a, CancelledError);
    assertEquals(`${event}`, "<Event unset waiters=1>");
    event.set();
    assertEquals(await b, true);
  });

  Deno.test(`Event.wait() throws a request that comes in the turn of set() (${kind})`, async () => {
    const event = new Event();
    const task = createTask(coroutine(function* (wait) {
      yield* wait(event.wait());
    }));
    await hostTurn();
    event.set();
    task.cancel("late");
    await assertRejects(() => task, CancelledError, "late");
  });

  Deno.test(`Event.wait() of a set event: a request is thrown at the next wait (${kind})`, async () => {
    const event = new Event();
    event.set();
    let hasPassed = false;
    const task = createTask(coroutine(function* (wait) {
      const waiting = event.wait();
      currentTask()!.cancel("soon");
      hasPassed = yield* wait(waiting);
      yield* wait(sleep(1));
    }));
    await assertRejects(() => task, CancelledError, "soon");
    assert(hasPassed);
  });
}

virtual.test("Event.wait() in waitFor() whose time ends", async () => {
  const event = new Event();
  const loop = getRunningLoop();
  await assertRejects(() => waitFor(event.wait(), 100), TimeoutError);
  assertEquals(loop.time(), 100);
  assertEquals(`${event}`, "<Event unset>");
});

// Signal
// ------

Deno.test("Event.wait() option signal cancels one wait, and leaves no listener", async () => {
  const event = new Event();
  const { controller, signal, listeners } = makeCountingSignal();
  const [aborted, other] = [event.wait({ signal }), event.wait()];
  event.wait({ signal }).cancel();
  assertEquals(listeners.size, 1);
  controller.abort("enough");
  await assertRejects(() => aborted, CancelledError, "enough");
  assertEquals(listeners.size, 0);
  event.set();
  assertEquals(await other, true);
  assert(event.wait({ signal }).cancelled(), "the signal goes before the event");
});

// Loop and context
// ----------------

Deno.test("Event.set() wakes tasks of several loops, each in its context", async () => {
  const event = new Event();
  const user = new AsyncContext.Variable<string>();
  const running = run(() =>
    user.run("ada", async () => {
      await event.wait();
      return user.get();
    }), { loop: newEventLoop() });
  await hostTurn();
  user.run("bob", () => event.set());
  assertEquals(await running, "ada");
});

// Representation
// --------------

Deno.test("Event is shown with its state and how many wait", () => {
  const event = new Event();
  assertEquals(`${event}`, "<Event unset>");
  const waiting = event.wait();
  assertEquals(`${event}`, "<Event unset waiters=1>");
  assertEquals(`${waiting}`, "<Future pending cb=[Event.wait]>");
  event.set();
  event.set();
  assertEquals(`${event}`, "<Event set>");
});

// Misuse
// ------

Deno.test("Event.wait() refuses what is no signal", () => {
  assertThrows(() => new Event().wait({ signal: 1 as never }), TypeError, "received 1");
});

// Leaks
// -----

Deno.test("Event.wait() that has ended leaves nothing in memory", async () => {
  needs("gc", "heapSize");
  const event = new Event();
  const { signal } = new AbortController();
  const bytes = await bytesPerRound(50, async () => {
    event.wait({ signal }).cancel();
    const waiting = event.wait({ signal });
    event.set();
    await waiting;
    event.clear();
  });
  assert(bytes < 50, `${bytes} bytes`);
});

Deno.test("Event.set() wakes 10,000 tasks", async () => {
  const event = new Event();
  const tasks = Array.from({ length: 10_000 }, () => createTask(() => event.wait()));
  await hostTurn();
  event.set();
  assert((await gather(...tasks)).every(Boolean));
});
