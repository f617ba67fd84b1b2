// Uses the package from JavaScript; tools/package.ts runs it.
import { CancelledError, createTask, Future, run, sleep, taskGroup } from "@asyncio/future";

async function main() {
  const answer = new Future();
  const waiting = createTask(async () => `answer: ${await answer}`);
  await sleep(0);
  console.log(String(answer));
  answer.setResult(42);
  console.log(await waiting);

  function* add() {
    return (yield* sleep(1, { result: 1 })) + (yield* sleep(1, { result: 2 }));
  }
  const adder = createTask(add, { name: "adder" });
  await adder;
  console.log(String(adder));

  try {
    await taskGroup(async (group) => {
      group.createTask(async () => {
        throw new RangeError("no such host");
      });
      await sleep(60_000);
    });
  } catch (error) {
    console.log(`${error.name}: ${error.errors.join(", ")}`);
  }

  const task = createTask(async (signal) => {
    try {
      await sleep(60_000);
    } finally {
      if (signal.aborted) console.log("cleaned up");
    }
  });
  await sleep(0);
  task.cancel("enough");
  try {
    await task;
  } catch (error) {
    if (error instanceof CancelledError) console.log(`${error.name}: ${error.message}`);
  }
}

await run(main);
