/**
 * `copyContext()`: the values of all `ContextVar`s, to run functions with.
 *
 * @module
 */

import { cannot } from "../base/checks.ts";
import { inspectAsText } from "../base/inspect.ts";
import { bind, call } from "./calls.ts";
import type { Cell } from "./cells.ts";
import { ContextVar } from "./context_var.ts";
import { runWithCell } from "./current.ts";
import type { Context } from "./frame.ts";
import { copyOfCell, currentCell, provideEnter, useCells } from "./own_cells.ts";

/** Makes the context of a cell; the constructor is private. */
let makeContext: (cell: Cell) => CopiedContext;

/**
 * A copy of a context: the values of the {@linkcode ContextVar}s that were set there, and of those
 * that functions set which `run()` calls.
 *
 * Iteration yields the variables, as for Python's `Context`. The values of `AsyncContext.Variable`s
 * are not part of it: an `AsyncContext.Snapshot` has those.
 *
 * Source: [`contextvars.Context`](https://docs.python.org/3.14/library/contextvars.html#contextvars.Context).
 *
 * @category Context
 *
 * @example
 * ```ts
 * import { ContextVar, copyContext } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const user = new ContextVar<string>("user");
 * const request = copyContext();
 * request.run(() => user.set("ada"));
 * assertEquals([request.has(user), request.get(user), request.size], [true, "ada", 1]);
 * assertEquals([...request.entries()], [[user, "ada"]]);
 * ```
 */
export class CopiedContext implements Context, Iterable<ContextVar<unknown>> {
  static {
    inspectAsText(this.prototype);
    makeContext = (cell) => new CopiedContext(cell);
    provideEnter((context, fn) =>
      context instanceof CopiedContext ? CopiedContext.#enter(context, fn) : context.run(fn)
    );
  }

  readonly #cell: Cell;
  /** How many calls of `run()` are on the stack, those by loops and tasks included. */
  #entered = 0;

  /** Throws, unless this module calls it. */
  private constructor(cell: Cell | undefined) {
    if (!cell) throw new TypeError("Cannot make a context as only copyContext() makes them");
    this.#cell = cell;
  }

  /**
   * Calls `fn` in this context: `fn`, and async code that it starts, gets the values and sets them
   * in this context.
   *
   * Source: [`Context.run`](https://docs.python.org/3.14/library/contextvars.html#contextvars.Context.run).
   *
   * @param fn The function to call.
   * @param args The arguments of `fn`.
   * @returns The return value of `fn`.
   * @throws {TypeError} If `fn` is not a function.
   * @throws {Error} If the code that calls runs in this context already.
   */
  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
    const bound = bind(fn, args);
    if (this.#entered > 0 || currentCell() === this.#cell) {
      throw new Error(`Cannot enter the context as it is entered already: ${this}`);
    }
    return CopiedContext.#enter(this, bound);
  }

  static #enter<R>(context: CopiedContext, fn: () => R): R {
    context.#entered++;
    try {
      return runWithCell(context.#cell, call<R>, fn);
    } finally {
      context.#entered--;
    }
  }

  /**
   * Returns the value of a variable in this context.
   *
   * Source: [`Context.get`](https://docs.python.org/3.14/library/contextvars.html#contextvars.Context.get).
   *
   * @param variable The variable.
   * @param defaultValue What to return if the variable is not set; its own default value does not
   * count. Default: `undefined`.
   * @throws {TypeError} If `variable` is not a `ContextVar`.
   */
  get<T, D = undefined>(variable: ContextVar<T>, defaultValue?: D): T | D {
    return this.has(variable) ? this.#cell.values.get(variable) as T : defaultValue as D;
  }

  /**
   * Returns whether a variable is set in this context.
   *
   * @param variable The variable.
   * @throws {TypeError} If `variable` is not a `ContextVar`.
   */
  has(variable: ContextVar<unknown>): boolean {
    if (!(variable instanceof ContextVar)) {
      throw cannot("look up the variable", "it is no ContextVar", variable);
    }
    return this.#cell.values.has(variable);
  }

  /** How many variables are set in this context. */
  get size(): number {
    return this.#cell.values.size;
  }

  /** Returns an iterator over the variables that are set in this context. */
  keys(): IterableIterator<ContextVar<unknown>> {
    return this.#cell.values.keys() as IterableIterator<ContextVar<unknown>>;
  }

  /** Returns an iterator over the values of these variables. */
  values(): IterableIterator<unknown> {
    return this.#cell.values.values();
  }

  /** Returns an iterator over pairs of variable and value. */
  entries(): IterableIterator<[ContextVar<unknown>, unknown]> {
    return this.#cell.values.entries() as IterableIterator<[ContextVar<unknown>, unknown]>;
  }

  /** Returns an iterator over the variables, as {@linkcode CopiedContext.prototype.keys} does. */
  [Symbol.iterator](): IterableIterator<ContextVar<unknown>> {
    return this.keys();
  }

  /**
   * Returns a copy of this context.
   *
   * Source: [`Context.copy`](https://docs.python.org/3.14/library/contextvars.html#contextvars.Context.copy).
   */
  copy(): CopiedContext {
    return new CopiedContext({ ...this.#cell });
  }

  /** Returns a representation, such as `<Context size=2>`. The values do not show. */
  toString(): string {
    return #cell in this ? `<Context size=${this.size}>` : "[object Context]";
  }
}

/**
 * Copies the current context: the values of all {@linkcode ContextVar}s that are set. This takes the
 * same short time however many there are.
 *
 * The option `context` of `createTask()`, `callSoon()` and their like takes a copy, which the task or
 * the callback then runs in, and changes. Code outside of tasks sets variables in `run()`.
 *
 * Source: [`contextvars.copy_context`](https://docs.python.org/3.14/library/contextvars.html#contextvars.copy_context).
 *
 * @returns The copy.
 * @category Context
 *
 * @example
 * ```ts
 * import { ContextVar, copyContext, createTask } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const user = new ContextVar<string>("user");
 * const context = copyContext();
 * context.run(() => user.set("ada"));
 * await createTask(async () => {
 *   assertEquals(user.get(), "ada");
 *   user.set("grace");
 * }, { context });
 * assertEquals(context.get(user), "grace");
 * assertEquals([...context], [user]);
 * assertEquals(user.get("nobody"), "nobody");
 * ```
 */
export function copyContext(): CopiedContext {
  useCells();
  return makeContext(copyOfCell());
}
