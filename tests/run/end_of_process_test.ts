/**
 * `run()`: a process that is about to end before main has.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import process from "node:process";
import {
  CancelledError,
  createTask,
  type EventLoop,
  type ExceptionContext,
  Future,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { runProgram } from "../helpers/programs.ts";
import { collectReports } from "../helpers/reports.ts";
import { makeStubbornTask } from "../helpers/stubborn.ts";
import { hostTurn } from "../helpers/turns.ts";

// Programs
// --------

const mod = JSON.stringify(new URL("../../mod.ts", import.meta.url).href);

const imports = `
import { setTimeout } from "node:timers";
import { createTask, Future, run, sleep } from ${mod};
`;

/** A program whose main waits for what nothing settles. */
const stalling = (options = "") =>
  `${imports}
async function main() {
  const stop = new Future();
  try {
    console.log("waiting");
    await stop;
  } finally {
    await sleep(1);
    console.log("saved");
  }
}
const promise = run(main, { ${options} });
`;

const rejection = "Cannot go on with main as nothing is left that could wake it";

Deno.test("run() cancels main when the process would end, and the exit code is 1", async () => {
  needs("programs");
  const { code, lines, errors } = await runProgram(stalling());
  assertEquals(lines, ["waiting", "saved"]);
  assertStringIncludes(errors, rejection);
  assertStringIncludes(errors, 'received <Task pending name="Task-1" coro=main wait_for=<Future');
  assertEquals(code, 1);
});

Deno.test("run() leaves the exit code to a program that handles the rejection", async () => {
  needs("programs");
  const { code, lines, errors } = await runProgram(
    `${stalling()}promise.catch((error) => console.log(error.name));`,
  );
  assertEquals([code, lines, errors], [0, ["waiting", "saved", "CancelledError"], ""]);
});

Deno.test("run() that is awaited at top level cancels main when the process ends or is interrupted", async () => {
  needs("programs");
  // On Deno and Bun, the top level holds the process, so that the program interrupts itself.
  const { code, lines, errors } = await runProgram(`${stalling()}
    setTimeout(() => process.kill(process.pid, "SIGINT"), 500).unref();
    await promise.catch((error) => console.log(error.name));
  `);
  assertEquals([code, lines, errors], [0, ["waiting", "saved", "CancelledError"], ""]);
});

Deno.test("run() option signal holds the process until the signal aborts", async () => {
  needs("programs");
  // Node and Bun do not hold the process for a signal of AbortSignal.timeout().
  const { code, lines } = await runProgram(
    `${stalling("signal: AbortSignal.timeout(50)")}
    promise.catch((error) => console.log(error.cause.name));`,
  );
  assertEquals([code, lines], [0, ["waiting", "saved", "TimeoutError"]]);
});

Deno.test("run() option signal that has aborted does not hold the process", async () => {
  needs("programs");
  const { lines } = await runProgram(`${imports}
    run(async () => {
      try {
        await new Future();
      } finally {
        await new Future();
      }
    }, { signal: AbortSignal.timeout(10) }).catch((error) => console.log(error.message));
  `);
  assertStringIncludes(lines[0]!, rejection);
  assertEquals(lines.length, 2);
  assertMatch(lines[1]!, /^Task-1 .*, cancelling: <Future pending>$/);
});

for (
  const [name, main, options] of [
    ["run() option keepAlive holds the process until main ends", "stop", "{ keepAlive: true }"],
    [
      "run() option signal holds the process until main ends",
      "stop",
      "{ signal: new AbortController().signal }",
    ],
    [
      "sleep(Infinity) in run() holds the process",
      "Promise.race([stop, sleep(Infinity).catch(() => {})])",
      "{}",
    ],
  ] as const
) {
  Deno.test(name, async () => {
    needs("programs");
    const { code, lines, errors } = await runProgram(`${imports}
      const stop = new Future();
      // A timer that does not hold the process itself.
      setTimeout(() => stop.setResult("woken"), 50).unref();
      run(() => ${main}, ${options}).then(console.log);
    `);
    assertEquals([code, lines, errors], [0, ["woken"], ""]);
  });
}

Deno.test("run() option keepAlive: false does not hold the process, though there is a signal", async () => {
  needs("programs");
  const { code, lines } = await runProgram(
    stalling("signal: new AbortController().signal, keepAlive: false"),
  );
  assertEquals([code, lines], [1, ["waiting", "saved"]]);
});

Deno.test("run() reports a task that nothing can wake when it shuts down, and ends", async () => {
  needs("programs");
  const { code, lines, errors } = await runProgram(`${imports}
    run(async () => {
      createTask(() => new Promise(() => {}), { name: "deaf" });
      return "result";
    }, { shutdownTimeout: Infinity }).then(console.log);
  `);
  assertEquals([code, lines], [0, ["result"]]);
  assertStringIncludes(errors, 'Task "deaf" is left behind, as nothing is left that could wake it');
});

// The event of the process
// ------------------------

/** Lets the process seem about to end until a promise is settled; returns how often. */
async function endProcessUntil(promise: Promise<unknown>): Promise<number> {
  let settled = false;
  const settle = () => void (settled = true);
  promise.then(settle, settle);
  let times = 0;
  for (; !settled && times < 1_000; times++) {
    process.emit("beforeExit", 0);
    await hostTurn();
  }
  return times;
}

Deno.test("run() cancels main again when its clean-up waits for what nothing can wake", async () => {
  needs("signals");
  const log: string[] = [];
  const running = run(async () => {
    try {
      try {
        await new Future<void>();
      } finally {
        log.push("inner");
        await new Future<void>();
      }
    } finally {
      log.push("outer");
    }
  });
  await hostTurn();
  assertEquals(await endProcessUntil(running), 2);
  await assertRejects(() => running, CancelledError, rejection);
  assertEquals(log, ["inner", "outer"]);
});

Deno.test("run() leaves a main behind that can neither be woken nor cancelled", async () => {
  needs("signals");
  for (
    const wait of [
      () => new Promise<void>(() => {}),
      async () => {
        for (;;) await new Future<void>().catch(() => {});
      },
    ]
  ) {
    let loop!: EventLoop;
    let reports!: ExceptionContext[];
    const running = run(async () => {
      loop = getRunningLoop();
      reports = collectReports(loop);
      await wait();
    });
    await hostTurn();
    await endProcessUntil(running);
    await assertRejects(() => running, CancelledError, rejection);
    assert(loop.isClosed());
    const [{ message, task }] = reports as [ExceptionContext];
    assertEquals(
      message,
      `Task "${task!.getName()}" is left behind, as nothing is left that could wake it`,
    );
    assertEquals(reports.length, 1);
  }
});

Deno.test("run() ends on a loop of another class that nobody drives", async () => {
  needs("signals");
  const loop = makeManualLoop();
  loop.setExceptionHandler(() => {});
  const running = run(async () => {
    createTask(() => sleep(60_000));
    await sleep(60_000);
  }, { loop });
  loop.drain();
  await endProcessUntil(running);
  await assertRejects(() => running, CancelledError, rejection);
  assert(loop.isClosed());
});

Deno.test("run() cancels each main when the process is about to end, though the cancel() of one throws", async () => {
  needs("signals");
  const loop = newEventLoop();
  const reports = collectReports(loop);
  loop.setTaskFactory(makeStubbornTask);
  const gate = new Future<void>();
  const first = run(() => gate, { loop });
  const second = run(() => new Future<void>());
  await hostTurn();
  assertEquals(await endProcessUntil(second), 1);
  await assertRejects(() => second, CancelledError, rejection);
  assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: no way"]);
  gate.setResult();
  await first;
});

Deno.test("run() has one listener for the end of the process until it has shut down", async () => {
  needs("signals");
  const count = () => process.listenerCount("beforeExit");
  const before = count();
  const seen: number[] = [];
  const main = async () => {
    seen.push(count() - before);
    createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        seen.push(count() - before);
      }
    });
    await sleep(0);
  };
  await Promise.all([run(main), run(main)]);
  assertEquals(seen, [1, 1, 1, 1]);
  assertEquals(count(), before);
});

Deno.test("run() option keepAlive uses no timer function that was replaced since the import", async () => {
  const { setInterval } = globalThis;
  let calls = 0;
  globalThis.setInterval = (() => void calls++) as never;
  try {
    await run(() => {}, { keepAlive: true });
  } finally {
    globalThis.setInterval = setInterval;
  }
  assertEquals(calls, 0);
});

Deno.test("run() option signal has no listener left when main has ended", async () => {
  const { signal, listeners } = makeCountingSignal();
  await run(() => sleep(0), { signal });
  assertEquals(listeners.size, 0);
});
