/**
 * The host's timer functions, real or fake, and the clock that they go by.
 *
 * @module
 */

import { isPromiseReplaced } from "../base/engine.ts";
import { clockOf, isMock, timersBelongToRequests } from "./host.ts";

/** The host's timer functions and clocks, as they were at one moment. */
interface HostTimers {
  readonly setTimeout: typeof globalThis.setTimeout;
  readonly clearTimeout: typeof globalThis.clearTimeout;
  readonly Date: typeof globalThis.Date;
  readonly performance: Performance | undefined;
  /** `performance.now`: some fake timers replace this method only, others the whole object. */
  readonly now: (() => number) | undefined;
}

/** The host's functions at import, which are the real ones unless fake timers came first. */
export const importedTimers = lookUpHost();

/** Returns the host's functions as they are now. */
export function lookUpHost(): HostTimers {
  const { setTimeout, clearTimeout, Date, performance } = globalThis;
  return { setTimeout, clearTimeout, Date, performance, now: performance?.now };
}

/** Returns a function that reads the clock that the host's timers go by. */
export function clockReader(host: HostTimers): () => number {
  const { setTimeout, Date, performance, now } = host;
  // Sinon and Jest can fake `setTimeout` and leave `performance` real.
  const clock = now === importedTimers.now ? clockOf(setTimeout) : undefined;
  if (clock) return () => clock.now;
  return now && !followsFakeDate(host) ? () => now.call(performance) : () => Date.now();
}

/** Whether the host's timers go by another clock than `performance.now()`. */
export function hidesItsClock(host: HostTimers): boolean {
  const { setTimeout, now } = host;
  return followsFakeDate(host) || isMock(setTimeout) ||
    (now !== importedTimers.now && setTimeout === importedTimers.setTimeout);
}

/** Whether fake timers go by a fake `Date` and left `performance` real, as `FakeTime` does. */
function followsFakeDate({ setTimeout, Date, now }: HostTimers): boolean {
  return setTimeout !== importedTimers.setTimeout && Date !== importedTimers.Date &&
    now === importedTimers.now;
}

/** Whether a host timer is bound to the request or the zone that armed it, and serves no other. */
export function areTimersBound(): boolean {
  return timersBelongToRequests || isPromiseReplaced();
}
