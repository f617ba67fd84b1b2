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
import { type Element, LinkedList } from "../base/linked_list.ts";
import type { SharedCancellation } from "../context/copies.ts";
import { toException } from "../future/failure.ts";
import type { FutureOptions } from "../future/future_options.ts";
import type { Source } from "../future/internals.ts";
import { prepareSignal } from "../future/signals.ts";
import { waitersOf } from "../future/waiters.ts";
import { report } from "../loop/reports.ts";
import { setLane } from "../loop/scheduler.ts";
import { haveSchedulers } from "../loop/turns.ts";
import { ANY_CODE, HandedFuture, type Offer } from "../task/delivery.ts";
import { takersOf } from "../waiting/late.ts";

/** Code that waits; `undefined` if it is outside of tasks. */
type Code = SharedCancellation | undefined;

/** What the places of a line have in common. */
interface Common<T, X> extends Pick<Source, "operation" | "holder"> {
  readonly places: LinkedList<Place<T, X>>;
  /** The lock or the queue at which the line is. */
  readonly owner: object;
  readonly giveBack: (result: T, baggage: X) => void;
}

/**
 * A place in a line: the future that waits there, and leaves the line as soon as it is done. A place
 * beside the future takes longer: see docs/performance.md#places-in-a-line.
 */
class Place<T, X> extends HandedFuture<T> implements Element<Place<T, X>> {
  previous: Place<T, X> | undefined = undefined;
  next: Place<T, X> | undefined = undefined;
  isListed = false;
  deliveredFirst: object | undefined = undefined;
  /** What the one who waits has brought along. */
  readonly baggage: X;
  readonly #common: Common<T, X>;
  /** Whether several waited for the future when something was handed over. */
  #isShared = false;
  /** The code that waited then; a set of what is left of it, once some was thrown a request. */
  #takers: Code[] | Set<Code> | undefined = undefined;

  constructor(common: Common<T, X>, baggage: X, options: FutureOptions | undefined) {
    super(options);
    this.#common = common;
    this.baggage = baggage;
  }

  /** Hands something over; see {@linkcode Line.handOver}. */
  handOver(result: T, offer: Offer | undefined): void {
    Place.#leave(this);
    const waiters = waitersOf(this as Future<unknown>);
    const takers = takersOf(waiters);
    this.#isShared = waiters.length > 1;
    this.#takers = takers;
    // Whoever begins to wait later has the result before any request to cancel.
    this.deliveredFirst = takers.length > 0 ? offer : ANY_CODE;
    if (haveSchedulers()) setLane(this as Future<unknown>, this.#common.owner);
    super.setResult(result);
  }

  /**
   * Gives the result back, for a future that takes it over, as that of `waitFor()` does. If others
   * wait as well, they may have the result.
   */
  get giveBack(): (result: T) => void {
    return (result) => {
      if (!this.#isShared) Place.#giveBack(this, result);
    };
  }

  /** Gives the result back if all code that waited was thrown a request in place of that. */
  override onUndelivered(code: SharedCancellation, waited: boolean): void {
    if (!waited) return;
    if (Array.isArray(this.#takers)) this.#takers = new Set(this.#takers);
    const left = this.#takers;
    if (left?.delete(code) && left.size === 0) Place.#giveBack(this, this.result());
  }

  static #giveBack<T, X>(place: Place<T, X>, result: T): void {
    try {
      place.#common.giveBack(result, place.baggage);
    } catch (exception) {
      // A permit too many. The task that was cancelled must go on all the same.
      const message = "Cannot give back what was handed over";
      report(place.getLoop(), { message, exception, future: place as Future<unknown> });
    }
  }

  // The program may settle the future as well: all its ways to do so come to these three methods.

  override cancel(reason?: unknown): boolean {
    Place.#leave(this);
    return super.cancel(reason);
  }

  override setResult(result: T): void {
    Place.#leave(this);
    super.setResult(result);
  }

  override setException(...exceptions: [exception: unknown]): void {
    // An error class is instantiated first: if its constructor throws, the future still waits.
    if (exceptions.length > 0 && this.isListed) {
      exceptions = [toException(exceptions[0], this.setException)];
      Place.#leave(this);
    }
    super.setException(...exceptions);
  }

  static #leave<T, X>(place: Place<T, X>): void {
    if (place.isListed) place.#common.places.remove(place);
  }

  override get source(): Source | undefined {
    if (!this.isListed) return undefined;
    return this.#common;
  }

  /** Names what the future waits for, before what waits for the future. */
  override toString(): string {
    const text = super.toString();
    if (!this.isListed) return text;
    const { operation } = this.#common;
    const start = " cb=[";
    return text.includes(start)
      ? text.replace(start, `${start}${operation}, `)
      : text.replace(/>$/, `${start}${operation}]>`);
  }
}

/** A future that never has to wait in line. */
class ReadyFuture<T> extends HandedFuture<T> {
  deliveredFirst: object | undefined = undefined;
  giveBack: ((result: T) => void) | undefined = undefined;
}

/** A future that is done at once, or waits in line. */
export class Line<T, X = undefined> {
  readonly #places = new LinkedList<Place<T, X>>();
  readonly #common: Common<T, X>;

  /**
   * @param owner The lock or the queue at which the line is.
   * @param operation The method that waits, such as `Queue.get`.
   * @param giveBack Called with what was handed over to a future whose code did not get it. Default:
   * nothing has to be given back.
   * @param holder Returns the code that has what the line is for. Default: nobody knows.
   */
  constructor(
    owner: object,
    operation: string,
    giveBack: (result: T, baggage: X) => void = () => {},
    holder?: Source["holder"],
  ) {
    this.#common = { places: this.#places, owner, operation, giveBack, holder };
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
    return this.#places.first!.baggage;
  }

  /** Makes a future that waits at the end of the line, unless its signal is aborted. */
  wait(signal: AbortSignal | undefined, baggage: X): Future<T> {
    if (signal?.aborted) return makeReady<T>(signal);
    prepareSignal(signal);
    const place = new Place(this.#common, baggage, signal && { signal });
    if (!place.done()) this.#places.push(place);
    return place;
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
    if (signal?.aborted) return makeReady<T>(signal);
    const future = makeReady<T>(undefined);
    future.giveBack = giveBack;
    // As in asyncio, where such a call does not give way: a request that comes before the code goes
    // on is thrown at its next wait.
    future.deliveredFirst = ANY_CODE;
    future.setResult(makeResult());
    return future;
  }

  /**
   * Hands something over to the first in line, which must not be empty.
   *
   * @param offer Tells when the code that waits has got this, whatever comes. Default: never.
   */
  handOver(result: T, offer?: Offer): void {
    this.#places.first!.handOver(result, offer);
  }

  /** Lets the first in line fail, which must not be empty. */
  fail(exception: unknown): void {
    this.#places.first!.setException(exception);
  }
}

function makeReady<T>(signal: AbortSignal | undefined): ReadyFuture<T> {
  prepareSignal(signal);
  return new ReadyFuture<T>(signal && { signal });
}
