/**
 * The public `AsyncContext`: the runtime's own object, or classes that keep values in frames.
 *
 * @module
 */

import { checkCallback, isObject } from "../base/checks.ts";
import { define } from "../base/engine.ts";
import { bind, call, nameAfter } from "./calls.ts";
import { nativeAsyncContext } from "./carriers.ts";
import { currentFrame, runWithValues, takeSnapshot } from "./current.ts";
import type { Context } from "./frame.ts";

/**
 * Options of {@linkcode AsyncContext.Variable}.
 *
 * @category Context
 */
export interface VariableOptions<T> {
  /** A name for debugging, which is converted to a string. Default: an empty string. */
  name?: string | undefined;
  /** The value of `get()` where none is set. Default: `undefined`. */
  defaultValue?: T | undefined;
}

/**
 * A value that follows the code that set it through callbacks, tasks and `await`.
 *
 * Source: [TC39 AsyncContext](https://github.com/tc39/proposal-async-context);
 * asyncio's counterpart is
 * [`ContextVar`](https://docs.python.org/3.14/library/contextvars.html#contextvars.ContextVar).
 */
interface Variable<T> {
  /** The name given to the constructor, or an empty string. */
  readonly name: string;
  /** The value in the current context, or the default value. */
  get(): T | undefined;
  /**
   * Calls `fn` in a context where the variable has `value`.
   *
   * @param value The value that `get()` returns there.
   * @param fn The function to call.
   * @param args The arguments of `fn`.
   * @returns The return value of `fn`.
   * @throws {TypeError} If `fn` is not a function.
   */
  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R;
}

class FrameVariable<T> implements Variable<T> {
  static {
    nameClass(this, "Variable");
  }

  readonly #name: string = "";
  readonly #defaultValue: T | undefined;

  constructor(options?: VariableOptions<T>) {
    // The proposal ignores options that are not an object.
    if (!isObject(options)) return;
    // Throws a TypeError if the name is a symbol.
    if ("name" in options) this.#name = `${options.name}`;
    this.#defaultValue = options.defaultValue;
  }

  get name(): string {
    return this.#name;
  }

  get(): T | undefined {
    const { values } = currentFrame();
    return values.has(this) ? values.get(this) as T : this.#defaultValue;
  }

  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R {
    // Throws a TypeError if `this` is not a variable.
    void this.#name;
    const values = new Map(currentFrame().values).set(this, value);
    return runWithValues(values, call<R>, bind(fn, args));
  }
}

/**
 * The context in which the snapshot was made, to run functions in later.
 *
 * Source: [TC39 AsyncContext](https://github.com/tc39/proposal-async-context);
 * asyncio's counterpart is
 * [`copy_context`](https://docs.python.org/3.14/library/contextvars.html#contextvars.copy_context).
 */
interface Snapshot extends Context {}

class CarrierSnapshot implements Snapshot {
  static {
    nameClass(this, "Snapshot");
  }

  readonly #context = takeSnapshot();

  static wrap<This, A extends unknown[], R>(
    fn: (this: This, ...args: A) => R,
  ): (this: This, ...args: A) => R {
    checkCallback("wrap the function", fn, "argument");
    const snapshot = new CarrierSnapshot();
    // The wrapper is a method: a function would be a constructor, and an arrow function has no `this` of its own.
    const { wrapped } = {
      wrapped(this: This, ...args: A): R {
        return snapshot.#context.run(() => Reflect.apply(fn, this, args));
      },
    };
    nameAfter(wrapped, fn, "wrapped");
    return wrapped;
  }

  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
    return this.#context.run(fn, ...args);
  }
}

/**
 * `AsyncContext.Variable` and `AsyncContext.Snapshot` of the TC39 proposal.
 *
 * The values follow done callbacks, loop callbacks, timers, tasks and every `await` and `yield*`.
 *
 * - Where the runtime ships `AsyncContext`, this is that very object.
 * - Where the runtime has `AsyncLocalStorage` (Deno, Node, Bun, workerd), that keeps the values.
 * - Elsewhere (browsers), the module itself carries the values. Only an `await` of a promise that
 *   is not a Future loses them; `await ensureFuture(promise)` keeps them.
 *
 * Source: [TC39 AsyncContext](https://github.com/tc39/proposal-async-context);
 * asyncio's counterpart is [`contextvars`](https://docs.python.org/3.14/library/contextvars.html).
 *
 * @category Context
 *
 * @example
 * ```ts
 * import { AsyncContext, createTask, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const user = new AsyncContext.Variable<string>({ defaultValue: "nobody" });
 * const task = user.run("ada", () =>
 *   createTask(async () => {
 *     await sleep(1);
 *     return user.get();
 *   }));
 * assertEquals(user.get(), "nobody");
 * assertEquals(await task, "ada");
 * ```
 */
export const AsyncContext: {
  /**
   * Makes a variable, whose value follows callbacks, tasks, `await` and `yield*`. Set it with `run()`,
   * ask for it with `get()`. The counterpart of
   * [`ContextVar`](https://docs.python.org/3.14/library/contextvars.html#contextvars.ContextVar).
   *
   * @param options The name and the default value.
   */
  readonly Variable: new <T>(options?: VariableOptions<T>) => AsyncContext.Variable<T>;
  /** Snapshots of the context. */
  readonly Snapshot: {
    /** Takes a snapshot of the current context, to run functions in later with `run()`. */
    new (): AsyncContext.Snapshot;
    /**
     * Binds a function to the current context.
     *
     * @param fn The function to bind.
     * @returns A function that calls `fn` in the context of this call of `wrap()`, and passes its
     * own `this` and arguments on.
     * @throws {TypeError} If `fn` is not a function.
     */
    wrap<This, A extends unknown[], R>(
      fn: (this: This, ...args: A) => R,
    ): (this: This, ...args: A) => R;
  };
} = nativeAsyncContext ?? makeAsyncContext();

function makeAsyncContext(): typeof AsyncContext {
  const made = {} as typeof AsyncContext;
  tag(made, "AsyncContext");
  for (const Class of [FrameVariable, CarrierSnapshot]) {
    define(made, Class.name, { value: Class, writable: true, configurable: true });
  }
  return made;
}

/** The types of the variables and snapshots. */
export declare namespace AsyncContext {
  /** The type of `new AsyncContext.Variable<T>()`. */
  export type { Variable };
  /** The type of `new AsyncContext.Snapshot()`. */
  export type { Snapshot };
}

/** Gives a class its name in the proposal, which a minifier would change. */
function nameClass(Class: { prototype: object }, name: string): void {
  define(Class, "name", { value: name, configurable: true });
  tag(Class.prototype, `AsyncContext.${name}`);
}

function tag(object: object, name: string): void {
  define(object, Symbol.toStringTag, { value: name, configurable: true });
}
