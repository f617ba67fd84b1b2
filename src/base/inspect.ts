/**
 * Text for representations and messages.
 *
 * @module
 */

import { attempt } from "./engine.ts";

const MAX_LENGTH = 80;

const MAX_ITEMS = 6;

const MAX_DEPTH = 3;

/** How deep in what is shown we are; a future in there calls show() in turn. */
let depth = 0;

/**
 * Shows a value in one short line.
 *
 * @param value What to show. It may be hostile: a getter, a `toString` or a
 * proxy that throws is shown as `<unshowable object>`.
 * @returns A line of at most 80 characters.
 */
export function show(value: unknown): string {
  depth++;
  try {
    return shorten(format(value));
  } catch {
    return `<unshowable ${typeof value}>`;
  } finally {
    depth--;
  }
}

/** Defines a property, whatever somebody has put into `Object.prototype`. */
export function define(target: object, key: PropertyKey, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, key, Object.setPrototypeOf(descriptor, null));
}

/** Has consoles show the objects of a class by their `toString()`. */
export function inspectAsText(prototype: object): void {
  for (const name of ["Deno.customInspect", "nodejs.util.inspect.custom"]) {
    define(prototype, Symbol.for(name), {
      value(this: object) {
        return String(this);
      },
    });
  }
}

/**
 * Names a function for a representation.
 *
 * @param value The function.
 * @returns Its name, or `<anonymous>`.
 */
export function nameOf(value: object): string {
  let name: unknown;
  try {
    ({ name } = value as { name?: unknown });
  } catch {
    // It has a getter, or is a proxy, that throws.
  }
  return name && typeof name === "string" ? shorten(name) : "<anonymous>";
}

/**
 * Shows an exception in full: its stack, those of its causes, and those of the
 * errors that an `AggregateError` holds.
 *
 * @param exception Whatever was thrown.
 * @param level How many exceptions this one is within.
 * @returns Several lines; one that cannot be read is shown in short.
 */
export function showException(exception: unknown, level = 0): string {
  try {
    if (!isError(exception)) return show(exception);
    const { message, cause } = exception;
    // A user's Error.prepareStackTrace may throw, or return anything.
    const own = attempt(() => exception.stack);
    const stack = typeof own === "string" ? own : "";
    // V8 starts the stack with the title, other engines leave it out.
    let text = stack.includes(message) ? stack : `${exception.name}: ${message}\n${stack}`;
    if (level === MAX_DEPTH) return text;
    if (cause !== undefined) text += `\nCaused by: ${showException(cause, level + 1)}`;
    for (const error of Array.isArray(exception.errors) ? exception.errors : []) {
      text += `\nContains: ${showException(error, level + 1)}`;
    }
    return text;
  } catch {
    return show(exception);
  }
}

/** Whether a value is an error, of this realm or of another, which has classes of its own. */
export function isError(value: unknown): value is Error & { errors?: unknown } {
  return value instanceof Error ||
    /^\[object (Error|DOMException)]$/.test(Object.prototype.toString.call(value));
}

function shorten(text: string): string {
  const line = text.slice(0, MAX_LENGTH + 1).replaceAll(/[\r\n]+/g, " ");
  return line.length > MAX_LENGTH ? line.slice(0, MAX_LENGTH - 1) + "…" : line;
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
    return message === "" ? name : `${name}: ${message}`;
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
  // As text they would show every one of their numbers.
  if (ArrayBuffer.isView(value)) return `[${name} of ${value.byteLength} bytes]`;
  const text = String(value);
  if (!text.startsWith("[object ")) return text;
  // Of a generator, the class has no name.
  return name === "<anonymous>" ? `[${text.slice("[object ".length)}` : `[${name}]`;
}

function formatMembers(value: object): string {
  const keys = Object.keys(value);
  const members = keys.slice(0, MAX_ITEMS).map((key) => {
    // A getter is not called: showing a value must not run the user's code
    // where it can be helped.
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    const shown = "value" in property ? show(property.value) : "[Getter]";
    return Array.isArray(value) ? shown : `${key}: ${shown}`;
  });
  if (keys.length > MAX_ITEMS) members.push("…");
  return members.join(", ");
}
