/**
 * Runs tests in pages of Chromium, driven over the DevTools protocol.
 *
 * @module
 */

import { BUILD } from "./bundle.ts";
import { Counts } from "./counts.ts";
import { installDebian, run } from "../install.ts";
import { linesOf } from "./program.ts";

/** The browser starts, answers and ends in less time, or it hangs. */
const TIMEOUT_MS = 60_000;

/** How long to wait for a failure that comes when the tests are over. */
const GRACE_MS = 200;

/** The event of a page that crashes. */
const CRASHED = "Inspector.targetCrashed";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
  "--enable-precise-memory-info",
  "--js-flags=--expose-gc",
  "--remote-debugging-port=0",
];

/** What the browser tells of a page: the part that is looked at. */
interface Event {
  id?: number;
  result?: unknown;
  error?: { message: string };
  method?: string;
  sessionId?: string;
  params?: {
    args?: { value?: unknown; description?: string }[];
    exceptionDetails?: { text: string; exception?: { description?: string } };
  };
}

/** A browser that runs. */
export interface Chromium {
  version: string;
  /** Runs a file of tests in a page of its own, until `limit` aborts. */
  run(file: string, limit: AbortSignal): Promise<Counts>;
  close(): Promise<void>;
}

/** Starts the `chromium` of the path, which is installed from Debian if there is none. */
export async function startChromium(): Promise<Chromium> {
  const program = await findChromium();
  const profile = await Deno.makeTempDir();
  const browser = new Deno.Command(program, {
    args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const server = servePages();
  async function close(): Promise<void> {
    try {
      browser.kill("SIGKILL"); // it has nothing to save
    } catch {
      // It has crashed.
    }
    await browser.status;
    await server.shutdown();
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
  try {
    const protocol = await inTime(addressOf(browser).then(connect), "start");
    const { product } = await protocol.call<{ product: string }>("Browser.getVersion");
    return {
      version: product.replace(/^.*\//, ""),
      run: (file, limit) =>
        runPage(protocol, `http://localhost:${server.addr.port}/?${file}`, limit),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The `chromium` of the path, which is installed from Debian if there is none. */
export async function findChromium(): Promise<string> {
  const program = "chromium";
  const works = () => run(program, ["--version"]).then(() => true, () => false);
  if (!await works()) await installDebian(program);
  return program;
}

/** Rejects when the browser takes too long. */
async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`chromium did not ${what} in ${TIMEOUT_MS / 1000} s`);
    timer = setTimeout(reject, TIMEOUT_MS, error);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the browser says where it listens. */
function addressOf(browser: Deno.ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  (async () => {
    const printed = [];
    // All is read, or the browser would wait for that.
    for await (const line of linesOf(browser.stderr)) {
      const [, address] = line.match(/^DevTools listening on (.*)$/) ?? [];
      if (address) resolve(address);
      printed.push(line);
    }
    reject(new Error(`chromium ended early:\n${printed.slice(-40).join("\n")}`));
  })();
  return promise;
}

/** Serves the bundles, and a page that runs the file which its query names. */
function servePages(): Deno.HttpServer<Deno.NetAddr> {
  const page = `<!doctype html><script type="module">
    import { runTests } from "/harness.mjs";
    await import("/" + location.search.slice(1));
    await runTests();
  </script>`;
  // Pages that are isolated have a clock of microseconds.
  const headers = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  };
  return Deno.serve({ port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (!pathname.endsWith(".mjs")) {
      return new Response(page, { headers: { ...headers, "Content-Type": "text/html" } });
    }
    const code = await Deno.readTextFile(new URL(`.${pathname}`, BUILD));
    return new Response(code, { headers: { ...headers, "Content-Type": "text/javascript" } });
  });
}

/** A connection to the browser. */
interface Protocol {
  call<T>(method: string, params?: object, sessionId?: string): Promise<T>;
  /** What is told of the events of each session. */
  listeners: Map<string, (event: Event) => void>;
}

async function connect(address: string): Promise<Protocol> {
  const socket = new WebSocket(address);
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  const listeners: Protocol["listeners"] = new Map();
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  socket.onmessage = ({ data }) => {
    const event: Event = JSON.parse(data);
    if (event.id === undefined) return listeners.get(event.sessionId ?? "")?.(event);
    const call = calls.get(event.id);
    if (event.error) call?.reject(new Error(event.error.message));
    else call?.resolve(event.result);
  };
  socket.onclose = () => {
    for (const call of calls.values()) call.reject(new Error("chromium ended early"));
    for (const listener of listeners.values()) listener({ method: CRASHED });
  };
  let calledSoFar = 0;
  return {
    listeners,
    async call<T>(method: string, params = {}, sessionId?: string) {
      if (socket.readyState !== WebSocket.OPEN) throw new Error("chromium ended early");
      const id = calledSoFar++;
      const call = Promise.withResolvers<unknown>();
      calls.set(id, call);
      socket.send(JSON.stringify({ id, method, params, sessionId }));
      try {
        return await inTime(call.promise as Promise<T>, `answer ${method}`);
      } finally {
        calls.delete(id);
      }
    },
  };
}

/** Runs a page until its tests are over, or until `limit` aborts. */
async function runPage(
  { call, listeners }: Protocol,
  url: string,
  limit: AbortSignal,
): Promise<Counts> {
  const counts = new Counts();
  const { targetId } = await call<{ targetId: string }>("Target.createTarget", {
    url: "about:blank",
  });
  const { sessionId } = await call<{ sessionId: string }>("Target.attachToTarget", {
    targetId,
    flatten: true,
  });
  const over = Promise.withResolvers<void>();
  limit.addEventListener("abort", () => over.resolve());
  listeners.set(sessionId, ({ method, params }) => {
    if (method === "Runtime.consoleAPICalled") {
      counts.note(String(params!.args![0]?.value));
      if (counts.complete) setTimeout(over.resolve, GRACE_MS);
    } else if (method === "Runtime.exceptionThrown") {
      const { text, exception } = params!.exceptionDetails!;
      counts.failed.push(`${url} ${text} ${exception?.description ?? ""}`);
    } else if (method === CRASHED) {
      over.resolve();
    }
  });
  for (const domain of ["Runtime", "Inspector"]) await call(`${domain}.enable`, {}, sessionId);
  await call("Page.navigate", { url }, sessionId);
  await over.promise;
  if (!counts.complete) {
    counts.failed.push(`${url} ${limit.aborted ? "was not over in time" : "ended early"}`);
  }
  listeners.delete(sessionId);
  await call("Target.closeTarget", { targetId });
  return counts;
}
