/**
 * `Line`: the futures that wait for something that only one of them gets, first come, first served.
 *
 * What is handed over is seen by the code that waits, or goes back. The order of events: the future
 * of the first in line is done, and its task is to go on in the next turn; the task is cancelled, and
 * thrown the request in place of the result; what was handed over goes to the next in line.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { LinkedList, type Node } from "../base/linked_list.ts";
import { internals, type Source, type Waiter } from "../future/internals.ts";
import { prepareSignal } from "../future/signals.ts";
import { report } from "../loop/reports.ts";
import { setLane } from "../loop/scheduler.ts";
import { haveSchedulers } from "../loop/turns.ts";
import { ANY_CODE, deliverFirst, HandedFuture, type Offer } from "../task/delivery.ts";
import { giveBackIfUndelivered } from "../waiting/late.ts";

/** The lock or the queue at which a line is, and how to find who holds that. */
type Owner = { readonly owner: object } & Pick<Source, "holder">;

/** A place in a line, which its future leaves when that is cancelled. */
class Place<T, X> implements Waiter, Source {
  readonly future: HandedFuture<T>;
  /** What the one who waits has brought along. */
  readonly baggage: X;
  readonly label: string;
  readonly #at: Owner;
  readonly #places: LinkedList<Place<T, X>>;
  readonly #node: Node<Place<T, X>>;
  /** Whether several waited for the future when something was handed over. */
  isShared = false;

  /** Adds the place to the end of a line. */
  constructor(
    places: LinkedList<Place<T, X>>,
    future: HandedFuture<T>,
    baggage: X,
    label: string,
    at: Owner,
  ) {
    this.future = future;
    this.baggage = baggage;
    this.label = label;
    this.#at = at;
    this.#places = places;
    this.#node = places.push(this);
  }

  get source(): Source {
    return this;
  }

  get operation(): string {
    return this.label;
  }

  get owner(): object {
    return this.#at.owner;
  }

  get holder(): Source["holder"] {
    return this.#at.holder;
  }

  notify(): void {
    this.#places.remove(this.#node);
  }
}

/** A future that is done at once, or waits in line. */
export class Line<T, X = undefined> {
  readonly #places = new LinkedList<Place<T, X>>();
  readonly #at: Owner;
  readonly #giveBack: (result: T, baggage: X) => void;

  /**
   * @param owner The lock or the queue at which the line is.
   * @param giveBack Called with what was handed over to a future whose code did not get it. Default:
   * nothing has to be given back.
   * @param holder Returns the code that has what the line is for. Default: nobody knows.
   */
  constructor(
    owner: object,
    giveBack: (result: T, baggage: X) => void = () => {},
    holder?: Source["holder"],
  ) {
    this.#at = { owner, holder };
    this.#giveBack = giveBack;
  }

  /** How many futures wait. */
  get size(): number {
    return this.#places.size;
  }

  /** Returns the part of a representation that says how many wait; an empty text if nobody does. */
  show(name = "waiters"): string {
    return this.size > 0 ? ` ${name}=${this.size}` : "";
  }

  /** What the first in line has brought along. The line must not be empty. */
  get first(): X {
    return this.#places.first!.value.baggage;
  }

  /** Makes a future that waits at the end of the line, unless its signal is aborted. */
  wait(signal: AbortSignal | undefined, baggage: X, label: string): Future<T> {
    const future = makeFuture<T>(signal);
    if (future.done()) return future;
    const place = new Place(this.#places, future, baggage, label, this.#at);
    internals.addWaiter(future as Future<unknown>, place);
    // Called by a future that takes the result over, as that of `waitFor()` does. If others wait as
    // well, they may have the result.
    future.giveBack = (result) => {
      if (!place.isShared) this.#return(result, place);
    };
    return future;
  }

  /**
   * Makes a future that is done: nothing has to be waited for.
   *
   * @param giveBack Called with the result if functions such as `race()` have no use for it.
   */
  static done<T>(
    signal: AbortSignal | undefined,
    makeResult: () => T,
    giveBack?: (result: T) => void,
  ): Future<T> {
    if (signal?.aborted) return makeFuture<T>(signal);
    const future = makeFuture<T>(undefined);
    future.giveBack = giveBack;
    // As in asyncio, where such a call does not give way: a request that comes before the code goes
    // on is thrown at its next wait.
    deliverFirst(future, ANY_CODE);
    future.setResult(makeResult());
    return future;
  }

  /**
   * Hands something over to the first in line, which must not be empty.
   *
   * @param offer Tells when the code that waits has got this, whatever comes. Default: never.
   */
  handOver(result: T, offer?: Offer): void {
    const place = this.#shift();
    const future = place.future as Future<unknown>;
    internals.removeWaiter(future, place);
    if (offer) deliverFirst(future, offer);
    if (haveSchedulers()) setLane(future, place.owner);
    const giveBack = (result: unknown) => this.#return(result as T, place);
    place.isShared = giveBackIfUndelivered(future, giveBack) > 1;
    future.setResult(result);
  }

  #return(result: T, { future, baggage }: Place<T, X>): void {
    try {
      this.#giveBack(result, baggage);
    } catch (exception) {
      // A permit too many. The task that was cancelled must go on all the same.
      const message = "Cannot give back what was handed over";
      report(future.getLoop(), { message, exception, future });
    }
  }

  /** Lets the first in line fail, which must not be empty. */
  fail(exception: unknown): void {
    this.#shift().future.setException(exception);
  }

  #shift(): Place<T, X> {
    const node = this.#places.first!;
    this.#places.remove(node);
    return node.value;
  }
}

function makeFuture<T>(signal: AbortSignal | undefined): HandedFuture<T> {
  prepareSignal(signal);
  return new HandedFuture<T>(signal && { signal });
}
