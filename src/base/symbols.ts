/**
 * Symbols that some runtimes do not have yet.
 *
 * @module
 */

/** The symbols, as the libraries that know them declare them. */
interface Symbols {
  readonly dispose: unique symbol;
  readonly asyncDispose: unique symbol;
}

/**
 * The type of `Symbol[Name]`. Where the libraries do not know it, that of a symbol
 * which nobody has, so that the class that has such a method can be declared.
 */
type SymbolOf<Name extends keyof Symbols> = SymbolConstructor extends
  { readonly [_ in Name]: infer S extends symbol } ? S : Symbols[Name];

/** `Symbol.dispose`, or what compilers take for it where the runtime lacks it. */
export const dispose: SymbolOf<"dispose"> = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** `Symbol.asyncDispose`, or what compilers take for it where the runtime lacks it. */
export const asyncDispose: SymbolOf<"asyncDispose"> = Symbol.asyncDispose ??
  Symbol.for("Symbol.asyncDispose");
