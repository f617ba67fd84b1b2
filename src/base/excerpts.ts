/**
 * Excerpts of exceptions: copies of the parts that a report shows, as text.
 *
 * An excerpt keeps neither the exception alive nor what that leads to. On V8 an exception leads to
 * the functions and the receivers of all frames on its stack.
 *
 * @module
 */

import { isObject } from "./checks.ts";
import { debugHooks } from "./debug_hooks.ts";
import { attempt, define } from "./engine.ts";
import { isError, showWhole } from "./inspect.ts";

/** How many levels of causes, and of errors in aggregates, an excerpt has. */
const MAX_DEPTH = 10;

/** How many exceptions an excerpt has in all: causes, and errors in aggregates. */
const MAX_EXCEPTIONS = 20;

/** How many further fields of an error, such as `code`, an excerpt has. */
const MAX_FIELDS = 10;

/** The parts of an error, or of another object that was thrown, that a report shows. */
class Excerpt {
  /** The prototype of the error. */
  prototype: WeakRef<object> | undefined = undefined;
  name = "Error";
  message: string;
  stack: string;
  /** The further fields that have primitive values. */
  fields: [name: string, value: unknown][] = [];
  /** A primitive value or an excerpt. */
  cause: unknown = undefined;
  /** The first errors of an aggregate: primitive values and excerpts. */
  errors: unknown[] | undefined = undefined;
  /** How many causes and errors are left out. */
  omitted = 0;

  /** @param text The object in one line, if it is not an error. */
  constructor(text: string) {
    this.message = this.stack = text;
  }
}

/** The excerpts of the errors that {@linkcode restore} made of them. */
const excerpts = new WeakMap<object, Excerpt>();

/** How much of an exception {@linkcode excerptOf} copies. */
interface Budget {
  /** The exceptions that the excerpt has already. */
  readonly seen: Set<unknown>;
  /** How many exceptions the excerpt has room for: counted down. */
  exceptions: number;
  /** Whether stacks are copied. */
  readonly stacks: boolean;
}

/**
 * Returns an excerpt of an exception, for {@linkcode showExcerpt} and {@linkcode restore}; a
 * primitive value as it is. Never throws, whatever the getters of the exception do.
 *
 * @param exception The exception, which may be any value.
 * @param stacks Whether to take the stacks. The engine formats a stack when it is read for the
 * first time, which takes 10 to 100 times as long as everything else here.
 */
export function excerptOf(exception: unknown, stacks = true): unknown {
  return take(exception, { exceptions: MAX_EXCEPTIONS, seen: new Set(), stacks }, 0);
}

function take(exception: unknown, budget: Budget, level: number): unknown {
  budget.exceptions--;
  if (!isObject(exception)) return exception;
  try {
    const known = excerpts.get(exception);
    if (known) return known;
    if (budget.seen.has(exception)) return new Excerpt(`${showWhole(exception)} (shown above)`);
    budget.seen.add(exception);
    if (isError(exception)) return takeError(exception, budget, level);
  } catch {
    // A getter or a proxy threw.
  }
  return new Excerpt(showWhole(exception));
}

function takeError(error: Error & { errors?: unknown }, budget: Budget, level: number): Excerpt {
  // A getter may throw, as may a user's Error.prepareStackTrace.
  const read = (field: "name" | "message" | "stack" | "cause" | "errors"): unknown =>
    attempt(() => error[field]);
  const excerpt = new Excerpt(String(read("message") ?? ""));
  excerpt.name = String(read("name") ?? "Error");
  const stack = budget.stacks
    ? read("stack")
    : `${excerpt.name}: ${excerpt.message}\n    <stack not kept>`;
  excerpt.stack = typeof stack === "string" ? stack : "";
  const prototype = Object.getPrototypeOf(error);
  excerpt.prototype = globalThis.WeakRef && prototype && new WeakRef(prototype);
  excerpt.fields = fieldsOf(error);
  const fits = () => level < MAX_DEPTH && budget.exceptions > 0;
  const cause = read("cause");
  if (cause !== undefined) {
    if (fits()) excerpt.cause = take(cause, budget, level + 1);
    else excerpt.omitted++;
  }
  const errors = read("errors");
  if (Array.isArray(errors)) {
    const taken: unknown[] = excerpt.errors = [];
    while (taken.length < errors.length && fits()) {
      taken.push(take(errors[taken.length], budget, level + 1));
    }
    excerpt.omitted += errors.length - taken.length;
  }
  return excerpt;
}

/** The further fields. A descriptor of `stack`, which is not enumerable, would format that. */
function fieldsOf(error: Error): [string, unknown][] {
  return Object.keys(error).slice(0, MAX_FIELDS)
    .map((name): [string, unknown] => [name, Object.getOwnPropertyDescriptor(error, name)?.value])
    .filter(([, value]) => value !== undefined && !isObject(value));
}

/**
 * Shows an excerpt in several lines, or a primitive value in one. No exception is cut: one that
 * there is no room for is counted.
 */
export function showExcerpt(excerpt: unknown): string {
  if (!(excerpt instanceof Excerpt)) return showWhole(excerpt);
  const { name, message, stack, cause, errors = [], omitted } = excerpt;
  const frames = debugHooks?.showStack(stack) ?? stack;
  // V8 starts the stack with name and message; other engines leave them out.
  let text = stack.includes(message) ? frames : `${name}: ${message}\n${frames}`;
  if (cause !== undefined) text += `\nCaused by: ${showExcerpt(cause)}`;
  for (const error of errors) {
    // Its own causes, and the errors in it, are further in.
    text += `\nContains: ${showExcerpt(error).replaceAll("\n", "\n  ")}`;
  }
  return omitted > 0 ? `${text}\n… and ${omitted} more` : text;
}

/**
 * Makes an error of an excerpt. The error prints as the original does, and is an instance of the
 * same classes as long as these are in use.
 */
export function restore(excerpt: unknown): unknown {
  if (!(excerpt instanceof Excerpt)) return excerpt;
  const { name, message, stack, cause, errors, omitted } = excerpt;
  const error = new Error(message);
  const prototype = excerpt.prototype?.deref();
  if (prototype) Object.setPrototypeOf(error, prototype);
  const restored = errors?.map(restore);
  if (restored && omitted > 0) restored.push(restore(new Excerpt(`… and ${omitted} more`)));
  const set = (key: string, value: unknown, enumerable: boolean) => {
    // On Bun and Node 20, a user's Error.prepareStackTrace is called, and may throw.
    attempt(() => define(error, key, { value, enumerable, writable: true, configurable: true }));
  };
  const hidden = { name, message, stack, cause: restore(cause), errors: restored };
  for (const [key, value] of Object.entries(hidden)) {
    if (value !== undefined) set(key, value, false);
  }
  for (const [key, value] of excerpt.fields) set(key, value, true);
  excerpts.set(error, excerpt);
  return error;
}
