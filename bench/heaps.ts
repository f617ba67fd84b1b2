/**
 * The list of objects whose size on the heap is measured, with their bars.
 *
 * @module
 */

import type { Limits } from "./scenarios.ts";

/** An object to measure beside its native counterpart, each in the words of the table. */
export interface Heap {
  readonly title: string;
  readonly counterpart: string;
  readonly limits: Limits;
}

/** All objects to measure. `memory.ts` makes them. */
export const HEAPS = {
  withCallback: {
    title: "heap of a pending Future with one done callback",
    counterpart: "promise with one `then`",
    limits: { deno: 1, node24: 1, bun: 1.25 },
  },
  bare: {
    title: "heap of a bare pending Future",
    counterpart: "`Promise.withResolvers()`",
    limits: { deno: 0.4, node24: 0.4, bun: 0.4 },
  },
} as const satisfies Record<string, Heap>;

/** The name of an entry of {@linkcode HEAPS}. */
export type HeapName = keyof typeof HEAPS;
