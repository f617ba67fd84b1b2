/**
 * The least that each scenario takes, whoever writes it: what the behaviour needs
 * of the runtime, and as little else as we know how to do with. There are no messages,
 * nobody who cancels, no lists of those that wait and no debug mode here.
 *
 * @module
 */

import { BATCH, type Contender, type Contenders, immediate, resolved, sink } from "../scenarios.ts";

interface Hooks {
  AsyncLocalStorage: new <T>() => {
    run<R>(store: T, fn: () => R): R;
    getStore(): T | undefined;
  };
  AsyncResource: new (type: string, options: { requireManualDestroy: boolean }) => object;
}

const { process } = globalThis as unknown as {
  process: { getBuiltinModule(name: string): Hooks };
};
const { AsyncLocalStorage, AsyncResource } = process.getBuiltinModule("node:async_hooks");

/** What a task is known by, wherever its code goes on. */
const current = new AsyncLocalStorage<object>();

/** A task that has not ended, between two others. */
interface Listed {
  context: object;
  earlier: Listed | undefined;
  later: Listed | undefined;
}

/** The latest task that has not ended. */
let latest: Listed | undefined;

function enlist(context: object): Listed {
  const task = { context, earlier: latest, later: undefined };
  if (latest) latest.later = task;
  return latest = task;
}

function delist({ earlier, later }: Listed): void {
  if (earlier) earlier.later = later;
  if (later) later.earlier = earlier;
  else latest = earlier;
}

type Resolve = (value: unknown) => void;

const { toString } = Function.prototype;
let text: string;
new Promise((resolve) => text = toString.call(resolve));

/**
 * Whether a function may be called at once, as it is a promise's own, and runs no
 * code. There is no other way to tell it from an arrow function: it has the same
 * properties.
 */
function isResolvingFunction(fn: unknown): fn is Resolve {
  return typeof fn === "function" && toString.call(fn) === text && fn.name === "";
}

/** The least that can be awaited, and settled from outside. */
class Thenable {
  #done = false;
  #value: number | undefined = undefined;
  #resolve: Resolve | undefined = undefined;

  then(resolve: unknown, reject: unknown): void {
    if (!isResolvingFunction(resolve) || !isResolvingFunction(reject)) throw new TypeError();
    if (this.#done) resolve(this.#value);
    else this.#resolve = resolve;
  }

  settle(value: number): void {
    this.#done = true;
    this.#value = value;
    this.#resolve?.(value);
  }
}

/** The same, where a task can be told what it waits on. */
class TrackedThenable extends Thenable {
  override then(resolve: unknown, reject: unknown): void {
    sink.value = current.getStore();
    super.then(resolve, reject);
  }
}

function awaitEach(Class: typeof Thenable, isLater: boolean): Contender {
  return immediate(async (count) => {
    let sum = 0;
    let next = 0;
    let thenable: Thenable;
    const settle = () => thenable.settle(next++);
    const settleLater = () => {
      resolved.then(settle);
    };
    for (let i = 0; i < count; i++) {
      thenable = new Class();
      resolved.then(isLater ? settleLater : settle);
      sum += await (thenable as unknown as PromiseLike<number>);
    }
    return sum;
  });
}

function inTask(contender: Contender): Contender {
  return (count) => {
    const work = contender(count);
    return () => current.run({}, work);
  };
}

type Capture = <T>(fn: (value: T) => void) => (value: T) => void;

/**
 * Has a function called later in the context of now: the cheapest there is for each of
 * them, as `AsyncLocalStorage.snapshot()` takes longer everywhere but on Bun.
 */
const capture = ((): Capture => {
  // Constants of a function, as bundlers make variables of those of a module.
  const kept: { resolve: Resolve } = { resolve() {} };
  const keep = (resolve: Resolve) => {
    kept.resolve = resolve;
  };
  return (fn) => {
    new Promise(keep).then(fn as Resolve);
    return kept.resolve;
  };
})();

/** The loop whose callback runs. */
let running: object | undefined;

/** A state, what it holds, a loop, the signals. */
class Future {
  state = 0;
  held: unknown = undefined;
  loop = running ?? resolved;
  signals: object | undefined = undefined;

  setResult(value: number): void {
    if (this.state !== 0) throw new TypeError();
    const { held } = this;
    this.state = 1;
    this.held = value;
    if (held !== undefined) (held as Callback | Wait).notify(this);
  }

  result(): number {
    if (this.state !== 1) throw new TypeError();
    return this.held as number;
  }
}

/** A callback that waits for a future. */
class Callback {
  readonly callback: (future: Future) => void;
  /**
   * Has it called, in the context of now; then what it is called with. The promise that
   * is resolved with this looks for a `then`, and finds it sooner here than nowhere.
   */
  then: Future | ((self: Callback) => void) = capture(call);

  constructor(callback: (future: Future) => void) {
    this.callback = callback;
  }

  notify(future: Future): void {
    const call = this.then as (self: Callback) => void;
    this.then = future;
    call(this);
  }
}

/** Calls a callback, such that the loop is known in it and what it throws stops nobody. */
function call({ callback, then: next }: Callback): void {
  const outer = running;
  running = (next as Future).loop;
  try {
    callback(next as Future);
  } catch (error) {
    console.error(error);
  } finally {
    running = outer;
  }
}

/** Something that sleeps. */
class Sleeper extends Thenable {
  readonly due: number;
  readonly result: number;

  constructor(due: number, result: number) {
    super();
    this.due = due;
    this.result = result;
  }
}

/** What sleeps, in the order in which it is due, as all sleep for the same time. */
let sleepers: Sleeper[] = [];

function sleep(ms: number, value: number): Thenable {
  const sleeper = new Sleeper(performance.now() + ms, value);
  // One timer of the host for all.
  if (sleepers.push(sleeper) === 1) setTimeout(wakeDue, ms);
  return sleeper;
}

function wakeDue(): void {
  const now = performance.now();
  let woken = 0;
  for (; woken < sleepers.length && sleepers[woken]!.due <= now; woken++) {
    sleepers[woken]!.settle(sleepers[woken]!.result);
  }
  sleepers = sleepers.slice(woken);
  if (sleepers.length > 0) setTimeout(wakeDue, Math.ceil(sleepers[0]!.due - now));
}

/** What runs a generator. */
interface Task {
  readonly generator: Generator<Yielded, number, unknown>;
  readonly end: (sum: number) => void;
  readonly fail: (error: unknown) => void;
  /** What it waits for, to be cancelled. */
  wait: Wait | undefined;
}

/** A wait of a task for a future. */
class Wait {
  then: ((self: Wait) => void) | undefined;
  readonly task: Task;
  readonly future: Future;

  constructor(task: Task, future: Future) {
    this.then = capture(resume);
    this.task = task;
    this.future = future;
  }

  notify(): void {
    const wake = this.then!;
    this.then = this.task.wait = undefined;
    wake(this);
  }
}

/** What a generator can wait for. */
class Yielded extends Future {
  [Symbol.iterator](): Iterator<Yielded, number, unknown> {
    return new YieldedIterator(this);
  }
}

/** Takes less long than a generator. */
class YieldedIterator {
  readonly future: Yielded;

  constructor(future: Yielded) {
    this.future = future;
  }

  next(): IteratorResult<Yielded, number> {
    const { future } = this;
    if (future.state !== 0) return { done: true, value: future.result() };
    return { done: false, value: future };
  }
}

function resume({ task }: Wait): void {
  step(task);
}

/** Runs a generator until it waits, such that the loop is known in it. */
function step(task: Task): void {
  const outer = running;
  running = resolved;
  try {
    const { done, value } = task.generator.next();
    if (done) task.end(value);
    else value.held = task.wait = new Wait(task, value);
  } catch (error) {
    task.fail(error);
  } finally {
    running = outer;
  }
}

/** What the scenarios need at least. */
export const contenders: Contenders = {
  awaiting: awaitEach(Thenable, false),
  awaitingInTask: inTask(awaitEach(TrackedThenable, false)),
  awaitingLonger: awaitEach(Thenable, true),
  awaitingLongerInTask: inTask(awaitEach(TrackedThenable, true)),

  yielding: immediate((count) => {
    function* yieldEach() {
      let sum = 0;
      let next = 0;
      let yielded: Yielded;
      const settle = () => yielded.setResult(next++);
      for (let i = 0; i < count; i++) {
        yielded = new Yielded();
        resolved.then(settle);
        sum += yield* yielded;
      }
      return sum;
    }
    return new Promise((end, fail) => {
      const task = { generator: yieldEach(), end, fail, wait: undefined };
      current.run({}, () => step(task));
    });
  }),

  // Several callbacks may wait for a future, so each has a record of its own; it is
  // what the promise is resolved with, which would adopt the future itself.
  calling: immediate(async (count) => {
    let sum = 0;
    const callback = (future: Future) => {
      sum += future.result();
    };
    for (let i = 0; i < count;) {
      for (const end = Math.min(i + BATCH, count); i < end; i++) {
        const future = new Future();
        future.held = new Callback(callback);
        future.setResult(i);
      }
      await resolved;
    }
    return sum;
  }),

  settling: immediate((count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const future = new Future();
      future.setResult(i);
      sink.value = future;
      sum += future.result();
    }
    return sum;
  }),

  // It starts in a later turn, in a context that it is known by, tells when it ends, is
  // listed until then, and can be asked for the context that it was made in.
  tasks: immediate(async (count) => {
    const tasks: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      const run = async () => {
        await resolved;
        return i;
      };
      const task = enlist(new AsyncResource("task", { requireManualDestroy: true }));
      tasks.push(
        new Promise((end) => {
          resolved.then(() => {
            current.run(task, run).then((result) => {
              delist(task);
              end(result);
            });
          });
        }),
      );
    }
    let sum = 0;
    for (const task of tasks) sum += await task;
    return sum;
  }),

  sleeping: immediate(async (count) => {
    const sleeps: Thenable[] = [];
    for (let i = 0; i < count; i++) sleeps.push(sleep(1, i));
    let sum = 0;
    for (const sleeper of sleeps) sum += await (sleeper as unknown as PromiseLike<number>);
    return sum;
  }),
};
