import { assertEquals, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  AsyncContext,
  type Context,
  createTask,
  currentTask,
  Future,
  getEventLoop,
  sleep,
} from "../../mod.ts";
import { collectReports } from "../helpers/reports.ts";
import { microtasks } from "../helpers/turns.ts";

/** Makes a context that is not of the module, and that logs its use. */
function makeContext() {
  const log: string[] = [];
  const context: Context = {
    run(fn, ...args) {
      log.push("enter");
      try {
        return fn(...args);
      } finally {
        log.push("leave");
      }
    },
  };
  return { context, log };
}

Deno.test("Option context: any object with run() will do, and each callback is called in that", async () => {
  using time = new FakeTime();
  const { context, log } = makeContext();
  const loop = getEventLoop();
  const future = new Future<void>();
  future.addDoneCallback(() => log.push("done"), { context });
  loop.callSoon(() => log.push("soon"), { context });
  loop.callLater(1, () => log.push("later"), { context });
  assertEquals(log, []);
  future.setResult();
  await time.tickAsync(1);
  const each = (name: string) => ["enter", name, "leave"];
  assertEquals(log, [...each("soon"), ...each("done"), ...each("later")]);
});

Deno.test("Option context: each step of a generator task runs in the context", async () => {
  const { context, log } = makeContext();
  const task = createTask(function* () {
    log.push("first");
    yield* sleep(0);
    log.push("second");
    yield;
    log.push(currentTask() === task ? "third" : "lost");
  }, { context });
  await task;
  const each = (name: string) => ["enter", name, "leave"];
  assertEquals(log, [...each("first"), ...each("second"), ...each("third")]);
});

Deno.test("Future.addDoneCallback() calls thousands of callbacks, each in its own context", async () => {
  const variable = new AsyncContext.Variable<number>();
  const numbers = Array.from({ length: 2_000 }, (_, i) => i);
  const futures = numbers.map(() => new Future<void>());
  const seen: unknown[] = [];
  for (const i of numbers) {
    variable.run(i, () => futures[i]!.addDoneCallback(() => seen.push([i, variable.get()])));
  }
  for (const future of futures.toReversed()) future.setResult();
  await microtasks(1);
  assertEquals(seen, numbers.map((i) => [i, i]).toReversed());
});

Deno.test("Option context: a run() that throws is reported, an object without run() is refused", async () => {
  using reports = collectReports();
  const context: Context = {
    run() {
      throw new RangeError("broken");
    },
  };
  getEventLoop().callSoon(() => {}, { context });
  await microtasks();
  assertEquals(reports.map(({ message }) => message), ["Cannot run a callback in its context"]);
  assertThrows(
    () => new Future().addDoneCallback(() => {}, { context: { enter() {} } as never }),
    TypeError,
    "no run method: received { enter: [Function enter] }",
  );
});
