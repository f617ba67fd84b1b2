/**
 * The floor: the least work with which a library can do a scenario at all.
 *
 * - A bare thenable can be awaited, called back and settled from outside. A bare thenable
 *   never fails, cannot be cancelled, and knows neither loops nor a second waiter.
 * - A bare spawn is an async function that runs inside one `AsyncLocalStorage.run()`: the
 *   least that lets the code of a task find its task behind every `await`.
 *
 * @module
 */

import { BATCH, type Contender, type Contenders, immediate, resolved, sink } from "../scenarios.ts";

interface Hooks {
  AsyncLocalStorage: new <T>() => { run<R>(store: T, fn: () => R): R };
}

const { process } = globalThis as unknown as {
  process: { getBuiltinModule(name: string): Hooks };
};
const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");

/** The task of the code that runs. */
const current = new AsyncLocalStorage<object>();

type Resolve = (value: unknown) => void;
type Callback = (thenable: Thenable) => void;

const { toString } = Function.prototype;

/** The source text of a resolving function, set by the executor of the promise below. */
let text: string;
new Promise((resolve) => text = toString.call(resolve));

/**
 * Whether a function is a resolving function of a promise. Only such a function may be called at
 * once, as it runs no user code: see docs/performance.md#resolving-functions.
 */
function isResolvingFunction(fn: unknown): fn is Resolve {
  return typeof fn === "function" && toString.call(fn) === text && fn.name === "";
}

/** The function that rejects the last promise that was made, set by `keep` alone. */
let kept: Callback | undefined;
const keep = (_resolve: unknown, reject: Callback) => {
  kept = reject;
};

/** The least that can be awaited, called back and settled from outside. */
class Thenable {
  #done = false;
  #value: number | undefined = undefined;
  #resolve: Resolve | undefined = undefined;
  #callBack: Callback | undefined = undefined;

  then(resolve: unknown, reject: unknown): void {
    if (!isResolvingFunction(resolve) || !isResolvingFunction(reject)) throw new TypeError();
    if (this.#done) resolve(this.#value);
    else this.#resolve = resolve;
  }

  /**
   * Captures the context of the caller: see docs/performance.md#capture-by-a-rejection.
   */
  addDoneCallback(callback: Callback): void {
    new Promise(keep).then(undefined, callback);
    this.#callBack = kept;
  }

  setResult(value: number): void {
    this.#done = true;
    this.#value = value;
    this.#resolve?.(value);
    this.#callBack?.(this);
  }

  result(): number {
    if (!this.#done) throw new TypeError();
    return this.#value!;
  }
}

/**
 * Makes a contender that awaits thenables. Each is settled from a microtask, or two microtasks
 * later if `isLater`.
 */
function awaitEach(isLater: boolean): Contender {
  return immediate(async (count) => {
    let sum = 0;
    let next = 0;
    let thenable: Thenable;
    const settle = () => thenable.setResult(next++);
    const settleLater = () => {
      resolved.then(settle);
    };
    for (let i = 0; i < count; i++) {
      thenable = new Thenable();
      resolved.then(isLater ? settleLater : settle);
      sum += await (thenable as unknown as PromiseLike<number>);
    }
    return sum;
  });
}

/** Makes a contender that does the work of another inside a bare spawn. */
function inSpawn(contender: Contender): Contender {
  return (count) => {
    const work = contender(count);
    return () => current.run({}, work);
  };
}

/** The scenarios that have a floor. */
export const contenders: Contenders = {
  awaiting: awaitEach(false),
  awaitingInTask: inSpawn(awaitEach(false)),
  awaitingLonger: awaitEach(true),
  awaitingLongerInTask: inSpawn(awaitEach(true)),

  calling: immediate(async (count) => {
    let sum = 0;
    const callback = (thenable: Thenable) => {
      sum += thenable.result();
    };
    for (let i = 0; i < count;) {
      for (const end = Math.min(i + BATCH, count); i < end; i++) {
        const thenable = new Thenable();
        thenable.addDoneCallback(callback);
        thenable.setResult(i);
      }
      await resolved;
    }
    return sum;
  }),

  settling: immediate((count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const thenable = new Thenable();
      thenable.setResult(i);
      sink.value = thenable;
      sum += thenable.result();
    }
    return sum;
  }),

  tasks: immediate(async (count) => {
    const spawned: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      const run = async () => {
        await resolved;
        return i;
      };
      spawned.push(current.run({}, run));
    }
    let sum = 0;
    for (const end of spawned) sum += await end;
    return sum;
  }),
  // A lock for which nobody waits returns a thenable that is done.
  locking: immediate(async (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const thenable = new Thenable();
      thenable.setResult(i);
      sum += await (thenable as unknown as PromiseLike<number>);
    }
    return sum;
  }),
};
