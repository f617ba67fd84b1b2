/**
 * What a pool and its workers send to each other.
 *
 * @module
 */

import { cannot, isObject } from "../base/checks.ts";
import type { Thrown } from "./errors.ts";

/** The name of the property of the first message, which says that the message is for this module. */
export const HELLO = "asyncio.future.hello";

/** The type of a reference to a loop. */
export const LOOP_REF = "LoopRef";

/** The first message to a worker, by the worker's own channel. All others go through the port. */
export interface Hello {
  readonly [HELLO]: {
    readonly port: MessagePort;
    /** Wakes the thread of the pool if that blocks. */
    readonly bell: Int32Array<SharedArrayBuffer> | undefined;
    /** Holds the number of the call that was cancelled last; the worker may look while it is busy. */
    readonly cancelled: Int32Array<SharedArrayBuffer> | undefined;
  };
}

/** The message that asks a worker to call a function. */
export interface CallMessage {
  readonly call: number;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/** A message to a worker. */
export type ToWorker = CallMessage | { readonly cancel: number };

/** The outcome of a call. */
export type Answer =
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly thrown: Thrown }
  | { readonly call: number; readonly cancelled: Thrown };

/** A message of a worker: an outcome, that the worker takes calls, or that it is about to die. */
export type FromWorker = Answer | { readonly ready: true } | { readonly dying: string };

/** A message to a loop: a call, one without an outcome, a cancellation, whom to wake, or the last. */
export type ToLoop =
  | { readonly call: number; readonly name: string; readonly args: readonly unknown[] }
  | { readonly soon: true; readonly name: string; readonly args: readonly unknown[] }
  | { readonly cancel: number }
  | { readonly bell: Int32Array<SharedArrayBuffer> | undefined }
  | { readonly end: true };

const transferLists = new WeakMap<object, readonly Transferable[]>();

/**
 * Marks an argument or a result whose buffers, ports or streams are to be moved to the other thread,
 * rather than copied.
 *
 * @param value The argument or the result.
 * @param list What to move. Default: the value itself, or the buffer that the value is a view of.
 * @returns The value.
 * @throws {TypeError} If the value is not an object, or the list is not an array.
 * @category Executors
 *
 * @example
 * ```ts
 * import { transfer } from "@asyncio/future/concurrent";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const pixels = new Uint8Array(64);
 * assertStrictEquals(transfer(pixels), pixels); // pool.submit("blur", transfer(pixels))
 * ```
 */
export function transfer<T extends object>(value: T, list?: readonly Transferable[]): T {
  const action = "transfer a value";
  if (!isObject(value)) throw cannot(action, "it is not an object", value);
  if (list !== undefined && !Array.isArray(list)) {
    throw cannot(action, "its transfer list is not an array", list);
  }
  const own = ArrayBuffer.isView(value) ? value.buffer : value;
  transferLists.set(value, list ?? [own as Transferable]);
  return value;
}

/** What the values of a message move to the other thread. */
export function transferListOf(values: readonly unknown[]): Transferable[] {
  const all = new Set<Transferable>();
  for (const value of values) {
    if (!isObject(value)) continue;
    for (const each of transferLists.get(value) ?? []) all.add(each);
  }
  return [...all];
}

/** Sends a message, and moves what is in the list. */
export function post(port: MessagePort, message: unknown, list: Transferable[]): void {
  // Deno has a faster way to send a message when no list is given.
  if (list.length > 0) port.postMessage(message, list);
  else port.postMessage(message);
}
