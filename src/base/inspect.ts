/**
 * Text for representations and messages: values in one short line.
 *
 * @module
 */

import { debugHooks } from "./debug_hooks.ts";
import { attempt, define, sourceOf } from "./engine.ts";

/** The longest line, in characters. */
const MAX_LENGTH = 80;

/** How many members of an array or object are shown; "…" stands for the others. */
const MAX_ITEMS = 6;

/** How many levels of nested values are shown. */
const MAX_DEPTH = 3;

/** Stands for the name of a function that has none. */
export const ANONYMOUS = "<anonymous>";

/**
 * How many calls of `show()` are on the stack. `show()` counts them up and down.
 *
 * A parameter would not reach a nested future, whose `toString()` calls `show()` again.
 */
let depth = 0;

/** The longest line now, in characters: `showWhole()` lifts the limit while it runs. */
let maxLength = MAX_LENGTH;

/**
 * Shows a value in one short line.
 *
 * @param value The value to show. If a getter, a `toString()` or a proxy throws, the line is
 * `<unshowable object>`.
 * @returns A line of at most 80 characters.
 */
export function show(value: unknown): string {
  return shorten(showLine(value));
}

/** Shows a value in one line, in which the parts are short, and the whole is not cut. */
export function showLine(value: unknown): string {
  depth++;
  try {
    return format(value);
  } catch {
    return `<unshowable ${typeof value}>`;
  } finally {
    depth--;
  }
}

/** Shows a value in one line, of which no text is cut, however long. */
export function showWhole(value: unknown): string {
  maxLength = Infinity;
  try {
    return showLine(value);
  } finally {
    maxLength = MAX_LENGTH;
  }
}

/**
 * The name of a function for a representation, in short. A function without a name is shown as what
 * it calls: `() => load(url)` as `load`.
 */
export function nameOf(value: object): string {
  return readName(nameOrText(value));
}

/**
 * Returns the name of a function or, if it has none, its source text, which {@linkcode readName}
 * makes a name of. Takes little time.
 */
export function nameOrText(value: object): string {
  const name = attempt(() => (value as { name?: unknown }).name);
  if (name && typeof name === "string") return name;
  return debugHooks && typeof value === "function" ? sourceOf(value) : ANONYMOUS;
}

/**
 * Returns the name in what {@linkcode nameOrText} has returned, in short.
 *
 * @param source The task of the function. In debug mode, the place where that was made is added to
 * a function without a name: `load@crawler.ts:31`.
 */
export function readName(text: string, source?: object): string {
  return shorten(debugHooks?.readText(text, source) ?? text);
}

function format(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[Function ${nameOf(value)}]`;
  if (typeof value === "object" && value !== null) return formatObject(value);
  return Object.is(value, -0) ? "-0" : String(value);
}

function formatObject(value: object): string {
  if (isError(value)) {
    const { name, message } = value;
    return message === "" ? String(name) : `${name}: ${message}`;
  }
  const isArray = Array.isArray(value);
  if (depth > MAX_DEPTH) return isArray ? "[…]" : "{…}";
  if (isArray) return `[${formatMembers([...value.slice(0, MAX_ITEMS + 1)])}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    const members = formatMembers(value);
    return members ? `{ ${members} }` : "{}";
  }
  const name = nameOf(prototype.constructor);
  // The string form of a view would list every number.
  if (ArrayBuffer.isView(value)) return `[${name} of ${value.byteLength} bytes]`;
  const text = String(value);
  if (!text.startsWith("[object ")) return text;
  // The class of a generator has no name, but its string form does.
  return name === ANONYMOUS ? `[${text.slice("[object ".length)}` : `[${name}]`;
}

function formatMembers(value: object): string {
  const keys = Object.keys(value);
  const members = keys.slice(0, MAX_ITEMS).map((key) => {
    // No getter is called: showing a value should not run user code.
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    const shown = "value" in property ? show(property.value) : "[Getter]";
    return Array.isArray(value) ? shown : `${key}: ${shown}`;
  });
  if (keys.length > MAX_ITEMS) members.push("…");
  return members.join(", ");
}

function shorten(text: string): string {
  if (text.length <= maxLength && !/[\r\n]/.test(text)) return text;
  const line = text.slice(0, maxLength + 1).replaceAll(/[\r\n]+/g, " ");
  return line.length > maxLength ? line.slice(0, maxLength - 1) + "…" : line;
}

/** Makes the consoles of Deno and Node show the objects of a class by their `toString()`. */
export function inspectAsText(prototype: object): void {
  for (const name of ["Deno.customInspect", "nodejs.util.inspect.custom"]) {
    define(prototype, Symbol.for(name), {
      value(this: object) {
        return String(this);
      },
    });
  }
}

/** Whether a value is an error, of this realm or of another. */
export function isError(value: unknown): value is Error & { errors?: unknown } {
  return value instanceof Error ||
    /^\[object (Error|DOMException)]$/.test(Object.prototype.toString.call(value));
}
