/**
 * The carrier: transports a frame from the code that registers a callback, or awaits, to the code
 * that runs later.
 *
 * The features of the runtime decide at import which carrier is used. If the first `await` loses
 * the frame, the module's own carrier takes over.
 *
 * @module
 */

import { builtinModule, enqueueNative, isPromiseReplaced, probe } from "../base/engine.ts";
import type { AsyncContext } from "./async_context.ts";
import { bind, call } from "./calls.ts";
import type { Zone } from "./current.ts";
import { type Context, emptyFrame, type Frame } from "./frame.ts";

/** A way to transport one frame from the code that registers to the code that runs. */
interface Carrier {
  /** Whether this module carries the frame itself, so that an `await` of a promise loses it. */
  readonly carriesByItself: boolean;
  /** The frame of the code that runs now, if any. */
  get(): Frame | undefined;
  /** Calls `fn(arg)` in `frame`. `fn` is not user code, as some runtimes set its `this`. */
  run<A, R>(frame: Frame, fn: (arg: A) => R, arg: A): R;
  /** Everything that the runtime tracks now: the frame, and the stores of other libraries. */
  snapshot(): Context;
}

/** The globals of the host that this layer looks for. */
export const host = globalThis as unknown as HostGlobals;

/** The runtime's own `AsyncContext`, if there is one. */
export const nativeAsyncContext: NativeAsyncContext | undefined =
  host.AsyncContext?.Variable && host.AsyncContext.Snapshot ? host.AsyncContext : undefined;

/**
 * The frame of the code that runs now. Only the module's own carrier uses this variable:
 * `run()` sets and restores it, `wakeInFrame()` sets and clears it.
 */
let current: Frame | undefined;

/** The carrier in use. `probeAwait()` replaces its methods by those of the module's own carrier. */
export const carrier = nativeCarrier() ?? storageCarrier() ?? ownCarrier();

/** Builds on the runtime's own `AsyncContext`. */
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

/**
 * The options of an `AsyncResource` that fires no `destroy` hook when it is collected. Node reads
 * `triggerAsyncId` as well, which must not come from a polluted `Object.prototype`.
 */
const UNTRACKED = { requireManualDestroy: true, triggerAsyncId: undefined };

/** Builds on `AsyncLocalStorage` (Deno, Node, Bun, workerd, edge runtimes). */
function storageCarrier(): Carrier | undefined {
  const hooks = builtinModule("node:async_hooks") as AsyncHooks | undefined;
  const AsyncLocalStorage = host.AsyncLocalStorage ?? hooks?.AsyncLocalStorage;
  if (!AsyncLocalStorage) return undefined;
  const AsyncResource = hooks?.AsyncResource;
  // Node would take missing options from a polluted `Object.prototype`.
  const slot = new AsyncLocalStorage({ defaultValue: undefined, name: undefined });
  return {
    carriesByItself: false,
    get: () => slot.getStore(),
    run: (frame, fn, arg) => slot.run(frame, fn, arg),
    snapshot() {
      if (!AsyncResource) {
        return new StorageSnapshot({ runInAsyncScope: AsyncLocalStorage.snapshot() });
      }
      // Not AsyncLocalStorage.snapshot(): see docs/performance.md#snapshot-by-an-asyncresource.
      const resource = new AsyncResource("AsyncContext", UNTRACKED);
      // Avoids the cost of Deno's finalizer: see the same section. `destroy` hooks fire at once.
      if (host.Deno) resource.emitDestroy();
      return new StorageSnapshot(resource);
    },
  };
}

/** Each task has a snapshot, and a closure would take more memory than an instance. */
class StorageSnapshot implements Context {
  readonly #resource: AsyncScope;

  constructor(resource: AsyncScope) {
    this.#resource = resource;
  }

  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
    return this.#resource.runInAsyncScope(bind(fn, args));
  }
}

/** Builds on no runtime support (browsers): the module carries the frame itself. */
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

/** The `Promise` whose reactions carry the context; `undefined` until `probeAwait()` has set it. */
let carryingPromise: unknown;

/**
 * Runs at import, in the empty frame, and awaits `probe`. If the carrier has lost that frame after
 * the `await`, the module's own carrier takes over.
 */
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

/** Whether a promise reaction runs in the context in which `then` was called. */
export function reactionsCarry(): boolean {
  return Promise === carryingPromise;
}

/** The callback of `setOnLoss()`; `undefined` once `reportLoss()` has called it. */
let onLoss: (() => void) | undefined;

/** Sets the callback for the first `reportLoss()`. */
export function setOnLoss(callback: () => void): void {
  onLoss = callback;
}

/** Reports that an `await` may call `then` in another context than that of the code that awaits. */
export function reportLoss(): void {
  onLoss?.();
  onLoss = undefined;
}

/** Whether an `await` of anything other than a future loses the context. */
export function awaitLosesContext(): boolean {
  return carrier.carriesByItself;
}

/**
 * Makes the continuation of an `await` run in `frame` where the runtime carries no contexts.
 *
 * Three jobs run in this order: one enters the frame, the continuation runs, one leaves the frame.
 *
 * @param wake Enqueues the continuation.
 * @param enqueueMark Enqueues the first and the third job, on the same queue as `wake`.
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

// The call uses the variables above.
carrier.run(emptyFrame, probeAwait, undefined);
