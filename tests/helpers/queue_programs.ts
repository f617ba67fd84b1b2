/**
 * Random programs of code that puts items into a queue and gets them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CancelledError,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  TimeoutError,
} from "../../mod.ts";
import type { Wait } from "./kinds.ts";
import {
  arbitraryCode,
  arbitraryEvents,
  type Code,
  type Event,
  Run,
  type Step,
} from "./random_code.ts";

interface Item {
  readonly id: number;
  /** The number of the code that has put the item; -1 for an event. */
  readonly by: number;
  readonly priority: number;
}

const compare = (a: Item, b: Item) => a.priority - b.priority;

const CLASSES = { Queue, LifoQueue, PriorityQueue };

/** A queue, and the code that uses it. */
export interface QueueProgram {
  readonly kind: keyof typeof CLASSES;
  readonly maxsize: number;
  readonly codes: readonly Code<Action>[];
  readonly events: readonly Event<Action>[];
}

type Action = "put" | "get" | "each" | "join" | "putNowait" | "getNowait" | "shutdown" | "drop";

const PUTS = ["put", "put", "put", "putNowait"] as const;
const GETS = ["get", "get", "each"] as const;
const MIXED = [...PUTS, ...GETS, "getNowait", "join"] as const;

/** Makes programs; in half of them, a single task gets items. */
export const queueProgram: fc.Arbitrary<QueueProgram> = fc.record({
  kind: fc.constantFrom("Queue", "LifoQueue", "PriorityQueue"),
  maxsize: fc.nat(3),
  codes: fc.oneof(
    fc.array(arbitraryCode<Action>(MIXED), { minLength: 2, maxLength: 6, size: "max" }),
    fc.tuple(
      arbitraryCode<Action>(GETS),
      arbitraryCode<Action>(PUTS),
      arbitraryCode<Action>(PUTS),
      arbitraryCode<Action>(PUTS),
    ),
  ),
  events: fc.oneof(
    arbitraryEvents<Action>(["putNowait", "putNowait"]),
    arbitraryEvents<Action>(["putNowait", "getNowait", "getNowait"]),
    arbitraryEvents<Action>(["putNowait", "shutdown", "drop"]),
  ),
});

/** What became of the items of a program. */
class Ledger {
  readonly queue: Queue<Item>;
  readonly put = new Set<Item>();
  readonly seen: Item[] = [];
  isDropping = false;
  #id = 0;

  constructor({ kind, maxsize }: QueueProgram) {
    this.queue = new CLASSES[kind]<Item>({ maxsize, compare } as { maxsize: number });
  }

  make(by: number, priority: number): Item {
    return { id: this.#id++, by, priority: priority % 3 };
  }

  see(item: Item): void {
    this.seen.push(item);
    this.queue.taskDone();
  }

  putNowait(by: number, priority: number): void {
    const item = this.make(by, priority);
    this.queue.putNowait(item);
    this.put.add(item);
  }

  shutdown(immediate: boolean): void {
    this.isDropping ||= immediate;
    this.queue.shutdown(immediate);
  }
}

/** Whether code may be thrown an error. */
function isExpected(error: unknown): boolean {
  return [CancelledError, TimeoutError, QueueEmpty, QueueFull, QueueShutDown]
    .some((type) => error instanceof type);
}

/** Runs a program, checks that nothing was lost or doubled, and returns how much there was to do. */
export async function runQueueProgram(program: QueueProgram): Promise<number> {
  const run = new Run();
  const reports: unknown[] = [];
  run.loop.setExceptionHandler((_loop, context) => reports.push(context));
  const ledger = new Ledger(program);
  for (const [by, code] of program.codes.entries()) {
    run.start(code, (step, wait, isAsync) => act(run, ledger, by, step, wait, isAsync), isExpected);
  }
  for (const event of program.events) {
    try {
      if (event.does === "putNowait") ledger.putNowait(-1, event.choice);
      else if (event.does === "getNowait") ledger.see(ledger.queue.getNowait());
      else if (event.does === "shutdown") ledger.shutdown(false);
      else if (event.does === "drop") ledger.shutdown(true);
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
    await run.happen(event);
  }
  assertEquals(await run.stop(), [], "code ends by cancellation only");
  assertEquals(reports, []);
  check(program, ledger);
  return run.operations;
}

/** Does a step of the code with the number `by`. */
function* act(
  run: Run,
  ledger: Ledger,
  by: number,
  step: Step<Action>,
  wait: Wait,
  isAsync: boolean,
): Generator<unknown, void> {
  const { queue } = ledger;
  if (step.does === "put") {
    const item = ledger.make(by, step.choice);
    yield* run.wait(step, wait, isAsync, (options) => queue.put(item, options));
    ledger.put.add(item);
  } else if (step.does === "get") {
    ledger.see(yield* run.wait(step, wait, isAsync, (options) => queue.get(options)));
  } else if (step.does === "each") {
    const iterator = queue[Symbol.asyncIterator]();
    for (let left = step.choice; left > 0; left--) {
      const next = () => iterator.next() as unknown as ReturnType<typeof queue.get>;
      const result: unknown = yield* run.wait({ ...step, way: "plain" }, wait, isAsync, next);
      const { done, value } = result as IteratorResult<Item>;
      if (done) break;
      ledger.see(value);
    }
  } else if (step.does === "join") {
    yield* run.wait(step, wait, isAsync, (options) => queue.join(options));
  } else if (step.does === "putNowait") {
    ledger.putNowait(by, step.choice);
  } else {
    ledger.see(queue.getNowait());
  }
}

/** Checks what is left when all code has ended. */
function check({ kind, codes, events }: QueueProgram, ledger: Ledger): void {
  const { queue, put, seen } = ledger;
  assertEquals(/getters|putters/.test(String(queue)), false, `nobody waits: ${queue}`);
  const left = queue.qsize();
  const unfinished = Number(/ tasks=(\d+)/.exec(String(queue))?.[1] ?? 0);
  assertEquals(unfinished, left, "what was seen or dropped is done");
  const rest = Array.from({ length: left }, () => queue.getNowait());
  const all = [...seen, ...rest];
  const found = new Set(all);
  assertEquals(found.size, all.length, "no item is doubled");
  assertEquals(all.filter((item) => !put.has(item)), [], "what was not put does not come out");
  const lost = [...put].filter((item) => !found.has(item));
  if (!ledger.isDropping) assertEquals(lost, [], "no item is lost");

  const order = kind === "LifoQueue" ? rest.reverse() : rest;
  if (kind === "PriorityQueue") {
    assertEquals(order, order.toSorted(compare), "the least item comes first");
    for (const p of [0, 1, 2]) checkOrder(order.filter(({ priority }) => priority === p));
  } else {
    checkOrder(order);
  }
  const getters = codes.filter(({ steps }) => steps.some(({ does }) => /get|each/.test(does)));
  const isSingle = getters.length === 1 && !events.some(({ does }) => does === "getNowait");
  if (kind === "Queue" && isSingle) checkOrder(all);
}

/** Checks that the items which the same code has put are in the order of their numbers. */
function checkOrder(items: Item[]): void {
  for (const by of new Set(items.map(({ by }) => by))) {
    const ids = items.filter((item) => item.by === by).map(({ id }) => id);
    assertEquals(ids, ids.toSorted((a, b) => a - b), `the order of code ${by}`);
  }
}
