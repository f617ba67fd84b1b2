/**
 * Runs one file of tests on a runtime with a command line: `main.mjs FILE`. With `--bare`, this
 * first removes most globals of the host, so that little more than the engine is left.
 *
 * @module
 */

import process from "node:process";

const [file, mode] = process.argv.slice(2) as [string, string?];

if (mode === "--bare") {
  for (
    const name of [
      "process",
      "Buffer",
      "AsyncLocalStorage",
      "setImmediate",
      "clearImmediate",
      "MessageChannel",
      "FinalizationRegistry",
      "fetch",
      "navigator",
    ]
  ) Reflect.deleteProperty(globalThis, name);
}

// The harness and the tests are bundles beside this one.
const { runTests } = await import(new URL("harness.mjs", import.meta.url).href);
await import(new URL(file, import.meta.url).href);
await runTests();
