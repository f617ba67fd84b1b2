/**
 * Replaces `node:assert/strict` on runtimes without that module, as far as `tests/std/` uses it.
 *
 * @module
 */

/** The error of an assertion that fails. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";

  constructor({ message }: { message: string }) {
    super(message);
  }
}

/** Whether two values are deeply equal; `compared` ends the recursion in cycles. */
function equal(a: unknown, b: unknown, compared: Map<object, object>): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (compared.get(a) === b) return true;
  compared.set(a, b);
  if (a instanceof Date) return Object.is(Number(a), Number(b));
  if (a instanceof Set || a instanceof Map) {
    const [left, right] = [[...a], [...b as typeof a]] as unknown[][];
    return left!.length === right!.length &&
      left!.every((item) => right!.some((other) => equal(item, other, compared)));
  }
  const keys = membersOf(a);
  return keys.length === membersOf(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) &&
      equal((a as Record<PropertyKey, unknown>)[key], (b as typeof a)[key as never], compared)
    );
}

/** Returns the names of the own properties to compare. */
function membersOf(value: object): PropertyKey[] {
  // The message of an error is not enumerable, but must be compared.
  const hidden = value instanceof Error ? ["message", "name", "cause", "errors"] : [];
  return Reflect.ownKeys(value).filter((key) =>
    hidden.includes(key as string) || Object.prototype.propertyIsEnumerable.call(value, key)
  );
}

function describe(value: unknown): string {
  try {
    return typeof value === "object" && !(value instanceof Error)
      ? JSON.stringify(value)
      : String(value);
  } catch {
    return `an unshowable ${typeof value}`;
  }
}

function check(holds: boolean, message: string, detail: () => string): void {
  if (!holds) throw new AssertionError({ message: `${message ? `${message}: ` : ""}${detail()}` });
}

export default {
  deepStrictEqual(actual: unknown, expected: unknown, message = ""): void {
    const detail = () => `expected ${describe(expected)} and not ${describe(actual)}`;
    check(equal(actual, expected, new Map()), message, detail);
  },
  strictEqual(actual: unknown, expected: unknown, message = ""): void {
    const detail = () => `expected the very ${describe(expected)} and not ${describe(actual)}`;
    check(Object.is(actual, expected), message, detail);
  },
  notStrictEqual(actual: unknown, expected: unknown, message = ""): void {
    check(!Object.is(actual, expected), message, () => `did not expect ${describe(expected)}`);
  },
  match(actual: string, expected: RegExp, message = ""): void {
    const detail = () => `expected ${describe(actual)} to match ${expected}`;
    check(expected.test(actual), message, detail);
  },
};
