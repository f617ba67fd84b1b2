/**
 * Runs tests in pages of Chromium, driven by Playwright.
 *
 * @module
 */

import { type Browser, chromium } from "playwright-core";
import { BUILD } from "./bundle.ts";
import { Counts } from "./counts.ts";
import { installDebian, run } from "../install.ts";

/** How long to wait for a failure that comes when the tests are over. */
const GRACE_MS = 200;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--enable-precise-memory-info",
  "--js-flags=--expose-gc",
];

// Pages that are isolated have a clock of microseconds.
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const PAGE = `<!doctype html><script type="module">
  import { runTests } from "/harness.mjs";
  await import("/" + location.search.slice(1));
  await runTests();
</script>`;

/** A browser that runs. */
export interface Chromium {
  version: string;
  /** Runs a file of tests in a page of its own, until `limit` aborts. */
  run(file: string, limit: AbortSignal): Promise<Counts>;
  close(): Promise<void>;
}

/** Starts the `chromium` of the path, which is installed from Debian if there is none. */
export async function startChromium(): Promise<Chromium> {
  const browser = await chromium.launch({ executablePath: await findChromium(), args: FLAGS });
  const server = servePages();
  return {
    version: browser.version(),
    run: (file, limit) => runPage(browser, `http://localhost:${server.addr.port}/?${file}`, limit),
    async close() {
      await browser.close();
      await server.shutdown();
    },
  };
}

/** The path of `chromium`, which is installed from Debian if there is none. */
export async function findChromium(): Promise<string> {
  const program = "chromium";
  const works = () => run(program, ["--version"]).then(() => true, () => false);
  if (!await works()) await installDebian(program);
  return await run("which", [program]);
}

/** Serves the bundles, and a page that runs the file which its query names. */
function servePages(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const isPage = !pathname.endsWith(".mjs");
    const body = isPage ? PAGE : await Deno.readTextFile(new URL(`.${pathname}`, BUILD));
    const type = isPage ? "text/html" : "text/javascript";
    return new Response(body, { headers: { ...ISOLATED, "Content-Type": type } });
  });
}

/** Runs a page until its tests are over, or until `limit` aborts. */
async function runPage(browser: Browser, url: string, limit: AbortSignal): Promise<Counts> {
  const counts = new Counts();
  const page = await browser.newPage();
  const over = Promise.withResolvers<void>();
  limit.addEventListener("abort", () => over.resolve());
  page.on("crash", () => over.resolve());
  page.on("close", () => over.resolve());
  page.on("pageerror", (error) => counts.failed.push(`${url} ${error.stack ?? error}`));
  page.on("console", (message) => {
    counts.note(message.text());
    if (counts.complete) setTimeout(over.resolve, GRACE_MS);
  });
  await page.goto(url);
  await over.promise;
  if (!counts.complete) {
    counts.failed.push(`${url} ${limit.aborted ? "was not over in time" : "ended early"}`);
  }
  await page.close();
  return counts;
}
