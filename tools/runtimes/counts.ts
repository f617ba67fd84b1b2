/**
 * Counts the tests of a runtime by what the harness tells of them.
 *
 * @module
 */

import { type Line, MARK, SUPPORT } from "../../tests/runtimes/lines.ts";

/** How the tests of one runtime, or of one file, ended. */
export class Counts {
  /** How many tests ended, be it that they were skipped. */
  tests = 0;
  passed = 0;
  /** The failures with their reasons; may outnumber the tests. */
  readonly failed: string[] = [];
  /** How many were skipped, for each reason. */
  readonly skipped = new Map<string, number>();
  /** Whether each context test passed, by its column in the README. */
  readonly support = new Map<string, boolean>();
  #expected: number | undefined;

  /** Counts a line if the harness printed it. */
  note(text: string): boolean {
    if (!text.startsWith(MARK)) return false;
    const line: Line = JSON.parse(text.slice(MARK.length));
    if ("count" in line) {
      this.#expected = line.count;
      return true;
    }
    const { name, outcome, reason } = line;
    this.tests++;
    this.noteSupport(name, outcome === "passed");
    if (outcome === "passed") this.passed++;
    else if (outcome === "failed") this.failed.push(`${name}: ${reason}`);
    else this.#skip(reason!, 1);
    return true;
  }

  /** Notes how a test ended if it is one of the README's table. */
  noteSupport(name: string, passed: boolean): void {
    if (name.startsWith(SUPPORT)) this.support.set(name.slice(SUPPORT.length), passed);
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
    for (const [column, passed] of file.support) this.support.set(column, passed);
  }

  #skip(reason: string, count: number): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + count);
  }
}
