/**
 * A check-then-act: a cache looks whether it has a page, waits for the page, and only then keeps it.
 * A second visitor who comes in between has the page loaded again.
 *
 * Run it with `deno run examples/testing/explore.ts cache`.
 *
 * @module
 */

import { createTask, gather, sleep } from "@asyncio/future";
import { delay, runVirtual } from "@asyncio/future/testing";

type Load = (path: string) => PromiseLike<string>;

class Cache {
  readonly #load: Load;
  readonly #pages = new Map<string, string>();

  constructor(load: Load) {
    this.#load = load;
  }

  async get(path: string): Promise<string> {
    let page = this.#pages.get(path);
    if (page === undefined) {
      page = await this.#load(path);
      this.#pages.set(path, page);
    }
    return page;
  }
}

class MendedCache {
  readonly #load: Load;
  readonly #pages = new Map<string, Promise<string>>();

  constructor(load: Load) {
    this.#load = load;
  }

  async get(path: string): Promise<string> {
    // The promise is kept at once, so that nobody looks between loading and keeping.
    const page = this.#pages.get(path) ?? Promise.resolve(this.#load(path));
    this.#pages.set(path, page);
    return await page;
  }
}

/** Two visitors ask for one page, the second one 10 ms after the first. */
async function visit(
  CacheClass: new (load: Load) => { get: Load },
  pause: () => PromiseLike<void>,
): Promise<void> {
  let loads = 0;
  const cache = new CacheClass(async (path) => {
    loads++;
    await pause();
    return `the page ${path}`;
  });
  async function first(): Promise<void> {
    await cache.get("/");
  }
  async function second(): Promise<void> {
    await sleep(10);
    await cache.get("/");
  }
  await gather(createTask(first), createTask(second));
  if (loads !== 1) throw new Error(`the page was loaded ${loads} times`);
}

/** Passes, as the server of a test is always fast. */
export const usualTest = () => runVirtual(() => visit(Cache, () => sleep(1)));

/** Is to be explored. */
export const test = () => visit(Cache, () => delay(1, 30));

/** Passes however slow the server is. */
export const mendedTest = () => visit(MendedCache, () => delay(1, 30));
