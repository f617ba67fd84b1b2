import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
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
  sleep,
  type Task,
  taskGroup,
  timeout,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

/** Makes a future that fails and that only `uses` know. */
function failUnkept(exception: unknown, ...uses: ((future: Future<number>) => unknown)[]): void {
  const future = new Future<number>();
  future.setException(exception);
  for (const use of uses) use(future);
}

// Reported exceptions
// -------------------

Deno.test("Future reports an exception that nobody retrieved, when it is collected", async () => {
  needs("finalization");
  using reports = collectReports();
  const error = new RangeError("lost");
  failUnkept(error);
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.length, 1);
  assertEquals(reports[0]!.message, "Future exception was never retrieved");
  assertStrictEquals(reports[0]!.exception, error);
  assertEquals("taskName" in reports[0]!, false);
});

Deno.test("Task reports an exception that nobody retrieved, with its name", async () => {
  needs("finalization");
  using reports = collectReports();
  createTask(async () => {
    await sleep(0);
    throw new RangeError("lost");
  }, { name: "careless" });
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.map(({ message, taskName }) => [message, taskName]), [
    ["Task exception was never retrieved", "careless"],
  ]);
});

Deno.test("Future reports an exception that its done callback did not retrieve", async () => {
  needs("finalization");
  using reports = collectReports();
  failUnkept(new Error("x"), (future) => future.addDoneCallback(() => {}));
  const pending = new Future<number>();
  pending.addDoneCallback(() => {});
  await microtasks();
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.length, 1);
  pending.cancel();
});

Deno.test("Future reports an exception that was only shown by String()", async () => {
  const reports: ExceptionContext[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    const future = new Future<void>();
    future.setException(new RangeError("shown"));
    assertStringIncludes(String(future), "RangeError: shown");
  });
  assertEquals(reports.map(({ message }) => message), ["Future exception was never retrieved"]);
});

Deno.test("Future reports an exception if a loop over the future was all that looked at it", async () => {
  needs("finalization");
  using reports = collectReports();
  failUnkept(new Error("x"), (future) => [...future]);
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.length, 1);
});

Deno.test("Future that failed still reports its exception after a late cancel()", async () => {
  needs("finalization");
  using reports = collectReports();
  failUnkept(new Error("x"), (future) => future.cancel());
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.length, 1);
});

Deno.test("Future that is collected is not part of the report of its exception", async () => {
  needs("finalization");
  using reports = collectReports();
  (() => new Future<void>().setException(new RangeError("lost")))();
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.map((context) => "future" in context), [false]);
});

Deno.test("Future in debug mode reports where it was made", async () => {
  needs("finalization");
  using reports = collectReports();
  getEventLoop().setDebug(true);
  failUnkept(new Error("x"));
  getEventLoop().setDebug(false);
  await collectGarbage(() => reports.length > 0);
  assertStringIncludes(reports[0]!.sourceTraceback!, "failure_test.ts");
});

// Exceptions that are not reported
// --------------------------------

Deno.test("Future reports no exception that somebody retrieved, in any way", async () => {
  needs("finalization");
  using reports = collectReports();
  const error = new Error("seen");
  const ignore = () => {};
  failUnkept(error, (future) => future.exception());
  failUnkept(error, (future) => {
    try {
      future.result();
    } catch {
      // seen
    }
  });
  failUnkept(error, (future) => future.then(ignore, ignore));
  failUnkept(error, (future) => future.catch(ignore));
  failUnkept(error, async (future) => {
    try {
      await future;
    } catch {
      // seen
    }
  });
  failUnkept(error, (future) => future.addDoneCallback((future) => future.exception()));
  failUnkept(error, (future) =>
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

// End of run()
// ------------

Deno.test("run() reports at its end an exception that nobody retrieved, a single time", async () => {
  needs("gc");
  const held: Future<number>[] = [];
  const reports: unknown[][] = [];
  const error = new RangeError("held but not retrieved");
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

Deno.test("run() reports every exception that nobody retrieved, in order", async () => {
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

Deno.test("run() does not report the exceptions of other loops", async () => {
  using reports = collectReports();
  const future = new Future<number>();
  future.setException(new Error("mine"));
  await run(async () => {});
  assertEquals(reports.length, 0);
  future.exception();
});

Deno.test("run() reports no exception that its handler causes meanwhile", async () => {
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

// Exit of the process
// -------------------

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

/** A program that ends with a failed future. */
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
  Deno.test(`Future reports at the exit of the process an exception that nobody retrieved (${runtime})`, async () => {
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

Deno.test("Future reports nothing at the exit of the process once somebody retrieved the exception", async () => {
  needs("programs");
  assertEquals(await stderrOf(`${failing} future.exception();`), "");
  assertEquals(await stderrOf(`${failing} future.catch(() => {});`), "");
});

Deno.test("Future reports nothing on a runtime that does not tell of its exit, and still works", async () => {
  needs("programs");
  const prelude =
    "delete globalThis.Deno; globalThis.process = undefined; delete globalThis.WeakRef";
  assertEquals(await stderrOf(failing, prelude), "");
});

Deno.test("Future reports at the exit of the process what run() did not report", async () => {
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

// Collection
// ----------

Deno.test("Task reports its exception when it is collected, whatever kind of coroutine threw", async () => {
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
  // A loop of its own reports the remaining exceptions when it ends.
  await run(async () => {
    const reports: unknown[] = [];
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    for (const [name, make] of Object.entries(makes)) {
      reports.length = 0;
      for (let i = 0; i < 10; i++) make();
      // On every runtime, the loop is the running one after an await of a future.
      await ensureFuture(collectGarbage(() => reports.length >= 9));
      // A conservative collector may find one of them on the stack and keep it alive.
      assertGreaterOrEqual(reports.length, 9, name);
    }
  });
});

/**
 * Counts how many of five are reported when they are collected. A conservative collector may
 * find one of them on the stack and keep it alive: their own loop reports that one at its end.
 */
function countCollected(make: () => unknown): Promise<number> {
  return run(async () => {
    let reports = 0;
    getRunningLoop().setExceptionHandler(() => reports++);
    for (let i = 0; i < 5; i++) make();
    // Due after the timeouts of 1 ms below, on the same loop.
    await sleep(1);
    await collectGarbage(() => reports >= 4);
    return reports;
  });
}

/** Throws, after it made `future` fail. */
function lose(future?: Future<void>): never {
  if (future) future.setException(new RangeError("lost"));
  throw new RangeError("lost");
}

const user = new AsyncContext.Variable<string>();

/** To be bound to the future, as a closure might keep that alive. */
function failOther(other: Future<void>): void {
  other.setException(new RangeError("x"));
}

/** Leads to its task, as does the stack of what its method throws. */
class Reader {
  readonly task = createTask(() => this.read());

  async read(): Promise<void> {
    await sleep(0);
    lose();
  }
}

/** Leads to its task, as does the stack of what its method throws. */
class Writer {
  readonly task = createTask(this.write());

  *write(): Generator<unknown, void> {
    yield* sleep(0);
    lose();
  }
}

for (
  const [name, make] of Object.entries({
    "Task of an async method of the object that holds it": () => new Reader(),
    "Task of a generator method of the object that holds it": () => new Writer(),
    "Future that fails in a callback that encloses it": () => {
      const reply = new Future<void>();
      setTimeout(() => reply.setException(new RangeError("no reply")), 0);
    },
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
    "Task whose generator yields a number": () =>
      createTask(function* () {
        yield 5;
      }),
    "Task whose generator waits for its own task": () => {
      const task: Task<unknown> = createTask(function* () {
        yield* task;
      });
    },
    "waitFor() with a timeout of 0": () => waitFor(new Future<void>(), 0),
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
  Deno.test(`${name} has its exception reported when it is collected`, async () => {
    needs("finalization");
    assertGreaterOrEqual(await countCollected(make), 4);
  });
}
