/** Types that are made of other types. */

import {
  type Awaitable,
  createTask,
  ensureFuture,
  type Future,
  type FutureOf,
  gather,
  type Gathered,
  type GatheredOutcomes,
  type ResultOf,
  type Task,
  waitFor,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

const loadUser = async (id: number) => ({ id, name: "ada" });
const start = (id: number) => createTask(() => loadUser(id));
function* count(to: number) {
  for (let i = 0; i < to; i++) yield;
  return to;
}

export type User = Awaited<ReturnType<typeof start>>;
assertSameType<User, { id: number; name: string }>();
assertSameType<ReturnType<typeof start>, Task<User>>();
assertSameType<ResultOf<ReturnType<typeof loadUser>>, User>();
assertSameType<ResultOf<ReturnType<typeof count>>, number>();
assertSameType<ResultOf<Task<string> | Promise<number>>, string | number>();
assertSameType<FutureOf<ReturnType<typeof count>>, Future<number>>();
assertSameType<FutureOf<Task<User>>, Task<User>>();
assertSameType<FutureOf<Task<User> | Promise<User>>, Task<User> | Future<User>>();
assertSameType<Gathered<[Task<User>, Promise<number>]>, [User, number]>();
assertSameType<GatheredOutcomes<readonly Future<Date>[]>, (Error | Date)[]>();
assertSameType<Awaited<Future<Future<number>>>, number>();

/** Waits for all values of a record. */
export async function gatherRecord<R extends Record<string, Awaitable<unknown>>>(record: R) {
  const results = await gather(...Object.values(record));
  const entries = Object.keys(record).map((key, i) => [key, results[i]]);
  return Object.fromEntries(entries) as { [K in keyof R]: ResultOf<R[K]> };
}

/** Calls a function once for each argument. */
export function memoize<K, T>(fn: (key: K) => Promise<T>) {
  const held = new Map<K, Future<T>>();
  return (key: K) => {
    const found = held.get(key) ?? ensureFuture(fn(key));
    held.set(key, found);
    return found;
  };
}

/** A method of any client, with a limit. */
export function limit<P extends unknown[], R>(fn: (...args: P) => Promise<R>, ms: number) {
  return (...args: P) => waitFor(fn(...args), ms);
}

export async function main() {
  const record = await gatherRecord({ user: start(1), text: Promise.resolve("x"), n: count(3) });
  assertSameType<typeof record, { user: User; text: string; n: number }>();
  const userOf = memoize(start);
  assertSameType<typeof userOf, (key: number) => Future<User>>();
  const limited = limit(loadUser, 5);
  assertSameType<typeof limited, (id: number) => Future<User>>();
  const { name } = await limited(1);
  assertSameType<typeof name, string>();
}
