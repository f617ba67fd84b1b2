/**
 * The least that each scenario takes, whoever writes it: what the behaviour needs
 * of the runtime, and as little else as we know how to do with. There are no messages and
 * no other loops here, and nobody who cancels but where that is what is measured.
 *
 * For each callback and each step of a generator there is what is promised of all of
 * them: the loop is known in it, what it throws stops nobody, a closed loop calls nobody,
 * debug mode times it, several can wait for one future, and a run of them does not shut
 * out the host.
 *
 * @module
 */

import { BATCH, type Contender, type Contenders, immediate, resolved, sink } from "../scenarios.ts";

interface Hooks {
  AsyncLocalStorage: new <T>() => {
    run<R>(store: T, fn: () => R): R;
    getStore(): T | undefined;
  };
  AsyncResource: new (
    type: string,
    options: { requireManualDestroy: boolean },
  ) => { emitDestroy(): void };
}

const { process } = globalThis as unknown as {
  process: { getBuiltinModule(name: string): Hooks };
};
const { AsyncLocalStorage, AsyncResource } = process.getBuiltinModule("node:async_hooks");

/** What a task is known by, wherever its code goes on. */
const current = new AsyncLocalStorage<object>();

/** Captures the context of now. */
function capturedContext(): object {
  const context = new AsyncResource("task", { requireManualDestroy: true });
  // Deno has a finalizer for it whatever the options say.
  if ("Deno" in globalThis) context.emitDestroy();
  return context;
}

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
 * them, as `AsyncLocalStorage.snapshot()` and a microtask take longer, but for Bun, where
 * they take as long, and where the steps of a generator take less if they are awaited.
 */
const capture = ((): Capture => {
  // In a function, as bundlers make variables of the constants of a module; and young, as
  // V8 takes note of each old object that is given a young one.
  const youngFor = 512;
  let uses = 0;
  let kept: { reject: Resolve } = { reject() {} };
  // Unlike one that is resolved, a promise that is rejected looks for no `then`.
  const keep = (_resolve: Resolve, reject: Resolve) => {
    kept.reject = reject;
  };
  return (fn) => {
    if (++uses === youngFor) {
      uses = 0;
      kept = { reject() {} };
    }
    new Promise(keep).then(undefined, fn as Resolve);
    return kept.reject;
  };
})();

/** What a future belongs to. */
class Loop {
  isDebugged = false;
  isClosed = false;
}

const loop = new Loop();

/** The loop whose callback runs. */
let running: Loop | undefined;

/** By how many callbacks, each of the one before, the code was led to that runs. */
let depth = 0;

/** From how many on they count as a run, which is not to shut out the host. */
const DEEP = 8;

/** After so many, or milliseconds, the host is asked to turn; after more, they wait for it. */
const ASK_AFTER = 64;
const WAIT_AFTER = 1_000;
const LONG_MS = 4;

/** After how many the clock is looked at. */
const LOOK_AFTER = 32;

const { now } = Date;
const { setImmediate } = globalThis as unknown as { setImmediate(callback: () => void): void };
let ran = 0;
let nextLook = LOOK_AFTER;
let since = 0;
let isAsked = false;
let isHolding = false;
let heldBack: [Waiter, Future][] = [];

function look(): void {
  const time = now();
  if (ran === LOOK_AFTER) since = time;
  nextLook = ran + LOOK_AFTER;
  if (time - since < LONG_MS && ran < (isAsked ? WAIT_AFTER : ASK_AFTER)) return;
  if (isAsked) {
    isHolding = true;
  } else {
    isAsked = true;
    startCounting();
    setImmediate(onTurn);
  }
}

function startCounting(): void {
  ran = 0;
  nextLook = LOOK_AFTER;
}

function onTurn(): void {
  isAsked = isHolding = false;
  startCounting();
  const ready = heldBack;
  heldBack = [];
  for (const [waiter, future] of ready) waiter.notify(future);
}

interface Waiter {
  notify(future: Future): void;
}

/** Holds the future that `yield*` has just yielded, as opposed to `yield`; young as above. */
let yielded: { future: Future | undefined } = { future: undefined };
let yields = 0;

/** A state, what it holds, a loop, the signals. */
class Future {
  state = 0;
  held: unknown = undefined;
  readonly loop = running ?? loop;
  signals: Set<Future> | undefined = undefined;

  constructor() {
    if (this.loop.isDebugged) console.trace();
  }

  setResult(value: number): void {
    if (this.state !== 0) throw new TypeError();
    const { held, signals } = this;
    this.state = 1;
    this.held = value;
    if (signals !== undefined) signals.delete(this);
    if (held === undefined) return;
    if (isHolding) heldBack.push([held as Waiter, this]);
    else (held as Waiter).notify(this);
  }

  result(): number {
    if (this.state !== 1) throw new TypeError();
    return this.held as number;
  }

  addWaiter(waiter: Waiter): void {
    if (this.state !== 0) waiter.notify(this);
    else if (this.held === undefined) this.held = waiter;
    else this.held = new Waiters(this.held as Waiter, waiter);
  }

  addDoneCallback(callback: (future: Future) => void, options?: object): void {
    if (typeof callback !== "function" || options !== undefined) throw new TypeError();
    this.addWaiter(new Callback(callback));
  }

  [Symbol.iterator](): Iterator<Future, number, unknown> {
    return new FutureIterator(this);
  }
}

/** Several that wait. */
class Waiters implements Waiter {
  readonly all: Waiter[];

  constructor(...all: Waiter[]) {
    this.all = all;
  }

  notify(future: Future): void {
    for (const waiter of this.all) waiter.notify(future);
  }
}

/** A callback that waits for a future. */
class Callback implements Waiter {
  callback: ((future: Future) => void) | { callback: (future: Future) => void; depth: number };
  /** Has it called, in the context of now; then what it is called with. */
  held: Future | ((call: Callback) => void) = capture(call);

  constructor(callback: (future: Future) => void) {
    this.callback = callback;
  }

  notify(future: Future): void {
    const call = this.held as (call: Callback) => void;
    if (depth > 0 && typeof this.callback === "function") {
      this.callback = { callback: this.callback, depth: depth + 1 };
    }
    this.held = future;
    call(this);
  }
}

function call({ callback, held }: Callback): void {
  if (typeof callback === "function") runCallback(callback, held as Future, 1);
  else runCallback(callback.callback, held as Future, callback.depth);
}

/** Calls a callback, such that the loop is known in it and what it throws stops nobody. */
function runCallback(
  callback: (future: Future) => void,
  future: Future,
  callbackDepth: number,
): void {
  const { loop } = future;
  if (loop.isClosed) return;
  const outer = running;
  const outerDepth = depth;
  running = loop;
  depth = callbackDepth;
  if (callbackDepth >= DEEP && ++ran >= nextLook) look();
  const start = loop.isDebugged ? now() : 0;
  try {
    callback(future);
  } catch (error) {
    console.error(error);
  } finally {
    running = outer;
    depth = outerDepth;
    if (start > 0) console.warn(now() - start);
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
  readonly generator: Generator<Future, number, unknown>;
  readonly end: (sum: number) => void;
  readonly fail: (error: unknown) => void;
  /** What it waits for, to be cancelled. */
  wait: Wait | undefined;
}

/** Whether the steps of a generator are awaited, which takes Bun less long and V8 longer. */
const awaitsSteps = "Bun" in globalThis;

/** What resolves the promise that was just made. */
let keptWake: Resolve | undefined;

const keepWake = (wake: Resolve) => {
  keptWake = wake;
};

/** A wait of a task for a future. */
class Wait implements Waiter {
  readonly task: Task;
  wake: Resolve | undefined;

  constructor(task: Task, wake: Resolve) {
    this.task = task;
    this.wake = wake;
  }

  notify(): void {
    const wake = this.wake!;
    this.wake = this.task.wait = undefined;
    wake(awaitsSteps ? undefined : this.task);
  }
}

/** Takes less long than a generator. */
class FutureIterator {
  readonly future: Future;
  isWaiting = false;

  constructor(future: Future) {
    this.future = future;
  }

  next(): IteratorResult<Future, number> {
    const { future } = this;
    if (future.state !== 0) return { done: true, value: future.result() };
    if (this.isWaiting) throw new TypeError();
    this.isWaiting = true;
    if (++yields === 512) {
      yields = 0;
      yielded = { future: undefined };
    }
    yielded.future = future;
    return { done: false, value: future };
  }
}

/** Runs a generator until it waits, and has the further steps awaited if that takes less. */
function start(task: Task): void {
  const woken = step(task);
  if (woken !== undefined) awaitSteps(task, woken);
}

async function awaitSteps(task: Task, woken: Promise<unknown> | undefined): Promise<void> {
  for (; woken !== undefined; woken = step(task)) await woken;
}

/** Has a generator resumed when a future is done. */
function wait(task: Task, future: Future): Promise<unknown> | undefined {
  if (!awaitsSteps) {
    future.addWaiter(task.wait = new Wait(task, capture(step) as Resolve));
    return undefined;
  }
  const woken = new Promise(keepWake);
  const wake = keptWake!;
  keptWake = undefined;
  future.addWaiter(task.wait = new Wait(task, wake));
  return woken;
}

/** Runs a generator until it waits, such that the loop is known in it. */
function step(task: Task): Promise<unknown> | undefined {
  const outer = running;
  const outerDepth = depth;
  running = loop;
  depth = DEEP;
  if (++ran >= nextLook) look();
  const start = loop.isDebugged ? now() : 0;
  try {
    const { done, value } = task.generator.next();
    if (!done) {
      if (yielded.future !== value) throw new TypeError();
      yielded.future = undefined;
      return wait(task, value);
    }
    task.end(value);
  } catch (error) {
    task.fail(error);
  } finally {
    running = outer;
    depth = outerDepth;
    if (start > 0) console.warn(now() - start);
  }
  return undefined;
}

/** What is thrown where a task waits that is cancelled. */
class CancelledError extends Error {
  constructor(message = "The operation has been cancelled") {
    super(message);
  }
}

/** A task that runs an async function, and can be cancelled. */
class CancellableTask extends Future {
  waited: CancellableWait | undefined = undefined;
  isArriving = false;
  requests = 0;
  reason: unknown = undefined;

  constructor(run: () => Promise<number>) {
    super();
    resolved.then(() => {
      current.run(this, run).then(
        (value) => this.#end(1, value),
        (error) => this.#end(error instanceof CancelledError ? 2 : 3, error),
      );
    });
  }

  /** One error for all, which is kept, as the code may ask whether it was asked to end. */
  cancel(): void {
    if (this.state !== 0) return;
    const error = new CancelledError();
    this.requests++;
    this.reason = error;
    this.waited!.cancel(error);
  }

  #end(state: number, outcome: unknown): void {
    const waiter = this.held as Waiter;
    this.state = state;
    this.held = outcome;
    waiter.notify(this);
  }
}

/** What such a task waits on. */
class CancellableWait {
  reject: Resolve | undefined = undefined;
  task: CancellableTask | undefined = undefined;
  reason: unknown = undefined;

  then(_resolve: Resolve, reject: Resolve): void {
    const task = current.getStore() as CancellableTask;
    this.task = task;
    this.reject = reject;
    task.waited = this;
  }

  /** Until the code goes on, further requests come to the same as this one. */
  cancel(error: Error): void {
    const task = this.task!;
    this.reason = error;
    task.waited = undefined;
    task.isArriving = true;
    resolved.then(endArrival.bind(undefined, task));
    this.reject!(error);
  }
}

function endArrival(task: CancellableTask): void {
  task.isArriving = false;
}

/**
 * Has tasks wait, and cancels them. It shares no code with how ours are measured: in a loop
 * that cancels tasks of two classes, ours took 5 % longer (Deno 2.9).
 *
 * @param turn Waits for a turn of the host.
 * @returns How long it took to cancel them, in milliseconds.
 */
export async function cancelTasks(size: number, turn: () => Promise<void>): Promise<number> {
  const tasks: CancellableTask[] = [];
  let left = size;
  let resolveEnded!: () => void;
  const ended = new Promise<void>((resolve) => resolveEnded = resolve);
  const onDone = (task: Future) => {
    if (task.state !== 2) throw new Error("The task was not cancelled");
    if (--left === 0) resolveEnded();
  };
  for (let i = 0; i < size; i++) {
    const wait = new CancellableWait() as unknown as PromiseLike<number>;
    const task = new CancellableTask(async () => await wait);
    task.addDoneCallback(onDone);
    tasks.push(task);
  }
  do await turn(); while (tasks.at(-1)!.waited === undefined);
  const start = performance.now();
  for (const task of tasks) task.cancel();
  await ended;
  return performance.now() - start;
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
      let future: Future;
      const settle = () => future.setResult(next++);
      for (let i = 0; i < count; i++) {
        future = new Future();
        resolved.then(settle);
        sum += yield* future;
      }
      return sum;
    }
    return new Promise((end, fail) => {
      const task = { generator: yieldEach(), end, fail, wait: undefined };
      current.run({}, () => start(task));
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
        future.addDoneCallback(callback);
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
      const task = enlist(capturedContext());
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
