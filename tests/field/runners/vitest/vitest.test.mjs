import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createTask, Future, sleep } from "@asyncio/future";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => void vi.useRealTimers());

test("an AbortError of Node, which is of another realm", async () => {
  const task = createTask((signal) => wait(5_000, 0, { signal }));
  await sleep(5);
  task.cancel();
  await task.catch(() => {});
  expect(task.cancelled()).toBe(true);
});

test("the report of an error of Node", async () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  const error = await readFile("/there/is/no/such/file").catch((error) => error);
  const future = new Future();
  future.addDoneCallback(() => {
    throw error;
  });
  future.setResult();
  await sleep(1);
  expect(printed.mock.calls.join()).toContain("ENOENT");
});

for (
  const toFake of [undefined, ["setTimeout", "clearTimeout"], [
    "setTimeout",
    "clearTimeout",
    "Date",
  ]]
) {
  test(`sleep() to the millisecond where ${toFake ?? "all"} is fake`, async () => {
    vi.useFakeTimers(toFake && { toFake });
    const sleeps = [sleep(1_000), sleep(2_000)];
    await vi.advanceTimersByTimeAsync(999);
    expect(sleeps.map((sleep) => sleep.done())).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sleeps.map((sleep) => sleep.done())).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sleeps.map((sleep) => sleep.done())).toEqual([true, true]);
  });
}

test("5,000 steps under fake timers that wait for nothing", async () => {
  vi.useFakeTimers();
  let steps = 0;
  await createTask(function* () {
    for (; steps < 5_000; steps++) yield* sleep(0);
  });
  expect(steps).toBe(5_000);
});
