/**
 * What is weighed: objects on the heap, and the most that each may take.
 *
 * @module
 */

import type { Limits } from "./scenarios.ts";

/** An object that is weighed beside its native counterpart. */
export interface Heap {
  readonly title: string;
  readonly counterpart: string;
  readonly limits: Limits;
}

/** All that is weighed. */
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

/** The name of what is weighed. */
export type HeapName = keyof typeof HEAPS;
