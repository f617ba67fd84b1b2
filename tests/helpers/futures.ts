/**
 * Makes futures in every state, and asks them for it.
 *
 * @module
 */

import { assertInstanceOf } from "@std/assert";
import { Future } from "../../mod.ts";

/** Makes a future that is done with a result. */
export function withResult<T>(value: T): Future<T> {
  const future = new Future<T>();
  future.setResult(value);
  return future;
}

/** Makes a future that is done with an exception. */
export function withException(exception: unknown): Future<never> {
  const future = new Future<never>();
  future.setException(exception);
  return future;
}

/** Makes a future that is cancelled. */
export function cancelled(reason?: unknown): Future<never> {
  const future = new Future<never>();
  future.cancel(reason);
  return future;
}

/** Whether a future is done, and whether it is cancelled. */
export function doneAndCancelled(future: Future<unknown>): [done: boolean, cancelled: boolean] {
  return [future.done(), future.cancelled()];
}

/** Retrieves the exceptions of futures, so that they are not reported. */
export function markRetrieved(...futures: Future<unknown>[]): void {
  for (const future of futures) future.exception();
}

/** Makes so many pending futures. */
export function makeFutures<T = number>(count: number): Future<T>[] {
  return Array.from({ length: count }, () => new Future<T>());
}

/** Makes two pending futures. */
export function twoFutures<T = number>(): [Future<T>, Future<T>] {
  return [new Future(), new Future()];
}

/** Makes three pending futures. */
export function threeFutures<T = number>(): [Future<T>, Future<T>, Future<T>] {
  return [new Future(), new Future(), new Future()];
}

/** The result of an object that must be a future and be done. */
export function resultOf(future: unknown): unknown {
  assertInstanceOf(future, Future);
  return future.result();
}
