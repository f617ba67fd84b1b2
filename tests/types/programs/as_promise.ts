/** Futures where code wants promises. */

import { createTask, Future, sleep, type Task } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

interface Store {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): PromiseLike<void>;
  close?(): Promise<unknown>;
}

/** A future is a promise of its result, of a wider one and of `unknown`. */
export const store: Store = {
  get: (key) => sleep(1, { result: key }),
  set: () => sleep(1),
  close: () => new Future(),
};

type Handler = (event: { type: string }) => Promise<void>;
type Middleware = (next: () => Promise<Response>) => Promise<Response>;

export const handlers: Handler[] = [
  () => sleep(1),
  ({ type }) => createTask(async () => console.log(type)),
  async () => await sleep(1),
];

export const middleware: Middleware = (next) => createTask(next);

const jobs: Promise<unknown>[] = [createTask(async () => 1), sleep(1), new Future<string>()];
jobs.push(createTask(() => "x"), Promise.resolve());

function first<T>(promises: readonly PromiseLike<T>[]): Promise<T> {
  return Promise.race(promises);
}

async function load<T>(promise: Promise<T>) {
  return { data: await promise };
}

export async function main(waitUntil: (promise: Promise<unknown>) => void) {
  waitUntil(createTask(async () => 1));
  const one = await first([new Future<number>(), Promise.resolve(1)]);
  assertSameType<typeof one, number>();
  const loaded = await load(createTask(async () => new Date()));
  assertSameType<typeof loaded, { data: Date }>();
  const response = await middleware(async () => new Response());
  assertSameType<typeof response, Response>();
  const cache = new Map<string, Promise<number>>();
  const held = cache.get("a") ?? createTask(async () => 1);
  assertSameType<Awaited<typeof held>, number>();
  cache.set("a", held);
  const early: Promise<string> | Task<string> = createTask(() => "x");
  const length = await early.then(({ length }) => length);
  assertSameType<typeof length, number>();
}
