import { assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AsyncContext,
  createTask,
  Future,
  type FutureOptions,
  getEventLoop,
  sleep,
} from "../../mod.ts";
import { doneAndCancelled } from "../helpers/futures.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";

// Options
// -------

Deno.test("new Future() makes a pending future", () => {
  assertEquals(doneAndCancelled(new Future()), [false, false]);
});

Deno.test("new Future() treats an option that is undefined as one that is left out", () => {
  assertFalse(new Future({ loop: undefined, signal: undefined }).done());
});

// Loop
// ----

Deno.test("Future.getLoop() returns the loop that was given, or else the default one", () => {
  assertStrictEquals(new Future().getLoop(), getEventLoop());
  const loop = makeManualLoop();
  assertStrictEquals(new Future({ loop }).getLoop(), loop);
  assertStrictEquals(loop.createFuture().getLoop(), loop);
});

// Subclasses
// ----------

Deno.test("Future may be subclassed: overridden methods are called, callbacks get the instance", async () => {
  class Reply extends Future<number> {
    received = 0;
    override setResult(value: number): void {
      this.received++;
      super.setResult(value);
    }
  }
  const reply = new Reply();
  let seen: Reply | undefined;
  reply.addDoneCallback((reply) => seen = reply);
  reply.setResult(1);
  assertEquals(await reply, 1);
  assertStrictEquals(seen, reply);
  assertEquals(reply.received, 1);
});

// Misuse
// ------

Deno.test("new Future() refuses options that are not an object", () => {
  for (const options of [42, "loop", null, true]) {
    assertThrows(
      () => new Future(options as unknown as FutureOptions),
      TypeError,
      `Cannot create a Future as its options are no object: received ${JSON.stringify(options)}`,
    );
  }
});

Deno.test("new Future() tells a caller who passes an executor to call setResult() later", () => {
  const executor = (resolve: (value: number) => void) => resolve(1);
  assertThrows(
    () => new Future(executor as unknown as FutureOptions),
    TypeError,
    "(a Future takes no executor; call setResult() later): received [Function executor]",
  );
});

Deno.test("new Future() refuses a loop that is not an event loop", () => {
  for (const loop of [null, 1, {}]) {
    assertThrows(
      () => new Future({ loop } as unknown as FutureOptions),
      TypeError,
      "Cannot use the loop as it is no event loop: received ",
    );
  }
});

Deno.test("new Future() refuses a signal that is not an AbortSignal", () => {
  for (const signal of [null, 1, {}, new AbortController(), new EventTarget()]) {
    assertThrows(
      () => new Future({ signal } as unknown as FutureOptions),
      TypeError,
      "Cannot use the signal as it is no AbortSignal: received ",
    );
  }
});

Deno.test("new Future() and addDoneCallback() say that a loop or a context is null", () => {
  const nothing = null as never;
  assertThrows(() => new Future({ loop: nothing }), TypeError, "no event loop: received null");
  assertThrows(
    () => new Future().addDoneCallback(() => {}, { context: nothing }),
    TypeError,
    "no run method: received null",
  );
});

Deno.test("Functions that take options say how to pass a bare signal or context", () => {
  const { signal } = new AbortController();
  const context = new AsyncContext.Snapshot();
  const calls: [string, () => unknown][] = [
    ["write `{ signal }`", () => new Future(signal as never)],
    ["write `{ signal }`", () => sleep(1, signal as never)],
    ["write `{ signal }`", () => createTask(() => {}, signal as never)],
    ["write `{ context }`", () => new Future().addDoneCallback(() => {}, context as never)],
    ["write `{ context }`", () => getEventLoop().callSoon(() => {}, context as never)],
    ["received 42", () => getEventLoop().createFuture(42 as never)],
    ['received "name"', () => getEventLoop().createTask(() => {}, "name" as never)],
  ];
  for (const [message, call] of calls) assertThrows(call, TypeError, message);
});
