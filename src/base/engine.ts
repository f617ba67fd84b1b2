/**
 * The engine's own promises and microtasks, even where a program replaced the global `Promise`,
 * and safe access to globals and modules that only some hosts have.
 *
 * zone.js, React Native and polyfills replace the global `Promise`. An `await` that no compiler
 * replaced still uses the promises of the engine.
 *
 * @module
 */

const NATIVE = "[native code]";

const { toString } = Function.prototype;

/**
 * Whether the global `Promise` was the engine's own at import: an async function returns such a
 * promise.
 *
 * A compiler may have replaced the async functions, so the source text of `Promise` decides, too.
 * A patched `toString` can fake that text; unlike a native function, it has a `prototype`.
 */
const isPromiseNative = Object.getPrototypeOf(runInMicrotask(() => {})) === Promise.prototype &&
  sourceOf(Promise).includes(NATIVE) &&
  (sourceOf(runInMicrotask).startsWith("async") || !("prototype" in toString));

/** The global `Promise` at import if it was the engine's own, otherwise `false`. */
const enginePromise: unknown = isPromiseNative && Promise;

/** Whether a program replaced the global `Promise`, before the import of this module or since. */
export function isPromiseReplaced(): boolean {
  return Promise !== enginePromise;
}

const resolved = Promise.resolve();

const { then } = Promise.prototype;

/** Enqueues `fn` as one microtask of the engine. */
export function enqueueNative(fn: () => unknown): void {
  if (isPromiseNative) then.call(resolved, fn);
  else runInMicrotask(fn);
}

/** Calls `fn` in a microtask: the engine's, or a library's if a compiler replaced this `await`. */
async function runInMicrotask(fn: () => unknown): Promise<void> {
  await undefined;
  fn();
}

/** Enqueues `fn` as one microtask of the library that replaced the global `Promise`. */
export function enqueueForeign(fn: () => void): void {
  Promise.resolve().then(fn);
}

/**
 * The source text of the functions that the engine's `await` passes to `then`. Stays `undefined`
 * until `probe` is awaited, and where the text tells nothing.
 */
let resolvingText: string | undefined;

/** A thenable to await once: its `then` sets `resolvingText`. */
export const probe: PromiseLike<void> = {
  then(resolve: unknown): never {
    const text = sourceOf(resolve as () => void);
    // Hermes prints all functions alike. A compiled `await` passes functions of a library, whose
    // text is not native.
    if (text.includes(NATIVE) && text !== sourceOf((_value: unknown) => {})) resolvingText = text;
    return (resolve as () => never)();
  },
};

/**
 * Whether `fn` is a resolving function of a promise of the engine, like those that `await` passes
 * to `then`. Such a function runs no code of the program, so it may be called at once.
 *
 * A proxy of a nameless native function passes as well; only {@linkcode isProxy} can tell it.
 * Source text and name decide: see docs/performance.md#resolving-functions.
 */
export function isResolvingFunction(fn: unknown): fn is (value: unknown) => never {
  return typeof fn === "function" && sourceOf(fn) === resolvingText &&
    (fn as () => void).name === "";
}

/** The functions of TypeScript's `__awaiter` that resume a generator, also when minified. */
const COMPILED_AWAIT = [
  /^[^{]*\{\s*try\s*\{[^{}]*\.next\([\w$]+\)+;?\s*\}\s*catch/,
  /^[^{]*\{\s*try\s*\{[^{}]*(\.throw|\["throw"\])\([\w$]+\)+;?\s*\}\s*catch/,
];

/**
 * Whether `then()` is called by an `await` that TypeScript compiled to ES2016 or lower. Unlike the
 * engine's `await`, this one calls `then()` of every instance of `Promise` with its own functions.
 */
export function isCompiledAwait(...handlers: unknown[]): boolean {
  return COMPILED_AWAIT.every((pattern, i) => {
    const handler = handlers[i];
    return typeof handler === "function" && pattern.test(sourceOf(handler));
  });
}

interface Util {
  readonly types?: { isProxy?(value: unknown): boolean };
}

/** `util.types.isProxy`; always `false` on hosts without it, such as browsers. */
export const isProxy = (builtinModule("node:util") as Util | undefined)?.types?.isProxy ??
  (() => false);

/** The source text of a function; `[native code]` is part of it for functions of the engine. */
export function sourceOf(fn: object): string {
  return toString.call(fn);
}

/** Calls `look`; `undefined` if it throws, as stubs of edge runtimes do. */
export function attempt<R>(look: () => R): R | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** A global, or `undefined` if the host lacks it or its getter throws. */
export function globalOf<T>(name: string): T | undefined {
  return attempt(() => (globalThis as Record<string, unknown>)[name] as T);
}

/** A built-in module of Node, or `undefined` if the host lacks it. */
export function builtinModule(name: string): unknown {
  const process = globalOf<{ getBuiltinModule?(name: string): unknown }>("process");
  return attempt(() => process?.getBuiltinModule?.(name));
}

/**
 * Defines a property. The descriptor loses its prototype first, so that a polluted
 * `Object.prototype` adds nothing to it.
 */
export function define(target: object, key: PropertyKey, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, key, Object.setPrototypeOf(descriptor, null));
}
