/**
 * Replaces `node:async_hooks`, `node:process`, `node:timers` and `node:timers/promises` in the
 * bundles of the tests, with what the runtime has of them.
 *
 * @module
 */

interface Host {
  AsyncLocalStorage?: typeof import("node:async_hooks").AsyncLocalStorage;
  process?: Partial<NodeJS.Process>;
  setImmediate?: (callback: () => void) => unknown;
}

const host = globalThis as unknown as Host;
const { process } = host;
const { MessageChannel, setTimeout: hostTimeout } = globalThis;

export default process;

export const AsyncLocalStorage = host.AsyncLocalStorage ??
  process?.getBuiltinModule?.("node:async_hooks").AsyncLocalStorage;

/** The host's `setImmediate`, or else a macrotask by a `MessageChannel` or a timer. */
export const setImmediate = host.setImmediate ?? ((callback: () => void): void => {
  if (!MessageChannel) return void hostTimeout(callback, 0);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(undefined);
});

/** The `setTimeout` of `node:timers/promises`: a promise for `value` after `ms` milliseconds. */
export function setTimeout<T>(
  ms: number,
  value?: T,
  { signal }: { signal?: AbortSignal } = {},
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = hostTimeout(() => resolve(value), ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
