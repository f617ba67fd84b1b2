import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { abortErrors, CancelledError, createTask, Future, gather, waitFor } from "../../mod.ts";
import {
  foreignAborts,
  type MakeError,
  makeError,
  untilAborted,
} from "../helpers/foreign_aborts.ts";
import { microtasks } from "../helpers/turns.ts";

/** The outcome of a task that throws an error after it was asked to end. */
async function throwAfterCancel(
  make: MakeError,
  reason?: unknown,
): Promise<{ cancelled: boolean; thrown: unknown }> {
  const task = createTask((signal) => untilAborted(signal, make));
  await microtasks();
  task.cancel(reason);
  const thrown = await task.then(() => undefined, (error) => error);
  return { cancelled: task.cancelled(), thrown };
}

/** Asserts that an error that is thrown after a request to cancel stays an error. */
async function assertStaysError(make: MakeError): Promise<void> {
  let error: unknown;
  const { cancelled, thrown } = await throwAfterCancel((reason) => error = make(reason));
  assertStrictEquals(thrown, error);
  assertFalse(cancelled);
}

/** Gives a thing to `abortErrors` until the end of the block. */
function knowing(mark: Parameters<typeof abortErrors.add>[0]): Disposable {
  abortErrors.add(mark);
  return { [Symbol.dispose]: () => void abortErrors.delete(mark) };
}

// After a request
// ---------------

for (const [convention, make] of foreignAborts) {
  Deno.test(`Task that throws ${convention} is cancelled after cancel()`, async () => {
    const { cancelled, thrown } = await throwAfterCancel(make, "the user left");
    assert(cancelled);
    assertEquals(String(thrown), "CancelledError: the user left");
  });
}

Deno.test("Task of a generator that throws the error of a library is cancelled after cancel()", async () => {
  const task = createTask(function* () {
    try {
      yield* new Future<void>();
    } catch (cause) {
      throw makeError("ExecaError", {}, { cause });
    }
  });
  await microtasks();
  task.cancel("the user left");
  await assertRejects(() => task, CancelledError, "the user left");
});

Deno.test("Task that throws the reason of the signal that cancelled it is cancelled", async () => {
  for (const reason of [new RangeError("too many"), "the user left", 5, null]) {
    const makes: MakeError[] = [(reason) => reason, (cause) => new Error("", { cause })];
    for (const make of makes) {
      const controller = new AbortController();
      const { signal } = controller;
      const task = createTask(() => untilAborted(signal, make), { signal });
      await microtasks();
      controller.abort(reason);
      await assertRejects(() => task, CancelledError);
      assert(task.cancelled());
    }
  }
});

Deno.test("Task that throws the error of a library is cancelled by gather()", async () => {
  const work = () => createTask((signal) => untilAborted(signal, () => makeError("CanceledError")));
  const both = gather(work(), work());
  await microtasks();
  both.cancel("the user left");
  await assertRejects(() => both, CancelledError, "the user left");
});

// Without a request
// -----------------

for (const [convention, make] of foreignAborts) {
  Deno.test(`Task that throws ${convention} fails without a request`, async () => {
    const error = make(makeError("TheirReason"));
    const task = createTask(async () => {
      throw error;
    });
    await task.catch(() => {});
    assertFalse(task.cancelled());
    assertStrictEquals(task.exception(), error);
  });
}

Deno.test("Task that throws the error of a library fails if uncancel() took the request back", async () => {
  const error = makeError("CanceledError");
  const task = createTask(async () => {
    task.cancel();
    task.uncancel();
    throw error;
  });
  await task.catch(() => {});
  assertStrictEquals(task.exception(), error);
});

// Errors that are not due to the request
// --------------------------------------

Deno.test("Task that throws an error that has nothing to do with the request fails", async () => {
  const cause = new RangeError("no such host");
  for (
    const error of [
      new DOMException("timed out", "TimeoutError"),
      makeError("TimeoutError", { code: "ETIMEDOUT" }),
      makeError("AxiosError", { code: "ECONNABORTED" }),
      makeError("Error", { code: 1, killed: false, cmd: "false" }),
      makeError("Error", { code: 10, details: "ABORTED", metadata: {} }),
      makeError("Error", { code: 20 }),
      makeError("Error", {}, { cause }),
      makeError("Error", {}, { cause: "AbortError" }),
      makeError("Error", {}, { cause: { name: "AbortError" } }),
      new Error("AbortError: canceled"),
      { name: "CanceledError", code: "ERR_CANCELED" },
      "AbortError",
      undefined,
      null,
    ]
  ) {
    await assertStaysError(() => error);
  }
});

Deno.test("Task whose clean-up runs into a time limit fails with the TimeoutError, though its cause is a cancellation", async () => {
  for (const wrap of [(error: unknown) => error, (cause: unknown) => new Error("", { cause })]) {
    const task = createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        await waitFor(new Future<void>(), 0).catch((error) => Promise.reject(wrap(error)));
      }
    });
    await microtasks();
    task.cancel();
    await task.catch(() => {});
    assertFalse(task.cancelled());
  }
});

Deno.test("Task that throws an AggregateError fails unless all its errors are due to the request", async () => {
  const aborted = makeError("AbortError");
  const failed = new RangeError("no such host");
  for (
    const errors of [[], [failed], [aborted, failed], [aborted, new AggregateError([failed])]]
  ) {
    await assertStaysError(() => new AggregateError(errors));
    if (errors.length > 0) {
      await assertStaysError((cause) => new AggregateError(errors, "", { cause }));
    }
  }
  const nested = new AggregateError([aborted, new AggregateError([aborted, aborted])]);
  assert((await throwAfterCancel(() => nested)).cancelled);
});

Deno.test("Task that throws an error that cannot be looked at fails with it", async () => {
  const circle = new Error("a circle");
  circle.cause = new Error("", { cause: circle });
  const nest = new AggregateError([]);
  nest.errors.push(nest, nest);
  let endless: Error = makeError("AbortError");
  for (let i = 0; i < 1_000; i++) endless = new Error("", { cause: endless });
  for (const error of [circle, nest, endless]) await assertStaysError(() => error);
  for (const name of ["name", "code", "cause", "errors", "constructor"]) {
    await assertStaysError(() =>
      Object.defineProperty(new Error("guarded"), name, {
        get() {
          throw new RangeError("a getter");
        },
      })
    );
  }
});

// The list
// --------

Deno.test("abortErrors takes names, codes and classes of other libraries", async () => {
  class Stopped extends Error {}
  class StoppedHard extends Stopped {}
  for (
    const [mark, make] of [
      ["QueryStopped", () => makeError("QueryStopped")],
      ["57014", () => makeError("error", { code: "57014" })],
      [Stopped, () => new StoppedHard()],
      [Stopped, () => new Error("", { cause: new Stopped() })],
    ] as const
  ) {
    await assertStaysError(make);
    using _ = knowing(mark);
    assert((await throwAfterCancel(make)).cancelled);
  }
});

Deno.test("abortErrors may lose what a program means otherwise", async () => {
  const make = () => makeError("CanceledError");
  assert(abortErrors.delete("CanceledError"));
  try {
    await assertStaysError(make);
  } finally {
    abortErrors.add("CanceledError");
  }
  assert((await throwAfterCancel(make)).cancelled);
});

Deno.test("abortErrors with a function that is not a class finds the others all the same", async () => {
  using _ = knowing((() => true) as never);
  await assertStaysError(() => makeError("RangeError"));
  assert((await throwAfterCancel(() => makeError("CanceledError"))).cancelled);
  assert((await throwAfterCancel((cause) => makeError("ExecaError", {}, { cause }))).cancelled);
});

// Errors that the list cannot tell
// --------------------------------

Deno.test("Task whose code asks signal.throwIfAborted() is cancelled whatever a library throws", async () => {
  const task = createTask(async (signal) => {
    try {
      await untilAborted(signal, () => new Error("Connection is closed."));
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  });
  await microtasks();
  task.cancel("the user left");
  await assertRejects(() => task, CancelledError, "the user left");
  assert(task.cancelled());
});
