const { CancelledError, createTask, Future, run, sleep } = require("@asyncio/future");

test("the package can be required", async () => {
  const reply = new Future();
  setTimeout(() => reply.setResult("pong"), 1);
  expect(await run(async () => await reply)).toBe("pong");
  const task = createTask(() => sleep(60_000));
  await sleep(0);
  task.cancel("enough");
  await expect(task).rejects.toBeInstanceOf(CancelledError);
});

for (const areFake of [false, true]) {
  test(`explore() and replay(), timers ${areFake ? "fake" : "real"}`, async () => {
    if (areFake) jest.useFakeTimers();
    const { explore, replay, runVirtual } = require("@asyncio/future/testing");
    const { createTask, gather } = require("@asyncio/future");
    let isReady;
    const main = async () => {
      isReady = false;
      const prepare = createTask(async () => {
        await sleep(60_000);
        isReady = true;
      }, { name: "prepare" });
      const use = createTask(async () => {
        await sleep(60_000);
        if (!isReady) throw new RangeError("not ready");
      }, { name: "use" });
      await gather(prepare, use);
    };
    await runVirtual(main);
    const error = await explore(main, { runs: 200 }).catch((error) => error);
    expect(error.name).toBe("ExplorationError");
    await expect(replay(main, error.schedule)).rejects.toThrow("not ready");
    jest.useRealTimers();
  });
}
