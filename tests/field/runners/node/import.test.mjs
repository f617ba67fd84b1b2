/** The module is imported while node:test mocks the timers. */
import assert from "node:assert";
import { test } from "node:test";

test("imported while node:test mocks the timers", async (t) => {
  t.mock.timers.enable();
  const { createTask, sleep } = await import("@asyncio/future");
  const count = async () => {
    let steps = 0;
    const task = createTask(function* () {
      for (; steps < 5_000; steps++) yield* sleep(0);
    });
    for (let i = 0; i < 100 && !task.done(); i++) {
      await new Promise((resolve) =>
        process.getBuiltinModule("node:child_process").execFile("true", resolve)
      );
    }
    return steps;
  };
  assert.equal(await count(), 5_000);
  t.mock.timers.reset();
  assert.equal(await count(), 5_000);
  const start = performance.now();
  await sleep(20);
  assert.ok(performance.now() - start >= 18);
});
