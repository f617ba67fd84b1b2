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
