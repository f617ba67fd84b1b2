/** Programs from `run()` to their end. */

import {
  allTasks,
  CancelledError,
  createTask,
  currentTask,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
  type Task,
  taskGroup,
  timeout,
  TimeoutError,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

async function worker(name: string) {
  const task = currentTask();
  assertSameType<typeof task, Task<unknown> | null>();
  task?.setName(name);
  await sleep(1);
  return name.length;
}

async function main(signal: AbortSignal) {
  const loop = getRunningLoop();
  loop.setDebug(true);
  const names = ["a", "b"];
  await taskGroup(async (group) => {
    for (const name of names) group.createTask(() => worker(name), { name });
    await sleep(1, { signal });
  });
  try {
    return await timeout(5, () => worker("c"));
  } catch (error) {
    if (error instanceof TimeoutError) return -1;
    if (error instanceof AggregateError) console.error(error.errors);
    throw error;
  } finally {
    for (const task of allTasks()) task.cancel("the end");
  }
}

export async function start() {
  const code = await run(main, { debug: true, shutdownTimeout: 1_000, handleInterrupt: false });
  assertSameType<typeof code, number>();
  const text = await run(function* () {
    yield* sleep(1);
    return "x";
  });
  assertSameType<typeof text, string>();
  const nothing = run(async () => {
    await createTask(() => worker("d"));
  }, { loop: newEventLoop(), keepAlive: true });
  assertSameType<typeof nothing, Promise<void>>();
  return await run(() => worker("e")).catch((error) => {
    if (error instanceof CancelledError) return error.message;
    throw error;
  });
}
assertSameType<ReturnType<typeof start>, Promise<string | number>>();
