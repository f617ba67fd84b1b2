/**
 * Counts the listeners of a signal and the timers of the host.
 *
 * @module
 */

/** A signal that counts its listeners. */
export function makeCountingSignal(): {
  controller: AbortController;
  signal: AbortSignal;
  listeners: Set<unknown>;
  added: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  let added = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: never) => {
    listeners.add(listener);
    added++;
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  return { controller, signal, listeners, added: () => added };
}

/** Counts the host timers that are armed. */
export function countHostTimers(): { armed: Set<unknown>; set: number } & Disposable {
  const { setTimeout, clearTimeout } = globalThis;
  const counts = {
    armed: new Set<unknown>(),
    set: 0,
    [Symbol.dispose]: () => Object.assign(globalThis, { setTimeout, clearTimeout }),
  };
  globalThis.setTimeout = ((callback: () => void, delay?: number) => {
    counts.set++;
    const id = setTimeout(() => {
      counts.armed.delete(id);
      callback();
    }, delay);
    counts.armed.add(id);
    return id;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((id: ReturnType<typeof setTimeout>) => {
    counts.armed.delete(id);
    clearTimeout(id);
  }) as typeof clearTimeout;
  return counts;
}

/** The host timers that are armed while `fn` runs, when it has run. */
export async function leftOver(fn: () => unknown): Promise<number> {
  using host = countHostTimers();
  await fn();
  return host.armed.size;
}
