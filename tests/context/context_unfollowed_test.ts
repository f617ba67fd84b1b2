import { testContext } from "./context_cases.ts";

/** A stand-in for `AsyncLocalStorage` that knows nothing of promises, as some bundlers have for browsers. */
class AsyncLocalStorage<T> {
  static snapshot(): <R>(fn: () => R) => R {
    return (fn) => fn();
  }

  #store: T | undefined;

  getStore(): T | undefined {
    return this.#store;
  }

  run<A extends unknown[], R>(store: T, fn: (...args: A) => R, ...args: A): R {
    const outer = this.#store;
    this.#store = store;
    try {
      return fn(...args);
    } finally {
      this.#store = outer;
    }
  }
}

// Each test file has globals of its own.
const { process } = globalThis as unknown as { process?: object };
if (process) Object.defineProperty(process, "getBuiltinModule", { value: undefined });
Object.assign(globalThis, { AsyncLocalStorage });

testContext("the module, as AsyncLocalStorage does not", await import("../../mod.ts"), false);
