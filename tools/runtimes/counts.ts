/**
 * Counts the tests of a runtime by what the harness tells of them.
 *
 * @module
 */

import { type Line, MARK } from "../../tests/runtimes/lines.ts";

/** How the tests of one runtime, or of one file, ended. */
export class Counts {
  /** How many tests ended, be it that they were skipped. */
  tests = 0;
  passed = 0;
  /** What failed, with the reason; this may be more than tests. */
  readonly failed: string[] = [];
  /** How many were skipped, for each reason. */
  readonly skipped = new Map<string, number>();
  #expected: number | undefined;

  /** Takes note of a line that the runtime printed, if it is for the runner. */
  note(text: string): boolean {
    if (!text.startsWith(MARK)) return false;
    const line: Line = JSON.parse(text.slice(MARK.length));
    if ("count" in line) {
      this.#expected = line.count;
      return true;
    }
    const { name, outcome, reason } = line;
    this.tests++;
    if (outcome === "passed") this.passed++;
    else if (outcome === "failed") this.failed.push(`${name}: ${reason}`);
    else this.#skip(reason!, 1);
    return true;
  }

  /** Whether every test has ended. */
  get complete(): boolean {
    return this.#expected === this.tests;
  }

  get skippedTotal(): number {
    return [...this.skipped.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Adds the counts of a file that was run. */
  add(file: Counts): void {
    this.tests += file.tests;
    this.passed += file.passed;
    this.failed.push(...file.failed);
    for (const [reason, count] of file.skipped) this.#skip(reason, count);
  }

  #skip(reason: string, count: number): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + count);
  }
}
