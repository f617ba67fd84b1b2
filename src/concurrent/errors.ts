/**
 * `BrokenExecutor`, and the form in which errors go from thread to thread.
 *
 * @module
 */

import { brand, CancelledError, InvalidStateError } from "../../errors.ts";
import { attempt, define } from "../base/engine.ts";
import { isError, show, showWhole } from "../base/inspect.ts";
import { TimeoutError } from "../waiting/timeout_error.ts";
import type { Call, Place } from "./calls.ts";

/**
 * The worker of a call has died, or could not be made ready.
 *
 * Source: [`BrokenExecutor`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.BrokenExecutor).
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { BrokenExecutor, WorkerPoolExecutor } from "@asyncio/future/concurrent";
 * import { assertRejects } from "@std/assert";
 *
 * const module = new URL("../../examples/concurrent/work.ts", import.meta.url);
 * type Work = typeof import("../../examples/concurrent/work.ts");
 *
 * const initializer = ["connect"] as const; // which the module does not expose
 * await using pool = new WorkerPoolExecutor<Work>(module, { initializer });
 * await assertRejects(async () => await pool.submit("fibonacci", 20), BrokenExecutor);
 * ```
 */
export class BrokenExecutor extends Error {
  static {
    brand(this, "BrokenExecutor");
  }
}

/** Something that was thrown, in a form that the structured clone keeps. */
export type Thrown =
  | { readonly value: unknown }
  | {
    readonly name: string;
    readonly message: string;
    readonly stack: string | undefined;
    /** The name of the built-in class that the error's class extends. */
    readonly base: string;
    readonly cause: Thrown | undefined;
    readonly errors: readonly Thrown[] | undefined;
    readonly properties: Readonly<Record<string, unknown>>;
  };

/** The classes that errors have again in the other thread; others become `Error`s of their names. */
const CLASSES: Record<string, new (message?: string) => Error> = {
  __proto__: null as never,
  BrokenExecutor,
  CancelledError,
  Error,
  EvalError,
  InvalidStateError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TimeoutError,
  TypeError,
  URIError,
};

/** How deep causes are followed. */
const MAX_DEPTH = 10;

/** Puts something that was thrown into a form that the structured clone keeps. */
export function encodeThrown(thrown: unknown, depth = 0): Thrown {
  if (depth > MAX_DEPTH) return { value: show(thrown) };
  const isDomException = Object.prototype.toString.call(thrown) === "[object DOMException]";
  if (!isError(thrown) || isDomException) return { value: cloneable(thrown) };
  const encode = (value: unknown) => encodeThrown(value, depth + 1);
  const read = <K extends keyof Error>(key: K) => attempt(() => thrown[key]);
  return {
    name: String(read("name") ?? "Error"),
    message: String(read("message") ?? ""),
    stack: attempt(() => String(thrown.stack)),
    base: baseOf(thrown),
    cause: "cause" in thrown ? encode(read("cause")) : undefined,
    errors: attempt(() => Array.isArray(thrown.errors) ? thrown.errors.map(encode) : undefined),
    properties: propertiesOf(thrown),
  };
}

function baseOf(error: object): string {
  for (let owner = error; owner; owner = Object.getPrototypeOf(owner)) {
    const name = attempt(() => (owner.constructor as { name?: unknown }).name);
    if (typeof name === "string" && name in CLASSES) return name;
  }
  return "Error";
}

/** The enumerable properties of an error that can be cloned, such as `code`. */
function propertiesOf(error: object): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (["name", "message", "stack", "cause", "errors"].includes(key)) continue;
    const value = attempt(() => structuredClone((error as Record<string, unknown>)[key]));
    if (value !== undefined) properties[key] = value;
  }
  return properties;
}

/** A value as it is if it can be cloned, and otherwise its text. */
function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return show(value);
  }
}

/**
 * Makes again what was thrown in another thread.
 *
 * @param from What ran there: for the stack, below the frames of that thread.
 * @param place Where the call was submitted in this thread.
 */
export function decodeThrown(thrown: Thrown, from?: string, place?: Place): unknown {
  if ("value" in thrown) return thrown.value;
  const decode = (part: Thrown) => decodeThrown(part);
  const { errors } = thrown;
  const error: Error = errors && thrown.name === "AggregateError"
    ? new AggregateError(errors.map(decode), thrown.message)
    : new CLASSES[thrown.base]!(thrown.message);
  Object.assign(error, thrown.properties);
  const set = (key: PropertyKey, value: unknown) =>
    define(error, key, { value, configurable: true, enumerable: false, writable: true });
  if (error.name !== thrown.name) set("name", thrown.name);
  if (thrown.cause) set("cause", decode(thrown.cause));
  if (errors && !(error instanceof AggregateError)) set("errors", errors.map(decode));
  const there = thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  set("stack", from ? `${there}\n    in ${from}${framesOf(place)}` : there);
  return error;
}

/** Makes the error of a call whose worker has died, with the stack of who has submitted it. */
export function brokenCall({ name, place }: Call, why: unknown): Error {
  const error = new BrokenExecutor(
    `Cannot end the call of ${name} as its worker has died: received ${showWhole(why)}`,
    { cause: why },
  );
  const value = `${error.name}: ${error.message}${framesOf(place)}`;
  define(error, "stack", { value, configurable: true, enumerable: false, writable: true });
  return error;
}

/** Makes the error for a pool whose initializer has failed. */
export function brokenPool(why: unknown): BrokenExecutor {
  return new BrokenExecutor(
    `Cannot submit a call as the initializer has failed: received ${show(why)}`,
    { cause: why },
  );
}

/** The frames of a place, without the message. */
function framesOf(place?: Place): string {
  const stack = attempt(() => place?.stack) ?? "";
  const frames = stack.split("\n").filter((line) => /^\s*at |@/.test(line));
  return frames.map((line) => `\n${line}`).join("");
}
