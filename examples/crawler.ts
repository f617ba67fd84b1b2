/**
 * A crawler: a task for each page, a bounded number of requests at once, a
 * deadline for the whole, and a clean stop on Ctrl-C.
 *
 * The site to crawl is in this file, too.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/crawler.ts`. Two optional arguments, both in
 * milliseconds, set the deadline and how long the site takes for a page.
 *
 * @module
 */

import {
  CancelledError,
  type Future,
  run,
  Semaphore,
  taskGroup,
  timeout,
  TimeoutError,
} from "@asyncio/future";

const PAGES = 40;
const REQUESTS_AT_ONCE = 4;
const DEADLINE_MS = 10_000;
const PAGE_MS = 20;

/** Serves pages that link to each other, and takes `pageMs` milliseconds for each. */
function serveSite(pageMs: number): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const page = Number(new URL(request.url).pathname.slice(1));
    const links = [2 * page + 1, 2 * page + 2, page >> 1].filter((link) => link < PAGES);
    await new Promise((resolve) => setTimeout(resolve, pageMs));
    return new Response(links.map((link) => `<a href="/${link}">${link}</a>`).join("\n"));
  });
}

/** The findings of a crawler, which are there even if the crawler was stopped. */
interface Found {
  /** Maps the address of each page to the number of its links. */
  pages: Map<string, number>;
  /** The greatest number of requests at once. */
  mostAtOnce: number;
}

/** Visits `start` and every page that can be reached from there, and adds each to `found`. */
function crawl(start: string, found: Found): Future<void> {
  const requestsAtOnce = new Semaphore(REQUESTS_AT_ONCE);
  const seen = new Set<string>();
  let requests = 0;

  return taskGroup((group) => {
    function visit(url: string): void {
      if (seen.has(url)) return;
      seen.add(url);
      group.createTask(async (signal) => {
        const links = await requestsAtOnce.run(() => linksOf(url, signal));
        found.pages.set(url, links.length);
        links.forEach(visit);
      });
    }
    visit(start);
  });

  async function linksOf(url: string, signal: AbortSignal): Promise<string[]> {
    found.mostAtOnce = Math.max(found.mostAtOnce, ++requests);
    try {
      const response = await fetch(url, { signal });
      const html = await response.text();
      return [...html.matchAll(/href="(.*?)"/g)].map(([, path]) => new URL(path!, url).href);
    } finally {
      requests--;
    }
  }
}

async function main() {
  const [deadline = DEADLINE_MS, pageMs = PAGE_MS] = Deno.args.map(Number);
  const site = serveSite(pageMs);
  const found: Found = { pages: new Map(), mostAtOnce: 0 };
  let how = "all done";
  try {
    console.log("crawling");
    await timeout(deadline, () => crawl(`http://127.0.0.1:${site.addr.port}/0`, found));
  } catch (error) {
    if (error instanceof TimeoutError) how = "out of time";
    else if (error instanceof CancelledError) how = "interrupted";
    else throw error;
  } finally {
    await site.shutdown();
  }
  console.log(`${how}: ${found.pages.size} pages, at most ${found.mostAtOnce} requests at once`);
}

if (import.meta.main) await run(main);
