/**
 * Serves programs as pages, and runs them in Chromium.
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

/** Bundles a program for a page; `options` are those of esbuild. */
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
 * Runs scripts, each in a page of its own, until it has set the global `outcome`.
 *
 * @param scripts The scripts by the names of the pages.
 * @param onOutcome Is told the name and the outcome, or the errors of a page that has none.
 */
export async function runPages(scripts, onOutcome) {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url.slice(1).replace(/\.js$/, ""));
    const isScript = request.url.endsWith(".js");
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    const page = `<!doctype html><script src="/${encodeURIComponent(name)}.js"></script>`;
    response.end(isScript ? scripts[name] : page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    for (const name of Object.keys(scripts)) {
      const tab = await browser.newPage();
      const errors = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      await tab.goto(`http://127.0.0.1:${server.address().port}/${encodeURIComponent(name)}`);
      await tab.waitForFunction("globalThis.outcome", null, { timeout: 60_000 }).catch(() => {});
      onOutcome(name, await tab.evaluate("globalThis.outcome") ?? `no outcome, ${errors}`);
      await tab.close();
    }
  } finally {
    await browser.close();
    server.close();
  }
}
