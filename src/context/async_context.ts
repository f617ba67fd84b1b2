/**
 * `AsyncContext`: variables that follow asynchronous work.
 *
 * @module
 */

import { checkCallback, isObject } from "../base/checks.ts";
import { define } from "../base/inspect.ts";
import { bind, bindFunction, call } from "./calls.ts";
import { nativeAsyncContext } from "./carriers.ts";
import { currentFrame, runWithValues, takeSnapshot } from "./current.ts";
import type { Context } from "./frame.ts";

/** Options of {@linkcode AsyncContext.Variable}. */
export interface VariableOptions<T> {
  /** A name for debugging, which is converted to a string. Default: an empty string. */
  name?: string | undefined;
  /** What `get()` returns where no value is set. Default: `undefined`. */
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
   * @param value The value.
   * @param fn The function to call.
   * @param args Its arguments.
   * @returns What `fn` returns.
   * @throws {TypeError} If `fn` is no function.
   */
  run<A extends unknown[], R>(value: T, fn: (...args: A) => R, ...args: A): R;
}

/** Names a class as the proposal does, whatever a minifier calls it. */
function nameClass(Class: { prototype: object }, name: string): void {
  define(Class, "name", { value: name, configurable: true });
  tag(Class.prototype, `AsyncContext.${name}`);
}

function tag(object: object, name: string): void {
  define(object, Symbol.toStringTag, { value: name, configurable: true });
}

class FrameVariable<T> implements Variable<T> {
  static {
    nameClass(this, "Variable");
  }

  readonly #name: string = "";
  readonly #defaultValue: T | undefined;

  constructor(options?: VariableOptions<T>) {
    // As the proposal has it, what is not an object counts as none.
    if (!isObject(options)) return;
    // Of a symbol this throws.
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
    // Of anything but a variable this throws.
    void this.#name;
    const values = new Map(currentFrame().values).set(this, value);
    return runWithValues(values, call<R>, bind(fn, args));
  }
}

/**
 * The context of the moment when it was made, to run functions in later.
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
    // A method, because a function would be a constructor.
    const { wrapped } = {
      wrapped(this: This, ...args: A): R {
        return snapshot.#context.run(() => Reflect.apply(fn, this, args));
      },
    };
    // bind() computes length and name by the proposal's rules, but for the word "bound".
    const { length, name } = bindFunction.call(fn, undefined) as () => void;
    define(wrapped, "length", { value: length, configurable: true });
    define(wrapped, "name", { value: name.replace("bound", "wrapped"), configurable: true });
    return wrapped;
  }

  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
    return this.#context.run(fn, ...args);
  }
}

/**
 * `AsyncContext.Variable` and `AsyncContext.Snapshot` of the TC39 proposal.
 *
 * The values follow done callbacks, loop callbacks, timers, tasks and every
 * `await` and `yield*`. Where the runtime ships `AsyncContext`, it is that very
 * object. Where it has `AsyncLocalStorage` (Deno, Node, Bun, workerd), the
 * values are kept there. Elsewhere (browsers) the module carries them by
 * itself; they are lost only after awaiting a promise that is no Future, and
 * `await ensureFuture(promise)` keeps them.
 *
 * Source: [TC39 AsyncContext](https://github.com/tc39/proposal-async-context);
 * asyncio's counterpart is [`contextvars`](https://docs.python.org/3.14/library/contextvars.html).
 *
 * @example Usage
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
  /** Makes a variable. */
  readonly Variable: new <T>(options?: VariableOptions<T>) => AsyncContext.Variable<T>;
  /** Takes a snapshot of the current context. */
  readonly Snapshot: {
    /** Takes the snapshot. */
    new (): AsyncContext.Snapshot;
    /**
     * Binds a function to the current context.
     *
     * @param fn The function.
     * @returns A function that calls `fn` in the context of now, with the `this`
     * and the arguments that it gets.
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

/** The types of {@linkcode AsyncContext}'s objects. */
export declare namespace AsyncContext {
  /** The type of `new AsyncContext.Variable<T>()`. */
  export type { Variable };
  /** The type of `new AsyncContext.Snapshot()`. */
  export type { Snapshot };
}
