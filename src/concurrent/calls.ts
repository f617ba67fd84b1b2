/**
 * The calls that were submitted to a pool, and the workers that run them.
 *
 * @module
 */

import type { ContextVar } from "../context/context_var.ts";
import { ConcurrentFuture, onEnd } from "./concurrent_future.ts";
import { type Way, waysOf } from "./loop_ref.ts";
import { type CallMessage, transferListOf } from "./messages.ts";
import type { PoolWorker } from "./pool_worker.ts";

/** A call that was submitted to a pool. */
export interface Call {
  readonly number: number;
  readonly name: string;
  readonly future: ConcurrentFuture<unknown>;
  /** The message for the worker, until it is sent. */
  message: CallMessage | undefined;
  /** What the message moves to the worker. */
  list: Transferable[];
  /** Where the program has submitted the call: the errors of the call have its stack. */
  readonly place: Place;
  /** Whether this is the call of the initializer. */
  readonly initializes: boolean;
  /** The worker that runs the call, or has run it. */
  worker: WorkerOfPool | undefined;
  /** The references to loops among the arguments. */
  readonly ways: readonly Way[];
  /** Whether the worker has ended the call. */
  isAnswered: boolean;
}

/** The public function that submits a call. */
export type Submit = (...args: never[]) => unknown;

/** Where a call was submitted. */
export type Place = { readonly stack?: string | undefined };

/** A worker, and what it does. */
export interface WorkerOfPool {
  readonly worker: PoolWorker;
  call: Call | undefined;
  /** Since when the worker has had nothing to do. */
  idleSince: number;
}

/**
 * Makes a call that no worker has begun with.
 *
 * @param submit Whoever has called this function has submitted the call.
 */
export function makeCall(
  number: number,
  name: string,
  args: readonly unknown[],
  { submit, cancelRunning, initializes = false, variables }: {
    submit: Submit;
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
    place: placeBelow(submit),
    initializes,
    worker: undefined,
    ways: waysOf(args),
    isAnswered: false,
  };
  // The worker closes its end itself, after all that it has sent.
  onEnd(future, () => call.isAnswered || call.ways.forEach((way) => way.close()));
  return call;
}

/** Captures the stack of the caller of `submit`, without the pool's own frames, as each frame costs. */
function placeBelow(submit: Submit): Place {
  const { captureStackTrace } = Error as {
    captureStackTrace?(target: object, below: Submit): void;
  };
  if (!captureStackTrace) return new Error();
  const place = {};
  captureStackTrace(place, submit);
  return place;
}

/** Keeps the arguments of a call that waits: what the caller does with them later changes nothing. */
export function keepArguments(call: Call): void {
  const { message, list } = call;
  if (message && !message.variables && message.args.every(isUnchangeable)) return;
  Object.assign(call, structuredClone({ message, list }, { transfer: list }));
}

/** Whether a value can be cloned, and is the same as its clone. */
function isUnchangeable(value: unknown): boolean {
  return value === null || !["object", "function", "symbol"].includes(typeof value);
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
