/**
 * The engine's own promises and microtasks, even where a program replaced the global
 * `Promise`; and modules that only some hosts have.
 *
 * zone.js, React Native and polyfills replace the global `Promise`, but an `await`
 * that was not compiled away goes on using the engine's own.
 *
 * @module
 */

const { toString } = Function.prototype;

const NATIVE = "[native code]";

/** The source text of a function; `[native code]` for those of the engine. */
export function sourceOf(fn: object): string {
  return toString.call(fn);
}

/** Calls `fn` in a microtask of the engine, or of a library if a compiler replaced the `await`. */
async function runInMicrotask(fn: () => unknown): Promise<void> {
  await undefined;
  fn();
}

/**
 * Whether the global `Promise` is the engine's: async functions return it. Where a compiler
 * replaced them, the source text decides, unless `toString` is patched: native functions have
 * no `prototype`.
 */
const isPromiseNative = Object.getPrototypeOf(runInMicrotask(() => {})) === Promise.prototype &&
  sourceOf(Promise).includes(NATIVE) &&
  (sourceOf(runInMicrotask).startsWith("async") || !("prototype" in toString));

/** The global `Promise` as it was at import, if that is the engine's own. */
const enginePromise: unknown = isPromiseNative && Promise;

/** Whether somebody replaced the global `Promise`, before this module was imported or since. */
export function isPromiseReplaced(): boolean {
  return Promise !== enginePromise;
}

const resolved = Promise.resolve();

const { then } = Promise.prototype;

/** Enqueues one microtask of the engine. */
export function enqueueNative(fn: () => unknown): void {
  if (isPromiseNative) then.call(resolved, fn);
  else runInMicrotask(fn);
}

/** Enqueues one microtask of whatever library replaced the global `Promise`. */
export function enqueueForeign(fn: () => void): void {
  Promise.resolve().then(fn);
}

/** The source text of the functions that `await` passes to a thenable, if `probe` has seen it. */
let resolvingText: string | undefined;

/** A thenable that learns the text of what an `await` passes to it. */
export const probe: PromiseLike<void> = {
  then(resolve: unknown): never {
    const text = sourceOf(resolve as () => void);
    // Hermes prints all functions alike. A compiled `await` passes functions of a library.
    if (text.includes(NATIVE) && text !== sourceOf((_value: unknown) => {})) resolvingText = text;
    return (resolve as () => never)();
  },
};

interface Util {
  readonly types?: { isProxy?(value: unknown): boolean };
}

/** `util.types.isProxy`, where the host has it; browsers cannot tell a proxy of a function. */
export const isProxy = (builtinModule("node:util") as Util | undefined)?.types?.isProxy ??
  (() => false);

/**
 * Whether `fn` belongs to a promise of the engine, as what `await` passes to `then` does.
 * Such a function may be called at once: it only enqueues and runs no code of the program.
 *
 * Such functions are native and nameless. Bound functions print the same but have a name.
 * Proxies of nameless functions pass: only {@linkcode isProxy} tells them.
 */
export function isResolvingFunction(fn: unknown): fn is (value: unknown) => never {
  return typeof fn === "function" && sourceOf(fn) === resolvingText &&
    (fn as () => void).name === "";
}

/** Returns what `look` returns, or `undefined` if it throws, as stubs of edge runtimes do. */
export function attempt<R>(look: () => R): R | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** A global, or `undefined` where it is a getter that throws. */
export function globalOf<T>(name: string): T | undefined {
  return attempt(() => (globalThis as Record<string, unknown>)[name] as T);
}

/** A module of Node, where the host has it. */
export function builtinModule(name: string): unknown {
  const process = globalOf<{ getBuiltinModule?(name: string): unknown }>("process");
  return attempt(() => process?.getBuiltinModule?.(name));
}
