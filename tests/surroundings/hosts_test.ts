/**
 * Hosts that lack something or have stubs that throw, fake timers, frames and zones. Each test
 * imports a copy of the module, which looks at the host then.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import FakeTimers from "@sinonjs/fake-timers";
import { has, needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { hostTurn, microtasks, takeSteps } from "../helpers/turns.ts";

type Module = typeof import("../../mod.ts");

const host = globalThis as unknown as Record<string, unknown>;

/** Runs `body` while some globals are replaced. */
async function withGlobals<R>(
  globals: Record<string, unknown>,
  body: () => R | Promise<R>,
): Promise<R> {
  const descriptors = Object.keys(globals).map((name) =>
    [name, Object.getOwnPropertyDescriptor(host, name)] as const
  );
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(host, name, { value, configurable: true, writable: true });
  }
  try {
    return await body();
  } finally {
    for (const [name, descriptor] of descriptors) {
      if (descriptor) Object.defineProperty(host, name, descriptor);
      else Reflect.deleteProperty(host, name);
    }
    // Turns that were requested meanwhile end before the next test.
    await hostTurn(5);
  }
}

/** A stub, as those of the edge runtime of Next.js. */
function stub(name: string) {
  return Object.defineProperty(
    () => {
      throw new Error(`A Node.js API is used (${name})`);
    },
    "name",
    { value: name },
  );
}

// Import
// ------

Deno.test("import works where the modules of Node are stubs that throw", async () => {
  const copy = await importCopy();
  const process = { getBuiltinModule: stub("getBuiltinModule"), on: stub("on"), off: stub("off") };
  // Without the global `Deno`, the module takes the host for Node, and listens to the process.
  await withGlobals({ process, Deno: undefined }, async () => {
    const task = copy.createTask(async () => {
      await copy.sleep(1);
      return "done";
    });
    assertEquals(await task, "done");
    // An exception that is not retrieved makes it listen for the end of the process.
    const failed = new copy.Future<void>();
    failed.setException(new RangeError("x"));
    failed.exception();
    assertEquals(await copy.run(() => "ran"), "ran");
  });
});

Deno.test("import works where globals are getters that throw", async () => {
  for (const name of ["setImmediate", "process", "DedicatedWorkerGlobalScope"]) {
    const descriptor = Object.getOwnPropertyDescriptor(host, name);
    Object.defineProperty(host, name, { get: stub(name), configurable: true });
    try {
      const { createTask, Future, sleep } = await importCopy();
      assertEquals(await createTask(() => sleep(1, { result: 1 })), 1);
      const failed = new Future<void>();
      failed.setException(new RangeError("x"));
      assertInstanceOf(failed.exception(), RangeError);
    } finally {
      if (descriptor) Object.defineProperty(host, name, descriptor);
      else Reflect.deleteProperty(host, name);
    }
  }
});

Deno.test("import works where a getter of the process throws", async () => {
  const process = Object.defineProperties({}, {
    getBuiltinModule: { get: stub("getBuiltinModule") },
    on: { get: stub("on") },
  });
  const copy = await withGlobals({ process }, importCopy);
  assertEquals(await copy.createTask(() => copy.sleep(1, { result: 1 })), 1);
  assertEquals(await copy.run(() => "ran", { keepAlive: true }), "ran");
});

Deno.test("import works where the host has no timers, and awaits and tasks work there", async () => {
  const nothing = { setTimeout: undefined, clearTimeout: undefined, setImmediate: undefined };
  await withGlobals(nothing, async () => {
    const { createTask, Future } = await importCopy();
    const future = new Future<number>();
    const task = createTask(async () => await future);
    future.setResult(7);
    assertEquals(await task, 7);
  });
});

// Signals of the process
// ----------------------

Deno.test("run() works where process.on() throws", async () => {
  needs("signals");
  const { process } = host as { process: object };
  const mute = Object.assign(Object.create(process), { on: stub("on"), off: stub("off") });
  const copy = await withGlobals({ process: mute }, importCopy);
  assertEquals(await copy.run(() => "ran", { keepAlive: true }), "ran");
});

// Turns of the host
// -----------------

Deno.test("EventLoop yields to the host where setImmediate() throws", async () => {
  let turned = false;
  await withGlobals({ setImmediate: stub("setImmediate") }, async () => {
    const copy = await importCopy();
    setTimeout(() => turned = true);
    assertEquals(await takeSteps(copy, 20_000), 20_000);
  });
  assert(turned);
});

Deno.test("EventLoop keeps running after the request for a turn of the host threw once", async () => {
  needs("sharedTimers");
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  let asked = 0;
  const throwOnce = (callback: () => void) => {
    if (++asked === 1) throw new RangeError("Maximum call stack size exceeded");
    return (setImmediate ?? setTimeout)(callback);
  };
  const copy = await withGlobals({ setImmediate: throwOnce }, importCopy);
  for (let i = 0; i < 2_000; i++) copy.createTask(() => {}, { eagerStart: true });
  assertEquals(await takeSteps(copy, 2_000), 2_000);
  assert(asked > 1);
  // The host may still owe the last turn.
  await hostTurn();
});

Deno.test("EventLoop keeps running where no function of the host can yield", async () => {
  const nothing = {
    setImmediate: stub("setImmediate"),
    setTimeout: stub("setTimeout"),
    MessageChannel: stub("MessageChannel"),
  };
  await withGlobals(nothing, async () => {
    const copy = await importCopy();
    assertEquals(await takeSteps(copy, 20_000), 20_000);
  });
});

Deno.test("EventLoop yields to the host while tasks keep starting and awaiting tasks", async () => {
  const { createTask, Future, gather, getEventLoop, waitFor } = await importCopy();
  const nothing = () => createTask(async () => {});
  const kinds: Record<string, (isOn: () => boolean) => PromiseLike<unknown>> = {
    "a generator": (isOn) =>
      createTask(function* () {
        while (isOn()) yield* nothing();
      }),
    "an async function": (isOn) =>
      createTask(async () => {
        while (isOn()) await nothing();
      }),
    "gather()": (isOn) =>
      createTask(async () => {
        while (isOn()) await gather(nothing(), nothing());
      }),
    "waitFor()": (isOn) =>
      createTask(async () => {
        while (isOn()) await waitFor(nothing(), 1_000);
      }),
    "what the host woke": (isOn) => {
      const woken = new Future<void>();
      setTimeout(() => woken.setResult());
      createTask(function* () {
        while (isOn()) yield;
      });
      return createTask(async () => {
        await woken;
        while (isOn()) await new Promise<void>((resolve) => getEventLoop().callSoon(resolve));
      });
    },
  };
  for (const [kind, start] of Object.entries(kinds)) {
    let turned = 0;
    const count = () => {
      if (++turned < 10) setTimeout(count);
    };
    setTimeout(count);
    let rounds = 0;
    await start(() => turned < 10 && ++rounds < 1_000_000);
    assertEquals(turned, 10, kind);
  }
});

Deno.test("Future that the host settles wakes its waiters at once although a busy task waits for a turn", async () => {
  const { createTask, Future, sleep, taskGroup, timeout } = await importCopy();
  const log: string[] = [];
  const busy = createTask(function* () {
    for (;;) {
      for (const start = performance.now(); performance.now() - start < 6;);
      log.push("step");
      yield;
    }
  });
  // From the second turn of the host on, the loop yields before each step of that length.
  for (let i = 0; i < 4; i++) await hostTurn();
  const kinds = ["async function", "generator", "callback", "timeout()"];
  // Elsewhere, the end of a task is in the context of whoever started the task.
  const nested = ["timeout() in a task", "a task of a task", "taskGroup()"];
  for (const kind of has.contextOfPromises ? kinds : [...kinds, ...nested]) {
    const future = new Future<string>();
    const next = new Future<string>();
    if (kind === "callback") future.addDoneCallback(() => next.setResult("handed over"));
    else if (kind === "generator") {
      createTask(function* () {
        next.setResult(yield* future);
      });
    } else if (kind === "timeout() in a task") {
      createTask(async () => next.setResult(await timeout(5_000, async () => await future)));
    } else if (kind === "a task of a task") {
      createTask(async () => next.setResult(await createTask(async () => await future)));
    } else if (kind === "taskGroup()") {
      createTask(async () => {
        next.setResult(
          (await taskGroup(async (group) => await group.createTask(async () => await future)))!,
        );
      });
    } else if (kind === "timeout()") {
      timeout(5_000, function* () {
        return yield* future;
      }).addDoneCallback((limited) => next.setResult(limited.result()));
    } else createTask(async () => next.setResult(await future));
    await hostTurn();
    // On hosts that follow contexts, this callback must not belong to the task.
    const seen = await new Promise<string>((resolve) => {
      setTimeout(async () => {
        future.setResult("handed over");
        await microtasks();
        resolve(next.done() ? next.result() : "held back");
      });
    });
    assertEquals(seen, "handed over", kind);
  }
  busy.cancel();
  await assertRejects(() => busy);
  assert(log.length > 4);
  await sleep(1);
});

Deno.test("EventLoop keeps the order of a busy task and its callbacks while the host settles futures", async () => {
  const { createTask, Future, getEventLoop } = await importCopy();
  const order: string[] = [];
  const busy = createTask(function* () {
    for (let i = 0;; i++) {
      for (const start = performance.now(); performance.now() - start < 6;);
      getEventLoop().callSoon(() => order.push(`scheduled ${i}`));
      order.push(`step ${i}`);
      yield;
    }
  });
  for (let i = 0; i < 6; i++) {
    await hostTurn();
    const future = new Future<void>();
    future.addDoneCallback(() => order.push("settled"));
    future.setResult();
  }
  busy.cancel();
  await assertRejects(() => busy);
  // A callback that a step scheduled runs before the next step.
  const steps = order.filter((entry) => entry !== "settled");
  assertEquals(steps, steps.map((_, i) => i % 2 ? `scheduled ${i >> 1}` : `step ${i / 2}`));
  assert(order.includes("settled"));
});

// Fake timers
// -----------

/** Timers as node:test mocks them: bound functions, and a clock that stays real. */
function mockTimers() {
  let now = 0;
  const timers = new Map<object, { due: number; callback: () => void }>();
  return {
    setTimeout: Object.defineProperty(
      (callback: () => void, ms: number) => {
        const id = {};
        timers.set(id, { due: now + ms, callback });
        return id;
      },
      "name",
      { value: "bound #createTimer" },
    ),
    clearTimeout: (id: object) => timers.delete(id),
    setImmediate: Object.defineProperty(() => {}, "name", { value: "bound #setImmediate" }),
    async tick(ms: number) {
      now += ms;
      for (const [id, { due, callback }] of timers) {
        if (due <= now && timers.delete(id)) callback();
      }
      await microtasks();
    },
  };
}

Deno.test("Task steps go on under fake timers that were there at the import, and after them", async () => {
  const clock = FakeTimers.install();
  let copy: Module;
  try {
    copy = await importCopy();
    assertEquals(await takeSteps(copy, 5_000), 5_000);
  } finally {
    clock.uninstall();
  }
  assertEquals(await takeSteps(copy, 5_000), 5_000);
  const start = performance.now();
  await copy.sleep(10);
  assertGreaterOrEqual(performance.now() - start, 8);
});

Deno.test("Task steps go on if node:test mocked the timers at the import", async () => {
  const { setTimeout, clearTimeout, setImmediate } = mockTimers();
  const copy = await withGlobals({ setTimeout, clearTimeout, setImmediate }, importCopy);
  assertEquals(await takeSteps(copy, 5_000), 5_000);
  await copy.sleep(1);
});

Deno.test("sleep() wakes to the millisecond where node:test mocks setTimeout alone", async () => {
  const { setTimeout, clearTimeout, tick } = mockTimers();
  const copy = await importCopy();
  await withGlobals({ setTimeout, clearTimeout }, async () => {
    const sleeps = [copy.sleep(1_000), copy.sleep(2_000)];
    await tick(400);
    sleeps.push(copy.sleep(1_000));
    for (
      const [ms, done] of [[599, []], [1, [0]], [399, [0]], [1, [0, 2]], [600, [0, 1, 2]]] as const
    ) {
      await tick(ms);
      assertEquals(sleeps.flatMap((sleep, i) => sleep.done() ? [i] : []), [...done]);
    }
  });
});

Deno.test("sleep() wakes to the millisecond where sinon fakes setTimeout alone", async () => {
  const copy = await importCopy();
  const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const first = copy.sleep(1_000);
    await microtasks(200);
    const second = copy.sleep(2_000);
    clock.tick(1_000);
    await microtasks();
    assertEquals([first.done(), second.done()], [true, false]);
    clock.tick(1_000);
    await microtasks();
    assert(second.done());
  } finally {
    clock.uninstall();
  }
});

// Frames of a page
// ----------------

Deno.test("sleep() is cancelled when its frame is removed, but not when the page is cached", async () => {
  const listeners: ((event: { persisted: boolean }) => void)[] = [];
  const addEventListener = (_type: string, listener: () => void) => listeners.push(listener);
  const frame = { parent: {}, closed: false, addEventListener };
  const copy = await importCopy();
  await withGlobals(frame, async () => {
    const { CancelledError, getEventLoop, sleep } = copy;
    const log: string[] = [];
    const handle = getEventLoop().callLater(5_000, () => log.push("called"));
    const sleeps = [sleep(60_000), sleep(30_000), sleep(90_000)];
    assertEquals(listeners.length, 1);
    listeners[0]!({ persisted: true });
    assertEquals(sleeps.map((sleep) => sleep.done()), [false, false, false]);
    listeners[0]!({ persisted: false });
    assertEquals(sleeps.map((sleep) => sleep.cancelled()), [true, true, true]);
    await assertRejects(() => sleeps[0]!, CancelledError, "the frame of the page was removed");
    handle.cancel();
    host["closed"] = true;
    assertThrows(() => sleep(1), Error, "the frame of the page was removed");
    assertEquals(log, []);
  });
});

// Zones
// -----

/** Zones as those of zone.js, as far as they are asked here. */
class Zone {
  static current = new Zone({});

  readonly #properties: Record<string, unknown>;

  constructor(properties: Record<string, unknown>) {
    this.#properties = properties;
  }

  get(key: string): unknown {
    return this.#properties[key];
  }

  fork({ properties }: { properties: Record<string, unknown> }): Zone {
    return new Zone({ ...this.#properties, ...properties });
  }

  run<R>(fn: () => R): R {
    const outer = Zone.current;
    Zone.current = this;
    try {
      return fn();
    } finally {
      Zone.current = outer;
    }
  }
}

Deno.test("Future callbacks, timers and steps run in the zone that registered them", async () => {
  const { setTimeout } = globalThis;
  const log: string[] = [];
  const note = (what: string) => log.push(`${what} in ${Zone.current.get("name") ?? "none"}`);
  const zoneAware = (callback: () => void, ms: number) => {
    const zone = Zone.current;
    note("setTimeout");
    return setTimeout(() => zone.run(callback), ms);
  };
  class ZonePromise<T> extends Promise<T> {}
  // The clock stands still: after 4 ms, the loop would ask for a turn of the host, by another
  // setTimeout() on a host that has nothing else.
  const { timeOrigin } = performance;
  const globals = {
    Zone,
    Promise: ZonePromise,
    setTimeout: zoneAware,
    performance: { now: () => 0, timeOrigin },
  };
  await withGlobals(globals, async () => {
    const { AsyncContext, createTask, currentTask, Future, getEventLoop, sleep } =
      await importCopy();
    const user = new AsyncContext.Variable<string>();
    const zone = Zone.current.fork({ properties: { name: "angular" } });
    const future = new Future<void>();
    const snapshot = zone.run(() => {
      future.addDoneCallback(() => note("callback"));
      getEventLoop().callLater(1, () => note("timer"));
      return user.run("ada", () => new AsyncContext.Snapshot());
    });
    future.setResult();
    const task = zone.run(() =>
      createTask(function* () {
        note("step");
        yield* sleep(3);
        note(currentTask() === task ? "the task" : "no task");
      })
    );
    await task;
    snapshot.run(() => note(`snapshot of ${user.get()}`));
    assertEquals([Zone.current.get("name"), user.get(), currentTask()], [
      undefined,
      undefined,
      null,
    ]);
  });
  assertEquals(log, [
    "setTimeout in angular",
    "callback in angular",
    "step in angular",
    "setTimeout in angular",
    "timer in angular",
    "the task in angular",
    "snapshot of ada in angular",
  ]);
});
