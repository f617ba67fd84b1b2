/** Programs in virtual time under `node:test`, with real timers and with mocked ones. */
import * as asyncio from "@asyncio/future";
import { explore, replay, runVirtual } from "@asyncio/future/testing";
import assert from "node:assert";
import { test } from "node:test";
import { makeRace } from "../races.mjs";

for (const areMocked of [false, true]) {
  test(`explore() and replay(), timers ${areMocked ? "mocked" : "real"}`, async (t) => {
    if (areMocked) t.mock.timers.enable();
    const main = makeRace(asyncio);
    await runVirtual(() => main({ random: () => 0 }));
    const error = await explore(main, { runs: 200 }).catch((error) => error);
    assert.equal(error.name, "ExplorationError");
    await assert.rejects(replay(main, error.schedule), /loaded 2 times/);
  });
}

test("several at a time", async () => {
  const found = await Promise.all([1, 2, 3].map(async (seed) => {
    return await explore(makeRace(asyncio), { runs: 200, seed }).catch((error) => error.name);
  }));
  assert.deepEqual(found, Array(3).fill("ExplorationError"));
});
