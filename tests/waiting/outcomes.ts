/**
 * How the functions that wait end, and in which order everything ends: the cells
 * of a table, and the code that runs a cell. `outcomes_table.ts` keeps the table,
 * `tools/conformance/cells.py` runs the same cells in Python's asyncio, and
 * `differences.ts` says where the two differ.
 *
 * In a cell a task, the caller, awaits the function over a child, at 5 ms. The
 * child waits for a gate, then ends in its way; at 20 ms comes the event from
 * outside. Where a sibling shows more, the cell has one, with a result at 40 ms.
 *
 * @module
 */

import {
  allTasks,
  asCompleted,
  CancelledError,
  type Coroutine,
  type EventLoop,
  type Future,
  gather,
  shield,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "../../mod.ts";
import { driveAsync, waitIn, waitInAsync } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";

/** The functions, and the ways of calling them. */
export const TARGETS = [
  "gather",
  "gather returnExceptions",
  "wait",
  "wait FIRST_COMPLETED",
  "wait FIRST_EXCEPTION",
  "waitFor",
  "shield",
  "asCompleted, for",
  "asCompleted, for await",
  "timeout",
  "taskGroup",
  "taskGroup, body sleeps",
  "taskGroup, body waits for child",
] as const;

/** How the child ends: a task, or a plain future that the gate's timer settles. */
export const CHILDREN = [
  "result",
  "exception",
  "cancelled",
  "swallows",
  "future result",
  "future exception",
  "future cancelled",
] as const;

/**
 * When the gate opens, seen from the event: by time, or by its place in the turns
 * of the loop at the time of the event.
 */
export const WHENS = [
  "before call",
  "before",
  "3 turns before",
  "2 turns before",
  "1 turn before",
  "same turn, before",
  "same turn, after",
  "after",
] as const;

/** The events from outside, in this order. */
export const EVENTS = ["none", "cancel", "timeout", "cancel, timeout", "timeout, cancel"] as const;

/** A case. */
export interface Cell {
  target: typeof TARGETS[number];
  child: typeof CHILDREN[number];
  when: typeof WHENS[number];
  event: typeof EVENTS[number];
}

/** How a cell ended. */
export interface Trace {
  /** The result or the error of the caller. */
  outcome: string;
  /** The events, with their times. */
  events: string[];
}

/** The cells in which the parts can come together and that are not alike. */
export function listCells(): Cell[] {
  const cells = TARGETS.flatMap((target) =>
    CHILDREN.flatMap((child) =>
      EVENTS.flatMap((event) => WHENS.map((when) => ({ target, child, when, event })))
    )
  );
  return cells.filter(isCell);
}

function isCell({ target, child, when, event }: Cell): boolean {
  // A group makes its tasks itself.
  if (child.startsWith("future") && target.startsWith("taskGroup")) return false;
  // Which turn it is can be chosen for cancel() alone.
  if (/^\d/.test(when)) return event === "cancel";
  if (event === "none") return !child.startsWith("future") && when.startsWith("before");
  if (child.startsWith("future")) return when.startsWith("same turn") && !event.includes(",");
  return !event.includes(",") || when === "same turn, before" || when === "after";
}

/** The cell in one line, as in the table. */
export function nameOf({ target, child, when, event }: Cell): string {
  return [target, child, when, event].join(" | ");
}

/** A trace in one line, as in the table. */
export function lineOf({ outcome, events }: Trace): string {
  return `${outcome} | ${events.join("; ")}`;
}

/** The function that a cell is about. */
export function functionOf({ target }: Cell): string {
  return target.match(/^\w+/)![0];
}

/** Runs a cell with generator coroutines, on a loop with a clock of its own. */
export function runCell(cell: Cell): Trace {
  const loop = makeManualLoop();
  const play = new Play(cell, loop, GENERATORS);
  for (let time = 0; time < END; time++) {
    loop.drain();
    loop.advance(1);
  }
  return play.end();
}

/**
 * Runs a cell with async functions, on the loop that is the default one.
 *
 * @param advance Lets time pass until so many milliseconds after the start, and
 * then runs what is due.
 */
export async function runCellAsync(
  cell: Cell,
  loop: EventLoop,
  advance: (ms: number) => Promise<void>,
): Promise<Trace> {
  const play = new Play(cell, loop, ASYNC_FUNCTIONS);
  for (const time of [0, CALL, BEFORE, LATE_TIMER, EVENT, AFTER, LATE, END]) await advance(time);
  return play.end();
}

// The times, in milliseconds.
const CALL = 5;
const BEFORE = 10;
/** Timers for the time of the event that are made now come after those of the call. */
const LATE_TIMER = 12;
const EVENT = 20;
const AFTER = 30;
const LATE = 40;
const END = 60;

type Steps<T> = Generator<unknown, T, unknown>;

/** A way of writing coroutines. */
interface Style {
  /** Waits for a future. */
  wait<T>(future: Future<T>): Steps<T>;
  /** Makes a coroutine of steps. */
  coroutine<A extends unknown[], T>(
    steps: (...args: A) => Steps<T>,
  ): (...args: A) => Steps<T> | Promise<T>;
}

const GENERATORS: Style = {
  wait: waitIn,
  coroutine: (steps) => steps,
};

const ASYNC_FUNCTIONS: Style = {
  wait: waitInAsync,
  coroutine: (steps) => (...args) => driveAsync(steps(...args)),
};

/** The error of children, named as in Python. */
class ValueError extends Error {
  override name = "ValueError";
}

/** A run of a cell. */
class Play {
  readonly #cell: Cell;
  readonly #loop: EventLoop;
  readonly #style: Style;
  readonly #gate: Future<void>;
  readonly #caller: Task<string>;
  readonly #events: string[] = [];
  readonly #names = new Map<Future<unknown>, string>();
  readonly #start: number;
  #outcome = "none";
  #child!: Future<string>;
  #sibling!: Future<string>;

  constructor(cell: Cell, loop: EventLoop, style: Style) {
    this.#cell = cell;
    this.#loop = loop;
    this.#style = style;
    this.#start = loop.time();
    loop.setExceptionHandler((_loop, { message, exception }) => {
      // The garbage collector decides when that is reported.
      if (message.includes("never retrieved")) return;
      this.#log(`reported: ${message} (${describe(exception)})`);
    });
    this.#gate = loop.createFuture<void>();
    this.#setTimers();
    if (!cell.target.startsWith("taskGroup")) {
      this.#child = this.#watch("child", this.#makeChild());
      if (!/^(waitFor|shield|timeout)$/.test(cell.target)) {
        this.#sibling = this.#watch("sibling", this.#task(() => this.#siblingSteps()));
      }
    }
    this.#caller = this.#watch("caller", this.#task(() => this.#callerSteps()));
  }

  /** The trace, when all is over. */
  end(): Trace {
    const pending = [...allTasks(this.#loop)].map((task) => this.#names.get(task)).sort();
    if (pending.length > 0) this.#log(`pending: ${pending.join(", ")}`);
    return { outcome: this.#outcome, events: this.#events };
  }

  #setTimers(): void {
    const { when, event } = this.#cell;
    const at = (time: number, made: number, callback: () => void) => {
      if (made === 0) this.#loop.callLater(time, callback);
      else this.#loop.callLater(made, () => this.#loop.callLater(time - made, callback));
    };
    const letGo = () => this.#letGo();
    if (when === "before call") at(1, 0, letGo);
    else if (when === "before") at(BEFORE, 0, letGo);
    else if (when === "after") at(AFTER, 0, letGo);
    else at(EVENT, when === "same turn, after" ? LATE_TIMER : 0, letGo);

    if (!event.includes("cancel")) return;
    const turns = /^\d/.test(when) ? Number(when[0]) : 0;
    const made = event === "timeout, cancel" ? LATE_TIMER : 0;
    at(EVENT, made, () => this.#callAfter(turns, () => this.#cancel()));
  }

  #callAfter(turns: number, callback: () => void): void {
    if (turns === 0) callback();
    else this.#loop.callSoon(() => this.#callAfter(turns - 1, callback));
  }

  #cancel(): void {
    this.#log(`cancel() returns ${this.#caller.cancel("stop")}`);
  }

  #letGo(): void {
    if (!this.#cell.child.startsWith("future")) {
      if (!this.#gate.done()) this.#gate.setResult();
    } else if (!this.#child.done()) {
      if (this.#cell.child === "future result") this.#child.setResult("value");
      else if (this.#cell.child === "future cancelled") this.#child.cancel("own");
      else this.#child.setException(new ValueError("boom"));
    }
  }

  #makeChild(): Future<string> {
    return this.#cell.child.startsWith("future")
      ? this.#loop.createFuture<string>()
      : this.#task(() => this.#childSteps());
  }

  *#childSteps(): Steps<string> {
    const { child } = this.#cell;
    try {
      yield* this.#style.wait(this.#gate);
    } catch (error) {
      this.#log(`child is thrown ${describe(error)}`);
      if (child !== "swallows") throw error;
      yield* this.#style.wait(sleep(0));
      return "swallowed";
    }
    if (child === "exception") throw new ValueError("boom");
    if (child === "cancelled") throw new CancelledError("own");
    return "value";
  }

  *#siblingSteps(): Steps<string> {
    yield* this.#style.wait(sleep(LATE - (this.#loop.time() - this.#start)));
    return "late";
  }

  *#callerSteps(): Steps<string> {
    yield* this.#style.wait(sleep(CALL));
    let failure: { error: unknown } | undefined;
    try {
      this.#outcome = show(yield* this.#callWithLimit());
    } catch (error) {
      failure = { error };
      this.#outcome = describe(error);
    }
    this.#log(`caller gets ${this.#outcome}`);
    try {
      yield* this.#style.wait(sleep(0));
      this.#log("caller goes on");
    } catch (error) {
      this.#log(`caller is thrown ${describe(error)}`);
    }
    if (failure) throw failure.error;
    return "end";
  }

  /** Calls the function, in a scope with a limit if it has none of its own. */
  *#callWithLimit(): Steps<unknown> {
    const limit = this.#cell.event.includes("timeout") ? EVENT - CALL : null;
    if (limit === null || !/^(gather|shield|taskGroup)/.test(this.#cell.target)) {
      return yield* this.#call(limit);
    }
    const body = this.#style.coroutine(() => this.#call(null));
    return yield* this.#style.wait(timeout(limit, body));
  }

  *#call(limit: number | null): Steps<unknown> {
    const { target } = this.#cell;
    const child = this.#child;
    const all = [child, this.#sibling];
    switch (target) {
      case "gather":
        return yield* this.#style.wait(this.#watch("future", gather(...all)));
      case "gather returnExceptions":
        return yield* this.#style.wait(
          this.#watch("future", gather(...all, { returnExceptions: true })),
        );
      case "wait":
      case "wait FIRST_COMPLETED":
      case "wait FIRST_EXCEPTION":
        return yield* this.#wait(limit);
      case "waitFor":
        return yield* this.#style.wait(waitFor(child, limit));
      case "shield":
        return yield* this.#style.wait(this.#watch("future", shield(child)));
      case "asCompleted, for":
        return yield* this.#iterate(limit);
      case "asCompleted, for await":
        return yield* this.#iterateAsync(limit);
      case "timeout": {
        const body = this.#style.coroutine(() => this.#style.wait(child));
        return yield* this.#style.wait(timeout(limit, body));
      }
      default: {
        const body = this.#style.coroutine((group: TaskGroup) => this.#groupBody(group));
        return yield* this.#style.wait(taskGroup(body));
      }
    }
  }

  *#wait(limit: number | null): Steps<string> {
    const returnWhen = this.#cell.target === "wait FIRST_COMPLETED"
      ? "FIRST_COMPLETED"
      : this.#cell.target === "wait FIRST_EXCEPTION"
      ? "FIRST_EXCEPTION"
      : "ALL_COMPLETED";
    const { done, pending } = yield* this.#style.wait(
      wait([this.#child, this.#sibling], { timeout: limit, returnWhen }),
    );
    const namesOf = (futures: Set<Future<unknown>>) =>
      [...futures].map((future) => this.#names.get(future)!).sort();
    return `done ${show(namesOf(done))} pending ${show(namesOf(pending))}`;
  }

  *#iterate(limit: number | null): Steps<string[]> {
    const taken: string[] = [];
    for (const next of asCompleted([this.#child, this.#sibling], { timeout: limit })) {
      try {
        taken.push(yield* this.#style.wait(next));
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        taken.push(describe(error));
      }
      this.#log(`caller takes ${taken.at(-1)}`);
    }
    return taken;
  }

  *#iterateAsync(limit: number | null): Steps<string[]> {
    const taken: string[] = [];
    const completions = asCompleted([this.#child, this.#sibling], { timeout: limit });
    const iterator = completions[Symbol.asyncIterator]();
    type Next = Future<IteratorResult<Future<string>, undefined>>;
    const next = () => this.#style.wait(iterator.next() as unknown as Next);
    for (let step = yield* next(); !step.done; step = yield* next()) {
      taken.push(`${this.#names.get(step.value)} (${stateOf(step.value)})`);
      this.#log(`caller takes ${taken.at(-1)}`);
    }
    return taken;
  }

  *#groupBody(group: TaskGroup): Steps<string> {
    const inGroup = (steps: () => Steps<string>) => group.createTask(this.#style.coroutine(steps));
    const child = this.#watch("child", inGroup(() => this.#childSteps()));
    this.#watch("sibling", inGroup(() => this.#siblingSteps()));
    if (this.#cell.target === "taskGroup") return "body";
    try {
      if (this.#cell.target === "taskGroup, body sleeps") {
        yield* this.#style.wait(sleep(LATE - CALL));
        return "body";
      }
      return `body with ${yield* this.#style.wait(child)}`;
    } catch (error) {
      this.#log(`body is thrown ${describe(error)}`);
      throw error;
    }
  }

  #task<T>(steps: () => Steps<T>): Task<T> {
    return this.#loop.createTask(this.#style.coroutine(steps) as Coroutine<T>);
  }

  /** Gives a future a name, and logs its end. */
  #watch<F extends Future<unknown>>(name: string, future: F): F {
    if (!this.#names.has(future)) this.#names.set(future, name);
    future.addDoneCallback(() => this.#log(`${name}: ${stateOf(future)}`));
    return future;
  }

  #log(text: string): void {
    this.#events.push(`${this.#loop.time() - this.#start} ${text}`);
  }
}

/** How a future that is done ended. */
function stateOf(future: Future<unknown>): string {
  if (future.cancelled()) return "cancelled";
  const exception = future.exception();
  return exception === null
    ? `result ${show(future.result())}`
    : `exception ${describe(exception)}`;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return value instanceof Error ? describe(value) : String(value);
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return `AggregateError ${show(error.errors)}`;
  if (error instanceof TimeoutError) return "TimeoutError";
  if (!(error instanceof Error)) return String(error);
  // Where no reason is given, Python has no message.
  const hasMessage = error.message !== new CancelledError().message;
  return hasMessage ? `${error.name}: ${error.message}` : error.name;
}
