/**
 * The form of the mistakes in `mistakes/`, which are made by people who are new to the module.
 *
 * A comment with `@ts-expect-error` has a part of the compiler's message: `deno task test:package`
 * compiles the files without these comments, and compares. A mistake that the compiler does not
 * see, or whose mend its message does not name, is also made at run time: see `mistakes_test.ts`.
 *
 * @module
 */

/** A mistake. */
export interface Mistake {
  /** Makes the mistake. */
  make(): unknown;
  /** A part of the message that is thrown, or of the text of what `make()` returns. */
  says?: string;
  /** The rule of typescript-eslint that sees what neither the compiler nor the module does. */
  lint?: string;
}

/** Mistakes, by the code that is wrong. */
export type Mistakes = Record<string, Mistake>;
