/**
 * How much longer tasks take while a trace runs, sample by sample in turn in one process.
 *
 * `traced.ts [MODULE DEBUG] [--check] [SCENARIO]...`: the two entry points are given as bundles for
 * Node and Bun. The figure is the time with a trace as a multiple of the time without one: the median
 * with the quartiles. With `--check`, the program fails if a scenario with a bar takes longer than
 * that.
 *
 * ```sh
 * deno task bench:traced
 * node --expose-gc bench/traced.ts mod.mjs debug.mjs
 * ```
 *
 * The bundles have to share their code: `esbuild mod.ts debug.ts --bundle --splitting --format=esm`.
 *
 * @module
 */

import process from "node:process";
import { contendersOf } from "./contenders/module.ts";
import { args } from "./host.ts";
import { measure } from "./measure.ts";
import { type Contender, immediate, resolved, type Scenario, SCENARIOS } from "./scenarios.ts";
import { spreadOf } from "./statistics.ts";

const ROUNDS = 25;

/** How many times as long whole tasks may take. */
const BAR = 2;

/** How often to measure again what takes longer: other processes disturb a measurement. */
const TRIES = 3;

const files = args.filter((arg) => /\.m?[jt]s$/.test(arg));
const [file = "mod.ts", debugFile = "debug.ts"] = files;
const isCheck = args.includes("--check");
const chosen = args.filter((arg) => !files.includes(arg) && arg !== "--check");

const module = await load<typeof import("../mod.ts")>(file);
const { startTrace } = await load<typeof import("../debug.ts")>(debugFile);
const { createTask, Future } = module;
const ours = contendersOf(module);

/** The scenarios. A step that only waits for a future which is ready is shorter than two looks at the
 * clock: the last two have no bar. */
const scenarios: Record<string, { scenario: Scenario; contender: Contender; bar?: number }> = {
  tasks: { scenario: SCENARIOS.tasks, contender: ours.tasks, bar: BAR },
  asyncTasks: {
    scenario: SCENARIOS.tasks,
    contender: waitingTasks((future, i) => async () => (await future, i)),
    bar: BAR,
  },
  generatorTasks: {
    scenario: SCENARIOS.tasks,
    contender: waitingTasks((future, i) =>
      function* () {
        yield* future;
        return i;
      }
    ),
    bar: BAR,
  },
  awaitingInTask: { scenario: SCENARIOS.awaitingInTask, contender: ours.awaitingInTask },
  yielding: { scenario: SCENARIOS.yielding, contender: ours.yielding },
};

let failed = 0;
for (const [name, { scenario, contender, bar = Infinity }] of Object.entries(scenarios)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  let ratio = Infinity;
  for (let i = 0; i < (isCheck ? TRIES : 1) && ratio > bar || i === 0; i++) {
    ratio = await compare(name, scenario, contender);
  }
  if (isCheck && ratio > bar) {
    failed++;
    console.log(`${name} takes more than ${bar} times as long`);
  }
}
process.exit(failed > 0 ? 1 : 0);

/** Measures a scenario, prints the figures and returns the median. */
async function compare(name: string, scenario: Scenario, contender: Contender): Promise<number> {
  const contenders = { plain: contender, traced: traced(contender) };
  const { plain, traced: slower } = await measure(scenario, contenders, ROUNDS);
  const ratios = slower!.flatMap((figure, i) => {
    const other = plain![i];
    return figure && other ? [figure / other] : [];
  });
  const { low, median, high } = spreadOf(ratios);
  console.log(`${name.padEnd(22)}${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`);
  return median;
}

/** The same work while a trace runs. */
function traced(contender: Contender): Contender {
  return (count) => {
    const work = contender(count);
    return async () => {
      using _ = startTrace();
      return await work();
    };
  };
}

/** Tasks that wait once each, for a future that a microtask settles. */
function waitingTasks(
  bodyOf: (future: InstanceType<typeof Future<void>>, i: number) => () =>
    | Promise<number>
    | Generator<unknown, number>,
): Contender {
  return immediate(async (count) => {
    const tasks = Array.from({ length: count }, (_, i) => {
      const future = new Future<void>();
      resolved.then(() => future.setResult());
      return createTask(bodyOf(future, i));
    });
    let sum = 0;
    for (const task of tasks) sum += await task;
    return sum;
  });
}

/** Imports a file of the folder in which the program was started. */
async function load<M>(file: string): Promise<M> {
  return await import(new URL(file, `file://${process.cwd()}/`).href);
}
