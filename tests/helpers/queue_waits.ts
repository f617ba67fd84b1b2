/**
 * Ways to wait for what a method of a queue returns, and moments at which a request comes.
 *
 * @module
 */

import { type Future, timeout, waitFor } from "../../mod.ts";

/** How many microtasks a request comes after the hand-over. */
export const delays = [0, 1, 2, 3, 4, 5, 8];

/** Ways to wait for what a method of a queue returns. */
export const ways: [string, <T>(make: () => Future<T>) => Future<T>][] = [
  ["a wait", (make) => make()],
  ["waitFor()", (make) => waitFor(make(), 60_000)],
  ["waitFor() in waitFor()", (make) => waitFor(waitFor(make(), 60_000), null)],
  ["timeout()", (make) => timeout(60_000, make)],
];
