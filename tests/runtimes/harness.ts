/**
 * Runs tests that were written for `Deno.test` on other runtimes.
 *
 * The bundles of the tests import `Deno` from here, so that it is theirs alone:
 * the module looks at `globalThis.Deno` and must not find it. What comes out is
 * printed to the console, a line for each test, which any runtime can do.
 *
 * @module
 */

import { hostDeno } from "./host.ts";
import { type Line, MARK } from "./lines.ts";

export { require } from "./host.ts";

/** No test takes as long. */
const TIMEOUT_MS = 60_000;

interface Test {
  name: string;
  fn: () => void | Promise<void>;
}

// As they are before the tests replace them.
const { setTimeout, clearTimeout } = globalThis;
const { log } = console;
const tests: Test[] = [];

/** What the tests have for `Deno`. */
export const Deno = {
  ...hostDeno,
  test: (name: string, fn: Test["fn"]): void => void tests.push({ name, fn }),
};

/** Runs the tests that were registered, one after the other. */
export async function runTests(): Promise<void> {
  const tell = (line: Line) => log(MARK + JSON.stringify(line));
  tell({ count: tests.length });
  for (const { name, fn } of tests) {
    // A test may leave the loop waiting for a turn of the host.
    await new Promise((resolve) => setTimeout(resolve, 0));
    let timer;
    try {
      await Promise.race([
        fn(),
        new Promise((_, reject) => {
          timer = setTimeout(reject, TIMEOUT_MS, new Error(`not over in ${TIMEOUT_MS} ms`));
        }),
      ]);
      tell({ name, outcome: "passed" });
    } catch (error) {
      // By its name, as each bundle has a class of its own.
      const outcome = (error as Error)?.name === "Missing" ? "skipped" : "failed";
      const { message, stack } = (error ?? {}) as Partial<Error>;
      const reason = outcome === "skipped" ? message : stack ?? String(error);
      tell({ name, outcome, ...(reason === undefined ? {} : { reason }) });
    } finally {
      clearTimeout(timer);
    }
  }
}
