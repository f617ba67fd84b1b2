/** As in the example of node:test's own documentation, setTimeout alone is mocked. */
import { sleep, timeout } from "@asyncio/future";
import assert from "node:assert";
import { test } from "node:test";

const flush = async () => {
  for (let i = 0; i < 30; i++) await null;
};

test("sleep() to the millisecond", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sleeps = [sleep(1_000), sleep(2_000)];
  t.mock.timers.tick(999);
  await flush();
  assert.deepEqual(sleeps.map((sleep) => sleep.done()), [false, false]);
  t.mock.timers.tick(1);
  await flush();
  assert.deepEqual(sleeps.map((sleep) => sleep.done()), [true, false]);
  t.mock.timers.tick(1_000);
  await flush();
  assert.deepEqual(sleeps.map((sleep) => sleep.done()), [true, true]);
});

test("timeout() to the millisecond", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const limited = timeout(500, () => sleep(60_000)).catch((error) => error.name);
  t.mock.timers.tick(500);
  await flush();
  assert.equal(await limited, "TimeoutError");
});

test("all that is mocked", async (t) => {
  t.mock.timers.enable({ now: 1_000_000 });
  const asleep = sleep(3_600_000, { result: "an hour" });
  await flush();
  t.mock.timers.tick(3_600_000);
  await flush();
  assert.equal(asleep.result(), "an hour");
});
