/**
 * Lets fake time pass.
 *
 * @module
 */

import { FakeTime } from "@std/testing/time";
import type { Future } from "../../mod.ts";
import { hostTurn } from "./turns.ts";

/**
 * Lets so many milliseconds of fake time pass, with turns of the host before and
 * after: callbacks of a loop may wait for a turn, so as not to starve the host.
 */
export async function passTime(time: FakeTime, ms: number): Promise<void> {
  await hostTurn();
  await hostTurn();
  time.tick(ms);
  await hostTurn();
  await hostTurn();
}

/** Lets fake time pass by milliseconds until a future is done, for a fake second at most. */
export async function passUntilDone(time: FakeTime, future: Future<unknown>): Promise<void> {
  for (let ms = 0; ms < 1_000 && !future.done(); ms++) await passTime(time, 1);
}

/**
 * Runs `main` as a task of a module, on its own loop, while fake time passes.
 *
 * That is for copies of the module whose carrier of contexts or whose way to the host is another.
 */
export async function runFaked<T>(
  { createTask }: Pick<typeof import("../../mod.ts"), "createTask">,
  main: () => Promise<T>,
): Promise<T> {
  using time = new FakeTime();
  const task = createTask(main);
  await passUntilDone(time, task);
  return task.result();
}
