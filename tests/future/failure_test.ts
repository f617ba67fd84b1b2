import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  asCompleted,
  AsyncContext,
  type Context,
  createTask,
  ensureFuture,
  type ExceptionContext,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  run,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  waitFor,
  wrapFuture,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

/** Makes futures that nobody keeps. */
function fail(exception: unknown, ...looks: ((future: Future<number>) => unknown)[]): void {
  const future = new Future<number>();
  future.setException(exception);
  for (const look of looks) look(future);
}

Deno.test("Future reports an exception that nobody looked at, when it is collected", async () => {
  needs("finalization");
  using reports = collectReports();
  const error = new RangeError("lost");
  fail(error);
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.length, 1);
  assertEquals(reports[0]!.message, "Future exception was never retrieved");
  assertStrictEquals(reports[0]!.exception, error);
  assertEquals("taskName" in reports[0]!, false);
});

Deno.test("Task reports an exception that nobody looked at, with its name", async () => {
  needs("finalization");
  using reports = collectReports();
  createTask(async () => {
    await sleep(0);
    throw new RangeError("lost");
  }, { name: "careless" });
  await sleep(1);
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.map(({ message, taskName }) => [message, taskName]), [
    ["Task exception was never retrieved", "careless"],
  ]);
});

Deno.test("Future reports an exception that its callback did not look at", async () => {
  needs("finalization");
  using reports = collectReports();
  fail(new Error("x"), (future) => future.addDoneCallback(() => {}));
  const pending = new Future<number>();
  pending.addDoneCallback(() => {});
  await microtasks();
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.length, 1);
  pending.cancel();
});

Deno.test("Future reports nothing once somebody looked", async () => {
  needs("finalization");
  using reports = collectReports();
  const error = new Error("seen");
  const ignore = () => {};
  fail(error, (future) => future.exception());
  fail(error, (future) => {
    try {
      future.result();
    } catch {
      // seen
    }
  });
  fail(error, (future) => future.then(ignore, ignore));
  fail(error, (future) => future.catch(ignore));
  fail(error, async (future) => {
    try {
      await future;
    } catch {
      // seen
    }
  });
  fail(error, (future) => future.addDoneCallback((future) => future.exception()));
  fail(error, (future) =>
    createTask(function* () {
      try {
        yield* future;
      } catch {
        // seen
      }
    }));
  (() => {
    const future = new Future<number>();
    future.catch(ignore);
    future.setException(error);
  })();
  (() => {
    const future = new Future<number>();
    future.cancel();
  })();
  await hostTurn();
  let collected = false;
  const registry = new FinalizationRegistry(() => collected = true);
  (() => registry.register(new Future(), undefined))();
  await collectGarbage(() => collected);
  await collectGarbage(() => false, 10);
  assert(collected);
  assertEquals(reports.map(({ exception }) => exception), []);
});

Deno.test("Future that is cancelled after it failed is still reported", async () => {
  needs("finalization");
  using reports = collectReports();
  fail(new Error("x"), (future) => future.cancel());
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.length, 1);
});

Deno.test("run() reports at its end what nobody looked at, once", async () => {
  needs("gc");
  const held: Future<number>[] = [];
  const reports: unknown[][] = [];
  const error = new RangeError("held but not looked at");
  await run(async () => {
    const loop = getRunningLoop();
    loop.setExceptionHandler((loop, { message, exception, future }) => {
      reports.push([loop.isClosed(), message, exception, future]);
    });
    const future = loop.createFuture<number>();
    held.push(future);
    future.setException(error);
    const seen = loop.createFuture<number>();
    seen.setException(new Error("seen"));
    seen.exception();
  });
  assertEquals(reports, [[false, "Future exception was never retrieved", error, held[0]]]);
  held.pop();
  await collectGarbage(() => reports.length > 1, 10);
  assertEquals(reports.length, 1);
});

Deno.test("run() leaves the exceptions of other loops alone", async () => {
  using reports = collectReports();
  const future = new Future<number>();
  future.setException(new Error("mine"));
  await run(async () => {});
  assertEquals(reports.length, 0);
  future.exception();
});

Deno.test("Future in debug mode reports where it was made", async () => {
  needs("finalization");
  using reports = collectReports();
  getEventLoop().setDebug(true);
  fail(new Error("x"));
  getEventLoop().setDebug(false);
  await collectGarbage(() => reports.length > 0);
  assertStringIncludes(reports[0]!.sourceTraceback!, "failure_test.ts");
});

/** Runs a program after `prelude`, and returns what it prints to standard error. */
async function stderrOf(program: string, prelude = ""): Promise<string> {
  const mod = new URL("../../mod.ts", import.meta.url);
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `${prelude}; const { Future, createTask, run, sleep } = await import("${mod}"); ${program}`,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stderr);
}

const failing = `
  const future = new Future();
  globalThis.held = future;
  future.setException(new RangeError("lost at exit"));
`;

for (
  const [runtime, prelude] of [
    ["Deno", ""],
    ["Node", "process.version; delete globalThis.Deno"],
    ["a runtime that cannot tell when a future is gone", "delete globalThis.FinalizationRegistry"],
  ] as const
) {
  Deno.test(`Future reports at the exit of the process what nobody looked at, once (${runtime})`, async () => {
    needs("programs");
    const ends = ["", "process.exit(0);", ...(prelude.endsWith("Deno") ? [] : ["Deno.exit(0);"])];
    for (const end of ends) {
      const stderr = await stderrOf(failing + end, prelude);
      assertStringIncludes(stderr, "Future exception was never retrieved\n");
      assertStringIncludes(
        stderr,
        "future: <Future finished exception=RangeError: lost at exit>\n",
      );
      assertEquals(stderr.split("RangeError: lost at exit\n").length, 2, stderr);
    }
  });
}

Deno.test("Future reports nothing at the exit of the process once somebody looked", async () => {
  needs("programs");
  assertEquals(await stderrOf(`${failing} future.exception();`), "");
  assertEquals(await stderrOf(`${failing} future.catch(() => {});`), "");
});

Deno.test("Future reports nothing at exit on a runtime without exits, and goes on", async () => {
  needs("programs");
  const prelude =
    "delete globalThis.Deno; globalThis.process = undefined; delete globalThis.WeakRef";
  assertEquals(await stderrOf(failing, prelude), "");
});

Deno.test("Future reports at the exit of the process what run() has not", async () => {
  needs("programs");
  const stderr = await stderrOf(`
    ${failing}
    await run(async () => {
      const inner = new Future();
      inner.setException(new TypeError("lost in run"));
    });
    console.error("after run");
  `);
  const [during, after] = stderr.split("after run");
  assertStringIncludes(during!, "TypeError: lost in run");
  assertStringIncludes(after!, "RangeError: lost at exit");
  assertEquals(stderr.split("never retrieved").length, 3);
});

Deno.test("Future reports an exception that was only shown", async () => {
  const reports: ExceptionContext[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    const future = new Future<void>();
    future.setException(new RangeError("shown"));
    assertStringIncludes(String(future), "RangeError: shown");
  });
  assertEquals(reports.map(({ message }) => message), ["Future exception was never retrieved"]);
});

Deno.test("run() reports every exception that nobody looked at", async () => {
  const reports: unknown[] = [];
  const futures: Future<void>[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(exception));
    for (let i = 0; i < 3; i++) {
      futures.push(new Future<void>());
      futures[i]!.setException(i);
    }
  });
  assertEquals(reports, [0, 1, 2]);
});

Deno.test("Future that is collected has no place in the report of its exception", async () => {
  needs("finalization");
  using reports = collectReports();
  (() => new Future<void>().setException(new RangeError("lost")))();
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.map((context) => "future" in context), [false]);
});

Deno.test("Task reports an exception when it is collected, wherever it was thrown", async () => {
  needs("finalization");
  const context: Context = { run: (fn, ...args) => fn(...args) };
  const makes: Record<string, () => Task<unknown>> = {
    "a generator": () =>
      createTask(function* () {
        throw new Error("x");
      }),
    "a generator object": () =>
      createTask(function* () {
        throw new Error("x");
      }()),
    "a generator, after a step": () =>
      createTask(function* () {
        yield;
        throw new Error("x");
      }),
    "a generator in a context": () =>
      createTask(function* () {
        throw new Error("x");
      }, { context }),
    "an eager generator": () =>
      createTask(function* () {
        throw new Error("x");
      }, { eagerStart: true }),
    "an async function": () =>
      createTask(async () => {
        throw new Error("x");
      }),
    "an async function, after a wait": () =>
      createTask(async () => {
        await sleep(0);
        throw new Error("x");
      }),
    "a function": () =>
      createTask(() => {
        throw new Error("x");
      }),
  };
  // On a loop of its own, which tells at its end of what is left.
  await run(async () => {
    const reports: unknown[] = [];
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    for (const [name, make] of Object.entries(makes)) {
      reports.length = 0;
      for (let i = 0; i < 10; i++) make();
      // As a future, after which the loop is the running one everywhere.
      await ensureFuture(collectGarbage(() => reports.length >= 9));
      // A collector that looks at the stack may take one for alive.
      assertGreaterOrEqual(reports.length, 9, name);
    }
  });
});

Deno.test("run() reports what failed before it ended, whatever its handler does", async () => {
  let reported = 0;
  await run(() => {
    const loop = getRunningLoop();
    loop.setExceptionHandler(() => {
      if (reported++ < 1_000) loop.createFuture<void>().setException(new Error("in the handler"));
    });
    loop.createFuture<void>().setException(new Error("x"));
  });
  assertEquals(reported, 1);
});

/**
 * How many of five are reported when they are collected. They are on a loop of their
 * own, which tells at its end of the one that a collector may take for alive as it
 * looks at the stack.
 */
function countCollected(make: () => unknown): Promise<number> {
  return run(async () => {
    let reports = 0;
    getRunningLoop().setExceptionHandler(() => reports++);
    for (let i = 0; i < 5; i++) make();
    await sleep(3);
    await collectGarbage(() => reports >= 4);
    return reports;
  });
}

function lose(future?: Future<void>): never {
  if (future) future.setException(new RangeError("lost"));
  throw new RangeError("lost");
}

const user = new AsyncContext.Variable<string>();

for (
  const [name, make] of Object.entries({
    "Task in a context": () => createTask(() => lose(), { context: new AsyncContext.Snapshot() }),
    "Task of a generator in a context": () =>
      createTask(
        (function* () {
          yield* sleep(0);
          lose();
        })(),
        { context: new AsyncContext.Snapshot() },
      ),
    "Future that fails in AsyncContext.Variable.run()": () => {
      assertThrows(() => user.run("ada", lose, new Future<void>()), RangeError);
    },
    "Future that fails in AsyncContext.Snapshot.run()": () => {
      assertThrows(() => new AsyncContext.Snapshot().run(lose, new Future<void>()), RangeError);
    },
    "Future that fails in a callback with a context": () => {
      const [source, other] = [new Future<void>(), new Future<void>()];
      const context = new AsyncContext.Snapshot();
      source.addDoneCallback(failOther.bind(undefined, other), { context });
      source.setResult();
    },
    "Future given a class of errors": () => new Future<void>().setException(RangeError),
    "Task whose generator yields what it should not": () =>
      createTask(function* () {
        yield 5;
      }),
    "Task whose generator waits for its own task": () => {
      const task: Task<unknown> = createTask(function* () {
        yield* task;
      });
    },
    "waitFor() without time": () => waitFor(new Future<void>(), 0),
    "waitFor()": () => waitFor(new Future<void>(), 1),
    "timeout()": () => timeout(1, async () => await new Future<void>()),
    "timeout() of a generator": () =>
      timeout(1, function* () {
        yield* new Future<void>();
      }),
    "taskGroup()": () => taskGroup(() => lose()),
    "gather() of a future that is cancelled": () => {
      const future = new Future<void>();
      gather(future);
      future.cancel();
    },
  })
) {
  Deno.test(`${name} that nobody looks at is reported when it is collected`, async () => {
    needs("finalization");
    assertGreaterOrEqual(await countCollected(make), 4);
  });
}

/** Checks what is thrown by identity, as it may be anything, also what no promise can hold. */
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

Deno.test("An error class that is thrown is handed on as it is, by whatever it goes through", async () => {
  class HttpError extends Error {
    constructor(response: { status: number }) {
      super(`HTTP ${response.status}`);
    }
  }
  const failing = () =>
    createTask(() => {
      throw HttpError;
    });
  const ways: Record<string, () => PromiseLike<unknown>> = {
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
  for (const [name, way] of Object.entries(ways)) {
    await assertFailsWith(HttpError, way, name);
  }
});

Deno.test("Future.setException() of a class shows where it was called", () => {
  const future = new Future<void>();
  future.setException(RangeError);
  const { stack, message } = future.exception() as RangeError;
  assertEquals(message, "");
  if (stack?.includes(".ts:")) assertStringIncludes(stack.split("\n")[1]!, "failure_test.ts");
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

/** Bound, so that no closure keeps the future alive. */
function failOther(other: Future<void>): void {
  other.setException(new RangeError("x"));
}

Deno.test("Future.setException() of a class whose constructor returns another object leaves that alone", () => {
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

Deno.test("Future takes what cannot be looked at for an exception", async () => {
  const proxy = revokedProxy(() => {});
  for (
    const way of [
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
    await assertFailsWith(proxy, way);
  }
});
