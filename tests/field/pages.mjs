/**
 * Helpers of the programs of this folder that run in Chromium: they bundle scripts and open pages.
 */
import { build } from "esbuild";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
];

/** Starts Chromium. */
export function launchChromium() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Starts a server on a free port, and returns it with its address. */
export async function serve(listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, address: `http://127.0.0.1:${server.address().port}/` };
}

/**
 * Opens an address in a tab, and waits until the page has set the global `outcome`.
 *
 * @returns The outcome, or a text with the errors of the page.
 */
export async function outcomeOf(tab, address) {
  const errors = [];
  tab.on("pageerror", (error) => errors.push(String(error)));
  await tab.goto(address);
  await tab.waitForFunction("globalThis.outcome", null, { timeout: 60_000 }).catch(() => {});
  return await tab.evaluate("globalThis.outcome") ?? `no outcome, ${errors}`;
}

/** Bundles a script for a page. `options` are options of esbuild. */
export async function bundle(contents, options = {}) {
  const { outputFiles: [{ text }] } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: "iife",
    target: "es2022",
    define: { global: "globalThis", "process.env.NODE_ENV": '"production"' },
    write: false,
    ...options,
  });
  return text;
}

/**
 * Runs scripts, each in a page of its own, until the script has set the global `outcome`.
 *
 * @param scripts The scripts, by the names of their pages.
 * @param onOutcome A function that is called with the name of a page, and with the outcome or a
 * text with the errors of the page, and with the events of the trace, if there is one.
 * @param categories The categories of events for a trace of each page that Chromium records.
 */
export async function runPages(scripts, onOutcome, categories) {
  const { server, address } = await serve((request, response) => {
    const name = decodeURIComponent(request.url.slice(1).replace(/\.js$/, ""));
    const isScript = request.url.endsWith(".js");
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    const page = `<!doctype html><script src="/${encodeURIComponent(name)}.js"></script>`;
    response.end(isScript ? scripts[name] : page);
  });
  const browser = await launchChromium();
  try {
    for (const name of Object.keys(scripts)) {
      const tab = await browser.newPage();
      if (categories) await browser.startTracing(tab, { categories });
      const outcome = await outcomeOf(tab, address + encodeURIComponent(name));
      const trace = categories && JSON.parse(String(await browser.stopTracing())).traceEvents;
      onOutcome(name, outcome, trace);
      await tab.close();
    }
  } finally {
    await browser.close();
    server.close();
  }
}
