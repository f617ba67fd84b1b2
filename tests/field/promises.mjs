/**
 * Asks the questions of `questions.mjs` in Node, Chromium and Hermes, where the global `Promise` is
 * that of zone.js, React Native, core-js or bluebird. The library is loaded before the module or
 * after it, and `await` is the engine's or compiled to promises.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { bundle, runPages } from "./pages.mjs";
import { report } from "./report.mjs";

const here = import.meta.dirname;
const work = mkdtempSync(join(tmpdir(), "promises-"));
symlinkSync(join(here, "node_modules"), join(work, "node_modules"));

/** The code that replaces the global `Promise`. The code for core-js must first delete it. */
const PATCHES = {
  none: "",
  "zone.js": 'import "zone.js";',
  "React Native's": `
    import Promise from "promise/setimmediate/es6-extensions";
    globalThis.Promise = Promise;`,
  "core-js": `
    delete globalThis.Promise;
    require("core-js/actual/promise");`,
  bluebird: 'import Promise from "bluebird"; globalThis.Promise = Promise;',
};

/** Ways to build a program: `external` modules keep the engine's `await`. */
const BUILDS = {
  "the engine's await": {},
  "a compiled await": { external: ["@asyncio/future"], compiled: true },
  "a compiled await, in the module as well": { compiled: true },
};

const COMPILED = { "async-await": false, "async-generator": false, "for-await": false };

/** Returns the code of a program that asks the questions, and calls `tell` with the lines. */
function program(patch, when, tell) {
  writeFileSync(join(work, "patch.js"), PATCHES[patch]);
  const imports = ['import "./patch.js";', `import { ask } from "${here}/questions.mjs";`];
  if (when === "after") imports.reverse();
  return `${imports.join("\n")}\nask().then(${tell});`;
}

/** Reports the lines of the questions that failed, if any. */
function reportAnswers(surroundings, lines) {
  const faults = lines.filter((line) => !line.startsWith("ok"));
  report(`${surroundings}: ${lines.length - faults.length} questions`, faults, []);
}

for (const patch of Object.keys(PATCHES)) {
  for (const when of patch === "none" ? ["before"] : ["before", "after"]) {
    for (const [awaits, { compiled, external = [] }] of Object.entries(BUILDS)) {
      const outfile = join(work, "program.cjs");
      const tell = '(lines) => { console.log(lines.join("\\n")); process.exit(); }';
      await build({
        stdin: { contents: program(patch, when, tell), resolveDir: work },
        bundle: true,
        platform: "node",
        format: "cjs",
        target: "es2022",
        external,
        outfile,
        logLevel: "error",
        ...(compiled && { supported: COMPILED }),
      });
      const output = execFileSync(process.execPath, [outfile], { encoding: "utf8", cwd: work });
      reportAnswers(`Node, ${patch} ${when} the module, ${awaits}`, output.trim().split("\n"));
    }
  }
}

// React Native's promises are left out: they call setImmediate, which browsers lack.
const scripts = {};
for (const patch of ["none", "zone.js", "core-js", "bluebird"]) {
  for (const when of patch === "none" ? ["before"] : ["before", "after"]) {
    for (const awaits of ["the engine's await", "a compiled await, in the module as well"]) {
      const contents = program(patch, when, "(lines) => { globalThis.outcome = lines; }");
      scripts[`Chromium, ${patch} ${when} the module, ${awaits}`] = await bundle(contents, {
        stdin: { contents, resolveDir: work },
        logLevel: "error",
        ...(BUILDS[awaits].compiled && { supported: COMPILED }),
      });
    }
  }
}
await runPages(scripts, (name, lines) => reportAnswers(name, [lines].flat()));

// Shims of globals that React Native has, but not hermes-engine-cli, the last Hermes on npm.
const HERMES = `
{
  const { setImmediate } = globalThis;
  let timers = [];
  let isPolling = false;
  const poll = () => {
    const now = Date.now();
    const due = timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    timers = timers.filter(({ at }) => at > now);
    for (const timer of due) setImmediate(() => timer.isCancelled || timer.fn(...timer.args));
    isPolling = timers.length > 0;
    if (isPolling) setImmediate(poll);
  };
  // The program's own setTimeout ignores the delay.
  globalThis.setTimeout = function setTimeout(fn, ms = 0, ...args) {
    const timer = { fn, args, at: Date.now() + ms, isCancelled: false };
    timers.push(timer);
    if (!isPolling) setImmediate(poll);
    isPolling = true;
    return timer;
  };
  globalThis.clearTimeout = function clearTimeout(timer) {
    if (timer) timer.isCancelled = true;
    timers = timers.filter((other) => other !== timer);
  };
}
globalThis.console ??= { assert() {}, error: print, log: print, warn: print };
Object.assign(globalThis, require("abort-controller/dist/abort-controller"));
globalThis.AggregateError ??= class AggregateError extends Error {
  constructor(errors, message) {
    super(message);
    Object.assign(this, { errors, name: "AggregateError" });
  }
};
require("core-js/actual/array/at");
require("core-js/actual/string/replace-all");
require("core-js/actual/object/has-own");
`;
const require = createRequire(import.meta.url);
const { transformSync } = require("@babel/core");
for (const patch of ["none", "React Native's"]) {
  const contents = program(patch, "before", '(lines) => print(lines.join("\\n"))');
  writeFileSync(join(work, "hermes.js"), HERMES);
  const text = await bundle("", {
    stdin: { contents: `import "./hermes.js";\n${contents}`, resolveDir: work },
    logLevel: "error",
  });
  const { code } = transformSync(text, {
    presets: [[require.resolve("@babel/preset-env"), { targets: { ie: "11" }, modules: false }]],
    configFile: false,
    compact: false,
  });
  writeFileSync(join(work, "program.js"), code);
  const hermes = join(here, "node_modules/hermes-engine-cli/linux64-bin/hermes");
  const args = ["-Xmicrotask-queue", "-Xes6-promise", "-w", join(work, "program.js")];
  const output = execFileSync(hermes, args, { encoding: "utf8" });
  reportAnswers(
    `Hermes, ${patch === "none" ? "its own" : patch} promises`,
    output.trim().split("\n"),
  );
}

rmSync(work, { recursive: true });
process.exit(0);
