/**
 * The host's timer functions and the clock that they go by, be they real or fake.
 *
 * @module
 */

import { isPromiseReplaced } from "../base/engine.ts";
import { clockOf, isMock, timersBelongToRequests } from "./host.ts";

/** The host's functions, as they were at one moment. */
interface HostTimers {
  readonly setTimeout: typeof globalThis.setTimeout;
  readonly clearTimeout: typeof globalThis.clearTimeout;
  readonly Date: typeof globalThis.Date;
  /** Fake timers replace the object, or no more than its `now`. */
  readonly performance: Performance | undefined;
  readonly now: (() => number) | undefined;
}

export const imported = lookUpHost();

export function lookUpHost(): HostTimers {
  const { setTimeout, clearTimeout, Date, performance } = globalThis;
  return { setTimeout, clearTimeout, Date, performance, now: performance?.now };
}

/** Whether fake timers (`FakeTime`) go by a fake `Date` and left `performance` real. */
function followsFakeDate({ setTimeout, Date, now }: HostTimers): boolean {
  return setTimeout !== imported.setTimeout && Date !== imported.Date && now === imported.now;
}

/** Whether the host's timers go by another clock than the one that can be read. */
export function hidesItsClock(host: HostTimers): boolean {
  const { setTimeout, now } = host;
  return followsFakeDate(host) || isMock(setTimeout) ||
    (now !== imported.now && setTimeout === imported.setTimeout);
}

/** What reads the clock that the host's timers go by. */
export function clockReader(host: HostTimers): () => number {
  const { setTimeout, Date, performance, now } = host;
  // Those of sinon and Jest may have left `performance` real.
  const clock = now === imported.now ? clockOf(setTimeout) : undefined;
  if (clock) return () => clock.now;
  return now && !followsFakeDate(host) ? () => now.call(performance) : () => Date.now();
}

/** Whether a host timer belongs to the request or the zone that armed it, and serves no other. */
export function belongToWhoArms(): boolean {
  return timersBelongToRequests || isPromiseReplaced();
}
