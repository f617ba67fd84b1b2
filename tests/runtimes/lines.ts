/**
 * What the harness and the runner tell each other.
 *
 * @module
 */

/** What a line tells the runner: how many tests there are, or how one ended. */
export type Line =
  | { count: number }
  | { name: string; outcome: "passed" | "failed" | "skipped"; reason?: string };

/** What the lines for the runner start with. */
export const MARK = "@@test ";

/**
 * What the names of the tests start with that make the README's table of context
 * support. The rest of the name is the column.
 */
export const SUPPORT = "context support: ";
