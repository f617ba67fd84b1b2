/**
 * The calls that were submitted to a pool, and the workers that run them.
 *
 * @module
 */

import type { ContextVar } from "../context/context_var.ts";
import { ConcurrentFuture, onEnd } from "./concurrent_future.ts";
import { type Way, waysOf } from "./loop_ref.ts";
import { type ToWorker, transferListOf } from "./messages.ts";
import type { PoolWorker } from "./pool_worker.ts";

/** A call that was submitted to a pool. */
export interface Call {
  readonly number: number;
  readonly name: string;
  readonly future: ConcurrentFuture<unknown>;
  /** The message for the worker, until it is sent. */
  message: (ToWorker & { call: number }) | undefined;
  /** What the message moves to the worker. */
  list: Transferable[];
  /** Has the stack of `submit()`. */
  readonly place: Error;
  /** Whether this is the call of the initializer. */
  readonly initializes: boolean;
  /** The worker that runs the call, or has run it. */
  worker: WorkerOfPool | undefined;
  /** The references to loops among the arguments. */
  readonly ways: readonly Way[];
  /** Whether the worker has ended the call. */
  isAnswered: boolean;
}

/** A worker, and what it does. */
export interface WorkerOfPool {
  readonly worker: PoolWorker;
  call: Call | undefined;
  /** Since when the worker has had nothing to do. */
  idleSince: number;
}

/** Makes a call that no worker has begun with. */
export function makeCall(
  number: number,
  name: string,
  args: readonly unknown[],
  { cancelRunning, initializes = false, variables }: {
    cancelRunning?: () => void;
    initializes?: boolean;
    variables?: Record<string, unknown> | undefined;
  },
): Call {
  const future = new ConcurrentFuture<unknown>({ cancelRunning });
  const call: Call = {
    number,
    name,
    future,
    message: { call: number, name, args, variables },
    list: transferListOf(args),
    place: new Error("submitted here"),
    initializes,
    worker: undefined,
    ways: waysOf(args),
    isAnswered: false,
  };
  // The worker closes its end itself, after all that it has sent.
  onEnd(future, () => call.isAnswered || call.ways.forEach((way) => way.close()));
  return call;
}

/** The values of context variables, by their names; variables without a value are left out. */
export function readVariables(
  variables: readonly ContextVar<unknown>[],
): Record<string, unknown> | undefined {
  if (variables.length === 0) return undefined;
  const values: Record<string, unknown> = {};
  for (const variable of variables) {
    const value = variable.get(undefined);
    if (value !== undefined) values[variable.name] = value;
  }
  return values;
}
