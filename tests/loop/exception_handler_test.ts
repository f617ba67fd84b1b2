import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import {
  AsyncContext,
  CancelledError,
  type Context,
  createTask,
  currentTask,
  type ExceptionContext,
  Future,
  getEventLoop,
  getRunningLoop,
  run,
  shield,
  sleep,
  type Task,
} from "../../mod.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";

const loop = getEventLoop();

/** Returns the texts that `console.error` is given while `fn` runs. */
function printed(fn: () => void): string[] {
  using error = stub(console, "error", () => {});
  fn();
  return error.calls.map(({ args }) => args.join(" "));
}

// Handler
// -------

Deno.test("EventLoop.setExceptionHandler() takes a function or null", () => {
  assertEquals(loop.getExceptionHandler(), null);
  const handler = () => {};
  loop.setExceptionHandler(handler);
  assertStrictEquals(loop.getExceptionHandler(), handler);
  assertThrows(
    () => loop.setExceptionHandler("print" as never),
    TypeError,
    'Cannot set the exception handler as the handler is no function: received "print"',
  );
  assertStrictEquals(loop.getExceptionHandler(), handler);
  loop.setExceptionHandler(null);
  assertEquals(loop.getExceptionHandler(), null);
});

Deno.test("EventLoop.callExceptionHandler() calls the handler with the loop and the report", () => {
  const calls: unknown[][] = [];
  const context = { message: "It broke" };
  loop.setExceptionHandler((...args) => calls.push(args));
  try {
    loop.callExceptionHandler(context);
  } finally {
    loop.setExceptionHandler(null);
  }
  assertEquals(calls.length, 1);
  assertStrictEquals(calls[0]![0], loop);
  assertStrictEquals(calls[0]![1], context);
});

Deno.test("EventLoop.callExceptionHandler() prints the report and the error if the handler throws", () => {
  loop.setExceptionHandler(() => {
    throw new RangeError("in the handler");
  });
  try {
    const lines = printed(() => loop.callExceptionHandler({ message: "It broke" }));
    assertEquals(lines.length, 2);
    assertEquals(lines[0], "It broke");
    assertStringIncludes(lines[1]!, "Unhandled error in exception handler\nRangeError: in the");
  } finally {
    loop.setExceptionHandler(null);
  }
});

// Default handler
// ---------------

Deno.test("EventLoop.callExceptionHandler() prints the report if there is no handler", () => {
  const future = new Future<number>();
  future.setResult(1);
  const [text] = printed(() =>
    loop.callExceptionHandler({
      message: "It broke",
      exception: new RangeError("out"),
      future,
      detail: undefined,
      size: 3,
      sourceTraceback: "made\n  here",
    })
  );
  const lines = text!.split("\n");
  assertEquals(lines.slice(0, 5), [
    "It broke",
    "future: <Future finished result=1>",
    "size: 3",
    "sourceTraceback: made",
    "  here",
  ]);
  assertEquals(lines[5], "RangeError: out");
  assertStringIncludes(text!, "exception_handler_test.ts");
  assertEquals(printed(() => loop.callExceptionHandler({ message: "bare" })), ["bare"]);
  assertEquals(
    printed(() => loop.callExceptionHandler({ message: "nothing", exception: undefined })),
    ["nothing\nundefined"],
  );
});

Deno.test("EventLoop.defaultExceptionHandler() prints the fields of a report, and copes with an unreadable one", () => {
  assertEquals(
    printed(() => loop.defaultExceptionHandler({ message: "It broke", server: "main", port: 80 })),
    ['It broke\nserver: "main"\nport: 80'],
  );
  assertEquals(
    printed(() => loop.defaultExceptionHandler(revokedProxy() as ExceptionContext)),
    ["Unhandled error: <unshowable object>"],
  );
});

Deno.test("EventLoop.defaultExceptionHandler() prints a general message for a report without one", () => {
  using error = stub(console, "error", () => {});
  for (const message of ["", undefined]) {
    loop.defaultExceptionHandler({ message } as ExceptionContext);
  }
  assertEquals(
    error.calls.map(({ args }) => args[0]),
    Array(2).fill("Unhandled exception in event loop"),
  );
});

Deno.test("EventLoop.defaultExceptionHandler() prints a message that is not a string", () => {
  using error = stub(console, "error", () => {});
  loop.defaultExceptionHandler({ message: Symbol("odd") as unknown as string });
  assertEquals(error.calls.map(({ args }) => args[0]), ["Symbol(odd)"]);
});

Deno.test("EventLoop.callExceptionHandler() calls a defaultExceptionHandler() that was assigned to the loop", () => {
  const kept: ExceptionContext[] = [];
  const { defaultExceptionHandler } = loop;
  using printed = stub(console, "error", () => {});
  try {
    loop.defaultExceptionHandler = (context) => kept.push(context);
    loop.setExceptionHandler(() => {
      throw new RangeError("broken handler");
    });
    const context = { message: "first" };
    loop.callExceptionHandler(context);
    assertEquals(kept.map(({ message }) => message), [
      "first",
      "Unhandled error in exception handler",
    ]);
    assertStrictEquals(kept[0], context);
    assertEquals(String(kept[1]!.exception), "RangeError: broken handler");
    assertEquals(printed.calls.length, 0);
    loop.setExceptionHandler(null);
    loop.defaultExceptionHandler = () => {
      throw new RangeError("broken as well");
    };
    loop.callExceptionHandler({ message: "second" });
    const texts = printed.calls.map(({ args }) => String(args[0]));
    assertEquals(texts.length, 2);
    assertEquals(texts[0], "second");
    assertStringIncludes(texts[1]!, "RangeError: broken as well");
  } finally {
    loop.setExceptionHandler(null);
    loop.defaultExceptionHandler = defaultExceptionHandler;
  }
});

// Context
// -------

Deno.test("EventLoop.callExceptionHandler() calls the handler in the context of the failed task or callback", async () => {
  const user = new AsyncContext.Variable<string>();
  const seen: [string, string | undefined][] = [];
  const kept: unknown[] = [];
  await user.run("main", () =>
    run(async () => {
      const loop = getRunningLoop();
      loop.setExceptionHandler((_loop, { message }) => seen.push([message, user.get()]));
      const task = user.run("task", () => createTask(() => sleep(0)));
      loop.callExceptionHandler({ message: "task", task });
      loop.callExceptionHandler({ message: "future", future: task });
      loop.callExceptionHandler({ message: "none", future: new Future<void>() });
      // As in asyncio, a callback has a context of its own.
      user.run("callback", () =>
        task.addDoneCallback(() => {
          throw new RangeError("x");
        }));
      user.run("soon", () =>
        loop.callSoon(() => {
          throw new RangeError("x");
        }));
      await task;
      await sleep(0);
      kept.push(user.run("lost", () =>
        createTask(() => {
          throw new RangeError("x");
        })));
      await sleep(0);
    }));
  assertEquals(seen.map(([message, value]) => [message.split(" ").slice(0, 3).join(" "), value]), [
    ["task", "task"],
    ["future", "task"],
    ["none", "main"],
    ["Exception in callback", "soon"],
    ["Exception in callback", "callback"],
    ["Task exception was", "lost"],
  ]);
});

Deno.test("EventLoop.callExceptionHandler() runs the handler outside of the task, whose cancellation spares it", async () => {
  const seen: unknown[] = [];
  const [gate, sent] = [withResolvers<void>(), withResolvers<void>()];
  let child!: Task<void>;
  const parent = createTask(async () => {
    child = createTask(() => sleep(60_000));
    await gate.promise;
    await sleep(1);
  });
  await hostTurn();
  loop.setExceptionHandler(async () => {
    seen.push(currentTask());
    await sleep(1);
    seen.push("sent");
    sent.resolve();
  });
  parent.cancel("stop");
  loop.callExceptionHandler({ message: "x", task: child });
  loop.setExceptionHandler(null);
  await sent.promise;
  gate.resolve();
  await assertRejects(() => parent, CancelledError, "stop");
  assertEquals(seen, [null, "sent"]);
  child.cancel();
});

Deno.test("EventLoop.callExceptionHandler() calls the handler once, whatever the context of the task does", () => {
  const contexts: Record<string, Context> = {
    "does not call": { run: () => undefined as never },
    "calls once": { run: (fn, ...args) => fn(...args) },
    "calls twice": { run: (fn, ...args) => (fn(...args), fn(...args)) },
    "calls and throws": {
      run(fn, ...args) {
        fn(...args);
        throw new RangeError("no way out");
      },
    },
    "throws": {
      run() {
        throw new RangeError("no way in");
      },
    },
  };
  for (const [name, context] of Object.entries(contexts)) {
    using reports = collectReports();
    const task = { getContext: () => context } as Task<unknown>;
    getEventLoop().callExceptionHandler({ message: name, task });
    assertEquals(reports.map(({ message }) => message), [name]);
  }
});

// Misuse
// ------

Deno.test("EventLoop.callExceptionHandler() prints once even for a report that throws when it is looked at", () => {
  const proxy = revokedProxy();
  const hostile = [
    undefined,
    null,
    proxy,
    { message: "x", sourceTraceback: Symbol("x") },
    {
      get message() {
        throw new RangeError("do not look");
      },
    },
  ];
  for (const context of hostile) {
    using printed = stub(console, "error", () => {});
    getEventLoop().callExceptionHandler(context as never);
    assertEquals(printed.calls.length, 1);
  }
});

Deno.test("EventLoop.defaultExceptionHandler() never throws, even if the report and the console throw", () => {
  using error = stub(console, "error", () => {
    throw new Error("no console");
  });
  const hostile = {
    toString() {
      throw new Error("no");
    },
  };
  loop.defaultExceptionHandler({ message: "It broke", exception: hostile, hostile });
  loop.defaultExceptionHandler({ message: hostile as unknown as string });
  assertEquals(error.calls.length, 2);
});

Deno.test("Future calls its next done callback although callExceptionHandler() of its loop throws", () => {
  const manual = makeManualLoop();
  manual.callExceptionHandler = () => {
    throw new RangeError("in the loop");
  };
  const future = manual.createFuture<void>();
  let called = false;
  future.addDoneCallback(() => {
    throw new Error("x");
  });
  future.addDoneCallback(() => called = true);
  future.setResult();
  const lines = printed(() => manual.drain());
  assert(called);
  assertStringIncludes(lines[0]!, "Exception in callback");
  assertStringIncludes(lines[1]!, "RangeError: in the loop");
});

Deno.test("EventLoop reports an error that setResult() of a future throws when shield() calls it", async () => {
  class Bad extends Future<unknown> {
    override setResult(): void {
      throw new RangeError("bad");
    }
  }
  await run(async () => {
    const loop = getRunningLoop();
    using reports = collectReports(loop);
    loop.createFuture = <T>() => new Bad() as Future<T>;
    const inner = new Future<void>();
    shield(inner);
    inner.setResult();
    await microtasks();
    assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: bad"]);
  });
});
