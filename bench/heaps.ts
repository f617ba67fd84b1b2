/**
 * What is weighed: objects on the heap, and the most that each may take.
 *
 * @module
 */

/** An object that is weighed beside its native counterpart. */
export interface Heap {
  readonly title: string;
  readonly counterpart: string;
  /** The most that ours may take, as a multiple of what the native one takes. */
  readonly limit: number;
}

/** All that is weighed. */
export const HEAPS = {
  withCallback: {
    title: "heap of a pending Future with one done callback",
    counterpart: "promise with one `then`",
    limit: 1,
  },
  bare: {
    title: "heap of a bare pending Future",
    counterpart: "`Promise.withResolvers()`",
    limit: 0.4,
  },
} as const satisfies Record<string, Heap>;

/** The name of what is weighed. */
export type HeapName = keyof typeof HEAPS;
