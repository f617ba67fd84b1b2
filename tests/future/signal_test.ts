import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { CancelledError, createTask, Future, sleep, type Task } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { heapUsed } from "../helpers/garbage.ts";
import { collectUnhandled } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

Deno.test("Future option signal adds one listener, however many futures hang on it", () => {
  const { signal, listeners, added } = makeCountingSignal();
  const futures = Array.from({ length: 1_000 }, () => new Future<void>({ signal }));
  assertEquals([listeners.size, added()], [1, 1]);
  for (const future of futures.slice(1)) future.setResult();
  assertEquals([listeners.size, added()], [1, 1]);
  futures[0]!.setResult();
  assertEquals([listeners.size, added()], [0, 1]);
  const again = new Future<void>({ signal });
  assertEquals([listeners.size, added()], [1, 2]);
  again.cancel();
  assertEquals(listeners.size, 0);
});

Deno.test("Future option signal removes the listener for every outcome, of tasks too", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const failed = new Future<void>({ signal });
  failed.setException(new Error("x"));
  failed.exception();
  assertEquals(listeners.size, 0);
  await createTask(() => sleep(0, { signal }), { signal });
  assertEquals(listeners.size, 0);
  const task = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await sleep(1);
    }
  }, { signal });
  new Future<void>({ signal });
  await microtasks();
  assertEquals(listeners.size, 1);
  controller.abort();
  assertEquals(listeners.size, 0);
  await assertRejects(() => task, CancelledError);
});

Deno.test("Future option signal cancels at once while the signal still tells its listeners", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const seen: boolean[] = [];
  signal.addEventListener("abort", () => seen.push(new Future<void>({ signal }).cancelled()));
  const future = new Future<void>({ signal });
  controller.abort();
  assertEquals(seen, [true]);
  assert(future.cancelled());
});

Deno.test("Future option signal cancels all futures in order, with one reason", async () => {
  const controller = new AbortController();
  const order: number[] = [];
  const futures = Array.from({ length: 10 }, (_, i) => {
    const future = new Future<void>({ signal: controller.signal });
    future.addDoneCallback(() => order.push(i));
    return future;
  });
  controller.abort("all of you");
  assert(futures.every((future) => future.cancelled()));
  await microtasks();
  assertEquals(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("Future option signal copes with futures made and settled while it aborts", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const late: Future<void>[] = [];
  const first = new Future<void>({ signal });
  const second = new Future<void>({ signal });
  const third = new Future<number>({ signal });
  first.signal.addEventListener("abort", () => {
    late.push(new Future<void>({ signal }));
    third.setResult(1);
  });
  controller.abort("now");
  assert(first.cancelled() && second.cancelled() && late[0]!.cancelled());
  assertEquals(third.result(), 1);
});

Deno.test("Future option signal does nothing when somebody dispatches the event", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const future = new Future<void>({ signal });
  signal.dispatchEvent(new Event("abort"));
  await microtasks();
  assertFalse(future.done());
  assertEquals(listeners.size, 1);
  const next = new Future<void>({ signal });
  controller.abort("for real");
  assert(future.cancelled());
  assert(next.cancelled());
  assertEquals(listeners.size, 0);
});

Deno.test("Task option signal cancels once if somebody dispatches the event just before the abort", async () => {
  const controller = new AbortController();
  let left: number | undefined;
  const task: Task<void> = createTask(async () => {
    await sleep(60_000).catch(() => {});
    left = task.uncancel();
  }, { signal: controller.signal });
  await microtasks();
  controller.signal.dispatchEvent(new Event("abort"));
  controller.abort();
  await task;
  assertEquals(left, 0);
});

Deno.test("Future option signal that takes no listeners is refused each time", () => {
  const signal = {
    aborted: false,
    addEventListener() {
      throw new RangeError("no listeners");
    },
    removeEventListener() {},
  };
  for (let i = 0; i < 2; i++) {
    assertThrows(() => new Future({ signal } as never), RangeError, "no listeners");
  }
});

Deno.test("Future option signal costs less than a microsecond each, to add and to remove", () => {
  const { signal } = new AbortController();
  const count = 100_000;
  const bare: number[] = [];
  const linked: number[] = [];
  for (let round = 0; round < 7; round++) {
    for (const [times, options] of [[bare, {}], [linked, { signal }]] as const) {
      const futures: Future<void>[] = [];
      const start = performance.now();
      for (let i = 0; i < count; i++) futures.push(new Future<void>(options));
      for (const future of futures) future.setResult();
      times.push(performance.now() - start);
    }
  }
  const microseconds = (Math.min(...linked) - Math.min(...bare)) * 1_000 / count;
  assertLess(microseconds, 2, "adding and removing together");
});

Deno.test("Future option signal keeps no memory for futures that are done", async () => {
  needs("heapSize");
  const { signal } = new AbortController();
  const anchor = new Future<void>({ signal });
  const use = (count: number) => {
    for (let i = 0; i < count; i++) new Future<void>({ signal }).setResult();
    return heapUsed();
  };
  await use(10_000);
  const before = await use(10_000);
  const after = await use(200_000);
  assertLess(after - before, 2_000_000, "ten bytes for each future would be as much");
  anchor.setResult();
});

Deno.test("Future option signal must have all that an AbortSignal has", () => {
  const whole = { aborted: false, addEventListener() {}, removeEventListener() {} };
  for (const name of Object.keys(whole)) {
    const signal = { ...whole, [name]: undefined } as unknown as AbortSignal;
    assertThrows(() => new Future({ signal }), TypeError, "it is no AbortSignal: received ");
  }
  assertThrows(() => new Future({ signal: null as never }), TypeError, "received null");
});

Deno.test("Future option signal cancels the others if the cancel() of one throws", async () => {
  needs("unhandled");
  class Stubborn extends Future<void> {
    override cancel(): boolean {
      throw new Error("never");
    }
  }
  const { controller, signal, listeners } = makeCountingSignal();
  new Stubborn({ signal });
  const future = new Future<void>({ signal });
  using unhandled = collectUnhandled("error");
  controller.abort();
  assert(future.cancelled());
  assertEquals(listeners.size, 0);
  await hostTurn();
  assertEquals(unhandled.all().map((error) => (error as Error).message), ["never"]);
});
