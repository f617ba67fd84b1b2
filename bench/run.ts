/**
 * Measures one scenario, in the runtime that runs this program, and prints the samples as JSON:
 * `run.ts --scenario NAME --pairs N [--only CONTENDER]...`.
 *
 * To record a profile: `deno run --v8-flags=--expose-gc,--prof bench/run.ts --scenario calling
 * --pairs 50 --only ours`.
 *
 * @module
 */

import { args, option } from "./host.ts";
import { measure } from "./measure.ts";
import { LIBRARIES } from "./libraries.ts";
import { type Contender, type ScenarioName, SCENARIOS } from "./scenarios.ts";

const name = option("--scenario") as ScenarioName;
const only = args.flatMap((arg, i) => args[i - 1] === "--only" ? [arg] : []);
const contenders: Record<string, Contender> = {};
for (const [library, load] of Object.entries(LIBRARIES)) {
  if (only.length > 0 && !only.includes(library)) continue;
  const contender = (await load())[name];
  if (contender) contenders[library] = contender;
}
console.log(
  JSON.stringify(await measure(SCENARIOS[name], contenders, Number(option("--pairs") ?? 9))),
);
