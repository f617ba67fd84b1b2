/**
 * Runs tests that were written for `Deno.test` on other runtimes.
 *
 * The bundles of the tests import `Deno` from here. A global `Deno` would not do, since the module
 * takes it for the real one. The outcomes are printed to the console, one line for each test, as
 * any runtime can print.
 *
 * @module
 */

import { hostDeno } from "./host.ts";
import { type Line, MARK } from "./lines.ts";

export { require } from "./host.ts";

/** A test that takes longer counts as hung. */
const TIMEOUT_MS = 60_000;

interface Test {
  name: string;
  fn: () => void | Promise<void>;
}

// Local copies, as tests replace the globals.
const { setTimeout, clearTimeout } = globalThis;
const { log } = console;
const tests: Test[] = [];

/** The object that the tests import as `Deno`. */
export const Deno = {
  ...hostDeno,
  // Options of a test tell Deno which leaks to ignore. Other runtimes look for none.
  test: (name: string, ...rest: [Test["fn"]] | [options: object, Test["fn"]]): void => {
    tests.push({ name, fn: rest.at(-1) as Test["fn"] });
  },
};

/** Runs the tests that were registered, one after the other. */
export async function runTests(): Promise<void> {
  const tell = (line: Line) => log(MARK + JSON.stringify(line));
  tell({ count: tests.length });
  for (const { name, fn } of tests) {
    // Yields to the host, since the test before may have left callbacks waiting for its turn.
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
      // The name tells; `instanceof` would not, as each bundle has a class of its own.
      const outcome = (error as Error)?.name === "Missing" ? "skipped" : "failed";
      const { message, stack } = (error ?? {}) as Partial<Error>;
      const reason = outcome === "skipped" ? message : stack ?? String(error);
      tell({ name, outcome, ...(reason === undefined ? {} : { reason }) });
    } finally {
      clearTimeout(timer);
    }
  }
}
