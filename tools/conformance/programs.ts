/**
 * Random programs over tasks, futures, scopes and the functions that wait, and over what tasks share:
 * their language, and how they are made up. `play.ts` runs them here, `programs.py` in asyncio.
 *
 * @module
 */

import fc from "fast-check";
import {
  type Call,
  callsOf,
  conditionsOf,
  holdable,
  queuesOf,
  someObjects,
  WAYS,
} from "./sync_programs.ts";

/** The statements of a task or a scope. A program is the body of its main task. */
export type Body = Statement[];

/** A time in milliseconds, or none. */
type Limit = number | null;

/**
 * A statement, as JSON. The name of a future starts with "f", that of a task with "t", that of what
 * `let` makes with "g". No statement repeats others, so that every program ends.
 */
export type Statement =
  | Action
  /** Makes a timer, or without a time a callback. */
  | ["later", ms: Limit, action: Action]
  | ["create", task: string, body: Body]
  /** Makes a task of the innermost group, which the task may have from the one that made it. */
  | ["spawn", task: string, body: Body]
  /** Makes a future and does not wait for it. */
  | ["let", name: string, combined: Wait]
  /** Cancels the task itself. */
  | ["cancelSelf", message: string | null]
  | ["cancelling"]
  | ["uncancel"]
  /** Adds a done callback that logs. */
  | ["watch", name: string]
  | ["unwatch", name: string]
  | ["sleep", ms: number]
  | ["await", wait: Wait]
  /** Loops over `asCompleted()`. */
  | ["completed", loop: "for" | "for await", names: string[], ms: Limit]
  | ["timeout", ms: Limit, body: Body]
  /** Moves the deadline of the innermost `timeout`. */
  | ["reschedule", ms: Limit]
  | ["group", body: Body]
  /** Holds a lock, a condition or a semaphore. */
  | ["with", object: string, way: typeof WAYS[number], body: Body]
  /** Loops over the items of a queue until it is shut down. */
  | ["consume", queue: string]
  /** The cleanup is what `finally` runs. */
  | ["try", body: Body, caught: "cancelled" | "error" | "any", handler: Body, cleanup: Body]
  | ["raise", number: number]
  | ["raiseCancelled", message: string | null]
  /** Throws what the innermost handler handles. */
  | ["reraise"]
  /** Ends the body. */
  | ["return", number: number];

/** A statement that a callback can run as well. */
export type Action =
  | ["set", future: string, number: number]
  | ["fail", future: string, number: number]
  | ["cancel", name: string, message: string | null]
  | Call
  /** Adds one to the count that `Condition.waitFor()` asks for. */
  | ["count"];

/** Something to wait for. */
export type Wait =
  | string
  | ["gather", names: string[], returnExceptions: boolean]
  | ["shield", name: string]
  | Call
  | ["waitFor", wait: Wait, ms: Limit]
  | [
    "wait",
    names: string[],
    ms: Limit,
    returnWhen: "ALL_COMPLETED" | "FIRST_COMPLETED" | "FIRST_EXCEPTION",
  ];

/** The names of the plain futures. */
export const FUTURES = ["f0", "f1", "f2"];

/**
 * What stands for a name until the names are known. Which name it becomes depends on the task that
 * uses it: a task waits for futures and later tasks only, as a circle of waits never ends. The
 * members of a `let` are futures and tasks.
 */
type Reference = Partial<Record<"future" | "member" | "waited" | "any" | "task", number>>;

/** A program that has references in place of names. */
type Draft = null | boolean | number | string | Reference | Draft[];

const time = fc.nat(3);
const limit = fc.option(time);
const rarelyZero = fc.oneof({ arbitrary: fc.constantFrom(null, 1, 2, 3), weight: 9 }, limit);
const number = fc.nat(9);
const message = fc.option(fc.constantFrom("a", "b"), { freq: 1 });
const reference = (kind: keyof Reference, max: number): fc.Arbitrary<Draft> =>
  fc.record({ [kind]: fc.nat(max) });
const future = reference("future", 2);
const member = reference("member", 30);
const waited = reference("waited", 30);
const any = reference("any", 30);
const task = reference("task", 30);
const returnWhen = fc.constantFrom("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION");

const statement = (name: string, ...args: fc.Arbitrary<Draft>[]): fc.Arbitrary<Draft> =>
  fc.tuple(fc.constant(name), ...args) as fc.Arbitrary<Draft>;

const severalOf = (each: fc.Arbitrary<Draft>) =>
  fc.array(each, { minLength: 1, maxLength: 3 }) as fc.Arbitrary<Draft>;
const several = severalOf(waited);
const combined = (each: fc.Arbitrary<Draft>) =>
  fc.oneof(statement("gather", severalOf(each), fc.boolean()), statement("shield", each));
const waiting = fc.oneof(
  { arbitrary: waited, weight: 3 },
  { arbitrary: combined(waited), weight: 2 },
  statement("waitFor", fc.oneof(waited, combined(waited)), limit),
  statement("wait", several, limit, returnWhen),
);

/** Statements that a callback can run as well. */
const action = fc.oneof(
  statement("set", future, number),
  statement("fail", future, number),
  statement("cancel", any, message),
  statement("cancel", any, message),
);

const simple = fc.oneof(
  { arbitrary: statement("await", waiting), weight: 6 },
  { arbitrary: statement("sleep", time), weight: 4 },
  { arbitrary: action, weight: 4 },
  { arbitrary: statement("later", limit, action), weight: 3 },
  statement("cancelSelf", message),
  statement("completed", fc.constantFrom("for", "for await"), several, limit),
  statement("let", combined(member)),
  statement("watch", any),
  statement("unwatch", any),
  statement("raise", number),
  statement("raiseCancelled", message),
  statement("reraise"),
  statement("return", number),
  statement("reschedule", limit),
  statement("cancelling"),
  statement("uncancel"),
);

/** Statements with the objects that tasks share. */
function sharing(objects: string[]): fc.Arbitrary<Draft> {
  const wait = callsOf(objects, "waits");
  const act = callsOf(objects, "acts");
  const queues = queuesOf(objects);
  const conditions = conditionsOf(objects);
  return fc.oneof(
    { arbitrary: statement("await", wait), weight: 12 },
    { arbitrary: statement("await", statement("waitFor", wait, rarelyZero)), weight: 3 },
    { arbitrary: act, weight: 10 },
    { arbitrary: statement("later", limit, act), weight: 3 },
    { arbitrary: statement("count"), weight: 1 },
    { arbitrary: statement("sleep", time), weight: 5 },
    { arbitrary: statement("later", limit, statement("cancel", any, message)), weight: 3 },
    { arbitrary: simple, weight: 5 },
    ...queues.length > 0 ? [statement("consume", fc.constantFrom(...queues))] : [],
    ...conditions.length > 0 ? [{ arbitrary: monitor(conditions, act), weight: 12 }] : [],
  );
}

/** Waits for a condition or notifies those who wait, with the lock. */
function monitor(conditions: string[], act: fc.Arbitrary<Draft>): fc.Arbitrary<Draft> {
  const condition = fc.constantFrom(...conditions);
  const call = (name: string, ...args: fc.Arbitrary<Draft>[]) =>
    fc.tuple(fc.constant("call"), condition, fc.constant(name), ...args) as fc.Arbitrary<Draft>;
  const waiting = fc.oneof(call("wait"), call("waitFor", time));
  const wait = statement(
    "await",
    fc.oneof({ arbitrary: waiting, weight: 3 }, statement("waitFor", waiting, rarelyZero)),
  );
  const body = fc.oneof(
    fc.tuple(wait),
    fc.tuple(wait, fc.oneof(act, wait, statement("sleep", time))),
    fc.tuple(statement("count"), call("notifyAll")),
    fc.tuple(
      statement("count"),
      call("notify", fc.constant(1)),
      statement("cancel", task, message),
    ),
    fc.tuple(call("notify", time), fc.oneof(statement("count"), statement("sleep", time))),
  );
  return statement("with", condition, fc.constantFrom(...WAYS), body as fc.Arbitrary<Draft>);
}

/** Two statements, one right after the other. */
type Pair = fc.Arbitrary<[Draft, Draft]>;

/** Hands something over, and cancels somebody in the same turn. */
function handOverAndCancel(objects: string[]): Pair {
  const acts = callsOf(objects, "acts");
  const handOver = fc.oneof(acts, statement("await", callsOf(objects, "waits")));
  return fc.tuple(handOver, statement("cancel", task, message)) as Pair;
}

/** Bodies that are made of some statements, and of scopes. */
function bodiesOf(
  simple: fc.Arbitrary<Draft>,
  { weight = 8, maxLength = 4, held = [] as string[], pair = undefined as Pair | undefined } = {},
): fc.Arbitrary<Draft[]> {
  const { body } = fc.letrec<{ statement: Draft; body: Draft }>((tie) => ({
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: "statement", withCrossShrink: true },
      { arbitrary: simple, weight },
      { arbitrary: statement("create", tie("body")), weight: 1 },
      { arbitrary: statement("spawn", tie("body")), weight: 2 },
      { arbitrary: statement("timeout", limit, tie("body")), weight: 2 },
      { arbitrary: statement("group", tie("body")), weight: 2 },
      {
        arbitrary: statement(
          "try",
          tie("body"),
          fc.constantFrom("cancelled", "error", "any"),
          tie("body"),
          tie("body"),
        ),
        weight: 2,
      },
      ...held.length === 0 ? [] : [{
        arbitrary: statement(
          "with",
          fc.constantFrom(...held),
          fc.constantFrom(...WAYS),
          tie("body"),
        ),
        weight: 8,
      }],
    ),
    body: fc.array(
      pair
        ? fc.oneof({ arbitrary: fc.tuple(tie("statement")), weight: 3 }, pair)
        : fc.tuple(tie("statement")),
      { maxLength, depthIdentifier: "statement" },
    ).map((parts) => parts.flat(1)) as fc.Arbitrary<Draft>,
  }));
  return body as fc.Arbitrary<Draft[]>;
}

/** Programs whose tasks share nothing. */
const plain = programsOf(bodiesOf(simple), 0);

/** Programs. Most have objects that tasks share. */
export const programs: fc.Arbitrary<Body> = fc.oneof(
  plain,
  {
    arbitrary: someObjects.chain((objects) =>
      programsOf(
        bodiesOf(sharing(objects), {
          weight: 20,
          maxLength: 6,
          held: holdable(objects),
          pair: handOverAndCancel(objects),
        }),
        2,
      )
    ),
    weight: 2,
  },
);

function programsOf(body: fc.Arbitrary<Draft[]>, minTasks: number): fc.Arbitrary<Body> {
  return fc.tuple(
    fc.array(statement("create", body), { minLength: minTasks, maxLength: 3 }),
    fc.array(body, { minLength: 1, maxLength: 2 }),
  ).map(([tasks, bodies]) => withNames([...tasks, ...bodies.flat()]));
}

/** Puts names in place of the references of a draft, and names what it makes. */
function withNames(draft: Draft[]): Body {
  /** The names of what statements make. Tasks are numbered in the order of the text. */
  const names = new Map<Draft[], string>();
  /** From which task on the future of a `let` may be waited for. */
  const ranks = new Map<string, number>();
  let tasks = 0;

  const innerOf = (part: Draft[], own: number) => {
    const name = names.get(part);
    return name?.startsWith("t") ? Number(name.slice(1)) : own;
  };
  const walk = (part: Draft, own: number, visit: (part: Draft[], own: number) => void) => {
    if (!Array.isArray(part)) return;
    visit(part, own);
    for (const each of part) walk(each, innerOf(part, own), visit);
  };
  const resolve = (reference: Reference, own: number): string => {
    const [[kind, n]] = Object.entries(reference) as [[keyof Reference, number]];
    if (kind === "future") return FUTURES[n]!;
    if (kind === "task") return `t${n % (tasks + 1)}`;
    const first = kind === "any" ? 0 : own + 1;
    const tasksToo = Array.from({ length: tasks + 1 - first }, (_, i) => `t${first + i}`);
    const made = [...ranks.keys()].filter((name) => kind === "any" || ranks.get(name)! > own);
    const lists = [FUTURES, tasksToo, tasksToo, kind === "member" ? [] : made];
    const list = lists[n % 4]!.length > 0 ? lists[n % 4]! : FUTURES;
    return list[Math.floor(n / 4) % list.length]!;
  };
  const replace = (part: Draft, own: number): unknown => {
    if (part === null || typeof part !== "object") return part;
    if (!Array.isArray(part)) return resolve(part, own);
    const [head = [], ...rest] = part.map((each) => replace(each, innerOf(part, own)));
    const name = names.get(part);
    return part.length === 0 ? [] : name ? [head, name, ...rest] : [head, ...rest];
  };

  walk(draft, 0, (part) => {
    if (part[0] === "create" || part[0] === "spawn") names.set(part, `t${++tasks}`);
  });
  walk(draft, 0, (part, own) => {
    if (part[0] !== "let") return;
    const name = `g${ranks.size}`;
    const members = JSON.stringify(replace(part, own)).matchAll(/"t(\d+)"/g);
    names.set(part, name);
    ranks.set(name, Math.min(...Array.from(members, ([, digits]) => Number(digits)), Infinity));
  });
  return replace(draft, 0) as Body;
}
