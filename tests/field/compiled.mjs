/**
 * Compiles async functions to generators, by TypeScript and by esbuild, and cancels the tasks that
 * run them: what the code awaits must be cancelled at once, and the code must clean up.
 */
import { build, transform } from "esbuild";
import ts from "typescript";
import { CancelledError, createTask, Future } from "@asyncio/future";
import { report } from "./report.mjs";

const SOURCE = `
  export async function wait(awaited, log) {
    try {
      await awaited();
    } catch (error) {
      log.push(error.name);
      throw error;
    } finally {
      await null;
      log.push("cleaned up");
    }
  }
`;

const options = { target: ts.ScriptTarget.ES2016, module: ts.ModuleKind.ESNext };
const byTypeScript = ts.transpileModule(SOURCE, { compilerOptions: options }).outputText;
const withTslib = ts.transpileModule(SOURCE, {
  compilerOptions: { ...options, importHelpers: true },
}).outputText;
const compiled = {
  "TypeScript": byTypeScript,
  "TypeScript, minified": (await transform(byTypeScript, { minify: true })).code,
  "tslib": await bundle(withTslib, false),
  "tslib, minified": await bundle(withTslib, true),
  "esbuild": (await transform(SOURCE, { target: "es2016" })).code,
  "esbuild, minified": (await transform(SOURCE, { target: "es2016", minify: true })).code,
};

async function bundle(contents, minify) {
  const { outputFiles: [{ text }] } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: "esm",
    minify,
    write: false,
  });
  return text;
}

for (const [compiler, code] of Object.entries(compiled)) {
  report(`${compiler} leaves no async function`, /\basync\b(?!\()/.test(code), false);
  const { wait } = await import(`data:text/javascript;base64,${btoa(code)}`);
  for (
    const [what, awaited] of Object.entries({
      "a future": (future) => future,
      "a promise of then()": (future) => future.then((value) => value),
    })
  ) {
    const future = new Future();
    const log = [];
    const task = createTask(() => wait(() => awaited(future), log));
    await new Promise((resolve) => setTimeout(resolve));
    task.cancel();
    const isAtOnce = future.cancelled();
    const outcome = await task.catch((error) => error instanceof CancelledError);
    report(
      `${compiler}: cancelled while it awaits ${what}`,
      [isAtOnce, outcome, ...log],
      [true, true, "CancelledError", "cleaned up"],
    );
  }
}
