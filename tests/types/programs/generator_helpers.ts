/** Generator coroutines that call each other: generic helpers, methods, recursion. */

import {
  createTask,
  ensureFuture,
  type Future,
  gather,
  sleep,
  type Task,
  timeout,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

const fetchText = async (url: string) => `text of ${url}`;

/** Calls again what fails. */
function* retry<T>(times: number, fn: () => Promise<T>) {
  for (let i = 1; i < times; i++) {
    try {
      return yield* ensureFuture(fn());
    } catch {
      yield* sleep(10 * i);
    }
  }
  return yield* ensureFuture(fn());
}

function* mapOneByOne<T, R>(items: Iterable<T>, work: (item: T) => Future<R>) {
  const results: R[] = [];
  for (const item of items) results.push(yield* work(item));
  return results;
}

interface Folder {
  size: number;
  folders: Folder[];
}

/** A generator that calls itself needs the type of its result, as a function does. */
function* sizeOf({ size, folders }: Folder): Generator<unknown, number> {
  let sum = size;
  for (const folder of folders) sum += yield* sizeOf(folder);
  yield;
  return sum;
}

class Cache<K, V> {
  readonly #values = new Map<K, V>();

  *get(key: K, load: (key: K) => Promise<V>) {
    const held = this.#values.get(key);
    if (held !== undefined) return held;
    const value = yield* ensureFuture(load(key));
    this.#values.set(key, value);
    return value;
  }

  *getAll(keys: readonly K[], load: (key: K) => Promise<V>) {
    return yield* gather(...keys.map((key) => createTask(this.get(key, load))));
  }
}

export const main = createTask(function* () {
  const text = yield* retry(3, () => fetchText("/"));
  assertSameType<typeof text, string>();
  const lengths = yield* mapOneByOne(["a", "b"], (key) => sleep(1, { result: key.length }));
  assertSameType<typeof lengths, number[]>();
  const size = yield* sizeOf({ size: 1, folders: [] });
  assertSameType<typeof size, number>();
  const cache = new Cache<URL, string>();
  const page = yield* cache.get(new URL("https://example.com"), ({ href }) => fetchText(href));
  assertSameType<typeof page, string>();
  const pages = yield* cache.getAll([], ({ href }) => fetchText(href));
  assertSameType<typeof pages, string[]>();
  const limited = yield* timeout(5, () => retry(3, () => fetchText("/")));
  assertSameType<typeof limited, string>();
  return { text, size };
});
assertSameType<typeof main, Task<{ text: string; size: number }>>();
