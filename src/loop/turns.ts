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

import { attempt } from "../base/engine.ts";
import { currentFrame, taskHasRun } from "../context/current.ts";
import { readClock, requestHostTurn, timersBelongToRequests } from "./host.ts";

/** A callback that so many callbacks led to, each by the one before, is deep. */
const LONG_CHAIN = 8;

/** After so many deep callbacks, or milliseconds, the host is asked to turn … */
const ASK_AFTER = 64;

const LONG_MS = 4;

/** … and after so many more without its turn, the next ones wait for it. */
const WAIT_AFTER = 1_000;

/** At most so many callbacks run between two looks at the clock, which costs as much as one. */
const MOST_BETWEEN_LOOKS = 64;

/** How deep the callback is that runs now; 0 outside of callbacks. */
let chainLength = 0;

/** Deep callbacks since the host turned or was asked to, and when that was. */
let callbacksRun = 0;

let since = 0;

/** At which count both are looked at again. */
let nextLook = 1;

let isTurnRequested = false;

/** So often what the host called goes on at once until it turns. */
const MOST_RELEASED = 100;

let released = 0;

/** Whether some may have to wait for a turn of the host: it starves, or others wait. */
let holdingBack = false;

/** The waiters for a turn of the host; {@linkcode requests} has those of requests. */
let heldBack: (() => void)[] = [];

/** How deep the callback is that runs now. */
export function currentChainLength(): number {
  return chainLength;
}

/** How deep a callback is that the code which runs now schedules. */
export function nextChainLength(): number {
  return chainLength > 0 ? chainLength + 1 : taskHasRun ? nextChainLengthOfTask() : 1;
}

/** The same outside of callbacks: a task goes on after an `await` without the loop's knowing. */
function nextChainLengthOfTask(): number {
  const { task, cancellation } = currentFrame();
  return task ? 1 + (cancellation && woken?.get(cancellation) || LONG_CHAIN) : 1;
}

/**
 * Maps the waits of a task that the host woke while others waited to the depth of its code. The
 * code of other tasks is deep. Cleared when the host has turned.
 */
let woken: WeakMap<object, number> | undefined;

/** Notes how deep the code of a task is that is about to be woken. */
export function noteWake(cancellation: object): void {
  const length = nextChainLength();
  if (length < LONG_CHAIN) (woken ??= new WeakMap()).set(cancellation, length);
  else woken?.delete(cancellation);
}

/** Notes that the code of a task goes on by itself, and so gets deeper. */
export function noteLonger(cancellation: object): void {
  if (woken?.has(cancellation)) woken.set(cancellation, woken.get(cancellation)! + 1);
}

/** Returns how deep a step of a generator is. The steps that follow on it are deep. */
export function chainLengthOfStep(cancellation: object): number {
  return woken ? takeChainLength(cancellation) : LONG_CHAIN;
}

function takeChainLength(cancellation: object): number {
  const length = woken!.get(cancellation) ?? LONG_CHAIN;
  woken!.delete(cancellation);
  return length;
}

/** Calls `schedule`; the callback that it schedules is deep, whoever calls. */
export function scheduleAsLongChain<R>(schedule: () => R): R {
  const outer = chainLength;
  chainLength = LONG_CHAIN;
  try {
    return schedule();
  } finally {
    chainLength = outer;
  }
}

/**
 * Takes note that a callback runs.
 *
 * @param callbackDepth How deep it is; the steps of a task are always deep.
 * @returns What to give to {@linkcode leaveCallback} when it has run.
 */
export function enterCallback(callbackDepth: number = LONG_CHAIN): number {
  const outer = chainLength;
  // First, as it throws where the stack ends.
  if (callbackDepth >= LONG_CHAIN && ++callbacksRun >= nextLook) checkHost();
  chainLength = callbackDepth;
  return outer;
}

/** Takes note that a callback has run. */
export function leaveCallback(outer: number): void {
  chainLength = outer;
}

/** Looks at the clock and the count, whether it is time for a turn of the host. */
function checkHost(): void {
  // In whole milliseconds, so that the quotient below is not of a tiny fraction of one.
  const time = Math.floor(readClock());
  if (callbacksRun === 1) since = time;
  // The clock takes as long as a short callback: it is asked again when a millisecond
  // should be over, after MOST_BETWEEN_LOOKS callbacks at the latest.
  const perMillisecond = Math.floor(callbacksRun / (time - since || 1));
  nextLook = callbacksRun + Math.max(1, Math.min(perMillisecond, MOST_BETWEEN_LOOKS));
  if (time - since < LONG_MS && callbacksRun < (isTurnRequested ? WAIT_AFTER : ASK_AFTER)) return;
  if (isTurnRequested) {
    holdingBack = true;
  } else {
    // Whether the host turned meanwhile is not known; its answer will tell.
    isTurnRequested = requestHostTurn(onTurn);
    startCounting();
  }
}

function startCounting(): void {
  callbacksRun = released = 0;
  nextLook = 1;
}

function onTurn(): void {
  isTurnRequested = holdingBack = false;
  woken = undefined;
  startCounting();
  release();
}

/**
 * Takes note of a turn of the host.
 *
 * @returns Whether some wait for a turn all the same.
 */
export function noteHostTurn(): boolean {
  startCounting();
  holdingBack = heldBack.length > 0;
  return holdingBack;
}

/** Whether to ask {@linkcode mustHoldBack}. */
export function isHoldingBack(): boolean {
  return holdingBack;
}

/**
 * Whether what is scheduled now has to wait for a turn of the host.
 *
 * Code that the host called, and what follows on it at once, need not wait: a transaction of
 * IndexedDB would end before the next turn. To keep the order, others that wait go first.
 */
export function mustHoldBack(): boolean {
  return holdingBack && !releaseForHost();
}

/**
 * The slow path of {@linkcode mustHoldBack}: returns whether the host called the code that runs. Loops
 * may look so as well, as not every reaction of a promise can be told from the host.
 */
function releaseForHost(): boolean {
  if (nextChainLength() >= LONG_CHAIN || ++released > MOST_RELEASED) return false;
  release();
  return true;
}

/** Lets all go on that wait; where timers belong to requests, those of the current request. */
function release(): void {
  const ready = timersBelongToRequests ? requestThatRuns()?.waiting.splice(0) ?? [] : heldBack;
  // First, so that those that are released are not taken for some that wait.
  heldBack = [];
  callAsLongChain(ready);
}

/** Calls functions that waited for being deep, such that what they schedule stays so. */
function callAsLongChain(ready: (() => void)[]): void {
  scheduleAsLongChain(() => ready.forEach((enqueue) => enqueue()));
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

/** Calls `enqueue` when the host has turned; only for what {@linkcode mustHoldBack}. */
export function holdBack(enqueue: () => void): void {
  if (!timersBelongToRequests) return void heldBack.push(enqueue);
  const running = requestThatRuns();
  if (running) return void running.waiting.push(enqueue);
  const request = { signal: new AbortController().signal, waiting: [enqueue] };
  requests = [...requests.slice(1 - MOST_REQUESTS), request];
  const onOwnTurn = () => {
    requests = requests.filter((other) => other !== request);
    onTurn();
    callAsLongChain(request.waiting.splice(0));
  };
  if (!requestHostTurn(onOwnTurn)) onOwnTurn();
}
