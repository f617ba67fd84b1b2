import { assertStrictEquals } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { has, needs } from "../helpers/capabilities.ts";
import { testContext } from "./context_cases.ts";
import { testContextVar } from "./context_var_cases.ts";

/** The `AsyncContext` of a runtime that ships the TC39 proposal, as none does so far. */
const AsyncContext = {
  Variable: class<T> {
    readonly #store = new AsyncLocalStorage<{ value: T }>();
    readonly name: string;
    readonly #defaultValue: T | undefined;

    constructor({ name = "", defaultValue }: { name?: string; defaultValue?: T } = {}) {
      this.name = name;
      this.#defaultValue = defaultValue;
    }

    get(): T | undefined {
      const store = this.#store.getStore();
      return store ? store.value : this.#defaultValue;
    }

    run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R {
      return this.#store.run({ value }, fn, ...args);
    }
  },
  Snapshot: class Snapshot {
    readonly run = AsyncLocalStorage.snapshot();

    static wrap<This, A extends unknown[], R>(fn: (this: This, ...args: A) => R) {
      const snapshot = new Snapshot();
      return function (this: This, ...args: A): R {
        return snapshot.run(() => fn.apply(this, args));
      };
    }
  },
};
// In addition, no way to a macrotask is left but `setTimeout()`.
if (has.asyncLocalStorage) {
  Object.assign(globalThis, { AsyncContext, setImmediate: undefined, MessageChannel: undefined });
}

const module = await import("../../mod.ts");

testContext("the runtime's AsyncContext", module, true, "asyncLocalStorage");
testContextVar("the runtime's AsyncContext", module, "asyncLocalStorage");

Deno.test("AsyncContext is the namespace of the runtime if that has one", () => {
  needs("asyncLocalStorage");
  assertStrictEquals<unknown>(module.AsyncContext, AsyncContext);
});
