/**
 * Features that tests need and some runtimes lack. Deno has them all.
 *
 * @module
 */

// Elsewhere than in Deno, `Deno` is what tests/runtimes/ gives the tests.
const { Command, inspect, memoryUsage, serve, upgradeWebSocket } = Deno as Partial<typeof Deno>;
const { AsyncContext, AsyncLocalStorage, FinalizationRegistry, fetch, gc, process } =
  globalThis as unknown as
    & Record<
      "AsyncContext" | "AsyncLocalStorage" | "FinalizationRegistry" | "fetch" | "gc",
      unknown
    >
    & { process?: Partial<NodeJS.Process> };

const textOf = (fn: unknown) => Function.prototype.toString.call(fn);

const isProxy = (process?.getBuiltinModule?.("node:util") as typeof import("node:util") | undefined)
  ?.types.isProxy;
const threads = process?.getBuiltinModule?.("node:worker_threads") as
  | Partial<typeof import("node:worker_threads")>
  | undefined;
let textOfResolve: string;
// An `await` passes these functions to a thenable.
const thenable = {
  then(resolve: () => void) {
    textOfResolve = textOf(resolve);
    resolve();
  },
};
await thenable;

/** Whether the stack of an error that a reaction makes has the async functions that wait for it. */
async function hasAsyncStacks(): Promise<boolean> {
  const failing = {
    then(resolve: () => void, reject: () => void) {
      Promise.resolve().then(() => {
        throw new Error();
      }).then(resolve, reject);
    },
  };
  const waitFor = async () => await (failing as unknown as Promise<void>);
  return await waitFor().then(() => false, ({ stack }) => /waitFor/.test(stack));
}
const asyncStacks = await hasAsyncStacks();

const hasWorkers = Boolean(globalThis.Worker ?? (Command && threads?.Worker));

const CAPABILITIES = {
  asyncStacks: {
    has: () => asyncStacks,
    reason: "has no async functions on the stack of an error",
  },
  asyncLocalStorage: {
    has: () => AsyncLocalStorage ?? process?.getBuiltinModule?.("node:async_hooks"),
    reason: "has no AsyncLocalStorage",
  },
  blocking: {
    has: () => hasWorkers && threads?.receiveMessageOnPort,
    reason: "has no synchronous receive, so that no thread can block",
  },
  contextOfPromises: {
    has: () => AsyncContext ?? AsyncLocalStorage ?? process?.getBuiltinModule?.("node:async_hooks"),
    reason: "loses the context, and so the task, after awaiting a foreign promise",
  },
  finalization: {
    has: () => gc && FinalizationRegistry,
    reason: "cannot tell when an object was collected",
  },
  gc: { has: () => gc, reason: "has no way to collect garbage" },
  heapSize: { has: () => gc && memoryUsage, reason: "does not tell the size of the heap" },
  inspect: { has: () => inspect, reason: "has no inspect() that asks objects how to show them" },
  nativeLooks: {
    has: () => textOf((() => {}).bind(undefined)) === textOfResolve,
    reason: "tells bound functions from those of a promise",
  },
  programs: { has: () => Command, reason: "cannot start programs" },
  proxies: {
    has: () => textOf(new Proxy(() => {}, {})) !== textOfResolve || isProxy?.(new Proxy({}, {})),
    reason: "cannot tell proxies of functions from those of a promise",
  },
  servers: { has: () => serve && fetch, reason: "cannot serve requests" },
  sharedTimers: {
    has: () => performance.timeOrigin !== 0,
    reason: "ties host timers to requests, so that each timer has one of its own",
  },
  signals: { has: () => process?.listenerCount, reason: "has no process that signals can reach" },
  sources: {
    has: () => import.meta.url.endsWith(".ts"),
    reason: "has no source files, as the tests are bundled",
  },
  systemSignals: {
    // On workerd, `process` emits what a program emits, and nothing else.
    has: () => process?.listenerCount && performance.timeOrigin !== 0,
    reason: "has no process that signals of the system can reach",
  },
  unbundled: {
    has: () => import.meta.url.endsWith(".ts"),
    reason: "has the tests bundled, with helpers that a polluted Object.prototype breaks",
  },
  unhandled: {
    has: () => process?.on ?? globalThis.addEventListener,
    reason: "does not tell of what nobody handled",
  },
  workers: { has: () => hasWorkers, reason: "has no workers" },
  workerThreads: {
    has: () => Command && process?.getBuiltinModule?.("node:worker_threads"),
    reason: "has no worker threads",
  },
  webWorkers: { has: () => globalThis.Worker, reason: "has no web workers" },
  useStrict: {
    has: () => (Deno as { dropsUseStrict?: boolean }).dropsUseStrict !== true,
    reason: 'drops "use strict" from functions, which the Promises/A+ suite tests',
  },
  webSocketServers: { has: () => upgradeWebSocket, reason: "cannot serve WebSockets" },
} satisfies Record<string, { has: () => unknown; reason: string }>;

/** The name of something that a test may need. */
export type Capability = keyof typeof CAPABILITIES;

/** Whether the runtime has it, as it was before the tests changed anything. */
export const has = Object.fromEntries(
  Object.entries(CAPABILITIES).map(([name, { has }]) => [name, Boolean(has())]),
) as Record<Capability, boolean>;

/** Thrown by a test that cannot mean anything here; the table of runtimes shows why. */
export class Missing extends Error {
  override readonly name = "Missing";
}

/** Skips the calling test if a feature is missing. */
export function needs(...names: Capability[]): void {
  const missing = names.find((name) => !has[name]);
  if (missing) throw new Missing(CAPABILITIES[missing].reason);
}
