import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import { CancelledError, createTask, Future, InvalidStateError, TimeoutError } from "../mod.ts";

Deno.test("CancelledError, InvalidStateError and TimeoutError are errors, named as in asyncio", () => {
  for (
    const [name, ErrorClass] of Object.entries({ CancelledError, InvalidStateError, TimeoutError })
  ) {
    const error = new ErrorClass("why");
    assertInstanceOf(error, Error);
    assertEquals(error.name, name);
    assertEquals(String(error), `${name}: why`);
    assert(!Object.hasOwn(error, "name"), "a stack trace must not list the name as a field");
  }
});

Deno.test("CancelledError and TimeoutError have a message of their own if none is given", () => {
  assertEquals(new CancelledError().message, "The operation has been cancelled");
  assertEquals(new TimeoutError().message, "The operation has exceeded the given deadline");
});

Deno.test("CancelledError, TimeoutError and InvalidStateError take a cause", () => {
  const cause = new Error("deeper");
  assertStrictEquals(new CancelledError("why", { cause }).cause, cause);
  assertStrictEquals(new TimeoutError("why", { cause }).cause, cause);
  assertStrictEquals(new InvalidStateError("why", { cause }).cause, cause);
});

Deno.test("Future.cancel() uses a CancelledError of another copy of the module as it is", () => {
  const foreign = new Error("from the other copy");
  foreign.name = "CancelledError";
  const future = new Future<void>();
  future.cancel(foreign);
  let thrown: unknown;
  try {
    future.result();
  } catch (error) {
    thrown = error;
  }
  assertStrictEquals(thrown, foreign);
});

Deno.test("Task fails, and is not cancelled, when an object with the name CancelledError is thrown", async () => {
  const thrown = { name: "CancelledError", message: "no error" };
  const task = createTask(() => {
    throw thrown;
  });
  await task.catch(() => {});
  assertFalse(task.cancelled());
  assertStrictEquals(task.exception(), thrown);
});
