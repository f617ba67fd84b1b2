/**
 * Bundles a page and the worker that it starts, as docs/concurrent.md shows, and calls the worker's
 * functions in Chromium. Vite finds the worker by itself; esbuild takes it as a second entry point.
 */
import { build as buildWithEsbuild } from "esbuild";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build as buildWithVite } from "vite";
import { launchChromium, outcomeOf, serve } from "./pages.mjs";
import { report } from "./report.mjs";

const SOURCE = new URL("./.worker_bundles/", import.meta.url);

const FILES = {
  "index.html": `<!doctype html><script type="module" src="./main.js"></script>`,
  "main.js": `
    import { timeout } from "@asyncio/future";
    import { runInExecutor, toThread, workerModule, WorkerPoolExecutor } from "@asyncio/future/concurrent";

    const work = workerModule(
      () => new Worker(new URL("./work.js", import.meta.url), { type: "module" }),
    );
    const pool = new WorkerPoolExecutor(work, { maxWorkers: 1, terminate: 10 });
    const outcome = [
      await pool.submit("double", 21),
      await pool.submit("fail", "x").then(() => "a result", String),
      await timeout(50, () => runInExecutor(pool, "spin")).then(() => "a result", ({ name }) => name),
      await toThread(work, "double", 4),
    ];
    await pool.shutdown();
    globalThis.outcome = outcome;
  `,
  "work.js": `
    import { expose } from "@asyncio/future/concurrent";

    expose({
      double: (n) => 2 * n,
      fail(message) {
        throw new RangeError(message);
      },
      spin() {
        while (true) globalThis.last = performance.now();
      },
    });
  `,
};

const bundlers = {
  async Vite(outDir) {
    await buildWithVite({
      root: SOURCE.pathname,
      base: "./",
      configFile: false,
      logLevel: "error",
      worker: { format: "es" },
      build: { outDir, target: "es2022" },
    });
  },
  async esbuild(outdir) {
    await buildWithEsbuild({
      entryPoints: ["main.js", "work.js"],
      absWorkingDir: SOURCE.pathname,
      bundle: true,
      format: "esm",
      target: "es2022",
      outdir,
    });
    await writeFile(`${outdir}/index.html`, FILES["index.html"]);
  },
};

/** Serves the files of a folder. */
const serveFolder = (folder) =>
  serve(async ({ url }, response) => {
    const name = url === "/" ? "/index.html" : url;
    const type = name.endsWith(".html") ? "text/html" : "text/javascript";
    try {
      const body = await readFile(folder + name);
      response.setHeader("content-type", type).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });

await mkdir(SOURCE, { recursive: true });
for (const [name, text] of Object.entries(FILES)) await writeFile(new URL(name, SOURCE), text);
const browser = await launchChromium();
for (const [name, build] of Object.entries(bundlers)) {
  const folder = new URL(`dist-${name}`, SOURCE).pathname;
  await build(folder);
  const { server, address } = await serveFolder(folder);
  const page = await browser.newPage();
  const outcome = await outcomeOf(page, address);
  report(`${name}: a pool in a page`, outcome, [42, "RangeError: x", "TimeoutError", 8]);
  await page.close();
  server.close();
}
await browser.close();
await rm(SOURCE, { recursive: true });
