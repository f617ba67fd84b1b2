/**
 * `Symbol.dispose` and `Symbol.asyncDispose`, which some runtimes do not have yet.
 *
 * @module
 */

/** `Symbol.dispose`, or the symbol that compilers use where the runtime lacks it. */
export const dispose: SymbolOf<"dispose"> = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** `Symbol.asyncDispose`, or the symbol that compilers use where the runtime lacks it. */
export const asyncDispose: SymbolOf<"asyncDispose"> = Symbol.asyncDispose ??
  Symbol.for("Symbol.asyncDispose");

/**
 * The type of `Symbol[Name]`. Where the type libraries do not declare that symbol, the type of a
 * symbol that no object has, so that a class with such a method still compiles.
 */
type SymbolOf<Name extends keyof Symbols> = SymbolConstructor extends
  { readonly [_ in Name]: infer S extends symbol } ? S : Symbols[Name];

/** The two symbols, declared like in the type libraries that have them. */
interface Symbols {
  readonly dispose: unique symbol;
  readonly asyncDispose: unique symbol;
}
