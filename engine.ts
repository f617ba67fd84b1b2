/**
 * What the engine does by itself, whoever patched or replaced it: its promises, its
 * functions, and the modules of the host.
 *
 * zone.js, React Native and polyfills replace the global `Promise`, but an `await`
 * that was not compiled away goes on using the engine's own.
 *
 * @module
 */

const { toString } = Function.prototype;

/** The source text of a function; `[native code]` for those of the engine. */
export function textOf(fn: object): string {
  return toString.call(fn);
}

/** Calls `fn` in a microtask: of the engine, unless whoever compiled this left no `await` in it. */
async function callSoon(fn: () => unknown): Promise<void> {
  await undefined;
  fn();
}

/**
 * Whether the global `Promise` is what async functions return. That shows whose it is unless
 * they were compiled away: then the text has to, which must not be that of a patched `toString`.
 */
const isEngines = Object.getPrototypeOf(callSoon(() => {})) === Promise.prototype &&
  textOf(Promise).includes("native code") &&
  (textOf(callSoon).startsWith("async") || !("prototype" in toString));

/** The global `Promise` as it was at import, if that is the engine's own. */
const enginePromise: unknown = isEngines && Promise;

/** Whether somebody replaced the global `Promise`, before this module was imported or since. */
export function isPromiseReplaced(): boolean {
  return Promise !== enginePromise;
}

const resolved = Promise.resolve();
const { then } = Promise.prototype;

/** Enqueues one microtask of the engine. */
export function enqueueNative(fn: () => unknown): void {
  if (isEngines) then.call(resolved, fn);
  else callSoon(fn);
}

/** Enqueues one microtask of whatever library replaced the global `Promise`. */
export function enqueueForeign(fn: () => void): void {
  Promise.resolve().then(fn);
}

/** How the functions look that an `await` hands to a thenable; none until that is known. */
let resolvingText: string | undefined;

/** Learns what an `await` hands to it. */
export const probe: PromiseLike<void> = {
  then(resolve: unknown): never {
    const text = textOf(resolve as () => void);
    // In Hermes, the functions of the program look alike.
    if (text !== textOf((_value: unknown) => {})) resolvingText = text;
    return (resolve as () => never)();
  },
};

interface Util {
  readonly types?: { isProxy?(value: unknown): boolean };
}

/** What tells proxies, where the host has it; to all others, a proxy looks as what is behind it. */
const isProxy = (builtinModule("node:util") as Util | undefined)?.types?.isProxy ?? (() => false);

/**
 * Whether `fn` belongs to a promise of the engine, as what `await` hands to `then` does,
 * and may be called at once: it runs no code of the program, it only enqueues.
 *
 * Functions of a promise are nameless and native. Bound functions look the same, but
 * have names. So do proxies of nameless functions, which only the host can tell.
 */
export function isResolvingFunction(fn: unknown): fn is (value: unknown) => never {
  return typeof fn === "function" && textOf(fn) === resolvingText &&
    (fn as () => void).name === "" && !isProxy(fn);
}

/** Looks something up, or returns `undefined` where that throws, as stubs of edge runtimes do. */
export function attempt<R>(look: () => R): R | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** A module that is a part of Node or of what stands for it, if there is one. */
export function builtinModule(name: string): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return attempt(() => process?.getBuiltinModule?.(name));
}
