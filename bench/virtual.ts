/**
 * Measures how long a step of a program takes in virtual time: `virtual.ts [--check]`.
 *
 * The first figures are the time of a program on the loops of tests as a multiple of its time with
 * `run()`: the median with the quartiles. The last one is the time of 10,000 explored runs of a program
 * of ten tasks that wait ten times each; with `--check`, the program fails if that takes longer than
 * its limit.
 *
 * ```sh
 * deno task bench:virtual
 * ```
 *
 * @module
 */

import process from "node:process";
import { createTask, Event, gather, run, sleep } from "../mod.ts";
import { explore, runVirtual } from "../testing.ts";
import { measure } from "./measure.ts";
import { immediate, type Scenario } from "./scenarios.ts";
import { spreadOf } from "./statistics.ts";

const ROUNDS = 15;
const TASKS = 10;
const WAITS = 10;
const RUNS = 10_000;
const LIMIT_MS = 10_000;

/** Other processes take time from a measurement. */
const TRIES = 3;

const scenario: Scenario = {
  title: `${TASKS} tasks that wake each other`,
  counterpart: "the same with run()",
  limits: { deno: Infinity, node24: Infinity, bun: Infinity },
  count: 2_000,
  times: 1,
};

/** Tasks that pass a turn on, in all `steps` times. Returns the sum of the numbers of the steps. */
async function passTurns(steps: number): Promise<number> {
  let sum = 0;
  const turns = Array.from({ length: TASKS }, () => new Event());
  const tasks = turns.map((turn, i) =>
    createTask(async () => {
      for (let step = i; step < steps; step += TASKS) {
        await turn.wait();
        turn.clear();
        sum += step;
        turns[(i + 1) % TASKS]!.set();
      }
    })
  );
  turns[0]!.set();
  await gather(...tasks);
  return sum;
}

const { plain, virtual, seeded } = await measure(scenario, {
  plain: immediate((steps) => run(() => passTurns(steps))),
  virtual: immediate((steps) => runVirtual(() => passTurns(steps))),
  seeded: immediate((steps) => runVirtual(() => passTurns(steps), { seed: 1 })),
}, ROUNDS);
show("a step of runVirtual()", virtual!);
show("a step of runVirtual(), seeded", seeded!);

/** Tasks that sleep, many of them at the same time. */
async function sleepOften(): Promise<void> {
  await gather(...Array.from({ length: TASKS }, (_, i) =>
    createTask(async () => {
      for (let wait = 0; wait < WAITS; wait++) await sleep(i + wait);
    })));
}

let time = Infinity;
const isCheck = process.argv.includes("--check");
for (let i = 0; i < (isCheck ? TRIES : 1) && time > LIMIT_MS; i++) {
  const start = performance.now();
  await explore(sleepOften, { runs: RUNS });
  time = performance.now() - start;
  console.log(`${RUNS} explored runs took ${(time / 1_000).toFixed(1)} s`);
}
process.exit(isCheck && time > LIMIT_MS ? 1 : 0);

/** Prints how a contender compares with `run()`. */
function show(name: string, figures: (number | null)[]): void {
  const ratios = figures.flatMap((figure, i) => {
    const base = plain![i];
    return figure && base ? [figure / base] : [];
  });
  const { low, median, high } = spreadOf(ratios);
  const nanoseconds = spreadOf(figures.flatMap((figure) => figure ?? [])).median;
  const times = `${median.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
  console.log(`${name.padEnd(32)}${times} times run(), ${Math.round(nanoseconds)} ns`);
}
