/**
 * `LinkedList`: a list whose elements can be added and removed anywhere in constant time.
 *
 * @module
 */

/** What an object needs to be an element of a list, of one at a time. */
export interface Element<E> {
  previous: E | undefined;
  next: E | undefined;
  /** Whether the object is in its list. */
  isListed: boolean;
}

/** A list with two ends. */
export class LinkedList<E extends Element<E>> {
  #first: E | undefined = undefined;
  #last: E | undefined = undefined;
  #size = 0;

  /** How many elements there are. */
  get size(): number {
    return this.#size;
  }

  /** The first element; `undefined` if there is none. */
  get first(): E | undefined {
    return this.#first;
  }

  /** The last element; `undefined` if there is none. */
  get last(): E | undefined {
    return this.#last;
  }

  /** Adds an element, which is in no list, at the end. */
  push(element: E): void {
    this.insertAfter(this.#last, element);
  }

  /** Adds an element, which is in no list, after another one, or at the beginning. */
  insertAfter(previous: E | undefined, element: E): void {
    const next = previous ? previous.next : this.#first;
    element.previous = previous;
    element.next = next;
    element.isListed = true;
    if (previous) previous.next = element;
    else this.#first = element;
    if (next) next.previous = element;
    else this.#last = element;
    this.#size++;
  }

  /** Removes an element, and returns whether it was in the list. */
  remove(element: E): boolean {
    if (!element.isListed) return false;
    const { previous, next } = element;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    // Somebody may keep the element, which must not keep its neighbours alive.
    element.previous = element.next = undefined;
    element.isListed = false;
    this.#size--;
    return true;
  }

  /** The elements, from the first to the last. */
  *[Symbol.iterator](): Generator<E, void> {
    for (let element = this.#first; element; element = element.next) yield element;
  }
}
