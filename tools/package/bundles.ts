/**
 * Checks of bundles that contain the package: unused parts are left out, the bundles work, and
 * their size is within a limit.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { installed, installedEsbuild, installedNode, run } from "../install.ts";
import { checkProgram, copyProgram, runProgram } from "./programs.ts";
import { type Check, expectSame, NAME, type Project } from "./project.ts";

/** The most bytes of the whole module, minified and gzipped: little more than it has. */
const MAX_WHOLE = 38_800;

/** The most bytes of `Future` alone, with the loop and the context that a future needs. */
const MAX_FUTURE = 12_950;

const WHOLE = `export * from "${NAME}";\n`;
const FUTURE = `export { Future } from "${NAME}";\n`;

/** A part of a message in `src/debug/`, which no bundler changes. */
const DEBUG_TEXT = "Cannot dump the tasks on a signal as";

/** A part of a message in `src/testing/`, which no bundler changes. */
const TESTING_TEXT = "run main in virtual time";

/** A part of a message in `src/concurrent/`, which no bundler changes. */
const CONCURRENT_TEXT = "Cannot submit a call as";

/** Calls a function in an executor. */
const IN_EXECUTOR = `console.log(await executorOf((name, args) => name + args).submit("a", 1));`;

/** Prints the time after an hour of virtual time. */
const AFTER_AN_HOUR = `console.log(await runVirtual(async () => {
  await sleep(3_600_000);
  return getRunningLoop().time();
}));`;

/** Prints how many listeners for Ctrl-\\ there are in debug mode. */
const LISTENING =
  `console.log(await run(() => process.listenerCount("SIGQUIT"), { debug: true }));`;

/** The names of which a bundle of `Future` alone must contain nothing. */
const LEFT_OUT = [
  "Barrier",
  "BoundedSemaphore",
  "BrokenBarrierError",
  "Condition",
  "ContextVar",
  "Event",
  "LifoQueue",
  "Lock",
  "LookupError",
  "PriorityQueue",
  "Queue",
  "QueueEmpty",
  "QueueFull",
  "QueueShutDown",
  "Semaphore",
  "Task",
  "TimeoutError",
  "Token",
  "allTasks",
  "asCompleted",
  "cancelAndWait",
  "copyContext",
  "createTask",
  "detached",
  "gather",
  "moveOnAfter",
  "moveOnAt",
  "pooledMap",
  "race",
  "run",
  "shield",
  "shielded",
  "sleep",
  "taskGroup",
  "timeout",
  "timeoutAt",
  "wait",
  "waitFor",
];

/** The lines that `tests/package/future_alone.mjs` prints. */
const FUTURE_ALONE = [
  "<Future finished result=42>",
  "answer: 42",
  "failed: no such host",
  "cancelled: true, aborted: true",
  "later: a timer",
  "no task: Cannot create a task as the bundle has none: import Task or createTask",
  "Future exception was never retrieved",
];

/** Expressions, each of which must work in a bundle that imports nothing but the name. */
const ALONE: [name: string, expression: string][] = [
  ["AsyncContext", "new AsyncContext.Variable().run(1, () => {})"],
  ["Barrier", "new Barrier(1).wait()"],
  ["BoundedSemaphore", "new BoundedSemaphore().acquire()"],
  ["Condition", "new Condition().acquire()"],
  ["ContextVar", 'new ContextVar("x", { defaultValue: 1 }).get()'],
  ["Event", "(() => { const event = new Event(); event.set(); return event.wait(); })()"],
  ["LifoQueue", "new LifoQueue().put(1)"],
  ["Lock", "new Lock().run(coroutine)"],
  ["PriorityQueue", "new PriorityQueue().put(1)"],
  ["Queue", "new Queue().put(1)"],
  ["Semaphore", "new Semaphore().run(coroutine)"],
  ["Task", "new Task(coroutine)"],
  ["Token", "Token.MISSING"],
  ["allTasks", "allTasks()"],
  ["asCompleted", "asCompleted([coroutine()])[Symbol.asyncIterator]().next()"],
  ["cancelAndWait", "cancelAndWait(new Set())"],
  ["copyContext", "copyContext().run(() => {})"],
  ["createTask", "createTask(coroutine)"],
  ["currentTask", "currentTask()"],
  ["detached", "detached(coroutine)()"],
  ["ensureFuture", "ensureFuture(coroutine())"],
  ["gather", "gather(coroutine())"],
  ["getEventLoop", "getEventLoop().createFuture().cancel()"],
  ["getEventLoop", "getEventLoop().createTask(coroutine)"],
  ["isFuture", "isFuture({})"],
  ["moveOnAfter", "moveOnAfter(1_000, coroutine)"],
  ["moveOnAt", "moveOnAt(null, coroutine)"],
  ["newEventLoop", "newEventLoop().createFuture().cancel()"],
  ["newEventLoop", "newEventLoop().createTask(coroutine)"],
  ["pooledMap", "pooledMap(2, [1], coroutine).next()"],
  ["race", "race([coroutine()])"],
  ["run", "run(coroutine)"],
  ["shield", "shield(coroutine())"],
  ["shielded", "shielded(coroutine)"],
  ["sleep", "sleep(1)"],
  ["taskGroup", "taskGroup((group) => group.createTask(coroutine))"],
  ["timeout", "timeout(1_000, coroutine)"],
  ["timeoutAt", "timeoutAt(null, coroutine)"],
  ["waitFor", "waitFor(coroutine(), 1_000)"],
  [
    "wrapFuture",
    "wrapFuture({ addDoneCallback: (call) => call(), cancel() {}, cancelled: () => false, " +
    "exception: () => null, result() {} })",
  ],
];

/** The checks of bundles. */
export const BUNDLE_CHECKS: Check[] = [
  {
    name: "esbuild leaves tasks and task groups out of Future",
    async run(project) {
      const file = await bundle(project, FUTURE, "--metafile=bundle.json");
      checkLeftOut(await read(project, file));
      const { outputs } = JSON.parse(await read(project, "bundle.json"));
      const inputs: Record<string, { bytesInOutput: number }> = outputs[file].inputs;
      const others = await filesOf(LEFT_OUT, project);
      const held = others.filter((file) => (inputs[file]?.bytesInOutput ?? 0) > 0);
      if (held.length > 0) throw new Error(`the bundle has parts of ${held.join(" and ")}`);
    },
  },
  {
    name: "Rollup leaves tasks and task groups out of Future",
    run: async (project) => checkLeftOut(await read(project, await rollUp(project, FUTURE))),
  },
  ...Object.entries({ "esbuild": bundle, "Rollup": rollUp, "a minifier": minify }).map((
    [name, make],
  ) => ({
    name: `Future alone works when ${name} is through with it`,
    async run(project: Project) {
      const file = await make(project, FUTURE);
      await checkProgram("Node 20", project, ["future_alone.mjs", `./${file}`], FUTURE_ALONE);
    },
  })),
  { name: "what is imported alone works when it is bundled", run: checkAlone },
  {
    name: "using works where the runtime does not know Symbol.dispose",
    async run(project) {
      await copyProgram(project, "no_dispose.mjs");
      const code = 'import "./no_dispose.mjs";';
      const file = await bundle(project, code, "--format=iife");
      await checkProgram("Node 20", project, ["in_context.cjs", file], [
        "Symbol.dispose: undefined",
        "<Future cancelled>",
        '<Task cancelled name="sleeper" coro=<anonymous>>',
        "a method called undefined: false",
      ]);
    },
  },
  ...Object.entries({ "esbuild": bundle, "Rollup": rollUp }).map(([name, make]) => ({
    name: `${name} takes ./debug into a bundle that imports it, and into no other`,
    async run(project: Project) {
      const whole = await read(project, await make(project, WHOLE));
      if (whole.includes(DEBUG_TEXT)) {
        throw new Error("the main entry point has parts of src/debug");
      }
      const code = `import "${NAME}/debug"; import { run } from "${NAME}";\n${LISTENING}`;
      const file = await make(project, code);
      if (!(await read(project, file)).includes(DEBUG_TEXT)) throw new Error(`there is no ./debug`);
      expectSame("what is printed", await runProgram("Node 20", project, [file]), "1");
    },
  })),
  ...Object.entries({ "esbuild": bundle, "Rollup": rollUp }).map(([name, make]) => ({
    name: `${name} takes ./testing into a bundle that imports it, and into no other`,
    async run(project: Project) {
      for (const code of [WHOLE, `export * from "${NAME}/debug";\n`]) {
        if ((await read(project, await make(project, code))).includes(TESTING_TEXT)) {
          throw new Error(`there are parts of src/testing in a bundle of ${code}`);
        }
      }
      const code = `import { getRunningLoop, sleep } from "${NAME}";
        import { runVirtual } from "${NAME}/testing";\n${AFTER_AN_HOUR}`;
      const file = await make(project, code);
      if (!(await read(project, file)).includes(TESTING_TEXT)) {
        throw new Error("there is no ./testing");
      }
      expectSame("what is printed", await runProgram("Node 20", project, [file]), "3600000");
    },
  })),
  ...Object.entries({ "esbuild": bundle, "Rollup": rollUp }).map(([name, make]) => ({
    name: `${name} takes ./concurrent into a bundle that imports it, and into no other`,
    async run(project: Project) {
      for (const code of [WHOLE, `export * from "${NAME}/testing";\n`]) {
        if ((await read(project, await make(project, code))).includes(CONCURRENT_TEXT)) {
          throw new Error(`there are parts of src/concurrent in a bundle of ${code}`);
        }
      }
      const code = `import { executorOf } from "${NAME}/concurrent";\n${IN_EXECUTOR}`;
      const file = await make(project, code);
      if (!(await read(project, file)).includes(CONCURRENT_TEXT)) {
        throw new Error("there is no ./concurrent");
      }
      expectSame("what is printed", await runProgram("Node 20", project, [file]), "a1");
    },
  })),
  {
    name:
      "esbuild puts no file of ./concurrent, ./debug or ./testing into a bundle of the main entry point",
    async run(project) {
      await bundle(project, WHOLE, "--metafile=bundle.json");
      const { inputs } = JSON.parse(await read(project, "bundle.json"));
      const apart = /\/(src\/(concurrent|debug|testing)\/|(concurrent|debug|testing)\.js)/;
      const held = Object.keys(inputs).filter((file) => apart.test(file));
      if (held.length > 0) throw new Error(`the bundle has ${held.join(" and ")}`);
    },
  },
  { name: "whole module", run: (project) => checkSize(project, WHOLE, MAX_WHOLE) },
  { name: "Future alone", run: (project) => checkSize(project, FUTURE, MAX_FUTURE) },
];

const read = ({ folder }: Project, file: string) => Deno.readTextFile(new URL(file, folder));

const write = ({ folder }: Project, file: string, code: string) =>
  Deno.writeTextFile(new URL(file, folder), code);

/** Bundles some code and all it imports with esbuild, and returns the file. */
async function bundle(project: Project, code: string, ...options: string[]): Promise<string> {
  await write(project, "entry.mjs", code);
  const file = "bundle.mjs";
  const args = ["entry.mjs", "--bundle", "--format=esm", "--target=es2022", `--outfile=${file}`];
  await run(await installedEsbuild(), [...args, "--log-level=error", ...options], {
    cwd: project.folder,
  });
  return file;
}

/** Bundles some code and all it imports with Rollup, and returns the file. */
async function rollUp(project: Project, code: string): Promise<string> {
  const rollup = await installed("rollup/dist/bin/rollup");
  await write(project, "entry.mjs", code);
  const file = "rolled_up.mjs";
  const args = ["entry.mjs", "--format=es", "--plugin=node-resolve", `--file=${file}`];
  await run(await installedNode("Node 20"), [rollup, ...args], { cwd: project.folder });
  return file;
}

/**
 * Minifies a bundle, once with esbuild alone and once with terser too; returns the smaller file.
 */
async function minify(project: Project, code: string): Promise<string> {
  const file = await bundle(project, code, "--minify");
  const terser = await installed("terser/bin/terser");
  const smaller = "smaller.mjs";
  const args = ["--module", "--ecma=2022", "--compress=passes=3", "--mangle"];
  const program = [terser, file, ...args, `--output=${smaller}`];
  await run(await installedNode("Node 20"), program, { cwd: project.folder });
  const [before, after] = [await sizeOf(project, file), await sizeOf(project, smaller)];
  return after.gzipped < before.gzipped ? smaller : file;
}

async function sizeOf(
  { folder }: Project,
  file: string,
): Promise<{ minified: number; gzipped: number }> {
  const bytes = await Deno.readFile(new URL(file, folder));
  return { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
}

/** Throws if a bundle declares a name that must be left out. */
function checkLeftOut(code: string): void {
  // Bundlers may append a number to a name.
  const declarations = new RegExp(
    String.raw`^(?:class|const|function\*?|let|var) (?:${LEFT_OUT.join("|")})(?:\$?\d+)?\b`,
    "gm",
  );
  const held = code.match(declarations);
  if (held) throw new Error(`the bundle has ${held.join(" and ")}`);
  if (!/\bclass _?Future\b/.test(code)) throw new Error("the bundle has no class Future");
}

/** Returns the files that export the names, as esbuild's metafile writes them. */
async function filesOf(names: string[], { installed }: Project): Promise<string[]> {
  const index = await Deno.readTextFile(new URL("mod.js", installed));
  const files = new Map<string, string>();
  for (const [, exported, file] of index.matchAll(/export \{([^}]*)\} from "\.\/([^"]*)"/g)) {
    for (const name of exported!.split(",")) files.set(name.trim(), file!);
  }
  const unknown = names.find((name) => !files.has(name));
  if (unknown) throw new Error(`mod.js does not say which file ${unknown} is exported from`);
  return [...new Set(names.map((name) => `node_modules/${NAME}/${files.get(name)}`))];
}

async function checkAlone(project: Project): Promise<void> {
  const failures: string[] = [];
  for (const [name, expression] of ALONE) {
    const code = `import { ${name} } from "${NAME}";
      function* coroutine() { yield; }
      await ${expression};`;
    const file = await bundle(project, code);
    await runProgram("Node 20", project, [file]).catch(({ message }) =>
      failures.push(`${expression}: ${message}`)
    );
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
}

/** Checks the size of some code with all its imports, and returns the size as text. */
async function checkSize(project: Project, code: string, max: number): Promise<string> {
  const { minified, gzipped } = await sizeOf(project, await minify(project, code));
  const show = (size: number) => size.toLocaleString("en");
  const text = `${show(minified)} B minified, ${show(gzipped)} B gzipped (at most ${show(max)})`;
  if (gzipped > max) throw new Error(text);
  return text;
}
