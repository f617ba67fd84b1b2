import { assertEquals } from "@std/assert";
import { testContext } from "./context_cases.ts";

// On Bun, where it is read-only, the steps of a generator are awaited.
if (!("Bun" in globalThis)) Object.assign(globalThis, { Bun: {} });

const module = await import("../mod.ts");

testContext("what awaits the steps", module, true, "asyncLocalStorage");

const { createTask, Future, getEventLoop, sleep } = module;

Deno.test("a task whose steps are awaited goes on where the future's callbacks are called", async () => {
  const future = new Future<string>();
  const log: string[] = [];
  future.addDoneCallback(() => log.push("before"));
  const task = createTask(function* () {
    log.push(yield* future);
  });
  await sleep(1);
  future.addDoneCallback(() => log.push("after"));
  future.setResult("the task");
  await task;
  assertEquals(log, ["before", "the task", "after"]);
});

Deno.test("a task whose steps are awaited goes on if what it waits for throws, and calls back", async () => {
  const loop = getEventLoop();
  const previous = loop.getExceptionHandler();
  const reports: string[] = [];
  loop.setExceptionHandler((_loop, { exception }) => reports.push(String(exception)));
  let callBack!: (future: unknown) => void;
  const duck = {
    [Symbol.for("asyncio.Future")]: true,
    addDoneCallback(callback: (future: unknown) => void) {
      callBack = callback;
      throw new RangeError("full");
    },
    cancelled: () => false,
  };
  const task = createTask(function* () {
    yield duck;
    yield* sleep(1);
    return "gone on";
  });
  await sleep(1);
  loop.setExceptionHandler(previous);
  callBack(duck);
  assertEquals(await task, "gone on");
  assertEquals(reports, ["RangeError: full"]);
});
