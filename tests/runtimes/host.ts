/**
 * The part of `Deno` that the tests use, made of what the runtime has. Parts that the runtime lacks
 * are `undefined`, and the tests that need them are skipped.
 *
 * @module
 */

/** The texts of the files that the tests read, by name. The runner defines it in each bundle. */
declare const FILES: Record<string, string>;

/** A script beside the bundle, which tells whether the runtime ignores "use strict". */
const STRICT = "./strict.cjs";

interface Host {
  process?: NodeJS.Process;
  performance: { memory?: { usedJSHeapSize: number } };
  Bun?: { gc(force: boolean): void };
  gc?: () => void;
}

const host = globalThis as unknown as Host;
const { process, performance: { memory } } = host;
const load = process?.getBuiltinModule?.bind(process);
const fs = load?.("node:fs");
const util = load?.("node:util");
// Some runtimes have modules of Node, but neither files nor processes.
const hasPrograms = process?.execPath && fs?.existsSync?.(process.execPath);
const http = hasPrograms ? load?.("node:http") : undefined;
const programs = hasPrograms ? load?.("node:child_process") : undefined;
const streams = load?.("node:stream");

if (host.Bun) host.gc ??= () => host.Bun!.gc(true);

/** `Deno.Command` for `deno run FILE` and `deno eval CODE`, on the runtime of the tests. */
class Command {
  readonly #child;

  constructor(_deno: string, { args, env }: { args: string[]; env?: Record<string, string> }) {
    const [mode, ...rest] = args;
    const first = rest.findIndex((arg) => !arg.startsWith("-"));
    const [program, ...programArgs] = rest.slice(first) as [string, ...string[]];
    const root = new URL("./", import.meta.url);
    let file = new URL(`${program}.mjs`, root);
    if (mode === "eval") {
      file = new URL(`eval_${crypto.randomUUID()}.mjs`, root);
      // The code imports the entry points, whose bundles have other names.
      const code = program.replaceAll(
        /\b(mod|concurrent|debug|testing)\.ts(?=["'])/g,
        "both/$1.js",
      );
      fs!.writeFileSync(file, `import { Deno } from "./harness.mjs";\n${code}`);
    }
    this.#child = programs!.spawn(
      process!.execPath,
      [...process!.execArgv, file.pathname, ...programArgs],
      { cwd: root, env: { ...process!.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
    );
  }

  spawn() {
    const child = this.#child;
    const status = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.on("close", (code, signal) => resolve({ code, signal }));
    });
    child.stderr.resume();
    return {
      stdout: streams!.Readable.toWeb(child.stdout),
      status,
      kill: (signal: NodeJS.Signals) => child.kill(signal),
    };
  }

  async output() {
    const child = this.#child;
    const read = async (stream: AsyncIterable<Uint8Array>) => {
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    const [stdout, stderr, code] = await Promise.all([
      read(child.stdout),
      read(child.stderr),
      closed,
    ]);
    return { code, stdout, stderr };
  }
}

/** `Deno.serve` over `node:http`. */
function serve(
  { port }: { port: number },
  handler: (request: Request) => Response | Promise<Response>,
) {
  const server = http!.createServer(async (incoming, outgoing) => {
    const controller = new AbortController();
    outgoing.on("close", () => outgoing.writableFinished || controller.abort());
    const { signal } = controller;
    const url = `http://${incoming.headers.host}${incoming.url}`;
    const response = await handler(new Request(url, { signal }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  });
  server.listen(port);
  return {
    get addr() {
      return server.address();
    },
    shutdown() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      return closed;
    },
  };
}

/** The replacement for `Deno`, without `Deno.test`. */
export const hostDeno = {
  args: process?.argv.slice(2),
  exit: (code?: number) => process?.exit(code),
  execPath: () => process?.execPath,
  Command: programs ? Command : undefined,
  serve: http ? serve : undefined,
  inspect: util?.inspect,
  dropsUseStrict: hasPrograms && !load?.("node:module").createRequire(import.meta.url)(STRICT),
  memoryUsage: process?.memoryUsage ??
    (memory ? () => ({ heapUsed: memory.usedJSHeapSize }) : undefined),
  readTextFile: async (url: URL) => FILES[url.pathname.replace(/.*\//, "")],
};

/** The `require` of bundled packages that were made for Node: returns a module of Node. */
export function require(name: string): unknown {
  const module = load?.(name as "node:util");
  if (!module) throw new Error(`Cannot load ${name}: this runtime has no such module`);
  return module;
}
