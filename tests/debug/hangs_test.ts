/**
 * What errors and reports tell of programs that hang: with the entry point `./debug` as a tree,
 * without it as a list.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import "../../debug.ts";
import {
  createTask,
  type ExceptionContext,
  Future,
  gather,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { runProgram } from "../helpers/programs.ts";

/** Runs a program that fails at a time limit, and returns the message. */
async function messageOf(main: () => unknown, debug: boolean): Promise<string> {
  using time = new FakeTime();
  const result = run(async () => await main(), { debug }).then(() => "", ({ message }) => message);
  for (let i = 0; i < 10; i++) await time.tickAsync(10);
  return await result;
}

function* slow() {
  yield* sleep(60_000);
}

Deno.test("timeout() says what it has interrupted, in debug mode", async () => {
  const main = () =>
    timeout(10, async function load() {
      await gather(createTask(slow, { name: "one" }), createTask(slow, { name: "two" }));
    });
  const message = await messageOf(main, true);
  const [first, ...others] = message.split("\n").filter((line) => !line.includes("made at"));
  assert(first!.startsWith("Timed out after 10 ms: load, which waits for <Future pending"));
  assertEquals(others[0], "3 tasks");
  assertStringIncludes(others[1]!, ", pending: gather of 2");
  assertEquals(others.slice(2), [
    "├─ one slow, pending: sleep, 60 s of 60 s left",
    "└─ two slow, pending: sleep, 60 s of 60 s left",
  ]);
  assertEquals((await messageOf(main, false)).split("\n").length, 1);
});

Deno.test("timeout() says what it has interrupted in a scope of its body", async () => {
  const message = await messageOf(() =>
    timeout(10, () =>
      gather(taskGroup(async (group) => {
        group.createTask(slow, { name: "one" });
        await sleep(60_000);
      }))), true);
  assert(!message.includes("Circle"), message);
  assertStringIncludes(message, "one slow, pending: sleep, 60 s of 60 s left");
});

Deno.test("waitFor() says what it has interrupted, in debug mode", async () => {
  const main = () => waitFor(createTask(slow, { name: "one" }), 10);
  const message = await messageOf(main, true);
  assert(message.startsWith("Timed out after 10 ms: <Task pending name="));
  assertStringIncludes(message, "\none slow, pending: sleep, 60 s of 60 s left");
  assertEquals((await messageOf(main, false)).split("\n").length, 1);
});

Deno.test("run() reports what a task waits on that does not end within shutdownTimeout", async () => {
  using time = new FakeTime();
  const reports: ExceptionContext[] = [];
  const left = new Future<void>();
  const result = run(async () => {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    createTask(async function load() {
      while (!left.done()) await gather(left, sleep(60_000)).catch(() => {});
      await new Promise(() => {});
    }, { name: "stubborn" });
    await sleep(0);
  }, { shutdownTimeout: 100 });
  for (let i = 0; i < 30; i++) await time.tickAsync(10);
  await result;
  assertEquals(reports.map(({ waits }) => waits), [
    "stubborn load, cancelling: nothing that is known (a promise, or code that runs)",
  ]);
});

const program = (isTree: boolean) => `
import { createTask, Future, gather, Lock, run, sleep } from "${new URL(
  "../../mod.ts",
  import.meta.url,
)}";
${isTree ? `import "${new URL("../../debug.ts", import.meta.url)}";` : ""}
const lock = new Lock();
async function first() {
  await lock.acquire();
  await second;
}
let second;
run(async function main() {
  const task = createTask(first, { name: "one" });
  second = createTask(async function load() {
    await lock.acquire();
  }, { name: "two" });
  await gather(task, second);
}).catch((error) => {
  console.log(error.message);
  Deno.exit();
});`;

Deno.test("run() shows all tasks as a list when nothing can wake main", async () => {
  needs("programs");
  const { lines } = await runProgram(program(false));
  assert(lines[0]!.startsWith("Cannot go on with main as nothing is left that could wake it"));
  assertEquals(lines.slice(1), [
    "Task-1 main, pending: gather of 2",
    "one first, pending: two",
    "two load, pending: Lock.acquire of <Lock locked waiters=1>, held by one",
  ]);
});

Deno.test("run() shows all tasks as a tree when nothing can wake main, with ./debug", async () => {
  // Programs elsewhere import a build of the main entry point.
  needs("programs", "sources");
  const { lines } = await runProgram(program(true));
  assert(lines[0]!.startsWith("Cannot go on with main as nothing is left that could wake it"));
  assertEquals(lines.slice(1), [
    "3 tasks",
    "Circle 1, each waits for the next: one → two → one",
    "Task-1 main, pending: gather of 2",
    "├─ one first, pending: two [circle 1]",
    "│  └─ two load, pending: Lock.acquire of <Lock locked waiters=1>, held by one [circle 1]",
    "└─ two, see above",
  ]);
});
