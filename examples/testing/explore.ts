/**
 * Explores an example of this folder: its usual test misses the fault, `explore()` finds it, and the
 * mended program passes.
 *
 * Run it with `deno run examples/testing/explore.ts bank`, or with the name of another example.
 *
 * @module
 */

import { explore } from "@asyncio/future/testing";
import { examples } from "./all.ts";

const { usualTest, test, mendedTest, options } = examples[Deno.args[0] ?? "bank"]!;

await usualTest();
console.log("The usual test passes.");
try {
  await explore(test, { runs: 200, ...options });
} catch (error) {
  console.log(String(error));
}
const { runs, orders } = await explore(mendedTest, { runs: 200, ...options });
console.log(`The mended program passes ${runs} runs, of which ${orders} are different.`);
