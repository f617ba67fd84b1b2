/**
 * Runs one file of tests where there is a command line: `main.mjs FILE`. With
 * `--bare`, most of what makes the runtime more than an engine is removed before.
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

// The address is that of the bundle, beside which the others are.
const { runTests } = await import(new URL("harness.mjs", import.meta.url).href);
await import(new URL(file, import.meta.url).href);
await runTests();
