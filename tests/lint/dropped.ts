/**
 * Forgotten awaits, and futures that may be left alone, for the linters of `tools/package/lint.ts`.
 *
 * A comment at the end of a line names the rules that must report the line. Nothing else may be
 * reported. `forgotten-await` is the rule of the plugins in `docs/linting.md`.
 *
 * @module
 */

import {
  createTask,
  detached,
  ensureFuture,
  type Future,
  gather,
  getEventLoop,
  race,
  run,
  shield,
  sleep,
  Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/future";

async function work(): Promise<number> {
  await sleep(1);
  return 1;
}

/** Ten futures that nobody waits for. */
export function dropTen(future: Future<number>, tasks: Task<number>[]): void {
  sleep(5); // no-floating-promises, forgotten-await
  gather(...tasks); // no-floating-promises, forgotten-await
  wait(tasks); // no-floating-promises, forgotten-await
  waitFor(future, 5); // no-floating-promises, forgotten-await
  timeout(5, work); // no-floating-promises, forgotten-await
  taskGroup((group) => group.createTask(work)); // no-floating-promises, forgotten-await
  shield(future); // no-floating-promises, forgotten-await
  ensureFuture(future); // no-floating-promises, forgotten-await
  race(tasks); // no-floating-promises, forgotten-await
  future; // no-floating-promises, no-unused-expressions
}

/** Promises of the engine, which the functions return that are not meant for tasks. */
export function dropPromises(future: Future<number>): void {
  run(work); // no-floating-promises, noFloatingPromises, forgotten-await
  detached(work)(); // no-floating-promises, noFloatingPromises
  future.then(console.log); // no-floating-promises, noFloatingPromises
  future.finally(() => {}); // no-floating-promises, noFloatingPromises
}

/** Tasks, which run without being awaited, and whose errors are reported. */
export async function startTasks(): Promise<void> {
  createTask(work);
  createTask(work, { name: "worker" });
  getEventLoop().createTask(work);
  new Task(work);
  await taskGroup((group) => {
    group.createTask(work);
  });
}

/** Futures that are awaited, kept, or left alone on purpose. */
export async function waitForAll(future: Future<number>): Promise<number> {
  await sleep(5);
  const sleeping = sleep(5);
  await Promise.all([sleeping, future]);
  void sleep(5);
  future.cancel();
  future.catch(console.error);
  const kept = new Map([["one", createTask(work)]]);
  await gather(...kept.values());
  return await waitFor(future, 5);
}

/** A future that is returned is awaited by the caller. */
export function passOn(): Future<number> {
  return timeout(5, work);
}

/** A generator waits with `yield*`. */
export function* generator(): Generator<unknown, number> {
  yield* sleep(5);
  return yield* ensureFuture(work());
}
