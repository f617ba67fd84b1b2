/**
 * Measures how the cost of one growth depends on the number of items, in the runtime that runs this
 * program, and prints nanoseconds per item as JSON: `scaling.ts --name NAME --rounds N`.
 *
 * The program needs a function that collects the garbage, and a heap for a million tasks: `deno run
 * --v8-flags=--expose-gc,--max-old-space-size=8192 bench/scaling.ts --name tasks`.
 *
 * @module
 */

import {
  type Coroutine,
  createTask,
  Future,
  getEventLoop,
  Lock,
  Queue,
  type Task,
} from "@asyncio/future";
import { PromiseLock, PromiseQueue } from "./contenders/by_hand.ts";
import { type GrowthName, GROWTHS } from "./growths.ts";
import { collectGarbage, option } from "./host.ts";

/** Does the work with `size` items, and returns the milliseconds that count. */
type Work = (size: number) => Promise<number>;

/**
 * The least number of items in a sample: smaller sizes are repeated, as they are too fast to time.
 */
const ITEMS = 100_000;

/** The error of all rejected promises: creating an error each would take longer than the rest. */
const reason = new Error("cancelled");

/** How often each contender does the smallest size before its samples count. */
const WARM_UPS = 20;

/** The work of each growth, by this module and by its native counterpart. */
const WORK: Record<GrowthName, { native?: Work; ours: Work }> = {
  futures: {
    native: (size) =>
      reactToEach(
        size,
        (promise, handler) => promise.then(handler),
        (deferred) => deferred.resolve(1),
      ),
    ours: (size) => settleEach(size, (future) => future.setResult(1)),
  },

  cancelledFutures: {
    native: (size) =>
      reactToEach(
        size,
        (promise, handler) => promise.catch(handler),
        (deferred) => deferred.reject(reason),
      ),
    ours: (size) => settleEach(size, (future) => future.cancel()),
  },

  awaitedFutures: {
    native: awaitEach<PromiseWithResolvers<number>>(
      () => Promise.withResolvers(),
      async (deferred) => await deferred.promise,
      (deferred) => deferred.resolve(1),
    ),
    ours: awaitEach<Future<number>>(
      () => new Future(),
      async (future) => await future,
      (future) => future.setResult(1),
    ),
  },

  callbacks: {
    native: manyHandlers,
    ours: manyCallbacks,
  },

  cancelledTimers: {
    native(size) {
      const start = performance.now();
      const timers = [];
      for (let i = 0; i < size; i++) timers.push(setTimeout(never, 60_000 + i % 1_000));
      for (const timer of timers) clearTimeout(timer);
      return Promise.resolve(performance.now() - start);
    },
    ours(size) {
      const loop = getEventLoop();
      const start = performance.now();
      const timers = [];
      for (let i = 0; i < size; i++) timers.push(loop.callLater(60_000 + i % 1_000, never));
      for (const timer of timers) timer.cancel();
      return Promise.resolve(performance.now() - start);
    },
  },

  // The timer that is due first is made last, so that the queue has to sort.
  firedTimers: {
    native: (size) => fireEach(size, (fire, i) => setTimeout(fire, 1 - i / size)),
    ours(size) {
      const loop = getEventLoop();
      return fireEach(size, (fire, i) => loop.callLater(1 - i / size, fire));
    },
  },

  tasks: { native: rejectEach, ours: (size) => cancelEach(size, awaitIt) },
  generators: { ours: (size) => cancelEach(size, yieldIt) },

  lockWaiters: {
    native(size) {
      const lock = new PromiseLock();
      return waitForLock(size, () => lock.acquire(), (release) => release());
    },
    ours(size) {
      const lock = new Lock();
      return waitForLock(size, () => lock.acquire(), () => lock.release());
    },
  },

  queueItems: {
    native: (size) => putAndGet(size, new PromiseQueue<number>()),
    ours: (size) => putAndGet(size, new Queue<number>()),
  },

  cancelling: {
    async native(size) {
      const { deferreds, ended } = await waitingFunctions(size);
      const start = performance.now();
      for (const deferred of deferreds) deferred.reject(new Error("cancelled"));
      await ended;
      return performance.now() - start;
    },
    async ours(size) {
      const { tasks, ended } = await waitingTasks(size, awaitIt);
      const start = performance.now();
      for (const task of tasks) task.cancel();
      await ended;
      return performance.now() - start;
    },
  },
};

const name = option("--name") as GrowthName;
const rounds = Number(option("--rounds") ?? 3);
const contenders = Object.entries(WORK[name]);
for (const [, work] of contenders) {
  for (let i = 0; i < WARM_UPS; i++) await work(GROWTHS[name].sizes[0]);
}
const samples: Record<string, Record<number, number[]>> = {};
for (const size of GROWTHS[name].sizes) {
  for (let round = 0; round < rounds; round++) {
    for (const [contender, work] of contenders) {
      ((samples[contender] ??= {})[size] ??= []).push(await sample(work, size));
    }
  }
}
console.log(JSON.stringify(samples));

/** Takes one sample, and returns nanoseconds per item. */
async function sample(work: Work, size: number): Promise<number> {
  const times = Math.max(1, ITEMS / size);
  collectGarbage();
  let ms = 0;
  for (let i = 0; i < times; i++) ms += await work(size);
  return ms * 1e6 / (size * times);
}

/** Creates futures with a callback each, settles them, and waits for the callbacks. */
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

/** Does with promises what `settleEach` does with futures. */
async function reactToEach(
  size: number,
  react: (promise: Promise<number>, handler: () => void) => void,
  settle: (deferred: PromiseWithResolvers<number>) => void,
): Promise<number> {
  const start = performance.now();
  const deferreds: PromiseWithResolvers<number>[] = [];
  let called = 0;
  await new Promise<void>((resolve) => {
    const handler = () => {
      if (++called === size) resolve();
    };
    for (let i = 0; i < size; i++) {
      const deferred = Promise.withResolvers<number>();
      react(deferred.promise, handler);
      deferreds.push(deferred);
    }
    for (const deferred of deferreds) settle(deferred);
  });
  return performance.now() - start;
}

/**
 * Calls async functions that await something each, settles all, and waits until they have ended.
 */
function awaitEach<T>(
  make: () => T,
  wait: (made: T) => Promise<number>,
  settle: (made: T) => void,
): Work {
  return async (size) => {
    const start = performance.now();
    const items: T[] = [];
    const ends: Promise<number>[] = [];
    for (let i = 0; i < size; i++) {
      const made = make();
      items.push(made);
      ends.push(wait(made));
    }
    for (const item of items) settle(item);
    // The functions resume in order, so that the last one ends last.
    await ends.at(-1);
    return performance.now() - start;
  };
}

/** Adds many callbacks to one future, settles it, and waits for the callbacks. */
async function manyCallbacks(size: number): Promise<number> {
  const start = performance.now();
  const future = new Future<number>();
  let called = 0;
  await new Promise<void>((resolve) => {
    for (let i = 0; i < size; i++) {
      future.addDoneCallback(() => {
        if (++called === size) resolve();
      });
    }
    future.setResult(1);
  });
  return performance.now() - start;
}

/** Adds many handlers to one promise, resolves it, and waits for the handlers. */
async function manyHandlers(size: number): Promise<number> {
  const start = performance.now();
  const deferred = Promise.withResolvers<number>();
  let called = 0;
  await new Promise<void>((resolve) => {
    for (let i = 0; i < size; i++) {
      deferred.promise.then(() => {
        if (++called === size) resolve();
      });
    }
    deferred.resolve(1);
  });
  return performance.now() - start;
}

/** Creates timers, and waits until all have fired. */
async function fireEach(
  size: number,
  schedule: (fire: () => void, i: number) => unknown,
): Promise<number> {
  const start = performance.now();
  let fired = 0;
  await new Promise<void>((resolve) => {
    const fire = () => {
      if (++fired === size) resolve();
    };
    for (let i = 0; i < size; i++) schedule(fire, i);
  });
  return performance.now() - start;
}

/** Lets async functions wait for a lock, and waits until the last one has released the lock. */
async function waitForLock<T>(
  size: number,
  acquire: () => PromiseLike<T>,
  release: (acquired: T) => void,
): Promise<number> {
  const first = await acquire();
  const start = performance.now();
  const passOn = async () => release(await acquire());
  let last = passOn();
  for (let i = 1; i < size; i++) last = passOn();
  release(first);
  await last;
  return performance.now() - start;
}

/** Puts items into a queue, and gets all of them. */
async function putAndGet(
  size: number,
  queue: Pick<Queue<number>, "putNowait"> & { get(): PromiseLike<number> },
): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < size; i++) queue.putNowait(i);
  for (let i = 0; i < size; i++) {
    if (await queue.get() !== i) throw new Error("The items came in another order");
  }
  return performance.now() - start;
}

/** Makes a coroutine that waits for a future. */
type Waiting = (future: Future<number>) => Coroutine<number>;

function awaitIt(future: Future<number>): Coroutine<number> {
  return async () => await future;
}

function* yieldIt(future: Future<number>): Generator<unknown, number, unknown> {
  return yield* future;
}

/** Creates tasks that wait, cancels them, and waits until all have ended. */
async function cancelEach(size: number, coroutineOf: Waiting): Promise<number> {
  const start = performance.now();
  const { tasks, ended } = await waitingTasks(size, coroutineOf);
  for (const task of tasks) task.cancel();
  await ended;
  return performance.now() - start;
}

/** Calls async functions that wait, rejects their promises, and waits until all have ended. */
async function rejectEach(size: number): Promise<number> {
  const start = performance.now();
  const { deferreds, ended } = await waitingFunctions(size);
  for (const deferred of deferreds) deferred.reject(reason);
  await ended;
  return performance.now() - start;
}

/** Calls async functions, each of which waits for a promise of its own. `ended` is for all. */
async function waitingFunctions(
  size: number,
): Promise<{ deferreds: PromiseWithResolvers<number>[]; ended: Promise<void> }> {
  const deferreds: PromiseWithResolvers<number>[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let running = size;
  const onEnd = () => {
    if (--running === 0) resolve();
  };
  const wait = async (promise: Promise<number>) => await promise;
  for (let i = 0; i < size; i++) {
    const deferred = Promise.withResolvers<number>();
    wait(deferred.promise).catch(onEnd);
    deferreds.push(deferred);
  }
  await turn();
  return { deferreds, ended };
}

/** Creates tasks, and returns when each of them waits for a future of its own. */
async function waitingTasks(
  size: number,
  coroutineOf: Waiting,
): Promise<{ tasks: Task<number>[]; ended: Promise<void> }> {
  const tasks: Task<number>[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let running = size;
  const onDone = (task: Future<number>) => {
    if (!task.cancelled()) throw new Error(`The task was not cancelled: ${task}`);
    if (--running === 0) resolve();
  };
  for (let i = 0; i < size; i++) {
    const task = createTask(coroutineOf(new Future<number>()));
    task.addDoneCallback(onDone);
    tasks.push(task);
  }
  // The last task starts last, and its representation shows when it waits.
  do await turn(); while (!String(tasks.at(-1)).includes("wait_for"));
  return { tasks, ended };
}

/** Waits for a turn of the host. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The callback of timers that are cancelled. */
function never(): void {
  throw new Error("A cancelled timer fired");
}
