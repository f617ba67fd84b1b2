/**
 * Keeps loop callbacks from starving the host.
 *
 * A loop callback is a microtask, and the host's timers and sockets wait until
 * no microtask is left. So that tasks, and callbacks that keep scheduling
 * callbacks, do not shut them out, those that follow on a long run without a
 * turn of the host go through a macrotask, order kept. asyncio polls for I/O
 * between iterations to the same end.
 *
 * @module
 */

import { isInTask } from "./context.ts";

/** A callback that so many callbacks led to, each by the one before, is deep. */
const DEEP = 8;

/** After so many deep callbacks, or milliseconds, the host is asked to turn … */
const ASK_AFTER = 64;
const LONG_MS = 4;

/** … and after so many more without its turn, the next ones wait for it. */
const WAIT_AFTER = 1_000;

/**
 * After how many callbacks at most the clock and the count are looked at. With 8, a step of a
 * generator took 4 % longer (Deno 2.9, Node 24).
 */
const MOST_BETWEEN_LOOKS = 32;

// All as they are at import: fake timers must not stop the loop's callbacks.
const { now } = Date;
const { setImmediate, setTimeout, MessageChannel } = globalThis as typeof globalThis & {
  setImmediate?: (callback: () => void) => unknown;
};

/** Whether a function is there, and not that of fake timers (sinon's, jest's): those have a clock. */
function isReal(fn: object | undefined): boolean {
  return fn !== undefined && !("clock" in fn);
}

/** How deep the callback is that runs now; 0 outside of callbacks. */
let depth = 0;

/** Deep callbacks since the host turned or was asked to, and when that was. */
let ran = 0;
let since = 0;
/** At which count both are looked at again. */
let nextLook = 1;
let asked = false;
/** Whether some may have to wait for a turn of the host: it starves, or others wait. */
let isHolding = false;
let waiting: (() => void)[] = [];

/** How deep the callback is that runs now. */
export function currentDepth(): number {
  return depth;
}

/** How deep a callback is that the code which runs now schedules. */
export function nextDepth(): number {
  // The code of a task goes on after an `await` without the loop's knowing.
  return depth > 0 ? depth + 1 : isInTask() ? DEEP : 1;
}

/** Calls `schedule`; the callback that it schedules is deep, whoever calls. */
export function scheduleDeep<R>(schedule: () => R): R {
  const outer = depth;
  depth = DEEP;
  try {
    return schedule();
  } finally {
    depth = outer;
  }
}

/**
 * Takes note that a callback runs.
 *
 * @param callbackDepth How deep it is; the steps of a task are always deep.
 * @returns What to give to {@linkcode leaveCallback} when it has run.
 */
export function enterCallback(callbackDepth: number = DEEP): number {
  const outer = depth;
  // First, as it throws where the stack ends.
  if (callbackDepth >= DEEP && ++ran >= nextLook) look();
  depth = callbackDepth;
  return outer;
}

/** Takes note that a callback has run. */
export function leaveCallback(outer: number): void {
  depth = outer;
}

/** Looks at the clock and the count, whether it is time for a turn of the host. */
function look(): void {
  const time = now();
  if (ran === 1) since = time;
  // The clock takes as long as a short callback: it is asked again when a millisecond
  // should be over, after MOST_BETWEEN_LOOKS callbacks at the latest.
  const perMillisecond = Math.floor(ran / (time - since || 1));
  nextLook = ran + Math.max(1, Math.min(perMillisecond, MOST_BETWEEN_LOOKS));
  if (time - since < LONG_MS && ran < (asked ? WAIT_AFTER : ASK_AFTER)) return;
  if (asked) {
    isHolding = true;
  } else {
    // Whether the host turned meanwhile is not known; its answer will tell.
    askForTurn();
    // Not if the stack ended, as all would wait for an answer that never comes.
    asked = true;
    startCounting();
  }
}

function startCounting(): void {
  ran = 0;
  nextLook = 1;
}

function askForTurn(): void {
  if (isReal(setImmediate)) {
    setImmediate!(onTurn);
  } else if (MessageChannel) {
    // Browsers make a nested setTimeout(0) wait for 4 ms.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      onTurn();
    };
    port2.postMessage(undefined);
  } else {
    (isReal(setTimeout) ? setTimeout : globalThis.setTimeout)(onTurn, 0);
  }
}

function onTurn(): void {
  asked = false;
  const ready = waiting;
  // First, so that they are not taken for some that wait.
  waiting = [];
  hostTurned();
  for (const enqueue of ready) enqueue();
}

/** Takes note of a turn of the host. */
export function hostTurned(): void {
  startCounting();
  isHolding = waiting.length > 0;
}

/** Whether what is scheduled now has to wait for a turn of the host. */
export function mustWait(): boolean {
  return isHolding && holdsBack();
}

/** Apart, so that the engine inlines the question that is asked each time. */
function holdsBack(): boolean {
  return waiting.length > 0 || nextDepth() >= DEEP;
}

/** Has `enqueue` called when the host turns; only for what {@linkcode mustWait}. */
export function waitForTurn(enqueue: () => void): void {
  waiting.push(enqueue);
}
