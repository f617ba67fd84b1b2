/**
 * `docs/debugging.md` and the programs of `examples/debugging/`: the page has the programs as they
 * are and what they print, and what they print tells what is wrong.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { blocksOf, makeBlocks, PROGRAMS, readPage, withoutTimes } from "../../tools/debugging.ts";
import { needs } from "../helpers/capabilities.ts";

for (const name of PROGRAMS) {
  Deno.test(`docs/debugging.md has examples/debugging/${name}.ts, and what it prints`, async () => {
    needs("programs", "sources");
    const [page, expected] = [blocksOf(await readPage(), name), await makeBlocks(name)];
    assertEquals(page.program, expected.program);
    assertEquals(withoutTimes(page.printed), withoutTimes(expected.printed));
  });
}
