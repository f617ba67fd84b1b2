/**
 * `docs/debugging.md` and the programs of `examples/debugging/`: the page has the programs as they
 * are and what they print, and what they print tells what is wrong.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import {
  blocksOf,
  makeBlocks,
  type Program,
  PROGRAMS,
  readPage,
  withoutFigures,
} from "../../tools/debugging.ts";
import { needs } from "../helpers/capabilities.ts";

/** What tells somebody who has nothing but the output what is wrong. */
const CLUES: Record<Program, RegExp[]> = {
  hang: [
    /nothing is left that could wake it/,
    /^Task-1 main, pending: gather of 2, 1 is done$/m,
    /^└─ Task-4 load\S*, pending: <Future pending>$/m,
  ],
  locks: [
    /wait for each other in a circle: "from grace".* → "from ada".* → "from grace"$/m,
    /^.*"from ada" transfer\S*, pending: Lock.acquire of <Lock .*>, held by "from grace"/m,
    /^.*"from grace" transfer\S*, pending: Lock.acquire of <Lock .*>, held by "from ada"/m,
  ],
  vanished: [
    /^Task exception was never retrieved$/m,
    /^future: <Task finished name="Task-3" coro=save.* exception=RangeError: the disk is full>$/m,
  ],
  slow: [/^Executing <Task .* coro=report .*> took \d+ ms/m],
  leak: [/^30 × heartbeat, pending: sleep, .* of 30 s left/m],
  flaky: [
    /^Task-2 save\S*, pending: sleep, .* of 5 s left$/m,
    /^Task "Task-2" is cancelled by run\(\), as main has ended and nobody waits for the task/m,
  ],
};

/** Runs a program, and returns what it prints. */
async function runExample(name: Program): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", `examples/debugging/${name}.ts`],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
}

for (const name of PROGRAMS) {
  Deno.test(`examples/debugging/${name}.ts prints what is wrong with it`, async () => {
    needs("programs");
    const printed = await runExample(name);
    for (const clue of CLUES[name]) assertMatch(printed, clue);
  });
}

for (const name of PROGRAMS) {
  Deno.test(`docs/debugging.md has examples/debugging/${name}.ts, and what it prints`, async () => {
    needs("programs", "sources");
    const [page, expected] = [blocksOf(await readPage(), name), await makeBlocks(name)];
    assertEquals(page.program, expected.program);
    assertEquals(withoutFigures(page.printed), withoutFigures(expected.printed));
  });
}
