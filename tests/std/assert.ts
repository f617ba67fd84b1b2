/**
 * Replaces `@std/assert` where JSR cannot be reached: the functions that the tests use, with the
 * same signatures, on top of `node:assert/strict`.
 *
 * @module
 */

import nodeAssert, { AssertionError } from "node:assert/strict";

export { AssertionError };

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError({ message: msg });
}

export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) throw new AssertionError({ message: msg });
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, msg);
}

export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  nodeAssert.strictEqual(actual, expected, msg);
}

export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.notStrictEqual(actual, expected, msg);
}

export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError({
    message: `Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`,
  });
}

export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  nodeAssert.match(actual, expected, msg);
}

export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw new AssertionError({ message: `Expect ${actual} < ${expected}${suffix(msg)}` });
}

export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (actual >= expected) return;
  throw new AssertionError({ message: `Expect ${actual} >= ${expected}${suffix(msg)}` });
}

export function assertInstanceOf<T>(
  actual: unknown,
  // deno-lint-ignore no-explicit-any
  expectedType: abstract new (...args: any[]) => T,
  msg = "",
): asserts actual is T {
  if (actual instanceof expectedType) return;
  throw new AssertionError({
    message: `Expected object to be an instance of "${expectedType.name}"${suffix(msg)}`,
  });
}

export function assertIsError<E extends Error = Error>(
  error: unknown,
  errorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError({ message: `Expected "error" to be an Error object${suffix(msg)}` });
  }
  if (errorClass && !(error instanceof errorClass)) {
    throw new AssertionError({
      message: `Expected error to be instance of "${errorClass.name}", but was "${
        (error as Error).constructor?.name
      }"${suffix(msg)}`,
    });
  }
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches === undefined || msgMatches.test(error.message);
  if (matches) return;
  throw new AssertionError({
    message: `Expected error message to include ${JSON.stringify(msgMatches)}, but got ${
      JSON.stringify(error.message)
    }${suffix(msg)}`,
  });
}

export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClassOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  try {
    fn();
  } catch (error) {
    if (typeof errorClassOrMsg === "function") {
      assertIsError(error, errorClassOrMsg, msgIncludes, msg);
    }
    return error;
  }
  throw new AssertionError({ message: `Expected function to throw${suffix(msg)}` });
}

export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClassOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch {
    throw new AssertionError({ message: `Function throws when expected to reject${suffix(msg)}` });
  }
  try {
    await promise;
  } catch (error) {
    if (typeof errorClassOrMsg === "function") {
      assertIsError(error, errorClassOrMsg, msgIncludes, msg);
    }
    return error;
  }
  throw new AssertionError({ message: `Expected function to reject${suffix(msg)}` });
}
