/**
 * The objects that the tasks of a random program share. `sync_objects.py` makes those of asyncio.
 *
 * @module
 */

import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
} from "../../mod.ts";
import type { Call } from "./sync_programs.ts";

/** What can be held. */
export type Holdable = Lock | Condition | Semaphore;

type Methods = Record<string, unknown>;

/** The objects of a program. */
export class Objects {
  readonly #objects: Record<string, Holdable | Event | Barrier | Queue<unknown>>;
  /** What `Condition.waitFor()` asks for. */
  count = 0;

  constructor() {
    const lock = new Lock();
    this.#objects = {
      lock: new Lock(),
      condition: new Condition(lock),
      sibling: new Condition(lock),
      event: new Event(),
      semaphore: new Semaphore(2),
      bounded: new BoundedSemaphore(1),
      pair: new Barrier(2),
      trio: new Barrier(3),
      slot: new Queue({ maxsize: 1 }),
      queue: new Queue(),
      heap: new PriorityQueue({ maxsize: 2 }),
      stack: new LifoQueue({ maxsize: 2 }),
    };
  }

  /** The object of a `with`. */
  holdable(name: string): Holdable {
    return this.#objects[name] as Holdable;
  }

  /** The object of a `consume`. */
  queue(name: string): Queue<unknown> {
    return this.#objects[name] as Queue<unknown>;
  }

  /** Calls a method, or reads a property. */
  call([, name, method, argument]: Call): unknown {
    const object = this.#objects[name]!;
    const member = (object as unknown as Methods)[method];
    if (typeof member !== "function") return member;
    if (method === "waitFor") return member.call(object, () => this.count >= Number(argument));
    return argument === undefined ? member.call(object) : member.call(object, argument);
  }

  /** How each object is in the end, found out by the methods that everybody has. */
  states(): [name: string, state: string][] {
    return Object.entries(this.#objects).map(([name, object]) => [name, stateOf(object)]);
  }
}

function stateOf(object: Holdable | Event | Barrier | Queue<unknown>): string {
  if (object instanceof Event) return object.isSet() ? "set" : "unset";
  if (object instanceof Barrier) return object.broken ? "broken" : `${object.nWaiting} wait`;
  if (object instanceof Semaphore) {
    let free = 0;
    for (; !object.locked(); free++) object.acquire();
    return `${free} free`;
  }
  if (!(object instanceof Queue)) return object.locked() ? "locked" : "unlocked";
  // Those who wait for room are not to come in.
  object.shutdown();
  const items = [];
  while (!object.empty()) items.push(object.getNowait());
  let unfinished = 0;
  try {
    for (;; unfinished++) object.taskDone();
  } catch {
    return `[${items}], ${unfinished} unfinished`;
  }
}

/** Shows the result of a call as in Python, where `acquire()` returns `True`. */
export function simplify(result: unknown): unknown {
  return typeof result === "object" && result !== null && Symbol.dispose in result ? true : result;
}
