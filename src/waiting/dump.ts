/**
 * The tasks of a program as text, for errors and reports of programs that hang. The entry point
 * `./debug` replaces the list by a tree.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { attempt } from "../base/engine.ts";
import { isTask } from "./waits.ts";
import { Describer, showWords, type Words } from "./words.ts";

/** How many tasks of a kind are named in a line. */
const MAX_NAMED = 3;

/** Shows futures, most of them tasks, and what they wait on. */
type Show = (futures: readonly Future<unknown>[]) => string;

let showTree: Show = listFutures;

/** Replaces the list by a tree. Called by the entry point `./debug`. */
export function provideTree(show: Show): void {
  showTree = show;
}

/**
 * Shows tasks and other futures with what each waits on: as a list, with one line for all that are
 * alike, or as a tree if somebody has provided that. Never throws.
 */
export function dump(futures: readonly Future<unknown>[]): string {
  return attempt(() => showTree(futures)) ?? attempt(() => listFutures(futures)) ?? "";
}

/** In debug mode, the lines of what a time limit interrupts; otherwise an empty text. */
export function dumpInDebugMode(loop: EventLoop, future: Future<unknown>): string {
  return loop.getDebug() ? `\n${dump([future])}` : "";
}

/** The lines of a list that are alike. */
interface Line {
  readonly names: string[];
  readonly text: string;
  readonly words: Words[];
}

function listFutures(futures: readonly Future<unknown>[]): string {
  const describer = new Describer();
  const lines = new Map<string, Line>();
  for (const future of futures) {
    const { name, about, words } = describe(describer, future);
    const key = `${about}: ${words.text}`;
    let line = lines.get(key);
    if (!line) lines.set(key, line = { names: [], text: about, words: [] });
    line.names.push(name);
    line.words.push(words);
  }
  return [...lines.values()].map(showLine).join("\n");
}

function describe(
  describer: Describer,
  future: Future<unknown>,
): { name: string; about: string; words: Words } {
  if (isTask(future)) {
    const { name, coroutine, state, words } = describer.task(future);
    return { name, about: `${coroutine}, ${state}`, words };
  }
  return { name: "a future", about: "pending", words: describer.future(future).words };
}

function showLine({ names, text, words }: Line): string {
  const named = names.slice(0, MAX_NAMED).join(", ");
  const rest = names.length - MAX_NAMED;
  const more = rest > 0 ? ` and ${rest} more` : "";
  return `${named}${more} ${text}: ${showWords(words[0]!, words)}`;
}
