/**
 * The form of the lines that the harness prints and the runner reads.
 *
 * @module
 */

/** A line for the runner: the number of tests, or how one test ended. */
export type Line =
  | { count: number }
  | { name: string; outcome: "passed" | "failed" | "skipped"; reason?: string };

/** The beginning of each line for the runner. Other lines are output of the tests. */
export const MARK = "@@test ";

/**
 * The beginning of the names of those tests that make the README's table of context support. The
 * rest of such a name is the column.
 */
export const SUPPORT = "context support: ";
