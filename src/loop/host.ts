/**
 * What the host has for the loop: its clock, and ways to be called back in a later turn.
 *
 * @module
 */

import { attempt, builtinModule, globalOf } from "../base/engine.ts";

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

/** The time in milliseconds by the clock of the host. */
export function readClock(): number {
  return now.call(performance);
}

/**
 * Whether a host timer ends with the request that armed it, as on Cloudflare Workers. The
 * clock of Workers begins in 1970. So do the clocks of some fake timers.
 */
export const timersBelongToRequests = (performance as { timeOrigin?: number }).timeOrigin === 0 &&
  !clockOf(imported.setTimeout);

/**
 * Has `callback` called in a later turn of the host.
 *
 * @returns `false` if the host has no way to.
 */
export function requestHostTurn(callback: () => void): boolean {
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
