/**
 * Takes the samples of a scenario, all contenders in turn in one process.
 *
 * @module
 */

import type { Contender, Scenario } from "./scenarios.ts";
import { collectYoungGarbage } from "./host.ts";

/** How many samples of each contender are taken first, and do not count. */
const WARM_UPS = 3;

/** Samples that take longer are made smaller, if the scenario allows; in milliseconds. */
const LONG_MS = 150;

/**
 * A contender whose sample takes longer, in milliseconds, takes part in every `SLOW_EVERY`-th
 * round only.
 */
const TOO_LONG_MS = 1_000;
const SLOW_EVERY = 4;

/** The size of a contender's samples. */
interface Amount extends Pick<Scenario, "count" | "times"> {
  /** Whether the contender takes part in some rounds only. */
  readonly isTooLong?: boolean;
}

/**
 * Nanoseconds per operation, or bytes per object: one figure per round for each contender, or
 * `null` for a round in which the contender did not take part.
 */
export type Samples = Record<string, (number | null)[]>;

/**
 * Measures the contenders of one scenario.
 *
 * In each round all contenders have a sample each, in one order and then in the reverse. Whatever
 * slows the machine down for a while then slows down all of them.
 *
 * @param scenario The scenario.
 * @param contenders The contenders, by name.
 * @param rounds The number of rounds after warming up.
 */
export async function measure(
  scenario: Scenario,
  contenders: Record<string, Contender>,
  rounds: number,
): Promise<Samples> {
  const entries: [name: string, contender: Contender, amount: Amount][] = [];
  for (const [name, contender] of Object.entries(contenders)) {
    entries.push([name, contender, await warmUp(scenario, contender)]);
  }
  const samples: Samples = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? entries : entries.toReversed();
    for (const [name, contender, amount] of order) {
      const takesPart = !amount.isTooLong || round % SLOW_EVERY === 0;
      samples[name]!.push(takesPart ? await sample(contender, amount) : null);
    }
  }
  return samples;
}

/** Runs a contender until its code is compiled, and returns a suitable size for its samples. */
async function warmUp(scenario: Scenario, contender: Contender): Promise<Amount> {
  let { count, times } = scenario;
  if (!scenario.isCountFixed) await sample(contender, { count: Math.ceil(count / 100), times });
  for (let i = 0; i < WARM_UPS; i++) {
    const probe = scenario.isCountFixed || i > 0 ? count : Math.ceil(count / 20);
    const ms = await sample(contender, { count: probe, times: 1 }) * count / 1e6;
    times = Math.max(1, Math.min(times, Math.floor(LONG_MS / ms)));
    if (!scenario.isCountFixed && ms > LONG_MS) count = Math.ceil(count * LONG_MS / ms);
    if (scenario.isCountFixed && ms > TOO_LONG_MS) return { count, times, isTooLong: true };
  }
  return { count, times };
}

/** Takes one sample, and returns nanoseconds per operation. */
async function sample(contender: Contender, { count, times }: Amount): Promise<number> {
  // Otherwise a contender would pay for the garbage of the one before.
  collectYoungGarbage();
  await new Promise((resolve) => setTimeout(resolve, 0));
  let ms = 0;
  for (let i = 0; i < times; i++) {
    const work = contender(count);
    const start = performance.now();
    const sum = await work();
    ms += performance.now() - start;
    if (sum !== count * (count - 1) / 2) throw new Error(`The work was not done: ${sum}`);
  }
  return ms * 1e6 / (count * times);
}
