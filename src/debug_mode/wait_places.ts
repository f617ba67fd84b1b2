/**
 * Where in the source code begins to wait.
 *
 * When a future learns that it is awaited, the stack of an async function is gone, as the engine
 * calls `then()` from a thenable job, and that of a generator is, as this has yielded. So the stack
 * is taken before: `await` reads `then` in the code that waits, and `yield*` calls
 * `[Symbol.iterator]()` there.
 *
 * @module
 */

import { Future } from "../../future.ts";
import { attempt, define } from "../base/engine.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import { internals } from "../future/internals.ts";
import { takeStack } from "./tracebacks.ts";

const MESSAGE = "Waits here";

/** The future that code is about to wait for, and the stack of that code. */
let latest: { readonly future: unknown; readonly stack: Error | undefined } | undefined;

/** Returns the stack of the code that begins to wait for a future. */
export function stackOfWait(future: CancelTarget): Error | undefined {
  // Otherwise, code has called `then()` itself, or a method of a promise has.
  return stackOfLatest(future) ?? takeStack(MESSAGE);
}

/** Returns the stack of the code that is about to wait for a future, if that is known. */
export function stackOfLatest(future: CancelTarget): Error | undefined {
  return latest?.future === future ? latest.stack : undefined;
}

/** Lets go of the stack that the latest `yield*` has left. */
export function forgetLatest(): void {
  latest = undefined;
}

/** Takes the stack of the code that runs now, if the loop of the future is in debug mode. */
function stackFor(future: unknown): Error | undefined {
  const isWatched = internals.isOfThisCopy(future) &&
    attempt(() => (future as Future<unknown>).getLoop().getDebug());
  return isWatched ? takeStack(MESSAGE) : undefined;
}

/** The descriptors of the two properties, while {@linkcode takePlaces} has replaced them. */
let replaced: { key: PropertyKey; before: PropertyDescriptor; now: PropertyDescriptor }[] = [];

/** Takes the stack whenever code begins to wait, until {@linkcode leavePlaces}. */
export function takePlaces(): void {
  replace("then", ({ get, value }) => ({
    get(this: Future<unknown>) {
      const then = get ? Reflect.apply(get, this, []) : value;
      const stack = stackFor(this);
      if (!stack) return then;
      return (...handlers: unknown[]) => {
        const outer = latest;
        latest = { future: this, stack };
        try {
          return Reflect.apply(then, this, handlers);
        } finally {
          latest = outer;
        }
      };
    },
    set(this: object, value: unknown) {
      define(this, "then", { value, writable: true, enumerable: true, configurable: true });
    },
  }));
  replace(Symbol.iterator, ({ value }) => ({
    ...{
      value(this: Future<unknown>) {
        const stack = stackFor(this);
        if (stack) latest = { future: this, stack };
        return Reflect.apply(value, this, []);
      },
    },
    writable: true,
  }));
}

function replace(
  key: PropertyKey,
  make: (before: PropertyDescriptor) => PropertyDescriptor,
): void {
  // The prototype may be frozen: then the places stay unknown.
  attempt(() => {
    const before = Object.getOwnPropertyDescriptor(Future.prototype, key)!;
    const now = { ...make(before), enumerable: false, configurable: true };
    define(Future.prototype, key, { ...now });
    replaced.push({ key, before, now });
  });
}

/** Puts the properties back, unless somebody else has replaced them since. */
export function leavePlaces(): void {
  for (const { key, before, now } of replaced) {
    const found = Object.getOwnPropertyDescriptor(Future.prototype, key);
    const isOwn = found?.get === now.get && found?.value === now.value;
    if (isOwn) attempt(() => define(Future.prototype, key, before));
  }
  replaced = [];
  latest = undefined;
}
