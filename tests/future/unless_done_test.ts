import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  Future,
  gather,
  getRunningLoop,
  InvalidStateError,
  run,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { cancelled, markRetrieved, withException, withResult } from "../helpers/futures.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn } from "../helpers/turns.ts";

// Result
// ------

Deno.test("Future.setResultUnlessDone() makes a pending future done", async () => {
  const future = new Future<number>();
  assert(future.setResultUnlessDone(1));
  assertEquals(await future, 1);
  const nothing = new Future<void>();
  assert(nothing.setResultUnlessDone());
  assertEquals(nothing.result(), undefined);
});

Deno.test("Future.setResultUnlessDone() changes nothing on a done future", () => {
  const failed = withException(new RangeError("first"));
  const futures: Future<unknown>[] = [withResult(1), failed, cancelled("why")];
  const before = futures.map(String);
  assertEquals(futures.map((future) => future.setResultUnlessDone(2)), [false, false, false]);
  assertEquals(futures.map(String), before);
  markRetrieved(failed);
});

Deno.test("Future.setResultUnlessDone() calls the setResult() of a subclass", () => {
  class Doubled extends Future<number> {
    override setResult(value: number): void {
      super.setResult(2 * value);
    }
  }
  const future = new Doubled();
  assert(future.setResultUnlessDone(2));
  assertEquals(future.result(), 4);
});

// Failure
// -------

Deno.test("Future.setExceptionUnlessDone() makes a pending future done", async () => {
  const future = new Future<number>();
  assert(future.setExceptionUnlessDone(new RangeError("mine")));
  await assertRejects(() => future, RangeError, "mine");
  const other = new Future<number>();
  assert(other.setExceptionUnlessDone(RangeError));
  const { stack } = other.exception() as RangeError;
  // Not every engine lists the callers of an async test.
  if (stack?.includes(".ts:")) assertStringIncludes(stack, "unless_done_test.ts");
});

Deno.test("Future.setExceptionUnlessDone() changes nothing on a done future, and reports nothing", async () => {
  needs("gc");
  using reports = collectReports();
  const futures: Future<unknown>[] = [withResult(1), cancelled("why")];
  const before = futures.map(String);
  let made = 0;
  class Counted extends Error {
    constructor() {
      super();
      made++;
    }
  }
  for (const exception of [new Error("late"), Counted]) {
    assertEquals(futures.map((future) => future.setExceptionUnlessDone(exception)), [false, false]);
  }
  assertEquals(futures.map(String), before);
  assertEquals(made, 0);
  await collectGarbage(() => reports.length > 0, 3);
  assertEquals(reports.length, 0);
});

Deno.test("Future.setExceptionUnlessDone() is false when the constructor settles the future", () => {
  const future = new Future<number>();
  class Settling extends Error {
    constructor() {
      super();
      future.setResult(1);
    }
  }
  assertFalse(future.setExceptionUnlessDone(Settling));
  assertEquals(future.result(), 1);
});

Deno.test("Future.failed() is whether there is an exception, which may be a CancelledError", () => {
  const failed = [withException(undefined), withException(new CancelledError())];
  const others = [new Future<number>(), withResult(new Error()), cancelled()];
  assertEquals(failed.map((future) => future.failed()), [true, true]);
  assertEquals(others.map((future) => future.failed()), [false, false, false]);
  markRetrieved(...failed);
});

Deno.test("Future.failed() does not count as looking at the exception", async () => {
  const messages: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { message }) => messages.push(message));
    const future = new Future<void>();
    assert(future.setExceptionUnlessDone(new Error("lost")));
    assert(future.failed());
  });
  assertEquals(messages, ["Future exception was never retrieved"]);
});

// Misuse
// ------

Deno.test("Future.setResultUnlessDone() and setExceptionUnlessDone() throw on what makes its own outcome", async () => {
  const gate = new Future<number>();
  const task = createTask(async () => await gate);
  for (const future of [task as Future<unknown>, gather(gate)]) {
    assertThrows(() => future.setResultUnlessDone(1), InvalidStateError, "Cannot set the result");
    assertThrows(
      () => future.setExceptionUnlessDone(new Error()),
      InvalidStateError,
      "Cannot set the exception",
    );
  }
  gate.setResult(1);
  assertEquals(await task, 1);
  assertFalse(task.setResultUnlessDone(2 as never), "done, as any other future");
});

// Leaks
// -----

Deno.test("Future.setExceptionUnlessDone() with a class of errors keeps no future alive", async () => {
  needs("finalization");
  using reports = collectReports();
  (() => {
    new Future<void>().setExceptionUnlessDone(RangeError);
  })();
  await hostTurn();
  await collectGarbage(() => reports.length > 0);
  assertInstanceOf(reports[0]?.exception, RangeError);
});
