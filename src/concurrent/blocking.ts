/**
 * Blocking the thread until another thread has sent something.
 *
 * A thread that blocks runs no callback: not those of promises, of timers, or of ports. So what
 * other threads send is taken from the ports here, synchronously.
 *
 * @module
 */

import { builtinModule } from "../base/engine.ts";
import { show } from "../base/inspect.ts";

/** Something in this thread that other threads send messages to. */
export interface Source {
  /** Whether a message may still arrive. */
  isOpen(): boolean;
  /** Handles all messages that have arrived. */
  drain(): void;
}

interface Threads {
  receiveMessageOnPort(port: MessagePort): { message: unknown } | undefined;
}

const threads = builtinModule("node:worker_threads") as Partial<Threads> | undefined;

/** The sources of this thread. */
const sources = new Set<Source>();

/**
 * The bell of this thread: a counter that other threads raise after each message, and on which this
 * thread sleeps. A browser shares no memory unless the page is isolated; then there is none.
 */
let bell: Int32Array<SharedArrayBuffer> | undefined;

/** The longest sleep, in milliseconds: `Atomics.wait()` takes no more on some engines. */
const MAX_SLEEP = 2 ** 31 - 1;

/** Returns the bell of this thread, to be given to other threads; `undefined` if there is none. */
export function bellOfThread(): Int32Array<SharedArrayBuffer> | undefined {
  if (!bell && globalThis.SharedArrayBuffer) bell = new Int32Array(new SharedArrayBuffer(4));
  return bell;
}

/** Rings the bell of another thread, once a message for it is on its way. */
export function ring(bell: Int32Array<SharedArrayBuffer> | undefined): void {
  if (!bell) return;
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

/** Lets the thread take messages of `source` while it blocks. */
export function addSource(source: Source): void {
  sources.add(source);
}

/** Ends {@linkcode addSource}. */
export function removeSource(source: Source): void {
  sources.delete(source);
}

/** Takes a message from a port, if one has arrived; without a way to do so, none has. */
export function receive(port: MessagePort): { message: unknown } | undefined {
  return threads?.receiveMessageOnPort?.(port);
}

/** Why this thread cannot block, or `undefined` if it can. */
function obstacle(bell: Int32Array<SharedArrayBuffer> | undefined): string | undefined {
  if (!bell) return "no memory is shared between threads here";
  if (!threads?.receiveMessageOnPort) return "this runtime has no synchronous receive";
  try {
    Atomics.wait(bell, 0, Atomics.load(bell, 0) - 1, 0);
  } catch {
    return "this thread may not block";
  }
}

/**
 * Blocks the thread until `isReady()` or until the time is over.
 *
 * @param action What the caller cannot do if the thread cannot block, for example "wait for a result".
 * @param timeout In milliseconds; `Infinity` for no limit.
 * @returns Whether `isReady()`.
 * @throws {Error} If the thread cannot block, or if nothing is left that could wake it.
 */
export function blockUntil(
  action: string,
  isReady: () => boolean,
  timeout: number,
  received: unknown,
): boolean {
  if (isReady()) return true;
  if (timeout <= 0) {
    drainAll();
    return isReady();
  }
  const ownBell = bellOfThread();
  const why = obstacle(ownBell);
  if (why) {
    throw new Error(
      `Cannot ${action} as ${why} (await the future instead): received ${show(received)}`,
    );
  }
  const end = performance.now() + timeout;
  while (true) {
    // The bell is read before the ports: what arrives in between makes the sleep end at once.
    const rung = Atomics.load(ownBell!, 0);
    drainAll();
    if (isReady()) return true;
    const left = end - performance.now();
    if (left <= 0) return false;
    if (timeout === Infinity && !isAnySourceOpen()) {
      throw new Error(
        `Cannot ${action} as no other thread works on it: received ${show(received)}`,
      );
    }
    Atomics.wait(ownBell!, 0, rung, Math.min(left, MAX_SLEEP));
  }
}

function drainAll(): void {
  for (const source of [...sources]) source.drain();
}

function isAnySourceOpen(): boolean {
  for (const source of sources) if (source.isOpen()) return true;
  return false;
}
