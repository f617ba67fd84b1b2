/**
 * The heap of a `PriorityQueue`.
 *
 * @module
 */

import type { Entry, Store } from "./store.ts";

/** Returns a negative number if `a` is to come before `b`, a positive one if after it. */
export type Compare<T> = (a: T, b: T) => number;

interface HeapEntry<T> extends Entry<T> {
  /** The place in the array; -1 if the entry is not there. */
  index: number;
}

/**
 * A binary heap; of equal items, the first to come is the first to go. All comparisons of an operation
 * come before its first change, so that a `compare` that throws changes nothing.
 */
export class Heap<T> implements Store<T> {
  readonly #compare: Compare<T>;
  readonly #entries: HeapEntry<T>[] = [];
  /** How many items were added. */
  #count = 0;
  /** Whether `compare` threw in a method that has to do its work all the same. */
  #isUnordered = false;

  constructor(compare: Compare<T>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(item: T): Entry<T> {
    const entry = { item, order: this.#count++, offer: undefined, index: -1 };
    this.#restoreOrder();
    this.#insert(entry);
    return entry;
  }

  take(): Entry<T> {
    this.#restoreOrder();
    const first = this.#entries[0]!;
    this.#delete(first);
    return first;
  }

  takeAny(): Entry<T> {
    const last = this.#entries.pop()!;
    last.index = -1;
    return last;
  }

  putBack(entry: HeapEntry<T>): void {
    try {
      this.#insert(entry);
    } catch {
      this.#set(this.#entries.length, entry);
      this.#isUnordered = true;
    }
  }

  remove(entry: HeapEntry<T>): boolean {
    if (entry.index < 0) return false;
    try {
      this.#delete(entry);
    } catch {
      const last = this.takeAny() as HeapEntry<T>;
      this.#set(entry.index, last);
      entry.index = -1;
      this.#isUnordered = true;
    }
    return true;
  }

  /** Sorts the entries if they are not a heap. Whoever calls gets what `compare` throws. */
  #restoreOrder(): void {
    if (!this.#isUnordered) return;
    const sorted = [...this.#entries].sort((a, b) => this.#isBefore(a, b) ? -1 : 1);
    sorted.forEach((entry, index) => this.#set(index, entry));
    this.#isUnordered = false;
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
