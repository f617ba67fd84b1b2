/**
 * What a report that has yet to be made keeps of the exception.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLess,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import { type ExceptionContext, Future, getEventLoop, getRunningLoop, run } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { collectReports } from "../helpers/reports.ts";

/** As many garbage collections as a report lives through before it lets the exception go. */
const UNTIL_OLD = 5;

class HttpError extends Error {
  override name = "HttpError";
  status = 404;
  response = { body: "not kept" };
}

/** Makes an error of which a report shows much. */
function makeError(): HttpError {
  const causes = [new RangeError("first of two"), "second of two"];
  return new HttpError("not found", { cause: new AggregateError(causes, "both") });
}

/** Makes an object that leads to a failed future, as do the stack and a field of the exception. */
class Connection {
  readonly reply = new Future<void>();

  fail(exception: object): this {
    this.reply.setException(Object.assign(exception, { connection: this }));
    return this;
  }
}

/** Fails futures that their exceptions lead to. */
function failConnections(makeException: () => object, count = 5): WeakRef<Connection>[] {
  return Array.from(
    { length: count },
    () => new WeakRef(new Connection().fail(makeException())),
  );
}

function countAlive(refs: WeakRef<object>[]): number {
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

/** Returns what the default handler prints. */
function printed(context: ExceptionContext): string {
  using error = stub(console, "error", () => {});
  getEventLoop().defaultExceptionHandler({
    message: context.message,
    exception: context.exception,
  });
  return error.calls.map(({ args }) => args.join(" ")).join("\n");
}

// Copies
// ------

Deno.test("Future that its exception leads to is collected, and a copy of that is reported", async () => {
  needs("finalization");
  using reports = collectReports();
  const refs = failConnections(makeError);
  await collectGarbage(() => reports.length === 5, 20);
  // A conservative collector may find one of them on the stack and keep it alive.
  assertGreaterOrEqual(reports.length, 4);
  await collectGarbage(() => countAlive(refs) <= 1, 20);
  assertLess(countAlive(refs), 2);
  for (const { exception } of reports) {
    assertInstanceOf(exception, HttpError);
    assertEquals([exception.name, exception.message, exception.status], [
      "HttpError",
      "not found",
      404,
    ]);
    assertStringIncludes(exception.stack!, "makeError");
    assertInstanceOf(exception.cause, AggregateError);
    const [first, second] = exception.cause.errors;
    assertInstanceOf(first, RangeError);
    assertEquals([first.message, second], ["first of two", "second of two"]);
    assertEquals(String(exception), "HttpError: not found");
    assertEquals(Object.keys(exception).includes("response"), false);
  }
});

Deno.test("Future has a copy of its exception printed like the original", async () => {
  needs("finalization");
  using reports = collectReports();
  const many = Array.from({ length: 100 }, () => new TypeError("one of many"));
  const errors = {
    http: makeError,
    many: () => new AggregateError(many, "too many"),
    dom: () => new DOMException("timed out", "TimeoutError"),
    object: () => ({ code: 7 }),
  };
  const expected: string[] = [];
  for (const make of Object.values(errors)) {
    failConnections(() => {
      const exception = make();
      const message = "Future exception was never retrieved";
      expected.push(printed({ message, exception: Object.assign(exception, { connection: 0 }) }));
      return exception;
    }, 1);
  }
  await collectGarbage(() => reports.length === 4, 20);
  assertGreaterOrEqual(reports.length, 3);
  for (const report of reports) {
    // The plain object is shown as it was, with the connection in short.
    const text = printed(report).replace("connection: [Connection]", "connection: 0");
    assert(expected.includes(text), text);
  }
});

Deno.test("Future that is kept for long is reported by run() with its exception itself", async () => {
  needs("gc");
  const exceptions: unknown[] = [];
  const kept: Future<void>[] = [];
  const made = [new HttpError("x"), "a text", undefined, 7n];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) => exceptions.push(exception));
    for (const exception of made) {
      const future = new Future<void>();
      kept.push(future);
      future.setException(exception);
    }
    await collectGarbage(() => false, UNTIL_OLD);
  });
  assertEquals(exceptions.length, made.length);
  made.forEach((exception, i) => assertStrictEquals(exceptions[i], exception));
});

Deno.test("Future that is kept for long is reported when it is collected, with primitive values as they are", async () => {
  needs("finalization");
  using reports = collectReports();
  const made = ["a text", undefined, 7n, null];
  const kept = made.map(() => new Future<void>());
  kept.forEach((future, i) => future.setException(made[i]));
  await collectGarbage(() => false, UNTIL_OLD);
  assertEquals([reports.length, kept.length], [0, 4]);
  kept.length = 0;
  await collectGarbage(() => reports.length === 4, 20);
  assertGreaterOrEqual(reports.length, 3);
  for (const { exception } of reports) assert(made.includes(exception as string));
});

Deno.test("Future that is retrieved late is collected, and not reported", async () => {
  needs("finalization");
  using reports = collectReports();
  const refs = failConnections(makeError);
  await collectGarbage(() => false, 1);
  (() => refs.forEach((ref) => ref.deref()?.reply.exception()))();
  await collectGarbage(() => countAlive(refs) === 0, 20);
  assertLess(countAlive(refs), 2);
  assertEquals(reports.length, 0);
});

// Hostile exceptions
// ------------------

Deno.test("Future is reported whatever the getters of its exception do", async () => {
  needs("finalization");
  using reports = collectReports();
  const makeHostile = () => {
    const error = new Error("hostile");
    for (const field of ["stack", "message", "name", "cause", "errors", "code"]) {
      Object.defineProperty(error, field, {
        enumerable: true,
        get() {
          throw new Error("no");
        },
      });
    }
    return error;
  };
  failConnections(makeHostile);
  await collectGarbage(() => reports.length === 5, 20);
  assertGreaterOrEqual(reports.length, 4);
});

Deno.test("Future is reported although Error.prepareStackTrace throws", async () => {
  needs("finalization");
  using reports = collectReports();
  const host = Error as { prepareStackTrace?: unknown };
  const isOwn = Object.hasOwn(host, "prepareStackTrace");
  const previous = host.prepareStackTrace;
  host.prepareStackTrace = () => {
    throw new RangeError("no stack");
  };
  try {
    failConnections(makeError);
    await collectGarbage(() => reports.length === 5, 20);
  } finally {
    host.prepareStackTrace = previous;
    if (!isOwn) delete host.prepareStackTrace;
  }
  assertGreaterOrEqual(reports.length, 4);
  for (const { exception } of reports) assertStringIncludes(String(exception), "not found");
});

// Many failures
// -------------

Deno.test("Future is reported once also among thousands, most of which let their exceptions go at once", async () => {
  needs("finalization");
  const count = 5_000;
  using reports = collectReports();
  const exceptions: WeakRef<object>[] = [];
  const kept: Connection[] = [];
  const fail = (message: string) => {
    const error = new HttpError(message);
    exceptions.push(new WeakRef(error));
    new Connection().fail(error);
    kept.push(new Connection().fail(new HttpError("kept")));
  };
  for (let i = 0; i < count; i++) fail(`number ${i}`);
  await collectGarbage(() => false, 1);
  // Before the exceptions are old: only the latest are kept, half of which are those of `kept`.
  assertLess(countAlive(exceptions), 1_000);
  assertEquals(kept.length, count);
  kept.length = 0;
  await collectGarbage(() => reports.length >= 2 * count, 30);
  assertGreaterOrEqual(reports.length, 2 * count - 10);
  const errors = reports.map(({ exception }) => exception as Error);
  const numbers = errors.map(({ message }) => message).filter((text) => text !== "kept");
  assertEquals(new Set(numbers).size, numbers.length, "each once");
  const stackOf = (name: string) => errors.find(({ message }) => message === name)?.stack;
  assertStringIncludes(stackOf("number 0")!, "pending_reports_test");
  assertEquals(stackOf("number 2000"), "HttpError: number 2000\n    <stack not kept>");
});
