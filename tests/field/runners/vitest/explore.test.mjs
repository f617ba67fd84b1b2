/** Programs in virtual time under Vitest, with real timers and with fake ones. */
import * as asyncio from "@asyncio/future";
import { explore, replay, runVirtual } from "@asyncio/future/testing";
import { afterEach, expect, test, vi } from "vitest";
import { makeRace } from "../races.mjs";

afterEach(() => void vi.useRealTimers());

for (const areFake of [false, true]) {
  test(`explore() and replay(), timers ${areFake ? "fake" : "real"}`, async () => {
    if (areFake) vi.useFakeTimers();
    const main = makeRace(asyncio);
    await runVirtual(() => main({ random: () => 0 }));
    const error = await explore(main, { runs: 200 }).catch((error) => error);
    expect(error.name).toBe("ExplorationError");
    await expect(replay(main, error.schedule)).rejects.toThrow("loaded 2 times");
  });
}
