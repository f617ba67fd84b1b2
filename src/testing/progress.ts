/**
 * A line on the terminal that tells how far an exploration is.
 *
 * @module
 */

import { attempt, globalOf } from "../base/engine.ts";
import { realTime } from "../loop/host.ts";

/** The line appears after this time, in milliseconds. */
const APPEARS_AFTER = 1_000;

/** The line is written again after this time, in milliseconds. */
const WRITTEN_EACH = 200;

/** Clears a line of a terminal, and returns to its beginning. */
const CLEAR = "\r\x1b[K";

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** The standard error of the process, if that is a terminal. */
function terminal(): Terminal | undefined {
  const process = globalOf<{ stderr?: Terminal }>("process");
  const stderr = attempt(() => process?.stderr);
  return attempt(() => stderr?.isTTY) ? stderr : undefined;
}

/** The progress of one exploration, which a terminal shows, if there is one. */
export class Progress {
  readonly #terminal = terminal();
  #due = realTime() + APPEARS_AFTER;
  #isShown = false;

  /** Shows a text now and then. */
  show(text: () => string): void {
    if (!this.#terminal || realTime() < this.#due) return;
    this.#due = realTime() + WRITTEN_EACH;
    this.#isShown = true;
    attempt(() => this.#terminal!.write(CLEAR + text()));
  }

  /** Removes what is shown. */
  clear(): void {
    if (this.#isShown) attempt(() => this.#terminal!.write(CLEAR));
    this.#isShown = false;
  }
}
