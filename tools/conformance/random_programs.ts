/**
 * Compares random programs with asyncio: the order of all events for generators, and what each task
 * saw for async functions, whose wake-ups take other turns than those of asyncio.
 *
 * Where locks and queues of asyncio do what those of this module do not, `handing_over.py` has some
 * that do: with them in place, the order for generators has to be the same again.
 *
 * @module
 */

import fc from "fast-check";
import { Asyncio } from "./asyncio.ts";
import { findDifference, REASONS, textsOf } from "./differences.ts";
import { type Event, playWithAsyncFunctions, playWithGenerators, type Trace } from "./play.ts";
import { type Body, programs } from "./programs.ts";
import { rename, shorten } from "./shorten.ts";

/** The most programs that are tried to find a shorter one that differs. */
const MAX_TRIES = 1_000;

/** How often asyncio runs a program in other orders, to find races. */
const SHUFFLES = 8;
/** How often it does so before a difference is believed. */
const MANY_SHUFFLES = 100;

/** How much to compare. */
export interface Amount {
  /** The seed of the first program; each further one has the next. */
  seed: number;
  programs: number;
  /** If given, goes on for so long, however many programs that is. */
  minutes?: number | undefined;
}

/** Compares, prints the differences that nobody knows, and returns how many there are. */
export async function comparePrograms(python: string, amount: Amount): Promise<number> {
  await using asyncio = new Asyncio(python);
  const comparisons = [
    new Comparison("generators", asyncio, playWithGenerators, 0),
    new Comparison("async functions", asyncio, playWithAsyncFunctions, SHUFFLES),
  ];
  const start = performance.now();
  const end = amount.minutes && start + amount.minutes * 60_000;
  let { seed } = amount;
  for (; end ? performance.now() < end : seed < amount.seed + amount.programs; seed++) {
    const [program] = fc.sample(programs, { seed, numRuns: 1 });
    for (const comparison of comparisons) await comparison.compare(program!, seed);
  }
  for (const comparison of comparisons) comparison.print();
  const count = seed - amount.seed;
  const minutes = (performance.now() - start) / 60_000;
  console.log(`${count} random programs, ${Math.round(count / minutes)} a minute`);
  return comparisons.reduce((sum, { unknown }) => sum + unknown.size, 0);
}

/** The result of a comparison. */
type Result =
  | { kind: "same" | "race" }
  | { kind: "known"; reason: string }
  | { kind: "unknown"; here: Trace; python: Trace };

/** The comparison of programs of one kind of coroutine. */
class Comparison {
  /** The shortest programs that differ for no known reason, as text, and the seeds of the longer. */
  readonly unknown = new Map<string, number[]>();
  /** How many programs had each result. */
  readonly #counts = new Map<string, number>();

  constructor(
    readonly kind: string,
    readonly asyncio: Asyncio,
    readonly play: (program: Body) => Trace | Promise<Trace>,
    readonly shuffles: number,
  ) {}

  /** Compares a program. If it differs, looks for a shorter one that does. */
  async compare(program: Body, seed: number): Promise<void> {
    const result = await this.#compare(program);
    const counted = result.kind === "known" ? result.reason : result.kind;
    this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1);
    if (result.kind !== "unknown") return;
    const text = await this.#findShorter(program);
    this.unknown.set(text, [...this.unknown.get(text) ?? [], seed]);
  }

  print(): void {
    const shortestFirst = [...this.unknown].sort(([a], [b]) => a.length - b.length);
    for (const [text, seeds] of shortestFirst) {
      const others = seeds.length > 1 ? ` and ${seeds.length - 1} more` : "";
      console.log(`With ${this.kind}, seed ${seeds[0]}${others}:\n${text}\n`);
    }
    const { unknown = 0, same = 0, race = 0, ...known } = Object.fromEntries(this.#counts);
    for (const [reason, count] of Object.entries(known)) {
      console.log(
        `${String(count).padStart(5)} programs differ: ${REASONS[reason as keyof typeof REASONS]}`,
      );
    }
    console.log(
      `With ${this.kind}, ${same} programs are the same` +
        (race > 0 ? `, ${race} are races` : "") +
        `, ${unknown} differ for no known reason, in ${this.unknown.size} ways`,
    );
  }

  async #compare(program: Body): Promise<Result> {
    const answer = await this.asyncio.run(program, this.shuffles);
    if (answer.isRace) return { kind: "race" };
    const played = await this.play(program);
    const isAsync = this.shuffles > 0;
    const view = isAsync ? sortByTask : (events: Event[]) => events;
    const here = { ...played, events: view(played.events) };
    const python = { ...answer, events: view(answer.events) };
    if (textsOf(here).join("\n") === textsOf(python).join("\n")) return { kind: "same" };
    const reason = findDifference(here, python, isAsync);
    const { handedOver } = answer;
    if (reason && handedOver && !isAsync) {
      // All that comes after such a difference is known as well.
      const isSame = textsOf(here).join("\n") === textsOf(handedOver).join("\n");
      if (!isSame && !findDifference(here, handedOver, isAsync)) {
        return { kind: "unknown", here, python: handedOver };
      }
    }
    if (reason) return { kind: "known", reason };
    if (!isAsync) return { kind: "unknown", here, python };
    const { isRace, met } = await this.asyncio.run(program, MANY_SHUFFLES);
    if (isRace) return { kind: "race" };
    const rareReason = findDifference(here, { ...python, met }, isAsync);
    return rareReason ? { kind: "known", reason: rareReason } : { kind: "unknown", here, python };
  }

  /** Returns the shortest program that can be found, with what came of it on both sides. */
  async #findShorter(program: Body): Promise<string> {
    let tries = 0;
    const tryAll = async (): Promise<boolean> => {
      for (const shorter of shorten(program)) {
        if (tries++ === MAX_TRIES) return false;
        if ((await this.#compare(shorter)).kind !== "unknown") continue;
        program = shorter;
        return true;
      }
      return false;
    };
    while (await tryAll());
    program = rename(program);
    const result = await this.#compare(program);
    const text = `  ${JSON.stringify(program)}\n`;
    return result.kind === "unknown" ? text + format(result.here, result.python) : text;
  }
}

function sortByTask(events: Event[]): Event[] {
  return events.toSorted(([, a], [, b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** Shows what came of a program on both sides, without what is the same at the end. */
function format(here: Trace, python: Trace): string {
  const [ours, theirs] = [here, python].map(({ events }) => events.map((event) => event.join(" ")));
  const same = [];
  while (ours!.length > 0 && ours![0] === theirs![0]) {
    same.push(`    ${ours!.shift()}`);
    theirs!.shift();
  }
  while (ours!.length > 0 && ours!.at(-1) === theirs!.at(-1)) {
    ours!.pop();
    theirs!.pop();
  }
  for (const [name, state] of Object.entries(here.states)) {
    if (state === python.states[name]) continue;
    ours!.push(`${name} is ${state}`);
    theirs!.push(`${name} is ${python.states[name]}`);
  }
  const side = (name: string, lines: string[]) =>
    lines.map((line, i) => `${i === 0 ? `  ${name}:`.padEnd(11) : " ".repeat(11)}${line}`);
  return [...same, ...side("Python", theirs!), ...side("here", ours!)].join("\n");
}
