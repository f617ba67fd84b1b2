/**
 * Context that follows asynchronous work: what the module needs to run callbacks
 * in the context they were registered in.
 *
 * The data structure is the design: a context is one immutable {@linkcode Frame}
 * that a carrier hands from the code that registers to the code that runs. The
 * carrier is chosen at import, by what the runtime has. If the first `await` shows that it
 * does not follow promises, this module's own replaces it.
 *
 * @module
 */

import { checkCallback } from "./checks.ts";
import { announce, shared, type SharedFrame } from "./copies.ts";
import {
  builtinModule,
  enqueueForeign,
  enqueueNative,
  isPromiseReplaced,
  probe,
} from "./engine.ts";
import type { AsyncContext } from "./async_context.ts";
import type { Task } from "./task.ts";
import type { Waits } from "./waits.ts";

/**
 * Anything that runs a function in a context: an `AsyncContext.Snapshot` of
 * this module or a native one.
 *
 * Source: [PEP 567](https://peps.python.org/pep-0567/#contextvars-context),
 * [TC39 AsyncContext](https://github.com/tc39/proposal-async-context).
 *
 * @example Usage
 * ```ts
 * import { AsyncContext, type Context, Future } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const user = new AsyncContext.Variable<string>();
 * const context: Context = user.run("ada", () => new AsyncContext.Snapshot());
 * const seen: unknown[] = [];
 * const future = new Future<void>();
 * future.addDoneCallback(() => seen.push(user.get()), { context });
 * future.setResult();
 * await future;
 * assertEquals(seen, ["ada"]);
 * ```
 */
export interface Context {
  /**
   * Calls `fn` in this context.
   *
   * @param fn The function to call.
   * @param args Its arguments.
   * @returns What `fn` returns.
   * @throws {TypeError} If `fn` is no function.
   */
  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R;
}

/** All that this module keeps in a context. It is never changed, only replaced. */
export interface Frame extends SharedFrame {
  /** The task whose code runs in this context. */
  readonly task: Task<unknown> | undefined;
  /** What that task waits on, if it is an async function, which waits unseen. */
  readonly waits: Waits | undefined;
  readonly values: ReadonlyMap<object, unknown>;
}

/** How one frame travels from the code that registers to the code that runs. */
interface Carrier {
  /** Whether this module carries the frame by itself, which no `await` of a promise does. */
  readonly isOwn: boolean;
  get(): Frame | undefined;
  /** Calls `fn`, which is none of a user's: some runtimes give it a `this`. */
  run<A, R>(frame: Frame, fn: (arg: A) => R, arg: A): R;
  /** All that the runtime tracks, this module's frame and foreign stores alike. */
  snapshot(): Context;
}

interface AsyncLocalStorageLike {
  getStore(): Frame | undefined;
  run<A, R>(store: Frame, fn: (arg: A) => R, arg: A): R;
}

interface Scope {
  runInAsyncScope<R>(fn: () => R): R;
}

interface AsyncResourceLike extends Scope {
  emitDestroy(): unknown;
}

interface AsyncHooks {
  AsyncLocalStorage: {
    new (options: object): AsyncLocalStorageLike;
    snapshot(): <R>(fn: () => R) => R;
  };
  AsyncResource?: new (
    type: string,
    options: { requireManualDestroy: boolean },
  ) => AsyncResourceLike;
}

type NativeAsyncContext = Pick<typeof AsyncContext, "Variable" | "Snapshot">;

interface Host {
  AsyncContext?: NativeAsyncContext;
  AsyncLocalStorage?: AsyncHooks["AsyncLocalStorage"];
  Deno?: unknown;
  Zone?: { current?: Zone };
}

/** A zone of zone.js: what it is asked for here. */
interface Zone {
  get(key: PropertyKey): unknown;
  fork(spec: { name: string; properties: object }): Zone;
  run<R>(fn: () => R): R;
}

const host = globalThis as unknown as Host;
/** The proposal itself, where a runtime ships it. */
export const nativeAsyncContext: NativeAsyncContext | undefined =
  host.AsyncContext?.Variable && host.AsyncContext.Snapshot ? host.AsyncContext : undefined;
/** The context of code that has set nothing and belongs to no task. */
export const emptyFrame: Frame = {
  task: undefined,
  waits: undefined,
  values: new Map(),
  entered: 0,
};
/**
 * The options of a resource that lives as long as it is held, and whose end nobody is to be
 * told of. Node reads more options of it, and must not find them in Object.prototype.
 */
const UNTRACKED = { requireManualDestroy: true, triggerAsyncId: undefined };
const carrier = nativeCarrier() ?? storageCarrier() ?? ownCarrier();

/** What the runtime ships. */
function nativeCarrier(): Carrier | undefined {
  if (!nativeAsyncContext) return undefined;
  const { Variable, Snapshot } = nativeAsyncContext;
  const slot = new Variable<Frame>();
  return {
    isOwn: false,
    get: () => slot.get(),
    run: (frame, fn, arg) => slot.run(frame, fn, arg),
    snapshot: () => new Snapshot(),
  };
}

/** `AsyncLocalStorage`: Deno, Node, Bun, workerd and the edge runtimes. */
function storageCarrier(): Carrier | undefined {
  const hooks = builtinModule("node:async_hooks") as AsyncHooks | undefined;
  const AsyncLocalStorage = host.AsyncLocalStorage ?? hooks?.AsyncLocalStorage;
  if (!AsyncLocalStorage) return undefined;
  const AsyncResource = hooks?.AsyncResource;
  // Node reads options of it, and would take a default value from Object.prototype.
  const slot = new AsyncLocalStorage({ defaultValue: undefined, name: undefined });
  return {
    isOwn: false,
    get: () => slot.getStore(),
    run: (frame, fn, arg) => slot.run(frame, fn, arg),
    snapshot() {
      if (!AsyncResource) {
        return new StorageSnapshot({ runInAsyncScope: AsyncLocalStorage.snapshot() });
      }
      // It holds the same stores as AsyncLocalStorage.snapshot() and is made and entered
      // in less time (Deno 2.9, Node 20, 24).
      const resource = new AsyncResource("AsyncContext", UNTRACKED);
      // Deno has a finalizer for it whatever the options say: a task took a sixth longer.
      // Those who watch by `createHook()` are told at once that it ended.
      if (host.Deno) resource.emitDestroy();
      return new StorageSnapshot(resource);
    },
  };
}

/** Every task has one: no closure, which would take more memory. */
class StorageSnapshot implements Context {
  readonly #resource: Scope;

  constructor(resource: Scope) {
    this.#resource = resource;
  }

  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
    return this.#resource.runInAsyncScope(bind(fn, args));
  }
}

/** The frame of the code that runs now, where no runtime support carries it. */
let current: Frame | undefined;

/** Nothing to build on (browsers): this module carries the frame by itself. */
function ownCarrier(): Carrier {
  const run: Carrier["run"] = (frame, fn, arg) => {
    const outer = current;
    current = frame;
    try {
      return fn(arg);
    } finally {
      current = outer;
    }
  };
  return {
    isOwn: true,
    get: () => current,
    run,
    snapshot() {
      const frame = currentFrame();
      return { run: (fn, ...args) => run(frame, call<never>, bind(fn, args) as never) };
    },
  };
}

/** The `Promise` whose reactions keep the context; `undefined` until `probeAwait()` has seen it. */
let carryingPromise: unknown;

/** Awaits `probe`, which learns its functions, and takes over the context if the carrier lost it. */
async function probeAwait(): Promise<void> {
  await probe;
  if (carrier.isOwn) return;
  if (carrier.get() !== emptyFrame) {
    Object.assign(carrier, ownCarrier());
    reportLoss();
  } else if (!isPromiseReplaced()) {
    carryingPromise = Promise;
  }
}

/** Whether a reaction of a promise runs in the context of whoever registered it. */
export function reactionsCarry(): boolean {
  return Promise === carryingPromise;
}

let onLoss: (() => void) | undefined;

/** Sets what is called, once, when an `await` turns out to call `then` in another context. */
export function setOnLoss(callback: () => void): void {
  onLoss = callback;
}

function reportLoss(): void {
  onLoss?.();
  onLoss = undefined;
}

/** Whether an `await` of anything but a future loses the context. */
export function awaitLosesContext(): boolean {
  return carrier.isOwn;
}

/** The current zone, if zone.js replaced `Promise`. Zones follow awaits compiled to `then()`. */
function currentZone(): Zone | undefined {
  const zone = isPromiseReplaced() ? host.Zone?.current : undefined;
  return typeof zone?.fork === "function" ? zone : undefined;
}

/** The key of the frame in a zone; a symbol, so that copies do not read each other's. */
const FRAME = Symbol("frame");

/** Everything that the runtime tracks at this moment. */
export function takeSnapshot(): Context {
  const zone = currentZone();
  const context = carrier.snapshot();
  return zone ? { run: (fn, ...args) => zone.run(() => context.run(fn, ...args)) } : context;
}

/** The context of the code that runs now. */
export function currentFrame(): Frame {
  return currentZone()?.get(FRAME) as Frame | undefined ?? carrier.get() ?? emptyFrame;
}

/** Whether there has been a task; until then nobody need ask the context for one. */
export let taskHasRun = false;

/** As {@linkcode currentFrame}, for who only asks for the task. */
export function currentTaskFrame(): Frame {
  return taskHasRun ? currentFrame() : emptyFrame;
}

/** Notes the first task. */
function runFirstTask(): void {
  taskHasRun = true;
  announceFrames();
}

let announced = false;

/** Announces this copy to the others, before it first enters a frame that they have to keep. */
function announceFrames(): void {
  if (announced) return;
  announced = true;
  announce({
    frame() {
      const frame = currentFrame();
      return frame === emptyFrame ? undefined : frame;
    },
    wake(frame, wake) {
      if (carrier.isOwn) wakeInFrame(frame as Frame, wake);
      else wake();
    },
  });
}

/** Calls `fn` in a copy of the current context that belongs to `task`. */
export function runAsTask<A, R>(
  task: Task<unknown>,
  waits: Waits | undefined,
  fn: (arg: A) => R,
  arg: A,
): R {
  if (!taskHasRun) runFirstTask();
  const entered = ++shared().entered;
  return runInFrame({ task, waits, values: currentFrame().values, entered }, fn, arg);
}

/** Calls `fn` in another context, but as the task, if any, whose code runs now. */
export function runAsNow(context: Context, fn: () => void): void {
  const { task, waits, entered } = currentFrame();
  context.run(() => runInFrame({ ...currentFrame(), task, waits, entered }, fn, undefined));
}

/** A function may have a `bind` of its own. */
export const { bind: bindFunction } = Function.prototype;

/**
 * Binds a user's function to its arguments. A closure would be on the stack of an error that
 * the function throws, and V8 keeps the functions on it alive, with all that they enclose.
 * To bind the function reads its name, which may be a getter that throws.
 */
export function bind<A extends unknown[], R>(fn: (...args: A) => R, args: A): () => R {
  checkCallback("run the function", fn, "argument");
  try {
    return bindFunction.call(fn, undefined, ...args) as () => R;
  } catch {
    return bindFunction.call(Reflect.apply, undefined, fn, undefined, args) as () => R;
  }
}

/** Calls a function of {@linkcode bind}. */
export function call<R>(fn: () => R): R {
  return fn();
}

/** Calls `fn`, which is none of a user's, in a frame like the current one, but for the values. */
export function runWithValues<A, R>(values: Frame["values"], fn: (arg: A) => R, arg: A): R {
  if (carrier.isOwn) announceFrames();
  return runInFrame({ ...currentFrame(), values }, fn, arg);
}

/** Calls `fn`, which is none of a user's, in `frame`. */
export function runInFrame<A, R>(frame: Frame, fn: (arg: A) => R, arg: A): R {
  const zone = currentZone();
  if (!zone) return carrier.run(frame, fn, arg);
  // zone.js drains its queue in the context of whoever queued first. An empty job, queued
  // before `frame` is entered, makes that the outer context.
  enqueueForeign(() => {});
  const own = zone.fork({ name: "asyncio", properties: { [FRAME]: frame } });
  return own.run(() => carrier.run(frame, fn, arg));
}

/** Enqueues one microtask, which calls `fn` in the context of now. */
export function enqueue(fn: () => void): void {
  if (reactionsCarry()) enqueueNative(fn);
  else captureContext<void>(fn)();
}

type Capture = <T>(fn: (value: T) => void) => (value: T) => void;

/**
 * Captures the context of now for one later call of a function.
 *
 * @param fn The function.
 * @returns A function that enqueues one microtask, which calls `fn` in that
 * context with the value that the function is given.
 */
export const capture: Capture = makeCapture();

/**
 * Where promises keep their context, a pending promise whose reaction is the function
 * captures every store there is, foreign ones too, and costs less than
 * `AsyncLocalStorage.snapshot()`. Elsewhere, {@linkcode captureContext} does the work.
 *
 * It is rejected, as a promise looks for a `then` in what it is resolved with, and would
 * adopt a thenable. Nobody is told of the rejection, as it has a handler. With `resolve`, a
 * done callback took 11 % longer (Deno 2.9) and 14 % (Node 24).
 */
function makeCapture(): Capture {
  // `kept` is replaced while it is young, as V8 takes note of each old object that is given
  // a young one: a done callback took 4 % longer (Deno 2.9).
  const youngFor = 512;
  let uses = 0;
  let kept: { reject: ((value: never) => void) | undefined } = { reject: undefined };
  // V8 inlines `keep` only if it cannot change. It is a constant of this function, as
  // bundlers make each of a module a `var`: a done callback took 7 % longer (Node 24).
  const keep = (_resolve: unknown, reject: (value: never) => void) => {
    kept.reject = reject;
  };
  return <T>(fn: (value: T) => void) => {
    if (!reactionsCarry()) return captureContext(fn);
    if (++uses === youngFor) {
      uses = 0;
      kept = { reject: undefined };
    }
    new Promise(keep).then(undefined, fn);
    const reject = kept.reject as (value: T) => void;
    kept.reject = undefined;
    return reject;
  };
}

/** As {@linkcode capture}, where reactions of promises are not known to carry the context. */
function captureContext<T>(fn: (value: T) => void): (value: T) => void {
  if (isPromiseReplaced()) {
    reportLoss();
  } else if (carrier.isOwn) {
    const frame = currentFrame();
    // Bound, not a closure: the stack of an error keeps the functions on it alive, with all
    // that they enclose.
    return (value) => enqueueNative((runInFrame<T, void>).bind(undefined, frame, fn, value));
  }
  const context = takeSnapshot();
  return (value) => enqueueNative(context.run.bind(context, fn as () => void, value as never));
}

/**
 * Calls `wake`, which enqueues the continuation of an `await`, such that the
 * continuation runs in `frame` although the runtime does not carry contexts:
 * the microtasks before and after it enter the frame and leave it.
 *
 * @param enqueueMark Enqueues these on the queue that `wake` enqueues the continuation on.
 */
export function wakeInFrame(frame: Frame, wake: () => void, enqueueMark = enqueueNative): void {
  enqueueMark(() => {
    current = frame;
  });
  try {
    wake();
  } finally {
    enqueueMark(() => {
      current = undefined;
    });
  }
}

/** Settled when the library has drained the queue of the previous {@linkcode callForLibrary}. */
let lastCall: PromiseLike<unknown> | undefined;

/**
 * Calls `fn`, which must not throw, in `context` and `frame`, where a library replaced the
 * global `Promise`, such that whoever waits for what `fn` settles goes on there as well.
 *
 * The library drains its queue in the context of whoever queued first, so each call waits
 * until the queue of the one before is empty. zone.js binds each job to a zone: no wait.
 */
export function callForLibrary(context: Context, frame: Frame, fn: () => void): void {
  const run = () => context.run(() => runInFrame(frame, call<void>, fn));
  if (currentZone()) return enqueueNative(run);
  lastCall = Promise.resolve(lastCall).then(() =>
    new Promise<void>((resolve) =>
      enqueueNative(() => {
        if (carrier.isOwn) wakeInFrame(frame, run, enqueueForeign);
        else run();
        resolve();
      })
    )
  );
}

carrier.run(emptyFrame, probeAwait, undefined);
