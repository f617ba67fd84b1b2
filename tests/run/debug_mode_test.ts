/**
 * What `run()` and the default loop report in debug mode.
 *
 * @module
 */

import {
  assertEquals,
  assertLess,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import {
  CancelledError,
  createTask,
  type EventLoop,
  type ExceptionContext,
  Future,
  gather,
  getRunningLoop,
  Lock,
  run,
  type RunOptions,
  shield,
  sleep,
  Task,
  taskGroup,
  wait,
  waitFor,
} from "../../mod.ts";
import { has, needs } from "../helpers/capabilities.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { runProgram } from "../helpers/programs.ts";
import { microtasks } from "../helpers/turns.ts";

/** Tasks in a circle cannot be cancelled, so that run() is not to wait for them. */
const OPTIONS: RunOptions = { debug: true, shutdownTimeout: 1 };

/** Runs main in debug mode, and returns what is reported meanwhile. */
async function reportsOf(
  main: (loop: EventLoop) => Promise<unknown>,
  options = OPTIONS,
): Promise<ExceptionContext[]> {
  const reports: ExceptionContext[] = [];
  await run(async () => {
    const loop = getRunningLoop();
    loop.setExceptionHandler((_loop, report) => reports.push(report));
    await main(loop);
  }, options);
  return reports;
}

/** Returns the reports of circles, without the places. */
const circlesIn = (reports: ExceptionContext[]) =>
  reports.map(({ message }) => message.replaceAll(/ \(waits at [^)]*\)/g, ""))
    .filter((message) => message.startsWith(CIRCLE)).map((message) => message.slice(CIRCLE.length));

const CIRCLE = "Tasks wait for each other in a circle: ";

/** Makes a task of an async function, or of a generator. */
const KINDS: Record<string, (name: string, futures: () => Future<unknown>) => Task<unknown>> = {
  "async function": (name, futures) =>
    createTask(async () => {
      await sleep(0);
      await futures();
    }, { name }),
  generator: (name, futures) =>
    createTask(function* () {
      yield* sleep(0);
      yield* futures();
    }, { name }),
};

/** A task of which little can be read. */
class Nameless extends Task<unknown> {
  override getName(): string {
    throw new RangeError("no name");
  }
  override cancelling(): number {
    throw new RangeError("no number");
  }
}

// Circles
// -------

for (const [kind, make] of Object.entries(KINDS)) {
  Deno.test(`run() in debug mode reports tasks that wait for each other once (${kind})`, async () => {
    const reports = await reportsOf(async () => {
      const first = make("first", () => second);
      const second = make("second", () => third);
      const third = make("third", () => first);
      await sleep(1);
      // A further wait for one of them closes no circle.
      make("outside", () => first);
      await sleep(1);
    });
    assertEquals(circlesIn(reports), ['"third" → "first" → "second" → "third"']);
    const report = reports.find(({ message }) => message.startsWith(CIRCLE))!;
    assertEquals(report.task?.getName(), "third");
    if (!has.sources) return;
    assertMatch(report.message, /"first" \(waits at debug_mode_test\.ts:\d+\) → "second" \(/);
  });

  Deno.test(`run() in debug mode finds circles through gather() and task groups (${kind})`, async () => {
    const reports = await reportsOf(async () => {
      const left = make("left", () => gather(sleep(5), right));
      const right = make("right", () => shield(left));
      await sleep(1);
      const parent: Task<unknown> = createTask(
        () =>
          taskGroup((group) => {
            group.createTask(() => sleep(1));
            group.createTask(async () => {
              await sleep(0);
              await parent;
            }, { name: "child" });
          }),
        { name: "parent" },
      );
      await sleep(1);
    });
    assertEquals(circlesIn(reports), [
      '"right" → "left" → "right"',
      '"child" → "parent" → "child"',
    ]);
  });

  Deno.test(`run() in debug mode reports a task that waits for itself by gather() (${kind})`, async () => {
    const reports = await reportsOf(async () => {
      const own = make("own", () => gather(own, sleep(0)));
      await sleep(1);
    });
    assertEquals(circlesIn(reports), ['"own" → "own"']);
  });

  Deno.test(`run() in debug mode reports no circle that something else can end (${kind})`, async () => {
    const never = new Future<void>();
    const reports = await reportsOf(async () => {
      const racing = make("racing", () => wait([raced, never], { returnWhen: "FIRST_COMPLETED" }));
      const raced = make("raced", () => racing);
      const limited = make("limited", () => waitFor(shield(waiting), 60_000));
      const waiting = make("waiting", () => limited);
      const line = make("line", () => gather(never, sleep(0)));
      make("behind", () => line);
      await sleep(1);
      never.setResult();
      await raced;
      limited.cancel();
    });
    assertEquals(circlesIn(reports), []);
  });
}

Deno.test("run() in debug mode reports no circle of an async function that waits for the first of two", async () => {
  const gate = new Future<void>();
  const reports = await reportsOf(async () => {
    const first: Task<unknown> = createTask(() => Promise.race([second, gate]));
    const second = KINDS.generator!("second", () => first);
    await sleep(1);
    gate.setResult();
    await second;
  });
  assertEquals(circlesIn(reports), []);
});

Deno.test("run() in debug mode looks at few of many waits, and ends", async () => {
  const reports = await reportsOf(async () => {
    const gate = new Future<void>();
    let task = createTask(() => gate);
    for (let i = 0; i < 1_500; i++) {
      const inner = task;
      task = createTask(async () => void await inner);
    }
    await sleep(0);
    gate.setResult();
    await task;
  });
  assertEquals(circlesIn(reports), []);
});

Deno.test("run() reports a circle of tasks from a microtask, in which a handler may cancel them", async () => {
  let handled = 0;
  const gate = new Future<void>();
  await run(async () => {
    const loop = getRunningLoop();
    const first = KINDS["async function"]!("first", () => gather(second, gate));
    const second = KINDS.generator!("second", () => first);
    loop.setExceptionHandler((_loop, { message }) => {
      if (!message.startsWith(CIRCLE)) return;
      handled++;
      gate.cancel();
      throw new RangeError("in the handler");
    });
    using error = stub(console, "error", () => {});
    await assertRejects(async () => await first, CancelledError);
    await assertRejects(async () => await second, CancelledError);
    assertEquals(error.calls.length, 2);
  }, OPTIONS);
  assertEquals(handled, 1);
});

Deno.test("run() outside of debug mode reports no circles", async () => {
  const reports = await reportsOf(async () => {
    const own = KINDS.generator!("own", () => gather(own, sleep(0)));
    await sleep(1);
  }, { shutdownTimeout: 1 });
  assertEquals(circlesIn(reports), []);
});

Deno.test("run() in debug mode reports a circle of tasks that hold locks, and who holds which", async () => {
  const report = await run(async () => {
    const reported = new Future<ExceptionContext>();
    getRunningLoop().setExceptionHandler((_loop, report) => reported.setResultUnlessDone(report));
    const locks = [new Lock(), new Lock()] as const;
    const make = (name: string, first: Lock, second: Lock) =>
      createTask(() =>
        first.run(async () => {
          await sleep(0);
          await second.acquire();
        }), { name });
    const tasks = [make("a", ...locks), make("b", locks[1], locks[0])];
    const report = await reported;
    for (const task of tasks) task.cancel();
    return report as ExceptionContext & { waits?: string };
  }, OPTIONS);
  assertEquals(circlesIn([report]), ['"b" → "a" → "b"']);
  assertMatch(report.waits!, /^.*a .*Lock\.acquire of .*held by "?b"?/m);
  assertMatch(report.waits!, /^.*b .*Lock\.acquire of .*held by "?a"?/m);
});

Deno.test("run() in debug mode reports a circle of tasks that do not tell their names", async () => {
  const reports = await reportsOf(async () => {
    const own: Task<unknown> = new Nameless(async () => {
      await sleep(0);
      await gather(own);
    });
    await sleep(1);
  });
  assertEquals(circlesIn(reports), ['"<unshowable name>" → "<unshowable name>"']);
});

// Forgotten tasks
// ---------------

const forgottenIn = (reports: ExceptionContext[]) =>
  reports.map(({ message }) =>
    /^Task "(.*)" is cancelled by run\(\), as main has ended/.exec(message)?.[1]
  )
    .filter(Boolean);

Deno.test("run() in debug mode reports tasks that nobody waits for, and that it has to cancel", async () => {
  const main = async () => {
    createTask(() => sleep(60_000), { name: "sleeping" });
    const awaited = createTask(() => sleep(60_000), { name: "awaited" });
    createTask(async () => void await awaited, { name: "awaiting" });
    createTask(() => sleep(0), { name: "done" });
    const cancelled = createTask(() => new Promise(() => {}), { name: "cancelled" });
    createTask(
      () => taskGroup((group) => void group.createTask(() => sleep(60_000), { name: "child" })),
      { name: "group" },
    );
    await sleep(1);
    cancelled.cancel();
  };
  const [report] = await reportsOf(main);
  assertStringIncludes(report!.message, "3 tasks are cancelled by run(), as main has ended");
  const { waits } = report as { waits?: string };
  for (const name of ["sleeping", "awaiting", "group"]) assertStringIncludes(waits!, name);
  const inTime = await reportsOf(main, { shutdownTimeout: 1 });
  assertEquals(inTime.filter(({ message }) => message.includes("cancelled by run()")), []);
});

Deno.test("run() in debug mode reports a thousand tasks alike that nobody waits for in a line", async () => {
  const reports = await reportsOf(async () => {
    for (let i = 0; i < 1_000; i++) createTask(() => sleep(60_000));
    await sleep(1);
  });
  const { message, waits } = reports[0] as { message: string; waits?: string };
  assertEquals(reports.length, 1);
  assertMatch(message, /^1000 tasks are cancelled by run\(\)/);
  assertLess(waits!.split("\n").length, 5);
});

Deno.test("run() in debug mode reports a task that does not tell its name", async () => {
  const reports = await reportsOf(async () => {
    new Nameless(() => sleep(60_000));
    await sleep(1);
  });
  assertEquals(forgottenIn(reports), ["<unshowable name>"]);
});

Deno.test("run() in debug mode says where the task was made that nobody waits for", async () => {
  const reports = await reportsOf(async () => {
    createTask(() => sleep(60_000), { name: "sleeping" });
    await sleep(1);
  });
  assertEquals(forgottenIn(reports), ["sleeping"]);
  const { task, sourceTraceback } = reports[0]!;
  assertEquals(task?.getName(), "sleeping");
  if (has.sources) assertStringIncludes(sourceTraceback!, "debug_mode_test.ts");
});

// Loops
// -----

Deno.test("run() in debug mode watches a loop of another class, until it ends", async () => {
  // Where an `await` loses the task, the property is a getter all the time.
  const thenOf = () => Object.getOwnPropertyDescriptor(Future.prototype, "then")!;
  const then = thenOf();
  const isWatched = () => thenOf().value !== then.value || thenOf().get !== then.get;
  for (const debug of [true, undefined]) {
    const manual = makeManualLoop();
    if (debug === undefined) manual.setDebug(true);
    const seen: boolean[] = [];
    const end = run(() => void seen.push(isWatched()), { loop: manual, debug });
    for (let i = 0; i < 20; i++) {
      manual.drain();
      await microtasks();
    }
    await end;
    assertEquals([...seen, isWatched()], [true, false]);
  }
});

Deno.test("run() in debug mode warns of slow callbacks on a loop of another class that has no limit of its own", async () => {
  using warn = stub(console, "warn", () => {});
  const manual = makeManualLoop();
  let now = 0;
  manual.time = () => now;
  const end = run(function main() {
    now += 101;
  }, { loop: manual, debug: true });
  for (let i = 0; i < 20; i++) {
    manual.drain();
    await microtasks();
  }
  await end;
  assertEquals(warn.calls.length, 1);
  assertMatch(warn.calls[0]!.args[0], /coro=main.*> took 101 ms/);
});

Deno.test("run() in debug mode survives a loop whose methods throw", async () => {
  const manual = makeManualLoop();
  let isBroken = false;
  const { time } = manual;
  manual.time = () => {
    if (isBroken) throw new RangeError("no clock");
    return time();
  };
  const end = run(async () => {
    isBroken = true;
    await manual.createFuture<void>({ signal: AbortSignal.abort() }).catch(() => {});
    isBroken = false;
    return "done";
  }, { loop: manual, debug: true });
  for (let i = 0; i < 20; i++) {
    manual.drain();
    await microtasks();
  }
  assertEquals(await end, "done");
});

// Environment
// -----------

Deno.test("ASYNCIO_DEBUG in the environment switches debug mode on in all standard loops", async () => {
  needs("programs", "sources");
  const source = `
    import { getEventLoop, newEventLoop, run } from "${import.meta.resolve("../../mod.ts")}";
    const own = await run(() => getEventLoop().getDebug());
    const off = await run(() => getEventLoop().getDebug(), { debug: false });
    console.log(getEventLoop().getDebug(), newEventLoop().getDebug(), own, off);
  `;
  const linesWith = async (value: string, ...options: string[]) => {
    const before = Deno.env.get("ASYNCIO_DEBUG");
    Deno.env.set("ASYNCIO_DEBUG", value);
    try {
      const { lines, errors } = await runProgram(source, ...options);
      assertEquals(errors, "");
      return lines;
    } finally {
      if (before === undefined) Deno.env.delete("ASYNCIO_DEBUG");
      else Deno.env.set("ASYNCIO_DEBUG", before);
    }
  };
  assertEquals(await linesWith("1"), ["true true true false"]);
  assertEquals(await linesWith(""), ["false false false false"]);
});

Deno.test("ASYNCIO_DEBUG is not read where Deno would have to ask for that", async () => {
  needs("programs", "sources");
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    file,
    `import { getEventLoop } from "${import.meta.resolve("../../mod.ts")}";
     console.log(getEventLoop().getDebug());`,
  );
  const linesWith = async (...options: string[]) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-lock", ...options, file],
      env: { ASYNCIO_DEBUG: "1", NO_COLOR: "1" },
    }).output();
    return new TextDecoder().decode(stdout);
  };
  try {
    assertEquals(await linesWith("--no-prompt"), "false\n");
    assertEquals(await linesWith("--allow-env=ASYNCIO_DEBUG"), "true\n");
  } finally {
    await Deno.remove(file);
  }
});
