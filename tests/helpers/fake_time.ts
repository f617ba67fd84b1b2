/**
 * Lets fake time pass.
 *
 * @module
 */

import type { FakeTime } from "@std/testing/time";
import type { Future } from "../../mod.ts";
import { hostTurn } from "./turns.ts";

/** Lets fake time pass, and runs all that is due before and after. */
export async function pass(time: FakeTime, ms: number): Promise<void> {
  await hostTurn();
  time.tick(ms);
  await hostTurn();
}

/** Lets fake time pass by milliseconds until a future is done, for a fake second at most. */
export async function passUntilDone(time: FakeTime, future: Future<unknown>): Promise<void> {
  for (let ms = 0; ms < 1_000 && !future.done(); ms++) await pass(time, 1);
}
