/**
 * Carriers: how a frame travels from the code that registers to the code that runs.
 *
 * The carrier is chosen at import, by what the runtime has. If the first `await` shows that it
 * does not follow promises, this module's own replaces it.
 *
 * @module
 */

import { builtinModule, enqueueNative, isPromiseReplaced, probe } from "../base/engine.ts";
import type { AsyncContext } from "./async_context.ts";
import { bind, call } from "./calls.ts";
import type { Zone } from "./current.ts";
import { type Context, emptyFrame, type Frame } from "./frame.ts";

/** How one frame travels from the code that registers to the code that runs. */
interface Carrier {
  /** Whether this module carries the frame by itself, which no `await` of a promise does. */
  readonly carriesByItself: boolean;
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

interface AsyncScope {
  runInAsyncScope<R>(fn: () => R): R;
}

interface AsyncResourceLike extends AsyncScope {
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

interface HostGlobals {
  AsyncContext?: NativeAsyncContext;
  AsyncLocalStorage?: AsyncHooks["AsyncLocalStorage"];
  Deno?: unknown;
  Zone?: { current?: Zone };
}

export const host = globalThis as unknown as HostGlobals;

/** The proposal itself, where a runtime ships it. */
export const nativeAsyncContext: NativeAsyncContext | undefined =
  host.AsyncContext?.Variable && host.AsyncContext.Snapshot ? host.AsyncContext : undefined;

/**
 * The options of a resource that lives as long as it is held, and whose end nobody is to be
 * told of. Node reads more options of it, and must not find them in Object.prototype.
 */
const UNTRACKED = { requireManualDestroy: true, triggerAsyncId: undefined };

export const carrier = nativeCarrier() ?? storageCarrier() ?? ownCarrier();

/** What the runtime ships. */
function nativeCarrier(): Carrier | undefined {
  if (!nativeAsyncContext) return undefined;
  const { Variable, Snapshot } = nativeAsyncContext;
  const slot = new Variable<Frame>();
  return {
    carriesByItself: false,
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
    carriesByItself: false,
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
  readonly #resource: AsyncScope;

  constructor(resource: AsyncScope) {
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
    carriesByItself: true,
    get: () => current,
    run,
    snapshot() {
      const frame = current ?? emptyFrame;
      return { run: (fn, ...args) => run(frame, call<never>, bind(fn, args) as never) };
    },
  };
}

/** The `Promise` whose reactions keep the context; `undefined` until `probeAwait()` has seen it. */
let carryingPromise: unknown;

/** Awaits `probe`, which learns its functions, and takes over the context if the carrier lost it. */
async function probeAwait(): Promise<void> {
  await probe;
  if (carrier.carriesByItself) return;
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

export function reportLoss(): void {
  onLoss?.();
  onLoss = undefined;
}

/** Whether an `await` of anything but a future loses the context. */
export function awaitLosesContext(): boolean {
  return carrier.carriesByItself;
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

carrier.run(emptyFrame, probeAwait, undefined);
