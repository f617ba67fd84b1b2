/**
 * `ContextVar` and `Token`: variables that a task sets for all of its code.
 *
 * @module
 */

import { cannot } from "../base/checks.ts";
import { inspectAsText, show } from "../base/inspect.ts";
import { checkOptions, hasOfItsOwn } from "../base/options.ts";
import { dispose } from "../base/symbols.ts";
import type { Cell } from "./cells.ts";
import { LookupError } from "./lookup_error.ts";
import { cellToChange, currentCell, useCells } from "./own_cells.ts";

/**
 * Options of {@linkcode ContextVar}.
 *
 * @typeParam T The type of the values.
 * @category Context
 */
export interface ContextVarOptions<T> {
  /** The result of `get()` where the variable is not set. Without this option, `get()` throws. */
  defaultValue?: T;
}

/** Makes a token, whose constructor is private. */
let makeToken: <T>(variable: ContextVar<T>, oldValue: Token<T>["oldValue"], cell: Cell) => Token<T>;

/**
 * Takes a token for `reset()`.
 *
 * @throws {TypeError} If the token is not one of this variable and of the cell.
 * @throws {Error} If the token has been used.
 */
let takeToken: (token: Token<unknown>, variable: unknown, cell: Cell | undefined) => void;

/**
 * A variable of which each task has its own value, which all code that the task calls gets and
 * sets.
 *
 * A task starts with the values that its creator has at the time, and neither sees what the other
 * sets later. A done callback, a loop callback and a timer run with the values of when they were
 * registered. The bodies of `timeout()` and `taskGroup()` belong to the task around them.
 *
 * Make variables at the top level of a module, as a context keeps the variables that are set in it.
 * Once a program has made one, each new task and each registered callback takes a little longer.
 *
 * Source: [`contextvars.ContextVar`](https://docs.python.org/3.14/library/contextvars.html#contextvars.ContextVar).
 *
 * @typeParam T The type of the values.
 * @category Context
 *
 * @example
 * ```ts
 * import { ContextVar, createTask, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const user = new ContextVar("user", { defaultValue: "nobody" });
 * async function logIn(name: string) {
 *   await sleep(1);
 *   user.set(name); // for the whole task
 * }
 * const task = createTask(async () => {
 *   await logIn("ada");
 *   return user.get();
 * });
 * assertEquals(await task, "ada");
 * assertEquals(user.get(), "nobody");
 * ```
 */
export class ContextVar<T> {
  static {
    inspectAsText(this.prototype);
  }

  readonly #name: string;
  readonly #hasDefault: boolean;
  readonly #defaultValue: T | undefined;

  /**
   * Makes a variable. Source:
   * [`contextvars.ContextVar`](https://docs.python.org/3.14/library/contextvars.html#contextvars.ContextVar).
   *
   * @param name The name, for errors and debugging.
   * @param options The default value, which may be `undefined`.
   * @throws {TypeError} If the name is not a string, or the options are not an object.
   */
  constructor(name: string, options?: ContextVarOptions<T>) {
    const action = "make the variable";
    if (typeof name !== "string") throw cannot(action, "its name is no string", name);
    const given = checkOptions(action, options);
    this.#name = name;
    this.#hasDefault = hasOfItsOwn(given, "defaultValue");
    this.#defaultValue = this.#hasDefault ? given.defaultValue : undefined;
    useCells();
  }

  /** The name that the constructor was given. */
  get name(): string {
    return this.#name;
  }

  /**
   * Returns the value in the current context.
   *
   * Source: [`ContextVar.get`](https://docs.python.org/3.14/library/contextvars.html#contextvars.ContextVar.get).
   *
   * @param defaultValue What to return where the variable is not set. Default: the default value of
   * the variable.
   * @throws {LookupError} If the variable is not set and has no default value.
   */
  get<D = T>(...defaultValue: [defaultValue?: D]): T | D {
    const values = currentCell()?.values;
    if (values?.has(this)) return values.get(this) as T;
    if (defaultValue.length > 0) return defaultValue[0] as D;
    if (this.#hasDefault) return this.#defaultValue as T;
    throw new LookupError(`Cannot get the value of the variable as it is not set: ${this}`);
  }

  /**
   * Sets the variable, for all code of the task or of the callback that runs.
   *
   * Source: [`ContextVar.set`](https://docs.python.org/3.14/library/contextvars.html#contextvars.ContextVar.set).
   *
   * @param value The value.
   * @returns A token to restore the former value with: by `reset(token)`, or at the end of a block
   * that begins with `using _ = variable.set(value)`.
   * @throws {Error} Outside of tasks and loop callbacks, where the host calls the code of all
   * requests in one context. The `run()` of {@linkcode AsyncContext}'s variables works there, and
   * `set()` inside the `run()` of a {@linkcode copyContext}.
   */
  set(value: T): Token<T> {
    const cell = cellToChange();
    if (!cell) {
      const why = "no task and no loop callback is running";
      const hint = "call run() of an AsyncContext.Variable, or of copyContext()";
      throw new Error(`Cannot set the variable as ${why} (${hint}): ${this}`);
    }
    const { values } = cell;
    const oldValue = values.has(this) ? values.get(this) as T : Token.MISSING;
    cell.values = new Map(values).set(this, value);
    return makeToken(this, oldValue, cell);
  }

  /**
   * Restores the value that the variable had before the `set()` that made the token.
   *
   * Source: [`ContextVar.reset`](https://docs.python.org/3.14/library/contextvars.html#contextvars.ContextVar.reset).
   *
   * @param token The token, which can be used once.
   * @throws {TypeError} If the token is of another variable, or was made in another context: by
   * another task, or before the callback that runs was registered.
   * @throws {Error} If the token has been used.
   */
  reset(token: Token<T>): void {
    const cell = currentCell();
    takeToken(token, this, cell);
    const values = new Map(cell!.values);
    if (token.oldValue === Token.MISSING) values.delete(this);
    else values.set(this, token.oldValue);
    cell!.values = values;
  }

  /** Returns a representation, such as `<ContextVar name="user" default="nobody">`. */
  toString(): string {
    if (!(#name in this)) return "[object ContextVar]";
    const defaultValue = this.#hasDefault ? ` default=${show(this.#defaultValue)}` : "";
    return `<ContextVar name=${show(this.#name)}${defaultValue}>`;
  }
}

/**
 * The token that {@linkcode ContextVar.prototype.set} returns, which restores the former value.
 *
 * At the end of a block that begins with `using _ = variable.set(value)`, the token resets the
 * variable, as `with` does in Python.
 *
 * Source: [`contextvars.Token`](https://docs.python.org/3.14/library/contextvars.html#contextvars.Token).
 *
 * @typeParam T The type of the values.
 * @category Context
 *
 * @example
 * ```ts
 * import { ContextVar, createTask, Token } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const user = new ContextVar<string>("user");
 * await createTask(() => {
 *   const token = user.set("ada");
 *   assertEquals(token.oldValue, Token.MISSING);
 *   {
 *     using _ = user.set("grace");
 *     assertEquals(user.get(), "grace");
 *   }
 *   assertEquals(user.get(), "ada");
 *   user.reset(token);
 *   assertEquals(user.get("nobody"), "nobody");
 * });
 * ```
 */
export class Token<T> {
  /**
   * The `oldValue` of a token whose variable was not set before.
   *
   * Source: [`Token.MISSING`](https://docs.python.org/3.14/library/contextvars.html#contextvars.Token.MISSING).
   */
  static readonly MISSING: unique symbol = Symbol("Token.MISSING");

  static {
    inspectAsText(this.prototype);
    makeToken = (variable, oldValue, cell) => new Token(variable, oldValue, cell);
    takeToken = (token, variable, cell) => {
      const refuse = (why: string) => cannot("reset the variable", why, token);
      if (typeof token !== "object" || token === null || !(#cell in token)) {
        throw refuse("the argument is no token");
      }
      if (token.#isUsed) {
        throw new Error(`Cannot reset the variable as the token has been used: received ${token}`);
      }
      if (token.variable !== variable) throw refuse("the token is of another variable");
      if (token.#cell !== cell) throw refuse("the token was made in another context");
      token.#isUsed = true;
    };
  }

  /** The variable that was set. */
  readonly variable: ContextVar<T>;
  /** The value before, or {@linkcode Token.MISSING} if the variable was not set. */
  readonly oldValue: T | typeof Token.MISSING;
  readonly #cell: Cell;
  #isUsed = false;

  /** Throws, unless `ContextVar.set()` calls it. */
  private constructor(
    variable: ContextVar<T>,
    oldValue: T | typeof Token.MISSING,
    cell: Cell | undefined,
  ) {
    if (!cell) throw new TypeError("Cannot make a token as only ContextVar.set() makes them");
    this.variable = variable;
    this.oldValue = oldValue;
    this.#cell = cell;
  }

  /**
   * Resets the variable at the end of a `using` block, as {@linkcode ContextVar.prototype.reset} does.
   *
   * Source: [Token objects](https://docs.python.org/3.14/library/contextvars.html#contextvars.Token).
   *
   * @throws {TypeError} If the block ends in another context.
   * @throws {Error} If the token has been used.
   */
  [dispose](): void {
    this.variable.reset(this);
  }

  /** Returns a representation, such as `<Token variable=<ContextVar name="user">>`. */
  toString(): string {
    if (!(#cell in this)) return "[object Token]";
    return `<Token ${this.#isUsed ? "used " : ""}variable=${this.variable}>`;
  }
}
