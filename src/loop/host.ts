/**
 * The loop's access to the host: the clock, and ways to be called back from a macrotask.
 *
 * @module
 */

import { attempt, builtinModule, globalOf } from "../base/engine.ts";

/** The host's functions that call back from a macrotask, and the one that takes a timer back. */
interface TurnSources {
  setImmediate?(callback: () => void): unknown;
  setTimeout(callback: () => void, ms: number): unknown;
  setInterval(callback: () => void, ms: number): unknown;
  clearInterval(timer: unknown): void;
  MessageChannel?: typeof MessageChannel;
}

// Looked up once, at import: fake timers of a test must not stop the loop's callbacks.
const performance = globalOf<Performance>("performance") ?? Date;

const importedTurns = {
  setImmediate: globalOf("setImmediate"),
  setTimeout: globalOf("setTimeout"),
  setInterval: globalOf("setInterval"),
  clearInterval: globalOf("clearInterval"),
} as TurnSources;

/** The functions as they are when used: real again, if fake timers were there at import. */
const host: TurnSources = globalThis;

const { now } = performance;

/** Returns the time in milliseconds, by the host's clock as it was at import. */
export function realTime(): number {
  return now.call(performance);
}

/**
 * Whether a host timer ends with the request that armed it, as on Cloudflare Workers.
 *
 * The clock of Workers begins in 1970. The clocks of some fake timers do as well, so those are
 * excluded.
 */
export const timersBelongToRequests = (performance as { timeOrigin?: number }).timeOrigin === 0 &&
  !clockOf(importedTurns.setTimeout);

/**
 * Posts a macrotask that calls `callback`.
 *
 * @returns `false` if the host has no way to post one.
 */
export function requestHostTurn(callback: () => void): boolean {
  const ways = [
    () => realOf("setImmediate", importedTurns)(callback),
    () => {
      // Browsers delay a nested setTimeout(0) by 4 ms, but not a message.
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
    () => realOf("setTimeout", importedTurns, host)(callback, 0),
  ];
  // A way that is missing throws, as do the stubs of edge runtimes; then the next one is tried.
  return ways.slice(timersBelongToRequests ? 2 : 0).some((way) =>
    attempt(() => {
      way();
      return true;
    })
  );
}

/** How often the timer of `holdProcess()` fires, in milliseconds: seldom. */
const HOLD_INTERVAL = 3_600_000;

/**
 * Keeps the process running, by a timer that no fake timers replace.
 *
 * @returns A function that ends this.
 */
export function holdProcess(): () => void {
  return attempt(() => {
    // Both are looked up now, as fake timers may be there later.
    const set = realOf("setInterval", importedTurns, host);
    const clear = realOf("clearInterval", importedTurns, host);
    const timer = set(() => {}, HOLD_INTERVAL);
    return () => clear(timer);
  }) ?? (() => {});
}

/** Sets whether a timer of the host keeps the process running, on hosts that let a program choose. */
export function keepProcess(timer: unknown, keeps: boolean): void {
  const method = keeps ? "ref" : "unref";
  if (typeof timer === "object") {
    (timer as Partial<Record<"ref" | "unref", () => void>> | null)?.[method]?.();
  } else {
    globalOf<Partial<typeof Deno>>("Deno")?.[`${method}Timer`]?.(timer as number);
  }
}

/** Returns the first function of that name that does not belong to fake timers. */
function realOf<N extends Exclude<keyof TurnSources, "MessageChannel">>(
  name: N,
  ...hosts: TurnSources[]
): NonNullable<TurnSources[N]> {
  return hosts.map((host) => host[name]).find((fn) => fn && !isMock(fn) && !clockOf(fn))!;
}

/** Returns the fake clock that a timer function goes by, if the function is Sinon's or Jest's. */
export function clockOf(fn: object | undefined): { now: number } | undefined {
  return fn && Object.hasOwn(fn, "clock") ? (fn as { clock?: { now: number } }).clock : undefined;
}

/** Whether a function is one of node:test's fake timers, which are bound private methods. */
export function isMock(fn: { readonly name: string } | undefined): boolean {
  return fn?.name.startsWith("bound #") === true;
}
