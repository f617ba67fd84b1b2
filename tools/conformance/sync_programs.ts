/**
 * What random programs do with locks, events, conditions, semaphores, barriers and queues, which all
 * tasks of a program share.
 *
 * @module
 */

import fc from "fast-check";

/** The kinds of objects. Those of a kind have the same methods. */
type Kind = "lock" | "condition" | "event" | "semaphore" | "barrier" | "queue";

/** The objects of a program, by name. `sync_objects.ts` and `sync_objects.py` make them. */
export const OBJECTS: Record<string, Kind> = {
  lock: "lock",
  condition: "condition",
  /** A condition with the lock of `condition`. */
  sibling: "condition",
  event: "event",
  semaphore: "semaphore",
  bounded: "semaphore",
  pair: "barrier",
  trio: "barrier",
  slot: "queue",
  queue: "queue",
  heap: "queue",
  stack: "queue",
};

/** A call of a method. The argument of the `waitFor` of a condition is what the count has to reach. */
export type Call = ["call", object: string, method: string, argument?: number | boolean];

/** How a `with` acquires and releases: by calls, with the guard, or by `run()`. */
export const WAYS = ["release", "guard", "run"] as const;

/** Part of a statement. */
type Part = fc.Arbitrary<string | number | boolean>;

interface Methods {
  /** The methods that wait, and their arguments. */
  readonly waits: Record<string, Part[]>;
  /** The methods that wait for nothing. */
  readonly acts: Record<string, Part[]>;
}

const number = fc.nat(9);
const few = fc.nat(3);
const METHODS: Record<Kind, Methods> = {
  lock: { waits: { acquire: [] }, acts: { release: [], locked: [] } },
  condition: {
    waits: { acquire: [], wait: [] },
    acts: { release: [], locked: [], notify: [few], notifyAll: [] },
  },
  event: { waits: { wait: [] }, acts: { set: [], clear: [], isSet: [] } },
  semaphore: { waits: { acquire: [] }, acts: { release: [], locked: [] } },
  barrier: { waits: { wait: [] }, acts: { reset: [], abort: [], nWaiting: [], broken: [] } },
  queue: {
    waits: { put: [number], get: [], join: [] },
    acts: {
      putNowait: [number],
      getNowait: [],
      taskDone: [],
      qsize: [],
      empty: [],
      full: [],
      shutdown: [fc.boolean()],
    },
  },
};

/** Methods after which little is left to see. */
const RARE = ["abort", "reset", "shutdown"];

/** The calls of some objects: those that wait, or those that do not. */
export function callsOf(
  objects: string[],
  which: keyof Methods,
): fc.Arbitrary<(string | number | boolean)[]> {
  const calls = objects.flatMap((object) =>
    Object.entries(METHODS[OBJECTS[object]!][which]).map(([method, args]) => ({
      arbitrary: fc.tuple<(string | number | boolean)[]>(
        ...["call", object, method].map((part) => fc.constant(part)),
        ...args,
      ),
      weight: RARE.includes(method) ? 1 : 3,
    }))
  );
  return fc.oneof(...calls);
}

/** Those of some objects that can be held. */
export function holdable(objects: string[]): string[] {
  return objects.filter((object) => "acquire" in METHODS[OBJECTS[object]!].waits);
}

/** The conditions among some objects. */
export function conditionsOf(objects: string[]): string[] {
  return objects.filter((object) => OBJECTS[object] === "condition");
}

/** The queues among some objects. */
export function queuesOf(objects: string[]): string[] {
  return objects.filter((object) => OBJECTS[object] === "queue");
}

/** One object or two: tasks meet only at objects that they share. */
export const someObjects: fc.Arbitrary<string[]> = fc.oneof(
  { arbitrary: fc.constantFrom(...Object.keys(OBJECTS)).map((object) => [object]), weight: 3 },
  fc.constant<string[]>(["condition", "sibling"]),
  fc.subarray(Object.keys(OBJECTS), { minLength: 2, maxLength: 2 }),
);
