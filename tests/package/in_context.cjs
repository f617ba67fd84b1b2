// Runs a script, the file that is its argument, in a context that has what engines
// and browsers have, and nothing that Node adds; tools/package.ts runs it.
const { readFileSync } = require("node:fs");
const process = require("node:process");
const { createContext, runInContext } = require("node:vm");

const context = createContext({
  AbortController,
  AbortSignal,
  clearTimeout,
  console,
  performance,
  queueMicrotask,
  setTimeout,
});
runInContext(readFileSync(process.argv[2], "utf8"), context);
