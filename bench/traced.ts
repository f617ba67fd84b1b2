/**
 * How much longer tasks take while a trace runs, sample by sample in turn in one process:
 * `traced.ts [--check]`.
 *
 * The figure is the time with a trace as a multiple of the time without one: the median with the
 * quartiles. With `--check`, the program fails if tasks take more than twice as long.
 *
 * ```sh
 * deno task bench:traced
 * node --expose-gc bench/traced.ts file.mjs # with a bundle of both entry points
 * ```
 *
 * @module
 */
import process from "node:process";
import { args } from "./host.ts";
import { measure } from "./measure.ts";
import { contendersOf } from "./contenders/module.ts";
import { spreadOf } from "./statistics.ts";
import { type Contender, immediate, resolved, type Scenario, SCENARIOS } from "./scenarios.ts";

const ROUNDS = 25;

const [file = "../mod.ts", debugFile = "../debug.ts"] = args.filter((a) => !a.startsWith("--"));
const module = await import(new URL(file, import.meta.url).href) as typeof import("../mod.ts");
const debug = await import(
  new URL(debugFile, import.meta.url).href
) as typeof import("../debug.ts");
const { createTask, Future } = module;
const plain = contendersOf(module);

function traced(contender: Contender): Contender {
  return (count) => {
    const work = contender(count);
    return async () => {
      const trace = debug.startTrace();
      const sum = await work();
      trace[Symbol.dispose]();
      return sum;
    };
  };
}

const generators: Contender = immediate(async (count) => {
  const tasks = [];
  for (let i = 0; i < count; i++) {
    const future = new Future<void>();
    resolved.then(() => future.setResult());
    tasks.push(createTask(function* () {
      yield* future;
      return i;
    }));
  }
  let sum = 0;
  for (const task of tasks) sum += await task;
  return sum;
});
const asyncs: Contender = immediate(async (count) => {
  const tasks = [];
  for (let i = 0; i < count; i++) {
    const future = new Future<void>();
    resolved.then(() => future.setResult());
    tasks.push(createTask(async () => {
      await future;
      return i;
    }));
  }
  let sum = 0;
  for (const task of tasks) sum += await task;
  return sum;
});

const rows: Record<string, [Scenario, Contender]> = {
  tasks: [SCENARIOS.tasks, plain.tasks],
  asyncs: [SCENARIOS.tasks, asyncs],
  generators: [SCENARIOS.tasks, generators],
  awaitingInTask: [SCENARIOS.awaitingInTask, plain.awaitingInTask],
  yielding: [SCENARIOS.yielding, plain.yielding],
};
for (const [name, [scenario, contender]] of Object.entries(rows)) {
  const contenders = { plain: contender, traced: traced(contender) };
  const samples = await measure(scenario, contenders, ROUNDS);
  const ratios = samples.traced!.flatMap((figure, i) =>
    figure === null || samples.plain![i] == null ? [] : [figure / samples.plain![i]!]
  );
  const { low, median, high } = spreadOf(ratios);
  const least = (figures: (number | null)[]) =>
    Math.min(...figures.map((f) => f ?? Infinity)).toFixed(0);
  console.log(
    `${name.padEnd(22)}${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}) ${
      least(samples.plain!)
    } ${least(samples.traced!)}`,
  );
}
process.exit();
