/**
 * Takes the samples: all contenders of a scenario in turn, in one process.
 *
 * @module
 */

import type { Contender, Scenario } from "./scenarios.ts";
import { collectYoungGarbage } from "./host.ts";

/** How many samples of each contender do not count, some of them smaller. */
const WARM_UPS = 3;

/** No sample of a slow contender need take longer, in milliseconds. */
const LONG = 150;

/** One that takes this long all the same sits out all rounds but each fourth. */
const TOO_LONG = 1_000;
const TURN = 4;

/** How much work a sample is. */
interface Amount extends Pick<Scenario, "count" | "times"> {
  readonly isTooLong?: boolean;
}

/**
 * Nanoseconds per operation: for each contender one figure per round, or `null`
 * for a round that it sat out.
 */
export type Samples = Record<string, (number | null)[]>;

/**
 * Measures the contenders of one scenario.
 *
 * In each round every contender takes its turn, in one order and then in the
 * reverse, so that whatever slows the machine down slows down all of them.
 *
 * @param scenario The scenario.
 * @param contenders The contenders by name.
 * @param rounds How many rounds count.
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
      const takesPart = !amount.isTooLong || round % TURN === 0;
      samples[name]!.push(takesPart ? await sample(contender, amount) : null);
    }
  }
  return samples;
}

/** Has a contender compiled, and returns how much work its samples are to be. */
async function warmUp(scenario: Scenario, contender: Contender): Promise<Amount> {
  let { count, times } = scenario;
  if (!scenario.isCountFixed) await sample(contender, { count: Math.ceil(count / 100), times });
  for (let i = 0; i < WARM_UPS; i++) {
    const probe = scenario.isCountFixed || i > 0 ? count : Math.ceil(count / 20);
    const ms = await sample(contender, { count: probe, times: 1 }) * count / 1e6;
    times = Math.max(1, Math.min(times, Math.floor(LONG / ms)));
    if (!scenario.isCountFixed && ms > LONG) count = Math.ceil(count * LONG / ms);
    if (scenario.isCountFixed && ms > TOO_LONG) return { count, times, isTooLong: true };
  }
  return { count, times };
}

/** Takes one sample, in nanoseconds per operation. */
async function sample(contender: Contender, { count, times }: Amount): Promise<number> {
  // Nobody is to pay for what others left behind.
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
