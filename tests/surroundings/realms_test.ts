/**
 * Errors of another realm, whose classes are others, and signals of libraries.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { createTask, currentTask, Future, getEventLoop, sleep } from "../../mod.ts";
import { has } from "../helpers/capabilities.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

// Errors of another realm
// -----------------------

/** The errors of another realm: a real one where there is a way, else classes of the same make. */
function foreignErrors(): { Error: ErrorConstructor; AggregateError: AggregateErrorConstructor }[] {
  class Base {
    readonly [Symbol.toStringTag]: string = "Error";
    readonly stack: string;
    readonly cause: unknown;

    constructor(readonly message = "", options: ErrorOptions = {}) {
      this.stack = `${this.name}: ${message}\n    at their-file.js:1:1`;
      if ("cause" in options) this.cause = options.cause;
    }

    get name(): string {
      return "Error";
    }
  }
  class Aggregate extends Base {
    readonly errors: unknown[];

    constructor(errors: Iterable<unknown>, message?: string) {
      super(message);
      this.errors = [...errors];
    }

    override get name(): string {
      return "AggregateError";
    }
  }
  const made = { Error: Base, AggregateError: Aggregate } as never;
  const { process } = globalThis as { process?: Partial<NodeJS.Process> };
  const vm = has.programs ? process?.getBuiltinModule?.("node:vm") : undefined;
  return vm ? [made, vm.runInNewContext("({ Error, AggregateError })")] : [made];
}

/** Returns the text that is printed while `body` runs. */
async function printed(body: () => Promise<void>): Promise<string> {
  const { error } = console;
  let text = "";
  console.error = (...args: unknown[]) => void (text += args.join(" "));
  try {
    await body();
  } finally {
    console.error = error;
  }
  return text;
}

Deno.test("Future.setException() instantiates a class of errors of another realm", async () => {
  for (const { Error } of foreignErrors().slice(1)) {
    class Derived extends Error {}
    for (const Class of [Error, Derived]) {
      const future = new Future<void>();
      future.setException(Class);
      assertInstanceOf(future.exception(), Class);
    }
  }
});

Deno.test("Task that is asked to end is cancelled by an AbortError of another realm, else it fails with it", async () => {
  for (const { Error } of foreignErrors()) {
    const abortError = Object.defineProperty(new Error("aborted"), "name", { value: "AbortError" });
    const task = createTask((signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(abortError)))
    );
    await hostTurn();
    task.cancel();
    await task.catch(() => {});
    assert(task.cancelled());
    const unasked = createTask(() => {
      throw abortError;
    });
    await unasked.catch(() => {});
    assertEquals(unasked.exception(), abortError);
  }
});

Deno.test("Future shows an error of another realm as an error", async () => {
  for (const { Error } of foreignErrors()) {
    const future = new Future<void>();
    future.setException(new Error("no such host"));
    assertEquals(String(future), "<Future finished exception=Error: no such host>");
    future.exception();
  }
});

Deno.test("EventLoop reports an error of another realm with stack, causes and the errors in it", async () => {
  for (const { Error, AggregateError } of foreignErrors()) {
    const why = new Error("the cause");
    const group = new AggregateError([new Error("one of them")], "all of them");
    const text = await printed(async () => {
      getEventLoop().callSoon(() => {
        throw new Error("outer", { cause: why });
      });
      getEventLoop().callSoon(() => {
        throw group;
      });
      await microtasks();
    });
    assertStringIncludes(text, why.stack!);
    assertStringIncludes(text, "Caused by: Error: the cause");
    assertStringIncludes(text, "Contains: Error: one of them");
  }
});

// Signals of libraries
// --------------------

/** A signal as libraries have it, which takes only functions for listeners. */
class LibrarySignal {
  aborted = false;
  reason: unknown;
  readonly listeners: ((event: unknown) => void)[] = [];

  addEventListener(_type: string, listener: (event: unknown) => void): void {
    if (typeof listener !== "function") throw new TypeError("listener is not a function");
    this.listeners.push(listener);
  }

  removeEventListener(_type: string, listener: (event: unknown) => void): void {
    const index = this.listeners.indexOf(listener);
    if (index >= 0) this.listeners.splice(index, 1);
  }

  /** Calls the listeners. A late signal says that it is aborted only after that. */
  abort(isLate: boolean): void {
    this.aborted = !isLate;
    for (const listener of [...this.listeners]) listener.call(this, { type: "abort" });
    this.aborted = true;
  }
}

Deno.test("Future option signal takes the signals of libraries", async () => {
  for (const isLate of [false, true]) {
    const signal = new LibrarySignal();
    const options = { signal: signal as unknown as AbortSignal };
    const future = new Future<void>(options);
    const asleep = sleep(60_000, options);
    const done = sleep(0, options);
    await done;
    assertEquals(signal.listeners.length, 1);
    signal.abort(isLate);
    await microtasks();
    assertEquals([future.cancelled(), asleep.cancelled()], [true, true]);
    assertEquals(signal.listeners.length, 0);
    assert(new Future<void>(options).cancelled());
  }
});

Deno.test("Task option signal of a library cancels the task while it runs", async () => {
  const signal = new LibrarySignal();
  const task = createTask(async () => {
    signal.abort(false);
    assertEquals(currentTask()!.cancelling(), 1);
    await sleep(60_000);
  }, { signal: signal as unknown as AbortSignal });
  await task.catch(() => {});
  assert(task.cancelled());
});
