import { createTask, Future, sleep, timeout } from "@asyncio/future";

test("5,000 steps under fake timers that wait for nothing", async () => {
  let steps = 0;
  await createTask(function* () {
    for (; steps < 5_000; steps++) yield* sleep(0);
  });
  expect(steps).toBe(5_000);
}, 3_000);

test("sleep() under fake timers", async () => {
  const asleep = sleep(1_000, { result: "awake" });
  await jest.advanceTimersByTimeAsync(999);
  expect(asleep.done()).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(asleep.result()).toBe("awake");
  const limited = timeout(1_000, () => sleep(60_000)).catch((error) => error.name);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(await limited).toBe("TimeoutError");
});

test("an AbortError of Node, which is of another realm", async () => {
  jest.useRealTimers();
  const { setTimeout: wait } = jest.requireActual("timers/promises");
  const task = createTask((signal) => wait(5_000, 0, { signal }));
  await sleep(5);
  task.cancel();
  await task.catch(() => {});
  expect(task.cancelled()).toBe(true);
});

test("the report of an error of Node", async () => {
  jest.useRealTimers();
  const printed = jest.spyOn(console, "error").mockImplementation(() => {});
  const { readFileSync } = jest.requireActual("fs");
  const future = new Future();
  future.addDoneCallback(() => readFileSync("/there/is/no/such/file"));
  future.setResult();
  await sleep(1);
  expect(printed.mock.calls.join()).toMatch(/ENOENT.*\n\s+at /);
  printed.mockRestore();
});
