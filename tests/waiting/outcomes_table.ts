/**
 * The table of how the functions that wait end, `outcomes.txt`.
 *
 * A line is a cell: the function, how the child ends, when, the event, then the
 * outcome of the caller, its outcome where all are async functions (or `same`),
 * and the events, with their times.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { FakeTime } from "@std/testing/time";
import { getEventLoop } from "../../mod.ts";
import { microtasks } from "../helpers/turns.ts";
import { type Cell, listCells, nameOf, runCell, runCellAsync, type Trace } from "./outcomes.ts";

const FILE = new URL("outcomes.txt", import.meta.url);

/** A line of the table. */
export interface Row extends Trace {
  /** The cell. */
  name: string;
  /** The outcome of the caller as an async function, or `same`. */
  asyncOutcome: string;
}

/** Makes the table anew and writes it. */
export async function writeTable(): Promise<number> {
  const rows: Row[] = [];
  for (const cell of listCells()) {
    const trace = runCell(cell);
    rows.push({
      name: nameOf(cell),
      ...trace,
      asyncOutcome: await runInFakeTime(cell, trace.outcome),
    });
  }
  const lines = rows.map(({ name, outcome, asyncOutcome, events }) =>
    [name, outcome, asyncOutcome, events.join("; ")].join(" | ")
  );
  await Deno.writeTextFile(FILE, lines.join("\n") + "\n");
  return rows.length;
}

/** Reads the table. */
export async function readTable(): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  for (const line of (await Deno.readTextFile(FILE)).trimEnd().split("\n")) {
    const parts = line.split(" | ");
    const name = parts.slice(0, 4).join(" | ");
    const [outcome, asyncOutcome, events] = parts.slice(4) as [string, string, string];
    rows.set(name, { name, outcome, asyncOutcome, events: events.split("; ") });
  }
  return rows;
}

/**
 * Runs a cell with async functions, on the standard loop.
 *
 * @returns The outcome of the caller, or `same` if that is `expected`.
 */
export async function runInFakeTime(cell: Cell, expected: string): Promise<string> {
  using time = new FakeTime();
  const loop = getEventLoop();
  const handler = loop.getExceptionHandler();
  let now = 0;
  try {
    const { outcome } = await runCellAsync(cell, loop, async (ms) => {
      time.tick(ms - now);
      now = ms;
      await microtasks(50);
      // The loop may have had to wait for a turn of the host.
      await new Promise((resolve) => setImmediate(resolve));
    });
    return outcome === expected ? "same" : outcome;
  } finally {
    loop.setExceptionHandler(handler);
  }
}
