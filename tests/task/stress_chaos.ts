/**
 * One run of the chaos test: starts the tasks, cancels some of them, and counts.
 *
 * @module
 */

import { type EventLoop, type Future, sleep, type Task, type TaskOptions } from "../../mod.ts";
import { COMPLEX, SIMPLE } from "./stress_leaves.ts";
import { count, makeReason, Requests } from "./stress_requests.ts";
import { Queue, Slot } from "./stress_shared.ts";

/** The code of a task, which notes its waits. */
export type Code = (my: Requests) => Generator<unknown, unknown> | Promise<unknown>;

/** A task and the requests to cancel it. */
export interface Started {
  readonly task: Task<unknown>;
  readonly requests: Requests;
}

/** Makes a task of a coroutine. */
type MakeTask = (
  coro: () => Generator<unknown, unknown> | Promise<unknown>,
  options: Omit<TaskOptions, "loop">,
) => Task<unknown>;

/** One run of the chaos test: what its tasks share, and what is counted. */
export class Chaos {
  readonly random: () => number;
  readonly loop: EventLoop;
  readonly counts = { tasks: 0, ended: 0 };
  /** The faults that were found, as sentences. */
  readonly faults: string[] = [];
  /** The tasks outside of groups that are not done. */
  readonly loose = new Set<Task<unknown>>();
  readonly queue = new Queue<number>();
  readonly slot = new Slot();
  /** The items that were put into the queue, and those that somebody used. */
  readonly put = new Set<number>();
  readonly used = new Set<number>();

  constructor(random: () => number, loop: EventLoop) {
    this.random = random;
    this.loop = loop;
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)]!;
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** Makes a task, half of which have their requests counted; some start at once. */
  start(code: Code, make: MakeTask, options: Omit<TaskOptions, "loop"> = {}): Started {
    const isCounted = this.chance(0.5);
    const requests = new Requests(isCounted, code.name, (fault) => this.faults.push(fault));
    const coro = () => this.#run(code, requests);
    count(coro, requests);
    const task = make(coro, this.chance(0.1) ? { ...options, eagerStart: true } : options);
    requests.watch(task);
    if (this.chance(0.2)) this.#askSoon(task);
    return { task, requests };
  }

  #run(code: Code, requests: Requests): Generator<unknown, unknown> | Promise<unknown> {
    this.counts.tasks++;
    const onEnd = () => void this.counts.ended++;
    const made = code(requests);
    return made instanceof Promise ? made.finally(onEnd) : endInSteps(made, onEnd);
  }

  /** Cancels a task from outside, once or twice, at a random time. */
  #askSoon(task: Task<unknown>): void {
    const ask = () => {
      task.cancel(makeReason());
      if (this.chance(0.3)) this.loop.callSoon(() => task.cancel(makeReason()));
    };
    const when = this.random();
    if (when < 0.1) ask();
    else if (when < 0.3) this.inMicrotasks(ask);
    else this.loop.callLater(this.random() * 4, ask);
  }

  /** Cancels a task from outside in the turn in which a time limit is over, just before or after. */
  askAt(limit: number | null, task: Task<unknown>): void {
    if (limit === null || limit > 3) return;
    const ask = () => void task.cancel(makeReason());
    // A timer that is set in the next turn comes after that of the limit.
    const time = this.loop.time() + limit;
    if (this.chance(0.5)) this.loop.callAt(time, ask);
    else this.loop.callSoon(() => this.loop.callAt(time, ask));
  }

  /** Calls `fn` a few microtasks later. */
  async inMicrotasks(fn: () => void): Promise<void> {
    for (let left = Math.floor(this.random() * 12); left > 0; left--) await undefined;
    fn();
  }

  /** Starts a task outside of groups. */
  startLoose(code: Code): Started {
    const started = this.start(code, (coro, options) => this.loop.createTask(coro, options));
    const { task } = started;
    if (!task.done()) {
      this.loose.add(task);
      task.addDoneCallback(() => this.loose.delete(task));
    }
    return started;
  }

  /** Starts one to three children, of which some fail. */
  startChildren(): { tasks: Task<unknown>[]; requests: Requests[] } {
    const length = 1 + Math.floor(this.random() * 3);
    const children = Array.from({ length }, () => this.startLoose(this.leaf()));
    return {
      tasks: children.map(({ task }) => task),
      requests: children.map(({ requests }) => requests),
    };
  }

  /** A task that waits a little, and perhaps fails. */
  leaf(isDoomed = this.chance(0.1)): Code {
    return this.pick(SIMPLE)(this, isDoomed);
  }

  /** A task that uses one of the functions of the module. */
  complex(): Code {
    return this.pick(COMPLEX)(this);
  }

  /** A short wait, of which some take no time. */
  nap(): Future<unknown> {
    return sleep(this.chance(0.5) ? 0 : this.random() * 3);
  }

  /** A time limit, which is over at once, soon or never. */
  limit(): number | null {
    return this.pick([0, this.random() * 3, this.random() * 3, 60_000, null]);
  }

  /** Puts an item into the queue. */
  putItem(): void {
    const item = this.put.size;
    this.put.add(item);
    this.queue.put(item);
  }

  noteUsed(item: number): void {
    if (this.used.has(item)) this.faults.push(`item ${item} was taken twice`);
    this.used.add(item);
  }

  /** Checks that nothing waits for the queue or the slot, and that no item was lost. */
  checkShared(): void {
    const { queue, slot, put, used } = this;
    if (queue.waiting + slot.waiting > 0) this.faults.push("a waiter was left");
    if (slot.isHeld) this.faults.push("the slot was not given back");
    const left = new Set(queue.items);
    for (const item of put) {
      if (used.has(item) === left.has(item)) this.faults.push(`item ${item} was lost, or is twice`);
    }
    if (used.size + queue.items.length !== put.size) this.faults.push("items came from nowhere");
  }
}

function* endInSteps(
  code: Generator<unknown, unknown>,
  onEnd: () => void,
): Generator<unknown, unknown> {
  try {
    return yield* code;
  } finally {
    onEnd();
  }
}
