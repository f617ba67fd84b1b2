/**
 * What a queue keeps its items in: a list from which the first or the last item is taken.
 *
 * @module
 */

import { type Element, LinkedList } from "../base/linked_list.ts";
import type { Offer } from "../task/delivery.ts";

/** The items of a queue. A method that throws has changed nothing. */
export interface Store<T> {
  readonly size: number;
  /** Adds an item. */
  add(item: T): Entry<T>;
  /** Removes the item that is next, and returns it. The store must not be empty. */
  take(): Entry<T>;
  /** Removes any item, and returns it. The store must not be empty. Never throws. */
  takeAny(): Entry<T>;
  /** Adds what was taken, at its place in the order of arrival. Never throws. */
  putBack(entry: Entry<T>): void;
  /** Removes an entry, and returns whether it was there. Never throws. */
  remove(entry: Entry<T>): boolean;
  /** The items, in no particular order for a heap. */
  [Symbol.iterator](): Iterator<T>;
}

/** An item in a store. */
export interface Entry<T> {
  readonly item: T;
  /** The number in the order of arrival. */
  readonly order: number;
  /** Tells the `put()` that waited for room whether the item was taken; `undefined` if none did. */
  offer: Offer | undefined;
}

class ListEntry<T> implements Entry<T>, Element<ListEntry<T>> {
  readonly item: T;
  readonly order: number;
  offer: Offer | undefined = undefined;
  previous: ListEntry<T> | undefined = undefined;
  next: ListEntry<T> | undefined = undefined;
  isListed = false;

  constructor(item: T, order: number) {
    this.item = item;
    this.order = order;
  }
}

/** A store whose first item is next, or the last one. */
export class ListStore<T> implements Store<T> {
  readonly #list = new LinkedList<ListEntry<T>>();
  readonly #takesLast: boolean;
  /** How many items were added. */
  #count = 0;
  /** The entry that was put back last. */
  #putBackLast: ListEntry<T> | undefined = undefined;

  /** @param takesLast Whether the item that came last is next. */
  constructor(takesLast: boolean) {
    this.#takesLast = takesLast;
  }

  get size(): number {
    return this.#list.size;
  }

  add(item: T): Entry<T> {
    const entry = new ListEntry(item, this.#count++);
    this.#list.push(entry);
    return entry;
  }

  take(): Entry<T> {
    const entry = (this.#takesLast ? this.#list.last : this.#list.first)!;
    this.remove(entry);
    return entry;
  }

  takeAny(): Entry<T> {
    return this.take();
  }

  putBack(entry: ListEntry<T>): void {
    const list = this.#list;
    // Items are handed over while the store is empty. So only those that were put back before are
    // older, and the search begins at the latest of them: many come back in their order.
    let older = this.#putBackLast;
    while (older && older.order > entry.order) older = older.previous;
    for (
      let next = older ? older.next : list.first;
      next && next.order < entry.order;
      next = next.next
    ) older = next;
    list.insertAfter(older, entry);
    this.#putBackLast = entry;
  }

  remove(entry: ListEntry<T>): boolean {
    if (entry === this.#putBackLast) this.#putBackLast = entry.previous;
    return this.#list.remove(entry);
  }

  *[Symbol.iterator](): Generator<T, void> {
    for (const { item } of this.#list) yield item;
  }
}
