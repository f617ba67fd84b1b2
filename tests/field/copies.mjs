/**
 * Checks a program with twelve copies of the module, as if twelve libraries had bundled it: each
 * copy must report its failure that nobody retrieved, without a warning about too many listeners.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { report } from "./report.mjs";

if (process.argv[2] === "copies") {
  const { build } = await import("esbuild");
  const { outputFiles: [{ text }] } = await build({
    entryPoints: [createRequire(import.meta.url).resolve("@asyncio/future")],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  for (let i = 0; i < 12; i++) {
    const address = `data:text/javascript;base64,${
      Buffer.from(`// ${i}\n${text}`).toString("base64")
    }`;
    const { Future } = await import(address);
    const future = new Future();
    future.setException(new RangeError(`unheard ${i}`));
    (globalThis.kept ??= []).push(future);
  }
} else {
  const { stderr, status } = spawnSync(process.execPath, [import.meta.filename, "copies"], {
    encoding: "utf8",
  });
  report("12 copies end", status, 0);
  const reported = new Set(stderr.match(/RangeError: unheard \d+/g));
  report("12 copies report what failed", reported.size, 12);
  report("12 copies make no warning", /MaxListenersExceededWarning/.test(stderr), false);
}
