/**
 * A heap of timers in an array: the timer that is due first is `heap[0]`.
 *
 * @module
 */

import type { Timer } from "./timers.ts";

/** The number of timers below each one: see docs/performance.md#timers. */
const CHILDREN = 8;

/** Whether `a` comes before `b`; timers that tie come in order of creation. */
export function isBefore(a: Timer, b: Timer): boolean {
  return a.due === b.due ? a.order < b.order : a.due < b.due;
}

/** Adds a timer. */
export function addToHeap(heap: Timer[], timer: Timer): void {
  moveUp(heap, timer, heap.length);
}

/** Removes the timer at `gap`; the last one, or timers below the gap, fill the gap. */
export function removeFromHeap(heap: Timer[], gap: number): void {
  const last = heap.pop()!;
  if (gap === heap.length) return;
  for (let child; (child = CHILDREN * gap + 1) < heap.length; gap = child) {
    const end = Math.min(child + CHILDREN, heap.length);
    for (let other = child + 1; other < end; other++) {
      if (isBefore(heap[other]!, heap[child]!)) child = other;
    }
    put(heap, heap[child]!, gap);
  }
  moveUp(heap, last, gap);
}

/** Puts `timer` at `gap`, or higher up if it comes before the timers there. */
function moveUp(heap: Timer[], timer: Timer, gap: number): void {
  while (gap > 0) {
    const parent = Math.floor((gap - 1) / CHILDREN);
    const above = heap[parent]!;
    if (!isBefore(timer, above)) break;
    put(heap, above, gap);
    gap = parent;
  }
  put(heap, timer, gap);
}

function put(heap: Timer[], timer: Timer, index: number): void {
  heap[index] = timer;
  timer.index = index;
}
