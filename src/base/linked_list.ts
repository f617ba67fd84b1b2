/**
 * `LinkedList`: a list whose elements can be added and removed anywhere in constant time.
 *
 * @module
 */

/** An element of a list. */
export interface Node<T> {
  readonly value: T;
  previous: Node<T> | undefined;
  next: Node<T> | undefined;
  /** Whether the element is in its list. */
  isListed: boolean;
}

/** A list with two ends. */
export class LinkedList<T> {
  #first: Node<T> | undefined = undefined;
  #last: Node<T> | undefined = undefined;
  #size = 0;

  /** How many elements there are. */
  get size(): number {
    return this.#size;
  }

  /** The first element; `undefined` if there is none. */
  get first(): Node<T> | undefined {
    return this.#first;
  }

  /** The last element; `undefined` if there is none. */
  get last(): Node<T> | undefined {
    return this.#last;
  }

  /** Adds a value at the end, and returns its element. */
  push(value: T): Node<T> {
    return this.insertAfter(this.#last, value);
  }

  /** Adds a value after an element, or at the beginning, and returns its element. */
  insertAfter(previous: Node<T> | undefined, value: T): Node<T> {
    const next = previous ? previous.next : this.#first;
    const node = { value, previous, next, isListed: true };
    if (previous) previous.next = node;
    else this.#first = node;
    if (next) next.previous = node;
    else this.#last = node;
    this.#size++;
    return node;
  }

  /** Removes an element, and returns whether it was in the list. */
  remove(node: Node<T>): boolean {
    if (!node.isListed) return false;
    const { previous, next } = node;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    // Somebody may keep the element, which must not keep its neighbours alive.
    node.previous = node.next = undefined;
    node.isListed = false;
    this.#size--;
    return true;
  }

  /** The values, from the first to the last. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let node = this.#first; node; node = node.next) yield node.value;
  }
}
