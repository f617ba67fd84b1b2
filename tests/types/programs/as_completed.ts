/** Results one after the other, from all kinds of collections. */

import { asCompleted, createTask, type Future, sleep, type Task } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

const load = async (key: string) => ({ key });

export async function ofArray(keys: string[]) {
  for await (const task of asCompleted(keys.map((key) => createTask(() => load(key))))) {
    assertSameType<typeof task, Task<{ key: string }>>();
    const { key } = task.result();
    assertSameType<typeof key, string>();
  }
}

export async function ofSet(timers: Set<Future<number>>, timeout?: number) {
  const results = [];
  for (const next of asCompleted(timers, { timeout })) {
    assertSameType<typeof next, Future<number>>();
    results.push(await next);
  }
  assertSameType<typeof results, number[]>();
  return results;
}

/** The keys of a map tell whose result it is. */
export async function ofMapKeys(names: Map<Task<number>, string>) {
  const found: Record<string, number> = {};
  for await (const task of asCompleted(names.keys())) {
    assertSameType<typeof task, Task<number>>();
    const name = names.get(task);
    if (name !== undefined && !task.failed()) found[name] = task.result();
  }
  return found;
}

export async function ofMixed() {
  for await (const future of asCompleted([sleep(1), load("a"), createTask(() => 1)])) {
    const result = future.result();
    assertSameType<typeof result, void | number | { key: string }>();
  }
}

export async function* ofGenerator(keys: Iterable<string>) {
  for await (const future of asCompleted(Array.from(keys, load))) {
    assertSameType<typeof future, Future<{ key: string }>>();
    yield future.result();
  }
}
assertSameType<
  ReturnType<typeof ofGenerator>,
  AsyncGenerator<{ key: string }, void, unknown>
>();

export const coroutine = createTask(function* () {
  let sum = 0;
  for (const next of asCompleted([sleep(1, { result: 1 }), sleep(2, { result: 2 })])) {
    const value = yield* next;
    assertSameType<typeof value, number>();
    sum += value;
  }
  return sum;
});
assertSameType<typeof coroutine, Task<number>>();
