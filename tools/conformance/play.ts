/**
 * Runs random programs here, with generator coroutines or with async functions. `programs.py` does
 * the same in asyncio, statement by statement.
 *
 * @module
 */

import FakeTimers from "@sinonjs/fake-timers";
import {
  asCompleted,
  CancelledError,
  type Coroutine,
  currentTask,
  type EventLoop,
  type Future,
  gather,
  getEventLoop,
  shield,
  sleep,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
  wait,
  waitFor,
} from "../../mod.ts";
import { makeManualLoop } from "../../tests/helpers/manual_loop.ts";
import { type Body, FUTURES, type Statement, type Wait } from "./programs.ts";
import { describe, isWaitResult, show, stateOf, ValueError } from "./show.ts";
import { ASYNC_FUNCTIONS, GENERATORS, type Steps, type Style } from "./styles.ts";
import { Objects, simplify } from "./sync_objects.ts";
import type { Call } from "./sync_programs.ts";

/** An event: its time, the task or callback that tells of it, and what happened. */
export type Event = [time: number, who: string, what: string];

/** The outcome of a program. */
export interface Trace {
  events: Event[];
  /** How everything that has a name ended. */
  states: Record<string, string>;
}

/** How often all tasks are cancelled when nothing goes on by itself. */
const ROUNDS = 3;

/** No program takes as many turns, unless something spins. */
const MAX_TURNS = 10_000;

/** Runs a program with generators, on a loop whose turns and clock are those of asyncio. */
export function playWithGenerators(program: Body): Trace {
  const loop = makeManualLoop();
  const play = new Play(program, loop, GENERATORS);
  for (let round = 0; round <= ROUNDS; round++) {
    if (round > 0 && !play.cancelAll()) break;
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      const next = loop.ready.length > 0 ? loop.time() : loop.nextTime();
      if (next === undefined) break;
      loop.advance(Math.max(0, next - loop.time()));
      for (let left = loop.ready.length; left > 0; left--) loop.ready.shift()!();
    }
  }
  return play.end();
}

/** Runs a program with async functions, on the standard loop. */
export async function playWithAsyncFunctions(program: Body): Promise<Trace> {
  const clock = FakeTimers.install({
    toFake: ["setTimeout", "clearTimeout", "Date", "performance"],
  });
  const loop = getEventLoop();
  try {
    const play = new Play(program, loop, ASYNC_FUNCTIONS);
    for (let round = 0; round <= ROUNDS; round++) {
      if (round > 0 && !play.cancelAll()) break;
      await settled();
      while (clock.countTimers() > 0) {
        clock.next();
        await settled();
      }
    }
    return play.end();
  } finally {
    clock.uninstall();
  }
}

/** Waits until no microtask is left. The loop may have had to wait for turns of the host. */
async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Where a statement stands. */
interface Place {
  /** The name of the task. */
  readonly who: string;
  readonly group?: TaskGroup;
  readonly limit?: Timeout;
  /** The error that the innermost handler handles. */
  readonly error?: unknown;
}

/** The value of the `return` that ended a body; `undefined` if none did. */
type Return = { value: unknown } | undefined;

/** A run of a program. */
class Play {
  readonly #loop: EventLoop;
  readonly #style: Style;
  readonly #start: number;
  readonly #futures = new Map<string, Future<unknown>>();
  readonly #watchers = new Map<string, () => void>();
  readonly #events: Event[] = [];
  readonly #objects = new Objects();

  constructor(program: Body, loop: EventLoop, style: Style) {
    this.#loop = loop;
    this.#style = style;
    this.#start = loop.time();
    loop.setExceptionHandler((_loop, { message, exception }) => {
      // The garbage collector decides when that is reported.
      if (!message.includes("never retrieved")) {
        this.#log("loop", `reported: ${message} (${describe(exception)})`);
      }
    });
    for (const name of FUTURES) this.#futures.set(name, loop.createFuture());
    this.#create("t0", {}, program);
  }

  /** Cancels all tasks that are not done, and returns whether there are any. */
  cancelAll(): boolean {
    const tasks = [...this.#futures].filter(([name, future]) => name[0] === "t" && !future.done());
    if (tasks.length > 0) this.#log("end", tasks.map(([name]) => name).join(" "));
    for (const [, task] of tasks) task.cancel("end");
    return tasks.length > 0;
  }

  /** The trace, when all is over. */
  end(): Trace {
    const states = [...this.#futures].map(([name, future]) => [name, stateOf(future)]);
    // A copy, as those that still wait go on when the objects are looked at.
    const events = [...this.#events];
    return { events, states: Object.fromEntries([...states, ...this.#objects.states()]) };
  }

  #log(who: string, what: string): void {
    this.#events.push([this.#loop.time() - this.#start, who, what]);
  }

  #create(name: string, place: Omit<Place, "who">, body: Body): void {
    const run = () => this.#task({ ...place, who: name }, body);
    const coro = this.#style.coroutine(run) as Coroutine<unknown>;
    this.#futures.set(name, (place.group ?? this.#loop).createTask(coro));
  }

  *#task(place: Place, body: Body): Steps<unknown> {
    try {
      const value = (yield* this.#run(place, body))?.value;
      this.#log(place.who, `ends: ${show(value)}`);
      return value;
    } catch (error) {
      this.#log(place.who, `ends: ${describe(error)}`);
      throw error;
    }
  }

  *#run(place: Place, body: Body): Steps<Return> {
    for (const statement of body) {
      if (statement[0] === "return") return { value: statement[1] };
      if (statement[0] === "try") {
        const ended = yield* this.#try(place, statement);
        if (ended) return ended;
      } else {
        yield* this.#step(place, statement);
      }
    }
  }

  *#try(
    place: Place,
    [, body, caught, handler, cleanup]: Extract<Statement, ["try", ...unknown[]]>,
  ) {
    try {
      return yield* this.#run(place, body);
    } catch (error) {
      if (caught !== "any" && (error instanceof CancelledError) !== (caught === "cancelled")) {
        throw error;
      }
      this.#log(place.who, `catches ${describe(error)}`);
      return yield* this.#run({ ...place, error }, handler);
    } finally {
      yield* this.#run(place, cleanup);
    }
  }

  *#step(place: Place, statement: Statement): Steps<void> {
    const { who } = place;
    switch (statement[0]) {
      case "sleep":
        return yield* this.#wait(who, `sleep ${statement[1]}`, () => sleep(statement[1]));
      case "await": {
        const [name, awaited] = statement;
        const text = `${name} ${JSON.stringify(awaited)}`;
        return yield* this.#wait(who, text, () => this.#futureOf(awaited));
      }
      case "completed":
        return yield* this.#iterate(who, ...statement);
      case "timeout": {
        const [name, ms, body] = statement;
        return yield* this.#wait(who, name, () => {
          const run = (limit: Timeout) => this.#scope({ ...place, limit }, body);
          return timeout(ms, this.#style.coroutine(run));
        });
      }
      case "group": {
        const [name, body] = statement;
        return yield* this.#wait(who, name, () => {
          const run = (group: TaskGroup) => this.#scope({ ...place, group }, body);
          return taskGroup(this.#style.coroutine(run));
        });
      }
      case "with": {
        const [, object, way, body] = statement;
        return yield* this.#follow(who, `with ${object}`, this.#hold(place, object, way, body));
      }
      case "consume":
        return yield* this.#follow(
          who,
          `consume ${statement[1]}`,
          this.#consume(who, statement[1]),
        );
      case "raise":
        throw new ValueError(`e${statement[1]}`);
      case "raiseCancelled":
        throw new CancelledError(statement[1] ?? undefined);
      case "reraise":
        if (place.error) throw place.error;
        return;
      default:
        this.#act(place, statement);
    }
  }

  /** Runs a statement that waits for nothing. */
  #act(place: Place, statement: Statement): void {
    const { who } = place;
    const log = (what: unknown) =>
      this.#log(who, `${statement.slice(0, 2).map(show).join(" ")}: ${what}`);
    const task = currentTask();
    switch (statement[0]) {
      case "later": {
        const [, ms, action] = statement;
        const call = () => this.#act({ who: `a callback of ${who}` }, action);
        return void (ms === null ? this.#loop.callSoon(call) : this.#loop.callLater(ms, call));
      }
      case "create":
        return this.#create(statement[1], withoutGroup(place), statement[2]);
      case "spawn":
        return this.#create(statement[1], place, statement[2]);
      case "cancelSelf":
        return log(task!.cancel(statement[1] ?? undefined));
      case "cancelling":
        return log(task!.cancelling());
      case "uncancel":
        return log(task!.uncancel());
      case "reschedule":
        return place.limit?.reschedule(
          statement[1] === null ? null : this.#loop.time() + statement[1],
        );
      case "count":
        return void this.#objects.count++;
      case "call":
        return this.#log(who, `${statement.slice(1).join(" ")}: ${this.#call(statement)}`);
    }
    const name = statement[1] as string;
    if (statement[0] === "let") {
      const made = this.#futureOf(statement[2]);
      if (made) this.#futures.set(name, made);
      return;
    }
    const future = this.#futures.get(name);
    if (!future) return log("missing");
    switch (statement[0]) {
      case "set":
      case "fail":
        if (future.done()) return log("done");
        if (statement[0] === "set") future.setResult(statement[2]);
        else future.setException(new ValueError(`e${statement[2]}`));
        return log("ok");
      case "cancel":
        return log(future.cancel(statement[2] ?? undefined));
      case "watch":
        return future.addDoneCallback(this.#watcherOf(name, future));
      case "unwatch":
        return log(future.removeDoneCallback(this.#watcherOf(name, future)));
    }
  }

  /** Calls a method of an object, and returns the result or the error as text. */
  #call(call: Call): string {
    try {
      return show(this.#objects.call(call));
    } catch (error) {
      return describe(error);
    }
  }

  *#hold(place: Place, name: string, way: string, body: Body): Steps<unknown> {
    const object = this.#objects.holdable(name);
    const hold = () => {
      this.#log(place.who, `holds ${name}`);
      return this.#scope(place, body);
    };
    if (way === "run") return yield* this.#style.run(object, hold);
    const guard = yield* this.#style.wait<Disposable>(object.acquire());
    try {
      return yield* hold();
    } finally {
      if (way === "guard") guard[Symbol.dispose]();
      else object.release();
    }
  }

  *#consume(who: string, name: string): Steps<void> {
    const take = (item: unknown) => this.#log(who, `gets ${item}`);
    yield* this.#style.forAwait(this.#objects.queue(name), take);
  }

  /** Waits for a future, and logs how that ends. */
  #wait(who: string, what: string, start: () => Future<unknown> | undefined): Steps<void> {
    const wait = this.#style.wait;
    return this.#follow(
      who,
      what,
      (function* () {
        const future = start();
        return future ? yield* wait(future) : "missing";
      })(),
    );
  }

  /** Takes some steps, and logs how that ends. */
  *#follow(who: string, what: string, steps: Steps<unknown>): Steps<void> {
    try {
      this.#log(who, `${what}: ${this.#show(simplify(yield* steps))}`);
    } catch (error) {
      this.#log(who, `${what}: ${describe(error)}`);
      throw error;
    }
  }

  *#scope(place: Place, body: Body): Steps<unknown> {
    return (yield* this.#run(place, body))?.value;
  }

  /** Makes what a statement waits for, unless that waits for tasks that nobody has made yet. */
  #futureOf(awaited: Wait): Future<unknown> | undefined {
    if (typeof awaited === "string") return this.#futures.get(awaited);
    if (awaited[0] === "call") return this.#objects.call(awaited) as Future<unknown>;
    if (awaited[0] === "shield" || awaited[0] === "waitFor") {
      const future = this.#futureOf(awaited[1]);
      if (!future) return undefined;
      return awaited[0] === "shield" ? shield(future) : waitFor(future, awaited[2]);
    }
    const futures = this.#futuresOf(awaited[1]);
    if (futures.length === 0) return undefined;
    return awaited[0] === "gather"
      ? gather(...futures, { returnExceptions: awaited[2] })
      : wait(futures, { timeout: awaited[2], returnWhen: awaited[3] });
  }

  #futuresOf(names: string[]): Future<unknown>[] {
    return names.flatMap((name) => this.#futures.get(name) ?? []);
  }

  *#iterate(who: string, _: string, form: string, names: string[], limit: number | null) {
    const completions = asCompleted(this.#futuresOf(names), { timeout: limit });
    const log = (what: string) => this.#log(who, `takes ${what}`);
    try {
      if (form === "for await") {
        const take = (future: Future<unknown>) => log(`${this.#nameOf(future)} ${stateOf(future)}`);
        yield* this.#style.forAwait(completions, take);
      } else {
        for (const next of completions) {
          try {
            log(show(yield* this.#style.wait(next)));
          } catch (error) {
            if (!(error instanceof ValueError)) throw error;
            log(describe(error));
          }
        }
      }
      log("all");
    } catch (error) {
      log(describe(error));
      throw error;
    }
  }

  #watcherOf(name: string, future: Future<unknown>): () => void {
    const watcher = this.#watchers.get(name) ??
      (() => this.#log(`a watcher of ${name}`, stateOf(future)));
    this.#watchers.set(name, watcher);
    return watcher;
  }

  #nameOf(future: Future<unknown>): string | undefined {
    return [...this.#futures].find(([, each]) => each === future)?.[0];
  }

  /** Shows a value, also one of `wait()`. */
  #show(value: unknown): string {
    if (!isWaitResult(value)) return show(value);
    const sets = [value.done, value.pending].map((futures) =>
      [...futures].map((future) => this.#nameOf(future)).sort()
    );
    return `done ${show(sets[0])} pending ${show(sets[1])}`;
  }
}

function withoutGroup({ group: _, ...place }: Place): Place {
  return place;
}
