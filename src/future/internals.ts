/**
 * Access to the private fields of futures, for the other files of the module.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { SharedCancellation } from "../context/copies.ts";
import type { Cancellation } from "../task/cancellation.ts";
import type { Reject, Resolve } from "./promises.ts";
import type { State } from "./states.ts";

/** What settles a future, and what that waits for. Nobody asks but who looks inside a program. */
export interface Source {
  /** The operation, such as `gather` or `Queue.get`. */
  readonly operation: string;
  /** The body of a scope, which is a part of the task around the scope. */
  readonly body?: Future<unknown> | undefined;
  /** The futures that the operation waits for. */
  readonly futures?: Iterable<Future<unknown>> | undefined;
  /** The lock or the queue that the operation belongs to. */
  readonly owner?: object | undefined;
  /** Returns the code that has what the operation waits for, such as a lock. */
  readonly holder?: (() => Cancellation | undefined) | undefined;
  /** When the operation ends by itself, in milliseconds of the loop's clock. */
  readonly due?: number | null | undefined;
  /** How long the operation takes in all, in milliseconds. */
  readonly ms?: number | undefined;
}

/** Something that is notified when a future is done. */
export interface Waiter {
  /**
   * Called once, synchronously, when the future is done. May enqueue, settle other futures and abort
   * signals; never resumes a coroutine.
   */
  notify(future: Future<unknown>): void;
  /** Whether the code that waits goes on inside {@linkcode Waiter.notify}, at the end of a step. */
  goesOnAtOnce?(future: Future<unknown>): boolean;
  /** The name shown in the future's representation. A waiter without a label is not shown. */
  readonly label?: string;
  /** The cancellation of the task that waits; `undefined` if no task is known to wait. */
  readonly cancellation?: SharedCancellation | undefined;
  /** What settles the future, if this is a waiter of that. */
  readonly source?: Source | undefined;
}

/** Operations on futures that their public methods do not offer, or forbid. */
export interface FutureInternals {
  /** Makes a pending future done. The caller has checked that the future is pending. */
  settle(future: Future<unknown>, state: State, outcome: unknown): void;
  /**
   * Registers `waiter`, or notifies it now if the future is done.
   *
   * @returns `false` if `waiter` is registered already, as the latest one; nothing changes then.
   */
  addWaiter(future: Future<unknown>, waiter: Waiter): boolean;
  /**
   * Removes a waiter, other than a done callback, that {@linkcode FutureInternals.addWaiter}
   * registered.
   *
   * @param successor A waiter to register in its place, unless it is registered already.
   */
  removeWaiter(future: Future<unknown>, waiter: Waiter, successor?: Waiter): void;
  /** Whether `value` is a future of this copy of the module, so that it has private fields. */
  isOfThisCopy(value: unknown): boolean;
  /** The state of a future. */
  stateOf(future: Future<unknown>): State;
  /** The waiters of a pending future, or the outcome of one that is done. */
  waitersOrOutcome(future: Future<unknown>): unknown;
  /** Cancels the future when `signal` aborts, unless the future is done by then. */
  followSignal(future: Future<unknown>, signal: AbortSignal): void;
  /**
   * Aborts the future's own signal, if somebody has read it.
   *
   * @returns The error that the signal was aborted with; `reason` if nobody has read it.
   */
  abort(future: Future<unknown>, reason: unknown): unknown;
  /** Calls one of a promise's two functions with the outcome of a future that is done. */
  deliver(future: Future<unknown>, resolve: Resolve, reject: Reject): void;
  /** The representation. `details` follow the state, whose name `state` replaces if given. */
  represent(future: Future<unknown>, details: string[], state: string | undefined): string;
}

/** The operations. The class `Future` provides them when its file is loaded. */
export let internals: FutureInternals;

/** Sets {@linkcode internals}; called once, by the class, which alone reaches its fields. */
export function provideInternals(given: FutureInternals): void {
  internals = given;
}
