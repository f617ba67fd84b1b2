/**
 * The heap of a `PriorityQueue`.
 *
 * @module
 */

import type { Entry, Store } from "./store.ts";

/** Returns a negative number if `a` is to come before `b`, a positive one if after it. */
export type Compare<T> = (a: T, b: T) => number;

interface HeapEntry<T> extends Entry<T> {
  /** The number in the order of arrival: of equal items, the first to come is the first to go. */
  readonly order: number;
  /** The place in the array; -1 if the entry is not there. */
  index: number;
}

/**
 * A binary heap. All comparisons of an operation come before its first change, so that a `compare`
 * that throws changes nothing.
 */
export class Heap<T> implements Store<T> {
  readonly #compare: Compare<T>;
  readonly #entries: HeapEntry<T>[] = [];
  #count = 0;

  constructor(compare: Compare<T>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(item: T): Entry<T> {
    const entry = { item, order: this.#count++, index: -1 };
    this.#insert(entry);
    return entry;
  }

  take(): Entry<T> {
    const first = this.#entries[0]!;
    this.#delete(first);
    return first;
  }

  takeAll(): Entry<T>[] {
    const entries = this.#entries.splice(0);
    for (const entry of entries) entry.index = -1;
    return entries;
  }

  putBack(entry: HeapEntry<T>): void {
    try {
      this.#insert(entry);
    } catch {
      // Nobody is there to get the error, and the item must not be lost: `take()` compares again.
      this.#set(this.#entries.length, entry);
    }
  }

  remove(entry: HeapEntry<T>): boolean {
    const { index } = entry;
    if (index < 0) return false;
    try {
      this.#delete(entry);
    } catch {
      // As in `putBack()`. The last entry takes the place, out of order.
      this.#set(index, this.#entries.pop()!);
      entry.index = -1;
    }
    return true;
  }

  *[Symbol.iterator](): Generator<T, void> {
    for (const { item } of this.#entries) yield item;
  }

  #insert(entry: HeapEntry<T>): void {
    const entries = this.#entries;
    const end = entries.length;
    this.#move(entry, end, this.#pathUp(entry, end));
  }

  /** Deletes an entry: the last one takes its place, and moves up or down from there. */
  #delete(entry: HeapEntry<T>): void {
    const entries = this.#entries;
    const { index } = entry;
    const last = entries.at(-1)!;
    if (entry !== last) {
      const up = this.#pathUp(last, index);
      const path = up.length > 0 ? up : this.#pathDown(last, index);
      entries.pop();
      this.#move(last, index, path);
    } else {
      entries.pop();
    }
    entry.index = -1;
  }

  /** The places above `index` whose entries have to move down for `entry`, from below. */
  #pathUp(entry: HeapEntry<T>, index: number): number[] {
    const path: number[] = [];
    while (index > 0) {
      index = (index - 1) >> 1;
      if (!this.#isBefore(entry, this.#entries[index]!)) break;
      path.push(index);
    }
    return path;
  }

  /** The places below `index` whose entries have to move up for `entry`, the last one, from above. */
  #pathDown(entry: HeapEntry<T>, index: number): number[] {
    const path: number[] = [];
    const entries = this.#entries;
    const end = entries.length - 1;
    for (let child = 2 * index + 1; child < end; child = 2 * child + 1) {
      if (child + 1 < end && this.#isBefore(entries[child + 1]!, entries[child]!)) child++;
      if (!this.#isBefore(entries[child]!, entry)) break;
      path.push(child);
    }
    return path;
  }

  /** Moves the entries of a path, each to the place before it, and `entry` to the last place. */
  #move(entry: HeapEntry<T>, index: number, path: number[]): void {
    for (const place of path) {
      this.#set(index, this.#entries[place]!);
      index = place;
    }
    this.#set(index, entry);
  }

  #set(index: number, entry: HeapEntry<T>): void {
    this.#entries[index] = entry;
    entry.index = index;
  }

  #isBefore(a: HeapEntry<T>, b: HeapEntry<T>): boolean {
    const difference = this.#compare(a.item, b.item);
    return difference < 0 || (difference === 0 && a.order < b.order);
  }
}
