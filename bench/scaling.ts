/**
 * Measures how the cost grows with the number of futures, timers and tasks, in
 * the runtime that runs this, and prints nanoseconds per item as JSON:
 * `scaling.ts --name NAME --rounds N`.
 *
 * The runtime has to be started such that the garbage can be collected, and with
 * room for a million tasks: `deno run
 * --v8-flags=--expose-gc,--max-old-space-size=8192 bench/scaling.ts --name tasks`.
 *
 * @module
 */

import { createTask, Future, getEventLoop, type Task } from "@asyncio/future";
import { type GrowthName, GROWTHS } from "./growths.ts";
import { collectGarbage, option } from "./host.ts";

/** Does something with `size` items, and returns the milliseconds that count. */
type Work = (size: number) => Promise<number>;

/** One item by itself is too fast to time, so small sizes are repeated up to this many. */
const ITEMS = 100_000;

const WORK: Record<GrowthName, Work> = {
  futures: (size) => settleEach(size, (future) => future.setResult(1)),
  cancelledFutures: (size) => settleEach(size, (future) => future.cancel()),

  async awaitedFutures(size) {
    const start = performance.now();
    const futures: Future<number>[] = [];
    let gone = 0;
    const wait = async (future: Future<number>) => {
      await future;
      gone++;
    };
    const last = new Future<void>();
    for (let i = 0; i < size; i++) {
      const future = new Future<number>();
      wait(future);
      futures.push(future);
    }
    for (const future of futures) future.setResult(1);
    last.addDoneCallback(() => {});
    last.setResult();
    await last;
    await turn();
    check(gone, size);
    return performance.now() - start;
  },

  async callbacks(size) {
    const start = performance.now();
    const future = new Future<number>();
    let called = 0;
    const ended = new Promise<void>((resolve) => {
      for (let i = 0; i < size; i++) {
        future.addDoneCallback(() => {
          if (++called === size) resolve();
        });
      }
    });
    future.setResult(1);
    await ended;
    return performance.now() - start;
  },

  async cancelledTimers(size) {
    const loop = getEventLoop();
    const start = performance.now();
    const timers = [];
    for (let i = 0; i < size; i++) timers.push(loop.callLater(60_000 + i % 1_000, never));
    for (const timer of timers) timer.cancel();
    return performance.now() - start;
  },

  async firedTimers(size) {
    const loop = getEventLoop();
    const start = performance.now();
    let fired = 0;
    await new Promise<void>((resolve) => {
      const fire = () => {
        if (++fired === size) resolve();
      };
      // The earliest is made last, so that the heap has something to sort.
      for (let i = 0; i < size; i++) loop.callLater(1 - i / size, fire);
    });
    return performance.now() - start;
  },

  async tasks(size) {
    const start = performance.now();
    const { tasks, ended } = await waitingTasks(size, (future) => async () => await future);
    for (const task of tasks) task.cancel();
    await ended;
    return performance.now() - start;
  },

  async generators(size) {
    const start = performance.now();
    const { tasks, ended } = await waitingTasks(size, (future) =>
      function* () {
        return yield* future;
      });
    for (const task of tasks) task.cancel();
    await ended;
    return performance.now() - start;
  },

  async cancelling(size) {
    const { tasks, ended } = await waitingTasks(size, (future) => async () => await future);
    const start = performance.now();
    for (const task of tasks) task.cancel();
    await ended;
    return performance.now() - start;
  },
};

const name = option("--name") as GrowthName;
const rounds = Number(option("--rounds") ?? 3);
const work = WORK[name];
for (let i = 0; i < 20; i++) await work(1_000);
const samples: Record<number, number[]> = {};
for (const size of GROWTHS[name].sizes) {
  const figures: number[] = samples[size] = [];
  const times = Math.max(1, ITEMS / size);
  for (let round = 0; round < rounds; round++) {
    collectGarbage();
    let ms = 0;
    for (let i = 0; i < times; i++) ms += await work(size);
    figures.push(ms * 1e6 / (size * times));
  }
}
console.log(JSON.stringify(samples));

/** Makes futures with a callback each, makes them done, and waits for the callbacks. */
async function settleEach(
  size: number,
  settle: (future: Future<number>) => void,
): Promise<number> {
  const start = performance.now();
  const futures: Future<number>[] = [];
  let called = 0;
  await new Promise<void>((resolve) => {
    const callback = () => {
      if (++called === size) resolve();
    };
    for (let i = 0; i < size; i++) {
      const future = new Future<number>();
      future.addDoneCallback(callback);
      futures.push(future);
    }
    for (const future of futures) settle(future);
  });
  return performance.now() - start;
}

/** Makes tasks, each of which waits for a future of its own, and lets them get there. */
async function waitingTasks(
  size: number,
  coroutineOf: (future: Future<number>) => ConstructorParameters<typeof Task<number>>[0],
): Promise<{ tasks: Task<number>[]; ended: Promise<void> }> {
  const tasks: Task<number>[] = [];
  let running = size;
  let waiting = 0;
  let resolve!: () => void;
  const ended = new Promise<void>((keep) => resolve = keep);
  const onDone = () => {
    if (--running === 0) resolve();
  };
  for (let i = 0; i < size; i++) {
    const future = new Future<number>();
    const task = createTask(coroutineOf(future));
    task.addDoneCallback(onDone);
    tasks.push(task);
  }
  while (waiting < size) {
    await turn();
    // A task that waits shows what it waits for; the last one starts last.
    if (String(tasks.at(-1)).includes("wait_for")) waiting = size;
  }
  return { tasks, ended };
}

/** Waits for a turn of the host. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function never(): void {
  throw new Error("A cancelled timer fired");
}

function check(actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`Only ${actual} of ${expected} went on`);
}
