/**
 * A host that ties timers, and signals, to the request that made them, as Cloudflare Workers do.
 *
 * This file must not import the module statically: the module looks at the host when it is
 * imported.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertInstanceOf } from "@std/assert";
import FakeTimers from "@sinonjs/fake-timers";

// Such hosts have no clock but that of the request. Other test files have globals of their own.
Object.defineProperty(performance, "timeOrigin", { value: 0, configurable: true });

const module = await import("../../mod.ts");
const { gather, getEventLoop, sleep, timeout, TimeoutError } = module;
// Some helpers import the module, so they must not come first.
const { importCopy } = await import("../helpers/copy.ts");
const { countHostTimers } = await import("../helpers/counting.ts");
const { hostTurn, microtasks, takeSteps } = await import("../helpers/turns.ts");

/** The request that runs. */
let request = {};

/** Makes signals, each of which can be asked in its own request only. */
class BoundController {
  readonly #request = request;

  get signal() {
    return this;
  }

  get aborted(): boolean {
    if (this.#request === request) return false;
    throw new Error("Cannot perform I/O on behalf of a different request");
  }
}

/** Runs `body` in a request, with signals that belong to it. */
async function inRequest<R>(body: () => Promise<R>): Promise<R> {
  const { AbortController } = globalThis;
  request = {};
  Object.assign(globalThis, { AbortController: BoundController });
  try {
    return await body();
  } finally {
    Object.assign(globalThis, { AbortController });
    // Turns that were requested meanwhile end before the next request.
    await hostTurn(5);
  }
}

// Timers
// ------

Deno.test("EventLoop has a host timer for each timer where timers belong to requests", async () => {
  using host = countHostTimers();
  const sleeps = [sleep(5_000), sleep(1), sleep(5_000)];
  const handle = getEventLoop().callLater(5_000, () => {});
  assertEquals([host.armed.size, host.set], [4, 4]);
  await sleeps[1];
  assertEquals(host.armed.size, 3);
  sleeps[0]!.cancel();
  sleeps[2]!.cancel();
  handle.cancel();
  assertEquals(host.armed.size, 0);
});

Deno.test("timeout() and sleep() keep their times where timers belong to requests", async () => {
  const clock = FakeTimers.install({ now: performance.now() });
  try {
    const waits = [sleep(6), sleep(1), timeout(3, () => sleep(60_000))];
    for (const wait of waits) wait.catch(() => {});
    const seen: boolean[][] = [];
    for (const ms of [1, 2, 3]) {
      clock.tick(ms);
      await microtasks();
      seen.push(waits.map((wait) => wait.done()));
    }
    assertEquals(seen, [[false, true, false], [false, true, true], [true, true, true]]);
    assertInstanceOf(waits[2]!.exception(), TimeoutError);
  } finally {
    clock.uninstall();
  }
});

// Steps
// -----

Deno.test("Task steps yield to the host by a setTimeout() that a monitoring library has wrapped", async () => {
  const { setTimeout } = globalThis;
  let asked = 0;
  Object.assign(globalThis, {
    setTimeout: (...args: Parameters<typeof setTimeout>) => (asked++, setTimeout(...args)),
  });
  try {
    const copy = await importCopy();
    await inRequest(async () => assertEquals(await takeSteps(copy, 3_000), 3_000));
  } finally {
    Object.assign(globalThis, { setTimeout });
  }
  assert(asked > 0);
});

Deno.test("Task steps of several tasks keep their order where turns belong to requests", async () => {
  const order: number[] = [];
  let turned = false;
  await inRequest(async () => {
    setTimeout(() => turned = true);
    await gather(...[1, 2].map((id) => takeSteps(module, 3_000, () => order.push(id))));
  });
  assert(turned);
  assertEquals(order, order.map((_, i) => 1 + i % 2));
});

Deno.test("Task steps do not wait for the turn of another request, even if that request has ended", async () => {
  const { setTimeout } = globalThis;
  for (let i = 0; i < 10; i++) {
    await inRequest(async () => {
      // The turn that a request asks for never comes if the request ends.
      globalThis.setTimeout = function setTimeout() {} as unknown as typeof setTimeout;
      const lost = takeSteps(module, 3_000);
      await microtasks(4_000);
      globalThis.setTimeout = setTimeout;
      assertFalse(lost.done());
    });
    await inRequest(async () => assertEquals(await takeSteps(module, 3_000), 3_000));
  }
});

Deno.test("createTask() works in the global scope of a Worker, which has no signals", async () => {
  const { AbortController } = globalThis;
  Object.assign(globalThis, {
    AbortController: class {
      constructor() {
        throw new Error("Disallowed operation called within global scope");
      }
    },
  });
  const signals: unknown[] = [];
  let tasks;
  try {
    tasks = [
      module.createTask(function* () {
        yield;
        return 1;
      }),
      module.createTask(async (signal) => {
        signals.push(signal);
        return await Promise.resolve(2);
      }),
    ];
    await microtasks();
  } finally {
    Object.assign(globalThis, { AbortController });
  }
  assertEquals(await gather(...tasks), [1, 2]);
  assertEquals(signals, [undefined]);
});

Deno.test("Task steps go on outside of any request, where there are no turns", async () => {
  const { setTimeout } = globalThis;
  const refuse = () => {
    throw new Error("Disallowed operation called within global scope");
  };
  Object.defineProperty(refuse, "name", { value: "setTimeout" });
  Object.assign(globalThis, { setTimeout: refuse });
  try {
    assertEquals(await takeSteps(module, 3_000), 3_000);
  } finally {
    Object.assign(globalThis, { setTimeout });
  }
  await hostTurn(5);
});
