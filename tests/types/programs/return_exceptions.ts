/** `gather()` with exceptions among the results: always, never, or as a caller wants. */

import { createTask, type Future, gather, type Task } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

export async function main(tasks: Task<number>[], tolerant: boolean, signal?: AbortSignal) {
  const one = createTask(async () => 1);
  const text = createTask(async () => "x");

  const outcomes = await gather(one, text, { returnExceptions: true });
  assertSameType<typeof outcomes, [number | Error, string | Error]>();
  const failed = outcomes.filter((outcome) => outcome instanceof Error);
  console.log(failed.length);

  const results = await gather(one, text, { returnExceptions: false, signal });
  assertSameType<typeof results, [number, string]>();

  const returnExceptions = true;
  const byVariable = await gather(one, { returnExceptions });
  assertSameType<typeof byVariable, [number | Error]>();

  const unknown = await gather(one, text, { returnExceptions: tolerant });
  assertSameType<typeof unknown, [number | Error, string | Error]>();

  const list = await gather(...tasks, { returnExceptions: true });
  assertSameType<typeof list, (number | Error)[]>();
  let sum = 0;
  for (const outcome of list) sum += outcome instanceof Error ? 0 : outcome;

  const options = { returnExceptions: true, signal } as const;
  const byOptions = await gather(...tasks, text, options);
  assertSameType<typeof byOptions, [...(number | Error)[], string | Error]>();
  return sum;
}

/** Passes the option on. */
export function gatherAll<T>(tasks: readonly Future<T>[], returnExceptions?: boolean) {
  const all = gather(...tasks, { returnExceptions });
  assertSameType<typeof all, Future<(T | Error)[]>>();
  return all;
}

/** The results of those that succeed. */
export async function successes<T>(tasks: Iterable<Task<T>>): Promise<T[]> {
  const results: T[] = [];
  for (const outcome of await gather(...tasks, { returnExceptions: true })) {
    if (!(outcome instanceof Error)) results.push(outcome);
  }
  return results;
}
