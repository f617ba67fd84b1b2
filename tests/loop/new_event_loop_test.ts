import {
  assert,
  assertEquals,
  assertFalse,
  assertNotStrictEquals,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  createTask,
  Future,
  getEventLoop,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
} from "../../mod.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

Deno.test("newEventLoop() makes a loop that is neither running nor closed", () => {
  const loop = newEventLoop();
  assertNotStrictEquals(loop, newEventLoop());
  assertNotStrictEquals(loop, getEventLoop());
  assertFalse(loop.isRunning());
  assertFalse(loop.isClosed());
  loop.close();
  assert(loop.isClosed());
  assertThrows(() => loop.callSoon(() => {}), Error, "Event loop is closed");
});

Deno.test("newEventLoop() makes a loop with settings of its own", () => {
  const loop = newEventLoop();
  loop.setDebug(true);
  loop.setExceptionHandler(() => {});
  assertFalse(getEventLoop().getDebug());
  assertEquals(getEventLoop().getExceptionHandler(), null);
  loop.close();
});

Deno.test("newEventLoop() makes a loop that runs callbacks, futures and tasks", async () => {
  const loop = newEventLoop();
  const log: string[] = [];
  loop.callSoon(() => log.push("soon"));
  const future = new Future<string>({ loop });
  future.addDoneCallback(() => log.push(future.result()));
  const task = createTask(() => getRunningLoop(), { loop });
  future.setResult("done");
  assertEquals(await task, loop);
  await hostTurn();
  assertEquals(log, ["soon", "done"]);
  loop.close();
});

Deno.test("run() runs main on a loop of newEventLoop() and closes it", async () => {
  const loop = newEventLoop();
  const main = async () => {
    await sleep(0);
    return [getRunningLoop() === loop, loop.isRunning()];
  };
  assertEquals(await run(main, { loop }), [true, true]);
  assert(loop.isClosed());
});

Deno.test("close() forgets the timers of a loop of newEventLoop()", async () => {
  using time = new FakeTime();
  const loop = newEventLoop();
  let fired = false;
  loop.callLater(10, () => fired = true);
  loop.close();
  time.tick(10);
  await microtasks();
  assertFalse(fired);
});
