/** Many items, a few at a time. */

import { createTask, pooledMap, sleep } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

interface Page {
  url: string;
  links: string[];
}

async function load(url: string, signal?: AbortSignal): Promise<Page> {
  await sleep(1, { signal });
  return { url, links: [] };
}

async function* lines(text: string) {
  for (const line of text.split("\n")) yield line;
}

export async function main(urls: Set<string>, signal?: AbortSignal) {
  const pages = pooledMap(4, urls, load, { signal });
  assertSameType<typeof pages, AsyncIterableIterator<Page>>();
  for await (const { links } of pages) {
    assertSameType<typeof links, string[]>();
  }
  const sizes: number[] = [];
  for await (
    const size of pooledMap(2, lines("a\nb"), (line) => sleep(1, { result: line.length }))
  ) {
    assertSameType<typeof size, number>();
    sizes.push(size);
  }
  const byGenerator = pooledMap(1, new Map([["a", 1]]), function* ([key, value]) {
    yield* sleep(value);
    return key;
  });
  assertSameType<typeof byGenerator, AsyncIterableIterator<string>>();
  const byTask = pooledMap(1, sizes, (size) => createTask(() => size % 2 === 0));
  assertSameType<typeof byTask, AsyncIterableIterator<boolean>>();
  const plain = pooledMap(Infinity, sizes, String);
  assertSameType<typeof plain, AsyncIterableIterator<string>>();
  return await collect(byGenerator);
}

async function collect<T>(items: AsyncIterable<T>) {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}
assertSameType<ReturnType<typeof main>, Promise<string[]>>();
