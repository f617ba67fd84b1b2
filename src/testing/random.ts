/**
 * Numbers that look random and follow from a seed.
 *
 * @module
 */

/** A source of numbers from 0 up to, but not including, 1, such as `Math.random`. */
export type Random = () => number;

/** What the numbers of a seed are for: the order (0), those of the program (1), faults (2). */
export type Stream = 0 | 1 | 2;

/**
 * Makes a source of numbers that a seed decides: splitmix32, which takes any 32 bits as its state,
 * so that the seeds 1, 2, 3, … give sequences that have nothing in common.
 *
 * @param seed An integer, of which the lower 53 bits count.
 * @param stream Which of the sources of one seed.
 */
export function makeRandom(seed: number, stream: Stream = 0): Random {
  let state = Math.imul(stream, 0x9e3779b1) ^ (seed | 0) ^
    Math.imul(Math.floor(seed / 2 ** 32) | 0, 0x85ebca6b);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
