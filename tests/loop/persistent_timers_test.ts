/**
 * Timers that do not keep the process running.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { getEventLoop, sleep } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { passTime } from "../helpers/fake_time.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { outcome } from "../helpers/outcome.ts";
import { runProgram } from "../helpers/programs.ts";

const mod = JSON.stringify(new URL("../../mod.ts", import.meta.url).href);

/** A program with two timers of its own: `idle` does not keep the process running, `busy` does. */
const program = (code: string) => `
import { getEventLoop, run, sleep } from ${mod};
const idle = (ms, name = "idle") => {
  const future = sleep(ms, { persistent: false });
  future.addDoneCallback(() => future.cancelled() || console.log(name));
  return future;
};
const busy = (ms, name = "busy") => {
  const future = sleep(ms);
  future.addDoneCallback(() => future.cancelled() || console.log(name));
  return future;
};
${code}
`;

// Programs
// --------

const PROGRAMS: [name: string, code: string, lines: string[]][] = [
  ["alone does not keep the process running", "idle(3_000);", []],
  ["alone does not do so in callLater() and callAt()", callbacks(), []],
  ["fires while another timer keeps the process running", "idle(1); busy(30);", ["idle", "busy"]],
  ["that is due later does not fire", "idle(3_000); busy(1);", ["busy"]],
  ["that was added later does not fire", "busy(1); idle(3_000);", ["busy"]],
  ["does not take the place of one that was cancelled", "busy(3_000).cancel(); idle(3_000);", []],
  [
    "alone is left when others are cancelled, whatever their order",
    "const all = [busy(1_000), idle(3_000), busy(4_000), busy(2_000)];" +
    "for (const i of [2, 0, 3]) all[i].cancel();",
    [],
  ],
  ["alone is left when a later one is cancelled", "idle(3_000); busy(4_000).cancel();", []],
  [
    "that is cancelled leaves the others",
    "idle(3_000); idle(1).cancel(); busy(1).addDoneCallback(() => busy(1, 'again'));",
    ["busy", "again"],
  ],
];

function callbacks(): string {
  return `
    const loop = getEventLoop();
    loop.callLater(3_000, () => console.log("later"), { persistent: false });
    loop.callAt(loop.time() + 3_000, () => console.log("at"), { persistent: false });
  `;
}

for (const [name, code, expected] of PROGRAMS) {
  Deno.test(`sleep() option persistent: a timer with false ${name}`, async () => {
    needs("programs");
    const { code: exitCode, lines, errors } = await runProgram(program(code));
    assertEquals([exitCode, lines, errors], [0, expected, ""]);
  });
}

Deno.test("run() cancels a main that only a timer which is not persistent would wake", async () => {
  needs("programs");
  const { code, lines, errors } = await runProgram(program("run(() => idle(3_000));"));
  assertEquals([code, lines], [1, []]);
  assertStringIncludes(errors, "Cannot go on with main as nothing is left that could wake it");
});

// Result
// ------

Deno.test("sleep() option persistent changes nothing else, and leaves fake timers alone", async () => {
  using time = new FakeTime();
  const sleeps = [true, false, undefined].map((persistent, i) =>
    sleep(10, { persistent, result: i })
  );
  const zero = sleep(0, { persistent: false, result: "awake" });
  assertEquals(await zero, "awake");
  await passTime(time, 10);
  assertEquals(sleeps.map(outcome), ["result 0", "result 1", "result 2"]);
});

// Loop
// ----

Deno.test("sleep() option persistent is passed on to a loop of another class", () => {
  const loop = makeManualLoop();
  const { callLater } = loop;
  const seen: unknown[] = [];
  loop.callLater = (delay, callback, options) => {
    seen.push(options);
    return callLater.call(loop, delay, callback, options);
  };
  loop.createTask(() => void [sleep(10, { persistent: false }), sleep(10)]);
  loop.drain();
  assertEquals(seen, [{ persistent: false }, undefined]);
});

// Leaks
// -----

Deno.test("sleep() option persistent: a timer with false is released when it is cancelled", () => {
  const sleeping = sleep(60_000, { persistent: false });
  const handle = getEventLoop().callLater(60_000, () => {}, { persistent: false });
  sleeping.cancel();
  handle.cancel();
  assertEquals([sleeping.cancelled(), handle.cancelled()], [true, true]);
});
