/**
 * What a queue keeps its items in: a list from which the first or the last item is taken.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { LinkedList, type Node } from "../base/linked_list.ts";

/** The items of a queue. A method that throws has changed nothing. */
export interface Store<T> {
  readonly size: number;
  /** Adds an item. */
  add(item: T): Entry<T>;
  /** Removes the item that is next, and returns it. The store must not be empty. */
  take(): Entry<T>;
  /** Removes all items, without comparing them, and returns them. */
  takeAll(): Entry<T>[];
  /** Adds what was taken, as the one that is next. */
  putBack(entry: Entry<T>): void;
  /** Removes an entry, and returns whether it was there. */
  remove(entry: Entry<T>): boolean;
  /** The items, in no particular order for a heap. */
  [Symbol.iterator](): Iterator<T>;
}

/** An item in a store. */
export interface Entry<T> {
  readonly item: T;
  /** The future of the `put()` that waited for room; `undefined` if none did. */
  putting?: Future<void>;
}

interface ListEntry<T> extends Entry<T> {
  node: Node<ListEntry<T>> | undefined;
}

/** A store whose first item is next, or the last one. */
export class ListStore<T> implements Store<T> {
  readonly #list = new LinkedList<ListEntry<T>>();
  readonly #takesLast: boolean;

  /** @param takesLast Whether the item that came last is next. */
  constructor(takesLast: boolean) {
    this.#takesLast = takesLast;
  }

  get size(): number {
    return this.#list.size;
  }

  add(item: T): Entry<T> {
    const entry: ListEntry<T> = { item, node: undefined };
    entry.node = this.#list.push(entry);
    return entry;
  }

  take(): Entry<T> {
    const node = (this.#takesLast ? this.#list.last : this.#list.first)!;
    this.#list.remove(node);
    return node.value;
  }

  takeAll(): Entry<T>[] {
    const entries: Entry<T>[] = [];
    while (this.size > 0) entries.push(this.take());
    return entries;
  }

  putBack(entry: ListEntry<T>): void {
    entry.node = this.#takesLast ? this.#list.push(entry) : this.#list.unshift(entry);
  }

  remove({ node }: ListEntry<T>): boolean {
    return this.#list.remove(node!);
  }

  *[Symbol.iterator](): Generator<T, void> {
    for (const { item } of this.#list) yield item;
  }
}
