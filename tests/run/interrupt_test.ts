/**
 * `run()`: interrupts of the process, as by Ctrl-C.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import process from "node:process";
import {
  CancelledError,
  type EventLoop,
  Future,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { interrupt } from "../helpers/programs.ts";
import { collectReports } from "../helpers/reports.ts";
import { makeStubbornTask } from "../helpers/stubborn.ts";
import { microtasks } from "../helpers/turns.ts";

// Programs
// --------

/** A program that cleans up when it is interrupted, or refuses to end. */
const interruptible = (options: string) => `
import { run, sleep } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
try {
  await run(async () => {
    try {
      console.log("ready");
      await sleep(60_000);
    } finally {
      console.log("cleaning up");
      await sleep(1);
      console.log("clean");
      if (Deno.args.includes("stubborn")) await sleep(60_000);
    }
  }, ${options});
} catch (error) {
  console.log(String(error));
}
`;

Deno.test("run() cancels main on an interrupt, and ends when main has cleaned up", async () => {
  needs("programs");
  const { lines, signal } = await interrupt(["ready"], "eval", interruptible("{}"));
  assertEquals(lines, ["ready", "cleaning up", "clean", "CancelledError: Interrupted"]);
  assertEquals(signal, null);
});

Deno.test("run() lets the second interrupt end the process", async () => {
  needs("programs");
  const { lines, signal } = await interrupt(
    ["ready", "clean"],
    "eval",
    interruptible("{}"),
    "stubborn",
  );
  assertEquals(lines, ["ready", "cleaning up", "clean"]);
  assertEquals(signal, "SIGINT");
});

Deno.test("run() option handleInterrupt: false lets the first interrupt end the process", async () => {
  needs("programs");
  const { lines, signal } = await interrupt(
    ["ready"],
    "eval",
    interruptible("{ handleInterrupt: false }"),
  );
  assertEquals(lines, ["ready"]);
  assertEquals(signal, "SIGINT");
});

Deno.test("run() in a worker leaves interrupts to the process", async () => {
  needs("programs");
  needs("webWorkers");
  const mod = JSON.stringify(new URL("../../mod.ts", import.meta.url).href);
  const inWorker = `
    import { run, sleep } from ${mod};
    run(async () => {
      postMessage("ready");
      await sleep(60_000);
    });
  `;
  const program = `
    const blob = new Blob([${JSON.stringify(inWorker)}], { type: "text/javascript" });
    const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
    worker.onmessage = ({ data }) => {
      setTimeout(() => {
        console.log("survived");
        worker.terminate();
      }, 3_000);
      console.log(data);
    };
  `;
  const { lines, signal } = await interrupt(["ready"], "eval", program);
  assertEquals([lines, signal], [["ready"], "SIGINT"]);
});

// Listeners
// ---------

Deno.test("run() has one listener for interrupts while main runs, however many run", async () => {
  needs("signals");
  const before = process.listenerCount("SIGINT");
  const gate = new Future<void>();
  const counts: number[] = [];
  const runs = [1, 2].map(() =>
    run(async () => {
      counts.push(process.listenerCount("SIGINT") - before);
      await new Promise<void>((resolve) => gate.addDoneCallback(() => resolve()));
      getRunningLoop().createTask(async () => {
        try {
          await sleep(60_000);
        } finally {
          counts.push(process.listenerCount("SIGINT") - before);
        }
      });
      await sleep(0);
    })
  );
  await microtasks();
  gate.setResult();
  await Promise.all(runs);
  assertEquals(counts.slice(0, 2), [1, 1]);
  assertEquals(process.listenerCount("SIGINT"), before);
  await run(() => {}, { handleInterrupt: false });
});

Deno.test("run() cancels each main that runs when the process is interrupted", async () => {
  needs("signals");
  const mains = [1, 2].map(() => run(() => sleep(60_000)));
  await microtasks();
  process.emit("SIGINT", "SIGINT");
  for (const main of mains) await assertRejects(() => main, CancelledError, "Interrupted");
  assertEquals(process.listenerCount("SIGINT"), 0);
});

Deno.test("run() cancels each main at an interrupt, though the cancel() of one throws", async () => {
  needs("signals");
  const loop = newEventLoop();
  const reports = collectReports(loop);
  loop.setTaskFactory((loop, coro) => makeStubbornTask(loop, coro, { name: "stubborn" }));
  const gate = new Future<void>();
  const first = run(() => gate, { loop });
  const second = run(() => sleep(60_000));
  await microtasks();
  process.emit("SIGINT", "SIGINT");
  await assertRejects(() => second, CancelledError, "Interrupted");
  assertEquals(reports.map(({ message, exception }) => [message, String(exception)]), [
    ['Task "stubborn" cannot be cancelled by run()', "RangeError: no way"],
  ]);
  gate.setResult();
  await first;
  assertEquals(process.listenerCount("SIGINT"), 0);
});

Deno.test("run() listens for interrupts again only when the interrupted main has ended", async () => {
  needs("signals");
  const gate = new Future<void>();
  const first = run(async () => {
    try {
      await sleep(60_000);
    } finally {
      await new Promise<void>((resolve) => gate.addDoneCallback(() => resolve()));
    }
  });
  await microtasks();
  process.emit("SIGINT", "SIGINT");
  const second = run(() => sleep(60_000));
  await microtasks();
  assertEquals(process.listenerCount("SIGINT"), 0);
  gate.setResult();
  await assertRejects(() => first, CancelledError);
  assertEquals(process.listenerCount("SIGINT"), 1);
  process.emit("SIGINT", "SIGINT");
  await assertRejects(() => second, CancelledError, "Interrupted");
  assertEquals(process.listenerCount("SIGINT"), 0);
});

Deno.test("run() runs main where process.on() throws", async () => {
  needs("signals");
  const { on } = process;
  let loop!: EventLoop;
  process.on = () => {
    throw new Error("no signals here");
  };
  try {
    const result = await run(async () => {
      loop = getRunningLoop();
      await sleep(1);
      return 7;
    });
    assertEquals(result, 7);
  } finally {
    process.on = on;
  }
  assert(loop.isClosed());
  const before = process.listenerCount("SIGINT");
  assertEquals(await run(() => process.listenerCount("SIGINT")), before + 1);
});
