/**
 * The rows of the tasks that are not done.
 *
 * @module
 */

import type { Cancellation } from "../task/cancellation.ts";
import type { Row } from "./trace_row.ts";

/**
 * The rows of one trace, by the code of their tasks. A field of the code leads to its row; that of a
 * second trace at the same time is in a map, which takes longer.
 */
export class Rows {
  readonly #others = new Map<Cancellation, Row>();
  #latest: Row | undefined = undefined;

  /** Returns the row of code, if there is one. */
  get(code: Cancellation): Row | undefined {
    const row = code.traced as Row | undefined;
    if (row?.rows === this) return row;
    return this.#others.size > 0 ? this.#others.get(code) : undefined;
  }

  /** Adds a row. */
  add(row: Row): void {
    const { code } = row;
    if (code.traced) this.#others.set(code, row);
    else code.traced = row;
    row.previous = this.#latest;
    if (this.#latest) this.#latest.next = row;
    this.#latest = row;
  }

  /** Removes a row. */
  delete(row: Row): void {
    const { code, previous, next } = row;
    if (code.traced === row) code.traced = undefined;
    else this.#others.delete(code);
    if (previous) previous.next = next;
    if (next) next.previous = previous;
    else this.#latest = previous;
    row.previous = row.next = undefined;
  }

  /** The rows, the latest first. */
  *[Symbol.iterator](): Generator<Row> {
    for (let row = this.#latest; row;) {
      const { previous } = row;
      yield row;
      row = previous;
    }
  }
}
