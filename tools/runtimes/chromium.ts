/**
 * Runs tests in pages of Chromium, driven over the DevTools protocol.
 *
 * @module
 */

import { BUILD } from "./bundle.ts";
import { Counts } from "./counts.ts";
import { linesOf } from "./program.ts";

/** No file of tests takes as long. */
const TIMEOUT_MS = 300_000;

/** How long to wait for a failure that comes when the tests are over. */
const GRACE_MS = 200;

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
  /** Runs a file of tests in a page of its own. */
  run(file: string): Promise<Counts>;
  close(): Promise<void>;
}

/** Starts `chromium`, which is looked for on the path and else installed by apt. */
export async function startChromium(): Promise<Chromium> {
  const profile = await Deno.makeTempDir();
  const args = [...FLAGS, `--user-data-dir=${profile}`, "about:blank"];
  const browser = new Deno.Command(await findChromium(), {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const server = servePages();
  const protocol = await connect(await addressOf(browser));
  const { product } = await protocol.call<{ product: string }>("Browser.getVersion");
  return {
    version: product.replace(/^.*\//, ""),
    run: (file) => runPage(protocol, `http://localhost:${server.addr.port}/?${file}`),
    async close() {
      await protocol.call("Browser.close").catch(() => {});
      await browser.status;
      await server.shutdown();
      await Deno.remove(profile, { recursive: true }).catch(() => {});
    },
  };
}

async function findChromium(): Promise<string> {
  const works = () =>
    new Deno.Command("chromium", { args: ["--version"], stdout: "null", stderr: "null" })
      .output().then(({ success }) => success, () => false);
  if (await works()) return "chromium";
  for (const args of [["update"], ["install", "-y", "chromium"]]) {
    await new Deno.Command("apt-get", { args, stdout: "null", stderr: "null" }).output()
      .catch(() => {});
  }
  if (await works()) return "chromium";
  throw new Error("there is no chromium on the path, and apt-get install -y chromium fails");
}

/** Waits until the browser says where it listens. */
async function addressOf(browser: Deno.ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  (async () => {
    // All is read, or the browser would wait for that.
    for await (const line of linesOf(browser.stderr)) {
      const [, address] = line.match(/^DevTools listening on (.*)$/) ?? [];
      if (address) resolve(address);
    }
    reject(new Error("chromium ended before it listened"));
  })();
  return await promise;
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
    const call = calls.get(event.id)!;
    calls.delete(event.id);
    if (event.error) call.reject(new Error(event.error.message));
    else call.resolve(event.result);
  };
  let id = 0;
  return {
    listeners,
    call<T>(method: string, params = {}, sessionId?: string) {
      const call = Promise.withResolvers<unknown>();
      calls.set(++id, call);
      socket.send(JSON.stringify({ id, method, params, sessionId }));
      return call.promise as Promise<T>;
    },
  };
}

/** Runs a page until its tests are over. */
async function runPage({ call, listeners }: Protocol, url: string): Promise<Counts> {
  const counts = new Counts();
  const { targetId } = await call<{ targetId: string }>("Target.createTarget", {
    url: "about:blank",
  });
  const { sessionId } = await call<{ sessionId: string }>("Target.attachToTarget", {
    targetId,
    flatten: true,
  });
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, TIMEOUT_MS);
  listeners.set(sessionId, ({ method, params }) => {
    if (method === "Runtime.consoleAPICalled") {
      counts.note(String(params!.args![0]?.value));
      if (counts.complete) setTimeout(over.resolve, GRACE_MS);
    } else if (method === "Runtime.exceptionThrown") {
      const { text, exception } = params!.exceptionDetails!;
      counts.failed.push(`${url} ${text} ${exception?.description ?? ""}`);
    } else if (method === "Inspector.targetCrashed") {
      over.resolve();
    }
  });
  for (const domain of ["Runtime", "Inspector"]) await call(`${domain}.enable`, {}, sessionId);
  await call("Page.navigate", { url }, sessionId);
  await over.promise;
  clearTimeout(timer);
  if (!counts.complete) counts.failed.push(`${url} ended early`);
  listeners.delete(sessionId);
  await call("Target.closeTarget", { targetId });
  return counts;
}
