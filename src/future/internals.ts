/**
 * The door to the private fields of futures, for the other parts of this module.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { SharedCancellation } from "../context/copies.ts";
import type { Reject, Resolve } from "./promises.ts";
import type { State } from "./states.ts";

/** Something that is told when a future is done. It only ever enqueues. */
export interface Waiter {
  notify(future: Future<unknown>): void;
  /** How it shows in the future's representation, if it does. */
  readonly label?: string;
  /** The waits of the task that waits, if it is known. */
  readonly cancellation?: SharedCancellation | undefined;
}

/** What {@linkcode Task} does with a future that nobody else may do. */
export interface FutureInternals {
  /** Makes the future done. It must be pending. */
  settle(future: Future<unknown>, state: State, outcome: unknown): void;
  /**
   * Tells `waiter` when the future is done; at once if it is.
   *
   * @returns `false` if the waiter was added just before, and then nothing changes.
   */
  addWaiter(future: Future<unknown>, waiter: Waiter): boolean;
  /** Takes {@linkcode FutureInternals.addWaiter} back. */
  removeWaiter(future: Future<unknown>, waiter: Waiter): void;
  /** Whether a future is of this copy of the module, not just branded as one. */
  isOfThisCopy(value: unknown): boolean;
  /** The state, which can be asked for without looking at the outcome. */
  stateOf(future: Future<unknown>): State;
  /** Has `signal` cancel the future until it is done. */
  followSignal(future: Future<unknown>, signal: AbortSignal): void;
  /**
   * Aborts the future's own signal, if it has been asked for.
   *
   * @returns The error the signal was aborted with, or else the reason.
   */
  abort(future: Future<unknown>, reason: unknown): unknown;
  /**
   * Whether whoever waits on the future, which is done, and perhaps one of another copy
   * of the module, is thrown a CancelledError.
   */
  endsInCancellation(future: Future<unknown>): boolean;
  /** Hands the outcome, which must be there, to the functions of a promise. */
  deliver(future: Future<unknown>, resolve: Resolve, reject: Reject): void;
  /** The representation, with `details` between the state and the outcome. */
  represent(future: Future<unknown>, details: string[], state: string | undefined): string;
}

/** The door to the private fields of futures. */
export let internals: FutureInternals;

/** Called by the class itself, which alone can reach its private fields. */
export function provideInternals(given: FutureInternals): void {
  internals = given;
}
