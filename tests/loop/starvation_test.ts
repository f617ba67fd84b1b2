import { assert, assertEquals, assertFalse, assertLess, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import FakeTimers from "@sinonjs/fake-timers";
import {
  asCompleted,
  createTask,
  Future,
  gather,
  getEventLoop,
  type Handle,
  shield,
  sleep,
  wait,
} from "../../mod.ts";
import { has, needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { hostTimerMs, hostTurn, leastOf, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();

// The host gets its turn
// ----------------------

Deno.test("EventLoop.callSoon() callbacks that schedule themselves again let a host timer fire", async () => {
  const fired = await leastOf(50, async () => {
    let handle: Handle;
    // A bound, so that the test can fail.
    let left = 1_000_000;
    const again = () => {
      if (left-- > 0) handle = loop.callSoon(again);
    };
    again();
    const ms = await hostTimerMs();
    handle!.cancel();
    return ms;
  });
  assertLess(fired, 50);
});

for (
  const [name, body] of [
    ["yield* sleep(0)", function* () {
      while (true) yield* sleep(0);
    }],
    ["await sleep(0)", async () => {
      while (true) await sleep(0);
    }],
    ["a bare yield", function* () {
      while (true) yield;
    }],
    ["done callbacks", async () => {
      const done = new Future<void>();
      done.setResult();
      const again = () => !currentlyStopped && done.addDoneCallback(again);
      let currentlyStopped = false;
      again();
      try {
        await new Future<void>();
      } finally {
        currentlyStopped = true;
      }
    }],
    ["tasks that wake each other", function* () {
      let ball = new Future<void>();
      const other = createTask(function* () {
        while (true) {
          const mine = ball;
          yield* mine;
        }
      });
      try {
        while (true) {
          const next = new Future<void>();
          const previous = ball;
          ball = next;
          previous.setResult();
          yield;
        }
      } finally {
        other.cancel();
      }
    }],
  ] as const
) {
  Deno.test(`EventLoop does not starve the host while a task loops over ${name}`, async () => {
    const server = has.servers
      ? Deno.serve({ port: 0, onListen() {} }, () => new Response("alive"))
      : undefined;
    const task = createTask<void>(body);
    try {
      assertLess(await leastOf(50, hostTimerMs), 50);
      if (server) {
        const response = await fetch(`http://localhost:${server.addr.port}/`);
        assertEquals(await response.text(), "alive");
      }
      assertFalse(task.done());
    } finally {
      task.cancel();
      await assertRejects(() => task);
      await server?.shutdown();
    }
  });
}

// Order
// -----

Deno.test("EventLoop calls back in order although some callbacks wait for a turn of the host", async () => {
  const order: number[] = [];
  const expected: number[] = [];
  let next = 0;
  const spawn = (depth: number) => {
    const id = next++;
    expected.push(id);
    loop.callSoon(() => {
      order.push(id);
      if (depth > 0) {
        spawn(depth - 1);
        const future = new Future<void>();
        const waiter = next++;
        future.addDoneCallback(() => order.push(waiter));
        expected.push(waiter);
        future.setResult();
      }
    });
  };
  for (let i = 0; i < 10; i++) spawn(100);
  while (order.length < 10 + 2_000) await hostTurn();
  assertEquals(order, expected);
});

Deno.test("EventLoop keeps its callbacks in order with host microtasks while it does not starve the host", async () => {
  await hostTurn();
  await hostTurn();
  for (let i = 0; i < 1_000; i++) {
    const order: string[] = [];
    loop.callSoon(() => order.push("a"));
    queueMicrotask(() => order.push("b"));
    loop.callSoon(() => order.push("c"));
    await microtasks(1);
    if (i % 50 === 0) await hostTurn();
    await microtasks(3);
    assertEquals(order, ["a", "b", "c"]);
  }
});

// Cancellation
// ------------

Deno.test("Handle.cancel() cancels a callback that waits for a turn of the host", async () => {
  await hostTurn();
  let count = 0;
  let handle!: Handle;
  const again = () => {
    count++;
    handle = loop.callSoon(again);
  };
  again();
  await microtasks(10_000);
  const reached = count;
  assertLess(reached, 10_000);
  handle.cancel();
  await hostTurn();
  await hostTurn();
  assertEquals(count, reached);
});

Deno.test("TimerHandle.cancel() cancels a due callback that waits for a turn of the host", async () => {
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

// Other code that starves the host
// --------------------------------

Deno.test("EventLoop callbacks do not wait for a turn of the host if only other code starves the host", async () => {
  await hostTurn();
  const start = performance.now();
  for (let i = 0; i < 10_000 || performance.now() - start < 20; i++) {
    let called = false;
    loop.callSoon(() => called = true);
    await microtasks(1);
    assert(called, `after ${i} callbacks`);
  }
});

// Long steps
// ----------

/** Keeps the thread busy. */
function compute(ms: number): void {
  const start = performance.now();
  while (performance.now() - start < ms);
}

Deno.test("EventLoop does not starve the host while a task computes for 5 ms a step", async () => {
  const task = createTask(function* () {
    while (true) {
      compute(5);
      yield* sleep(0);
    }
  });
  // On a busy machine, a step takes longer than it computes.
  assertLess(await leastOf(100, hostTimerMs), 100);
  task.cancel();
  await assertRejects(() => task);
});

Deno.test("EventLoop lets a host timer fire within 100 steps of 1 ms after many short ones", async () => {
  // The clock is read after at most 64 callbacks.
  const mostLongSteps = 100;
  const count = await leastOf(mostLongSteps, async () => {
    await hostTurn();
    let fired = false;
    let longSteps = 0;
    await createTask(function* () {
      for (let i = 0; i < 500; i++) yield* sleep(0);
      setTimeout(() => fired = true, 0);
      // A bound, so that the test can fail.
      for (; !fired && longSteps < 1_000; longSteps++) {
        compute(1);
        yield* sleep(0);
      }
    });
    return longSteps;
  });
  assertLess(count, mostLongSteps);
});

// Waits that follow on each other
// -------------------------------

for (
  const [name, wrap] of Object.entries({
    asCompleted: (future: Future<void>) => [...asCompleted([future])][0]!,
    gather: (future: Future<void>) => gather(future),
    shield: (future: Future<void>) => shield(future),
    wait: (future: Future<void>) => wait([future]),
  })
) {
  Deno.test(`EventLoop does not starve the host while each ${name}() starts another one when it is done`, async () => {
    let steps = 0;
    const step = () => {
      if (++steps === 100_000) return;
      const future = new Future<void>();
      (wrap(future) as Future<unknown>).addDoneCallback(step);
      future.setResult();
    };
    step();
    await hostTurn();
    assertLess(steps, 100_000);
    steps = 99_999;
    await hostTurn();
  });
}

// Fake timers
// -----------

Deno.test("EventLoop of a module that was imported under fake timers lets the real host have its turn", async () => {
  const clock = FakeTimers.install({ toNotFake: ["nextTick", "queueMicrotask"] });
  const copy = await importCopy();
  clock.uninstall();
  let steps = 0;
  const task = copy.createTask(function* () {
    for (; steps < 5_000; steps++) yield;
  });
  let timer;
  await Promise.race([task, new Promise((resolve) => timer = setTimeout(resolve, 2_000))]);
  clearTimeout(timer);
  assertEquals(steps, 5_000);
});
