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

import { currentFrame, taskHasRun } from "./context.ts";
import { attempt, builtinModule, globalOf } from "./engine.ts";

/** A callback that so many callbacks led to, each by the one before, is deep. */
const DEEP = 8;

/** After so many deep callbacks, or milliseconds, the host is asked to turn … */
const ASK_AFTER = 64;
const LONG_MS = 4;

/** … and after so many more without its turn, the next ones wait for it. */
const WAIT_AFTER = 1_000;

/** At most so many callbacks run between two looks at the clock, which costs as much as one. */
const MOST_BETWEEN_LOOKS = 64;

/** The functions of the host that call back in a later turn. */
interface TurnSources {
  setImmediate?(callback: () => void): unknown;
  setTimeout(callback: () => void, ms: number): unknown;
  MessageChannel?: typeof MessageChannel;
}

// As they are at import: fake timers must not stop the loop's callbacks.
const performance = globalOf<Performance>("performance") ?? Date;
const imported = {
  setImmediate: globalOf("setImmediate"),
  setTimeout: globalOf("setTimeout"),
} as TurnSources;
const host: TurnSources = globalThis;
const { now } = performance;

/**
 * Whether a host timer ends with the request that armed it, as on Cloudflare Workers. The
 * clock of Workers begins in 1970. So do the clocks of some fake timers.
 */
export const timersBelongToRequests = (performance as { timeOrigin?: number }).timeOrigin === 0 &&
  !clockOf(imported.setTimeout);

/** How deep the callback is that runs now; 0 outside of callbacks. */
let depth = 0;

/** Deep callbacks since the host turned or was asked to, and when that was. */
let ran = 0;
let since = 0;
/** At which count both are looked at again. */
let nextLook = 1;
let asked = false;
/** So often what the host called goes on at once until it turns. */
const MOST_RELEASED = 100;
let released = 0;
/** Whether some may have to wait for a turn of the host: it starves, or others wait. */
let holding = false;
/** The waiters for a turn of the host; {@linkcode requests} has those of requests. */
let waiting: (() => void)[] = [];

/** How deep the callback is that runs now. */
export function currentDepth(): number {
  return depth;
}

/** How deep a callback is that the code which runs now schedules. */
export function nextDepth(): number {
  return depth > 0 ? depth + 1 : taskHasRun ? nextDepthOfTask() : 1;
}

/** The same outside of callbacks: a task goes on after an `await` without the loop's knowing. */
function nextDepthOfTask(): number {
  const { task, waits } = currentFrame();
  return task ? 1 + (waits && woken?.get(waits) || DEEP) : 1;
}

/**
 * Maps the waits of a task that the host woke while others waited to the depth of its code. The
 * code of other tasks is deep. Cleared when the host has turned.
 */
let woken: WeakMap<object, number> | undefined;

/** Notes how deep the code of a task is that is about to be woken. */
export function noteWake(waits: object): void {
  const depth = nextDepth();
  if (depth < DEEP) (woken ??= new WeakMap()).set(waits, depth);
  else woken?.delete(waits);
}

/** Notes that the code of a task goes on by itself, and so gets deeper. */
export function noteDeeper(waits: object): void {
  if (woken?.has(waits)) woken.set(waits, woken.get(waits)! + 1);
}

/** Returns how deep a step of a generator is. The steps that follow on it are deep. */
export function depthOfStep(waits: object): number {
  return woken ? takeDepth(waits) : DEEP;
}

function takeDepth(waits: object): number {
  const depth = woken!.get(waits) ?? DEEP;
  woken!.delete(waits);
  return depth;
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
  // In whole milliseconds, so that the quotient below is not of a tiny fraction of one.
  const time = Math.floor(now.call(performance));
  if (ran === 1) since = time;
  // The clock takes as long as a short callback: it is asked again when a millisecond
  // should be over, after MOST_BETWEEN_LOOKS callbacks at the latest.
  const perMillisecond = Math.floor(ran / (time - since || 1));
  nextLook = ran + Math.max(1, Math.min(perMillisecond, MOST_BETWEEN_LOOKS));
  if (time - since < LONG_MS && ran < (asked ? WAIT_AFTER : ASK_AFTER)) return;
  if (asked) {
    holding = true;
  } else {
    // Whether the host turned meanwhile is not known; its answer will tell.
    asked = askForTurn(onTurn);
    startCounting();
  }
}

function startCounting(): void {
  ran = released = 0;
  nextLook = 1;
}

/**
 * Has `callback` called in a later turn of the host.
 *
 * @returns `false` if the host has no way to.
 */
export function askForTurn(callback: () => void): boolean {
  const ways = [
    () => realOf("setImmediate", imported)(callback),
    () => {
      // Browsers make a nested setTimeout(0) wait for 4 ms.
      const { MessageChannel } = "MessageChannel" in host
        ? host
        : builtinModule("node:worker_threads") as TurnSources;
      const { port1, port2 } = new MessageChannel!();
      port1.onmessage = () => {
        port1.close();
        callback();
      };
      port2.postMessage(undefined);
    },
    () => realOf("setTimeout", imported, host)(callback, 0),
  ];
  // A missing function throws here, as do the stubs of edge runtimes.
  return ways.slice(timersBelongToRequests ? 2 : 0).some((way) =>
    attempt(() => {
      way();
      return true;
    })
  );
}

/** The clock of a function of fake timers, if it is one of sinon or Jest. */
export function clockOf(fn: object | undefined): { now: number } | undefined {
  return fn && Object.hasOwn(fn, "clock") ? (fn as { clock?: { now: number } }).clock : undefined;
}

/** Whether a function is one of node:test's fake timers, which are bound private methods. */
export function isMock(fn: { readonly name: string } | undefined): boolean {
  return fn?.name.startsWith("bound #") === true;
}

/** A timer function of the host, as opposed to one of fake timers. */
function realOf<N extends "setImmediate" | "setTimeout">(
  name: N,
  ...hosts: TurnSources[]
): NonNullable<TurnSources[N]> {
  return hosts.map((host) => host[name]).find((fn) => fn && !isMock(fn) && !clockOf(fn))!;
}

function onTurn(): void {
  asked = holding = false;
  woken = undefined;
  startCounting();
  release();
}

/**
 * Takes note of a turn of the host.
 *
 * @returns Whether some wait for a turn all the same.
 */
export function hostTurned(): boolean {
  startCounting();
  holding = waiting.length > 0;
  return holding;
}

/** Whether to ask {@linkcode mustWait}. */
export function isHolding(): boolean {
  return holding;
}

/**
 * Whether what is scheduled now has to wait for a turn of the host.
 *
 * Code that the host called, and what follows on it at once, need not wait: a transaction of
 * IndexedDB would end before the next turn. To keep the order, others that wait go first.
 */
export function mustWait(): boolean {
  return holding && !releaseForHost();
}

/**
 * The slow path of {@linkcode mustWait}: returns whether the host called the code that runs. Loops
 * may look so as well, as not every reaction of a promise can be told from the host.
 */
function releaseForHost(): boolean {
  if (nextDepth() >= DEEP || ++released > MOST_RELEASED) return false;
  release();
  return true;
}

/** Lets all go on that wait; where timers belong to requests, those of the current request. */
function release(): void {
  const ready = timersBelongToRequests ? requestThatRuns()?.waiting.splice(0) ?? [] : waiting;
  // First, so that those that are released are not taken for some that wait.
  waiting = [];
  callDeep(ready);
}

/** Calls functions that waited for being deep, such that what they schedule stays so. */
function callDeep(ready: (() => void)[]): void {
  scheduleDeep(() => ready.forEach((enqueue) => enqueue()));
}

/** A request in which some wait. */
interface Request {
  /** It can be read in its own request only, and so tells which request runs. */
  readonly signal: AbortSignal;
  readonly waiting: (() => void)[];
}

/** So many requests are remembered: one that has ended never has its turn, and would stay. */
const MOST_REQUESTS = 8;
let requests: Request[] = [];

function requestThatRuns(): Request | undefined {
  return requests.find(({ signal }) => attempt(() => !signal.aborted));
}

/** Calls `enqueue` when the host has turned; only for what {@linkcode mustWait}. */
export function waitForTurn(enqueue: () => void): void {
  if (!timersBelongToRequests) return void waiting.push(enqueue);
  const running = requestThatRuns();
  if (running) return void running.waiting.push(enqueue);
  const request = { signal: new AbortController().signal, waiting: [enqueue] };
  requests = [...requests.slice(1 - MOST_REQUESTS), request];
  const onOwnTurn = () => {
    requests = requests.filter((other) => other !== request);
    onTurn();
    callDeep(request.waiting.splice(0));
  };
  if (!askForTurn(onOwnTurn)) onOwnTurn();
}
