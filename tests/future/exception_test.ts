import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  asCompleted,
  CancelledError,
  createTask,
  ensureFuture,
  Future,
  gather,
  InvalidStateError,
  shield,
  timeout,
  waitFor,
  wrapFuture,
} from "../../mod.ts";
import { doneAndCancelled, withException, withResult } from "../helpers/futures.ts";
import { revokedProxy } from "../helpers/objects.ts";

/** Asserts that the very value is thrown, which may be one that no promise can hold. */
async function assertFailsWith(
  expected: unknown,
  wait: () => PromiseLike<unknown>,
  message?: string,
): Promise<void> {
  let thrown: unknown;
  try {
    await wait();
  } catch (error) {
    thrown = error;
  }
  assertStrictEquals(thrown, expected, message);
}

// Exceptions
// ----------

Deno.test("Future.setException() finishes the future with an exception", () => {
  const error = new RangeError("out");
  const future = withException(error);
  assertEquals(doneAndCancelled(future), [true, false]);
  assertStrictEquals(future.exception(), error);
  assertStrictEquals(assertThrows(() => future.result()), error);
});

Deno.test("Future.setException() takes anything that can be thrown", async () => {
  for (const thrown of ["text", 0, null, undefined, { code: 1 }, Symbol("s"), () => {}]) {
    const future = withException(thrown);
    assert(future.done());
    assertStrictEquals(future.exception(), thrown);
    assertStrictEquals(assertThrows(() => future.result()), thrown);
    assertStrictEquals(await future.then(() => "no", (reason) => reason), thrown);
  }
});

Deno.test("Future.setException() with a CancelledError makes the future fail, not cancelled", () => {
  const future = withException(new CancelledError("theirs"));
  assertEquals(doneAndCancelled(future), [true, false]);
  assertThrows(() => future.result(), CancelledError, "theirs");
});

Deno.test("Future may fail with an object that throws when it is inspected", async () => {
  const proxy = revokedProxy(() => {});
  for (
    const wait of [
      () => ensureFuture(Promise.reject(proxy)),
      () =>
        shield(createTask(() => {
          throw proxy;
        })),
      () => {
        const future = new Future<void>();
        future.setException(proxy);
        return future;
      },
    ]
  ) {
    await assertFailsWith(proxy, wait);
  }
});

// Error classes
// -------------

Deno.test("Future.setException() makes an instance of a class of errors", () => {
  class MyError extends Error {}
  for (const ErrorClass of [Error, TypeError, MyError, DOMException, CancelledError]) {
    assertInstanceOf(withException(ErrorClass).exception(), ErrorClass);
  }
  class NoError {}
  assertStrictEquals(withException(NoError).exception(), NoError);
});

Deno.test("Future.setException() with a class has the stack show where it was called", () => {
  const future = new Future<void>();
  future.setException(RangeError);
  const { stack, message } = future.exception() as RangeError;
  assertEquals(message, "");
  if (stack?.includes(".ts:")) assertStringIncludes(stack.split("\n")[1]!, "exception_test.ts");
  class Frozen extends Error {
    constructor() {
      super("frozen");
      Object.freeze(this);
    }
  }
  const other = new Future<void>();
  other.setException(Frozen);
  assertEquals(String(other.exception()), "Error: frozen");
});

Deno.test("Future.setException() with a class leaves an object that its constructor returns alone", () => {
  const shared = new Error("shared");
  const { stack } = shared;
  const plain = {};
  class Shared extends Error {
    constructor() {
      super();
      return shared;
    }
  }
  class Plain extends Error {
    constructor() {
      super();
      return plain as Error;
    }
  }
  for (const [ErrorClass, made] of [[Shared, shared], [Plain, plain]] as const) {
    const future = new Future<void>();
    future.setException(ErrorClass);
    assertStrictEquals(future.exception(), made);
  }
  assertEquals(shared.stack, stack);
  assertEquals(Object.getOwnPropertyNames(plain), []);
});

Deno.test("Future.setException() leaves the future pending when the constructor throws", () => {
  class Picky extends Error {
    constructor() {
      super();
      throw new RangeError("cannot be made");
    }
  }
  const future = new Future<void>();
  assertThrows(() => future.setException(Picky), RangeError, "cannot be made");
  assertFalse(future.done());
});

Deno.test("Future.setException() throws when the constructor settles the future", () => {
  const future = new Future<number>();
  class Sly extends Error {
    constructor() {
      super();
      future.setResult(1);
    }
  }
  assertThrows(() => future.setException(Sly), InvalidStateError);
  assertEquals(future.result(), 1);
});

Deno.test("Future.setException() on a done future throws without making an instance", () => {
  let made = 0;
  class Made extends Error {
    constructor() {
      super();
      made++;
    }
  }
  const future = withResult(1);
  assertThrows(() => future.setException(Made), InvalidStateError, "set the exception");
  assertEquals(made, 0);
});

Deno.test("Error classes that are thrown are passed on by every function, without an instance", async () => {
  class HttpError extends Error {
    constructor(response: { status: number }) {
      super(`HTTP ${response.status}`);
    }
  }
  const failing = () =>
    createTask(() => {
      throw HttpError;
    });
  const functions: Record<string, () => PromiseLike<unknown>> = {
    "a task": failing,
    "ensureFuture()": () => ensureFuture(Promise.reject(HttpError)),
    "wrapFuture()": () =>
      wrapFuture({
        addDoneCallback: (callback: (job: never) => unknown) =>
          setTimeout(() => callback(undefined as never), 0),
        cancel: () => false,
        cancelled: () => false,
        exception: () => HttpError,
        result: () => 1,
      }),
    "shield()": () => shield(failing()),
    "waitFor()": () => waitFor(failing(), 60_000),
    "gather()": () => gather(failing()),
    "timeout()": () => timeout(60_000, failing),
    "asCompleted()": () => [...asCompleted([failing()])][0]!,
  };
  for (const [name, wait] of Object.entries(functions)) {
    await assertFailsWith(HttpError, wait, name);
  }
});

// Misuse
// ------

Deno.test("Future.setException() throws a TypeError without an argument", () => {
  const future = new Future<void>();
  assertThrows(
    () => (future.setException as () => void).call(future),
    TypeError,
    "Cannot set the exception as there is none: received no argument",
  );
  assertFalse(future.done());
});

Deno.test("Future.setException() without an argument throws a TypeError on a done future, too", () => {
  assertThrows(() => (withResult(1).setException as () => void)(), TypeError, "no argument");
});
