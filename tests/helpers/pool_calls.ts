/**
 * Random calls of a worker pool: some of them fail, kill their worker, are cancelled, or are not
 * waited for any longer.
 *
 * @module
 */

import { createTask, sleep, TimeoutError, waitFor } from "../../mod.ts";
import {
  BrokenExecutor,
  type ConcurrentFuture,
  runInExecutor,
  WorkerPoolExecutor,
} from "../../concurrent.ts";
import { makeRandom } from "../../src/testing/random.ts";
import { WORK } from "./work_module.ts";

type Work = Omit<typeof import("../concurrent/work.ts"), "QueryError" | "user">;

/** How many calls may not be done at a time. */
const WINDOW = 200;

/** How the calls of a run have ended. */
export interface CallCounts {
  results: number;
  failures: number;
  deaths: number;
  cancelled: number;
  timeouts: number;
}

/**
 * Makes random calls, and checks each: it ran at most once, a result is that of one run, and only a
 * call that kills its worker is broken.
 *
 * @param isRare How many of a thousand calls kill their worker, or have to be stopped by force.
 * @returns How many calls have ended in which way.
 */
export async function makeRandomCalls(
  count: number,
  seed: number,
  isRare: number,
): Promise<CallCounts> {
  const random = makeRandom(seed);
  const runs = new Int32Array(new SharedArrayBuffer(4 * count));
  const counts = { results: 0, failures: 0, deaths: 0, cancelled: 0, timeouts: 0 };
  const pool = new WorkerPoolExecutor<Work>(WORK, { maxWorkers: 4, terminate: 5 });
  const pending = new Set<PromiseLike<void>>();
  const all: ConcurrentFuture<unknown>[] = [];

  /** Looks at the end of a call. */
  async function check(number: number, kind: string, future: ConcurrentFuture<unknown>) {
    const error = await future.then(() => undefined, (error) => error ?? "nothing");
    const ran = Atomics.load(runs, number);
    const fail = (why: string) => {
      throw new Error(`call ${number} (${kind}, seed ${seed}) ${why}: ${future}, ran ${ran} times`);
    };
    if (ran > 1) fail("ran more than once");
    if (future.cancelled()) counts.cancelled++;
    else if (error instanceof BrokenExecutor) {
      counts.deaths++;
      if (kind !== "crash" && kind !== "exit") fail("is broken");
    } else if (error !== undefined) {
      counts.failures++;
      if (kind !== "fail" || String(error) !== `RangeError: ${number}`) fail("failed");
    } else {
      counts.results++;
      if (future.result() !== number || ran !== 1) fail("has a result of its own");
    }
  }

  for (let number = 0; number < count; number++) {
    const dice = random() * 1_000;
    const kind = dice < isRare
      ? (["crash", "exit", "spin"] as const)[Math.floor(random() * 3)]!
      : dice < 40
      ? "fail"
      : dice < 140
      ? "later"
      : "mark";
    const future = pool.submit("markRun", runs, number, kind);
    all.push(future);
    const checked = check(number, kind, future);
    pending.add(checked);
    checked.then(() => pending.delete(checked), () => {});
    if (kind === "spin" || random() < 0.05) {
      const turns = Math.floor(random() * 3);
      createTask(async () => {
        for (let turn = 0; turn < turns; turn++) await sleep(0);
        future.cancel();
      });
    } else if (random() < 0.02) {
      const waiting = createTask(async () => {
        await waitFor(runInExecutor(pool, "markLate"), 1).catch((error) => {
          if (!(error instanceof TimeoutError)) throw error;
          counts.timeouts++;
        });
      });
      pending.add(waiting);
      waiting.then(() => pending.delete(waiting), () => {});
    }
    if (pending.size >= WINDOW) await Promise.race(pending);
  }
  await Promise.all(pending);
  await pool.shutdown();
  if (!all.every((future) => future.done())) throw new Error("a future is not done");
  return counts;
}
