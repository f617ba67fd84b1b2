/**
 * One-line representations of any value, for error messages and for
 * `String(future)`. They never throw and never grow long, whatever the value
 * does when it is looked at.
 *
 * @module
 */

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
  try {
    return shorten(format(value));
  } catch {
    return `<unshowable ${typeof value}>`;
  }
}

/** Has consoles show the objects of a class by their `toString()`. */
export function inspectAsText(prototype: object): void {
  for (const name of ["Deno.customInspect", "nodejs.util.inspect.custom"]) {
    Object.defineProperty(prototype, Symbol.for(name), {
      value: function (this: object) {
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
  try {
    const { name } = value as { name?: unknown };
    return typeof name === "string" && name !== "" ? shorten(name) : "<anonymous>";
  } catch {
    return "<anonymous>";
  }
}

/**
 * Shows an exception in full: its stack, those of its causes, and those of the
 * errors that an `AggregateError` holds.
 *
 * @param exception Whatever was thrown.
 * @returns Several lines; a part that cannot be read is left out.
 */
export function showException(exception: unknown): string {
  try {
    return stackOf(exception, 0);
  } catch {
    return show(exception);
  }
}

function stackOf(exception: unknown, level: number): string {
  if (!(exception instanceof Error)) return show(exception);
  const title = `${exception.name}: ${exception.message}`;
  const stack = String(exception.stack ?? "");
  // V8 starts the stack with the title, other engines leave it out.
  const lines = [stack.includes(exception.message) ? stack : `${title}\n${stack}`];
  if (level < MAX_DEPTH) {
    if (exception.cause !== undefined) {
      lines.push(`Caused by: ${stackOf(exception.cause, level + 1)}`);
    }
    if (exception instanceof AggregateError) {
      for (const error of exception.errors) {
        lines.push(`Contains: ${stackOf(error, level + 1)}`);
      }
    }
  }
  return lines.join("\n");
}

function shorten(text: string): string {
  const line = text.slice(0, MAX_LENGTH + 1).replaceAll(/[\r\n]+/g, " ");
  return line.length <= MAX_LENGTH ? line : `${line.slice(0, MAX_LENGTH - 1)}…`;
}

function format(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shorten(value));
    case "bigint":
      return `${value}n`;
    case "function":
      return `[Function ${nameOf(value)}]`;
    case "object":
      return value === null ? "null" : formatObject(value);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function formatObject(value: object): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (depth === MAX_DEPTH) return Array.isArray(value) ? "[…]" : "{…}";
  depth++;
  try {
    return formatMembers(value);
  } finally {
    depth--;
  }
}

function formatMembers(value: object): string {
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => format(item));
    if (value.length > MAX_ITEMS) items.push("…");
    return `[${items.join(", ")}]`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return formatRecord(value);
  const name = nameOf(prototype.constructor);
  // As text they would show every one of their numbers.
  if (ArrayBuffer.isView(value)) return `[${name} of ${value.byteLength} bytes]`;
  const text = String(value);
  if (!text.startsWith("[object ")) return text;
  // Of a generator, the class has no name.
  return name === "<anonymous>" ? `[${text.slice("[object ".length)}` : `[${name}]`;
}

function formatRecord(value: object): string {
  const items: string[] = [];
  for (const key in value) {
    if (items.length === MAX_ITEMS) {
      items.push("…");
      break;
    }
    // A getter is not called: showing a value must not run the user's code
    // where it can be helped.
    const property = Object.getOwnPropertyDescriptor(value, key);
    const shown = property && "value" in property ? format(property.value) : "[Getter]";
    items.push(`${key}: ${shown}`);
  }
  return items.length === 0 ? "{}" : `{ ${items.join(", ")} }`;
}
