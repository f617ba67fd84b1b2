/**
 * Keeps loop callbacks from starving the host.
 *
 * Loop callbacks are microtasks, and the host's timers and sockets wait until no microtask is
 * left. Callbacks that keep scheduling callbacks therefore yield to the event loop from time to
 * time: they are held back until a macrotask has run, in unchanged order. asyncio polls for I/O
 * between iterations to the same end.
 *
 * A callback that the host's code schedules starts a *chain* of length 1; a callback that a
 * callback schedules makes the chain longer by one. Only callbacks that end a chain of
 * `LONG_CHAIN` or more count. Two flags tell how starved the host is:
 *
 * | `isTurnRequested` | `isHolding` | meaning                                                  |
 * | ----------------- | ----------- | -------------------------------------------------------- |
 * | `false`           | `false`     | counting, until a macrotask is requested                 |
 * | `true`            | `false`     | requested; counting on, until the host counts as starved |
 * | `true`            | `true`      | starved: long chains are held back                       |
 *
 * @module
 */

import { attempt } from "../base/engine.ts";
import { currentFrame, taskHasRun } from "../context/current.ts";
import { realTime, requestHostTurn, timersBelongToRequests } from "./host.ts";

/** From this length on, a chain of callbacks counts as starving the host. */
const LONG_CHAIN = 8;

/** After this many callbacks of long chains, a macrotask is requested. */
const REQUEST_AFTER = 64;

/** After this many more without that macrotask, long chains are held back. */
const HOLD_AFTER = 1_000;

/** After this time, either happens even with fewer callbacks. */
const EITHER_AFTER_MS = 4;

/** The most callbacks between two checks: see docs/performance.md#looking-at-the-clock. */
const MAX_BETWEEN_CHECKS = 64;

/** How often code that the host called may go ahead between two turns of the host. */
const MAX_RELEASES = 100;

/** The most requests whose held-back callbacks are kept: a request that ended has no more turn. */
const MAX_HOST_REQUESTS = 8;

/**
 * The length of the chain that the running callback ends; 0 outside of callbacks. Set by
 * `enterCallback` and `scheduleAsLongChain`, restored when they are over.
 */
let chainLength = 0;

/**
 * Chain lengths of tasks that short chains woke while others were held back, by their
 * `Cancellation`. Code of other tasks counts as a long chain. Cleared by `onTurn`.
 */
let shortChains: WeakMap<object, number> | undefined;

/** Callbacks of long chains since the host had, or was asked for, its latest turn. */
let callbacksRun = 0;

/** The time at which the first of the callbacks in `callbacksRun` ran. */
let countedSince = 0;

/** The value of `callbacksRun` at which the clock is read next. */
let nextCheck = 1;

/** How often `releaseForHost()` released since then; at most `MAX_RELEASES`. */
let releases = 0;

let isTurnRequested = false;

/** Changed by `setHolding()` only. */
let isHolding = false;

/** How many loops have a scheduler of their own: see `scheduler.ts`. */
let schedulers = 0;

/** Whether there is a scheduler, or callbacks are held back: the one variable that is looked at. */
let isAsked = false;

function setHolding(holds: boolean): void {
  isHolding = holds;
  isAsked = holds || schedulers > 0;
}

/** Notes that there is one scheduler more or, with −1, one less. */
export function countSchedulers(change: 1 | -1): void {
  schedulers += change;
  setHolding(isHolding);
}

/** The callbacks that are held back, unless they belong to a request (see `requests`). */
let heldBack: (() => void)[] = [];

/** Returns the length of the chain that the running callback ends; 0 outside of callbacks. */
export function currentChainLength(): number {
  return chainLength;
}

/** Returns the length of the chain that ends with a callback which is scheduled now. */
export function nextChainLength(): number {
  return chainLength > 0 ? chainLength + 1 : taskHasRun ? nextChainLengthOfTask() : 1;
}

/** `nextChainLength()` outside of callbacks: an `await` resumes a task unseen by the loop. */
function nextChainLengthOfTask(): number {
  const { code, cancellation } = currentFrame();
  return code ? 1 + (cancellation && shortChains?.get(cancellation) || LONG_CHAIN) : 1;
}

/** Records the chain length of a task that is about to be woken while others are held back. */
export function noteWake(cancellation: object): void {
  const length = nextChainLength();
  if (length < LONG_CHAIN) (shortChains ??= new WeakMap()).set(cancellation, length);
  else shortChains?.delete(cancellation);
}

/** Lengthens the chain of a task that awaits a future which is done, and so continues by itself. */
export function lengthenChain(cancellation: object): void {
  if (shortChains?.has(cancellation)) {
    shortChains.set(cancellation, shortChains.get(cancellation)! + 1);
  }
}

/** Returns the length of the chain that a step of a generator ends; later steps are long chains. */
export function takeChainLength(cancellation: object): number {
  return shortChains ? takeChainLengthSlow(cancellation) : LONG_CHAIN;
}

function takeChainLengthSlow(cancellation: object): number {
  const length = shortChains!.get(cancellation) ?? LONG_CHAIN;
  shortChains!.delete(cancellation);
  return length;
}

/** Calls `schedule`; callbacks that it schedules count as ends of long chains. */
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
 * Counts a callback that is about to run.
 *
 * @param length The length of the chain that the callback ends; the code of a task is long.
 * @returns The length to give to {@linkcode leaveCallback} afterwards.
 */
export function enterCallback(length: number = LONG_CHAIN): number {
  const outer = chainLength;
  // Near the end of the stack the check throws, and nothing would restore `chainLength` then; so
  // the check comes first.
  if (length >= LONG_CHAIN && ++callbacksRun >= nextCheck) checkHost();
  chainLength = length;
  return outer;
}

/** Restores the chain length after a callback. */
export function leaveCallback(outer: number): void {
  chainLength = outer;
}

/** Requests a macrotask, or begins to hold back, once that is due by the count or the clock. */
function checkHost(): void {
  // Whole milliseconds: a tiny fraction as the divisor would make the rate below huge.
  const time = Math.floor(realTime());
  if (callbacksRun === 1) countedSince = time;
  const elapsed = time - countedSince;
  const perMillisecond = Math.floor(callbacksRun / (elapsed || 1));
  nextCheck = callbacksRun + Math.max(1, Math.min(perMillisecond, MAX_BETWEEN_CHECKS));
  const limit = isTurnRequested ? HOLD_AFTER : REQUEST_AFTER;
  if (elapsed < EITHER_AFTER_MS && callbacksRun < limit) return;
  if (isTurnRequested) {
    setHolding(true);
  } else {
    // The host cannot be asked whether it had a turn; the macrotask tells when it has one.
    isTurnRequested = requestHostTurn(onTurn);
    startCounting();
  }
}

function startCounting(): void {
  callbacksRun = releases = 0;
  nextCheck = 1;
}

/** The requested macrotask: the host has its turn. */
function onTurn(): void {
  isTurnRequested = false;
  setHolding(false);
  shortChains = undefined;
  startCounting();
  release();
}

/**
 * Counts a host timer as a turn of the host, for callbacks that run from now on.
 *
 * @returns Whether callbacks are still held back, since the requested macrotask has yet to come.
 */
export function noteHostTurn(): boolean {
  startCounting();
  setHolding(heldBack.length > 0);
  return isHolding;
}

/**
 * Whether anything may be held back, or a loop has a scheduler: the question to ask before
 * {@linkcode mustHoldBack} and {@linkcode haveSchedulers}.
 */
export function isHoldingBack(): boolean {
  return isAsked;
}

/** Whether long chains are held back until the host has had its turn. */
export function isHostStarved(): boolean {
  return isHolding;
}

/** Whether any loop has a scheduler of its own. */
export function haveSchedulers(): boolean {
  return schedulers > 0;
}

/**
 * Whether a callback that is scheduled now must be held back.
 *
 * Code that the host called, and short chains that it starts, go ahead: an IndexedDB transaction
 * would end before the next turn. To keep the order, all that is held back is released first.
 */
export function mustHoldBack(): boolean {
  return isHolding && !releaseForHost();
}

/**
 * Releases all that is held back if the host called the running code, and returns whether it did.
 *
 * Loops of native promises can look like calls from the host, so `MAX_RELEASES` limits them.
 */
function releaseForHost(): boolean {
  if (nextChainLength() >= LONG_CHAIN || ++releases > MAX_RELEASES) return false;
  release();
  return true;
}

/** Calls all that is held back; where timers belong to requests, that of the running request. */
function release(): void {
  const ready = timersBelongToRequests ? runningRequest()?.heldBack.splice(0) ?? [] : heldBack;
  // Replaced before the calls, as these may hold back more.
  heldBack = [];
  callAsLongChain(ready);
}

/** Calls functions that were held back; callbacks that they schedule still end long chains. */
function callAsLongChain(ready: (() => void)[]): void {
  scheduleAsLongChain(() => ready.forEach((enqueue) => enqueue()));
}

/** A request, where timers belong to requests, with the callbacks held back in it. */
interface HostRequest {
  /** A signal made in the request: reading it in any other request throws. */
  readonly signal: AbortSignal;
  readonly heldBack: (() => void)[];
}

/** Requests with callbacks held back. Each leaves with its macrotask, or if there are too many. */
let hostRequests: HostRequest[] = [];

function runningRequest(): HostRequest | undefined {
  return hostRequests.find(({ signal }) => attempt(() => !signal.aborted));
}

/** Calls `enqueue` in the host's next turn. The caller has found that callbacks are held back. */
export function holdBack(enqueue: () => void): void {
  if (!timersBelongToRequests) return void heldBack.push(enqueue);
  const running = runningRequest();
  if (running) return void running.heldBack.push(enqueue);
  const request = { signal: new AbortController().signal, heldBack: [enqueue] };
  hostRequests = [...hostRequests.slice(1 - MAX_HOST_REQUESTS), request];
  const onOwnTurn = () => {
    hostRequests = hostRequests.filter((other) => other !== request);
    onTurn();
    callAsLongChain(request.heldBack.splice(0));
  };
  if (!requestHostTurn(onOwnTurn)) onOwnTurn();
}
