/**
 * Text for representations and messages: values in one short line.
 *
 * @module
 */

import { define } from "./engine.ts";

/** The longest line, in characters. */
const MAX_LENGTH = 80;

/** How many members of an array or object are shown; "…" stands for the others. */
const MAX_ITEMS = 6;

/** How many levels of nested values are shown. */
const MAX_DEPTH = 3;

/**
 * How many calls of `show()` are on the stack. `show()` counts them up and down.
 *
 * A parameter would not reach a nested future, whose `toString()` calls `show()` again.
 */
let depth = 0;

/**
 * Shows a value in one short line.
 *
 * @param value The value to show. If a getter, a `toString()` or a proxy throws, the line is
 * `<unshowable object>`.
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

/** The name of a function for a representation: its `name` in short, or `<anonymous>`. */
export function nameOf(value: object): string {
  let name: unknown;
  try {
    ({ name } = value as { name?: unknown });
  } catch {
    // The getter, or a proxy, threw.
  }
  return name && typeof name === "string" ? shorten(name) : "<anonymous>";
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
  // The string form of a view would list every number.
  if (ArrayBuffer.isView(value)) return `[${name} of ${value.byteLength} bytes]`;
  const text = String(value);
  if (!text.startsWith("[object ")) return text;
  // The class of a generator has no name, but its string form does.
  return name === "<anonymous>" ? `[${text.slice("[object ".length)}` : `[${name}]`;
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
  if (text.length <= MAX_LENGTH && !/[\r\n]/.test(text)) return text;
  const line = text.slice(0, MAX_LENGTH + 1).replaceAll(/[\r\n]+/g, " ");
  return line.length > MAX_LENGTH ? line.slice(0, MAX_LENGTH - 1) + "…" : line;
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
