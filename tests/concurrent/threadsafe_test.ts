import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { currentTask, getRunningLoop, run, sleep } from "../../mod.ts";
import {
  BrokenExecutor,
  callSoonThreadsafe,
  loopRef,
  runCoroutineThreadsafe,
  WorkerPoolExecutor,
} from "../../concurrent.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectReports } from "../helpers/reports.ts";
import { until } from "../helpers/turns.ts";
import { WORK } from "../helpers/work_module.ts";

type Work = Omit<typeof import("./work.ts"), "QueryError" | "user">;

/** Functions of this thread, and what became of their calls. */
function makeFunctions() {
  const seen: string[] = [];
  const functions = {
    async add(a: number, b: number) {
      seen.push(currentTask()!.getName());
      await sleep(1);
      return a + b;
    },
    fail(text: string): never {
      throw new RangeError(text);
    },
    async wait() {
      try {
        await sleep(3_600_000);
      } finally {
        seen.push("cleaned up");
      }
    },
    note: (text: string) => void seen.push(text),
  };
  return { functions, seen };
}

function makePool(): WorkerPoolExecutor<Work> {
  needs("workers");
  return new WorkerPoolExecutor<Work>(WORK, { maxWorkers: 1 });
}

// From a worker
// -------------

Deno.test("runCoroutineThreadsafe() lets a worker block while this thread's loop works", async () => {
  needs("blocking");
  await using pool = makePool();
  const { functions, seen } = makeFunctions();
  assertEquals(await pool.submit("askBlocking", loopRef(functions), 1, 2), 3);
  assertEquals(seen, ["add"]);
  // Each call has a reference of its own.
  assertEquals(await pool.submit("askBlocking", loopRef(functions), 3, 4), 7);
});

Deno.test("runCoroutineThreadsafe() runs several calls at once, and passes failures on", async () => {
  await using pool = makePool();
  const { functions } = makeFunctions();
  assertEquals(await pool.submit("ask", loopRef(functions)), [2, 4, 6, "RangeError: no"]);
});

Deno.test("runCoroutineThreadsafe() passes a cancellation on to the task", async () => {
  await using pool = makePool();
  const { functions, seen } = makeFunctions();
  assert(await pool.submit("giveUp", loopRef(functions)));
  assertEquals(seen, ["add", "cleaned up"]);
});

Deno.test("callSoonThreadsafe() calls a function of this thread, without an answer", async () => {
  await using pool = makePool();
  const { functions, seen } = makeFunctions();
  await pool.submit("tell", loopRef(functions), "hello");
  await until(() => seen.length > 0);
  assertEquals(seen, ["hello"]);
});

Deno.test("loopRef() runs calls on the loop that runs", async () => {
  needs("contextOfPromises");
  await using pool = makePool();
  const answer = await run(async () => {
    const loop = getRunningLoop();
    const isSame = { add: () => Promise.resolve(Number(getRunningLoop() === loop)) };
    return await pool.submit("askBlocking", loopRef(isSame) as never, 1, 2).then(
      (value) => value,
      () => pool.submit("ask", loopRef({ ...isSame, fail: String }) as never).then(([n]) => n),
    );
  });
  assertEquals(answer, 1);
});

Deno.test("loopRef() is closed when its call ends, and what still runs for it is cancelled", async () => {
  await using pool = makePool();
  const { functions, seen } = makeFunctions();
  await pool.submit("leave", loopRef(functions));
  await until(() => seen.length > 1);
  assertEquals(seen, ["add", "cleaned up"]);
});

// In one thread
// -------------

Deno.test("runCoroutineThreadsafe() works within one thread, for code that awaits", async () => {
  needs("workers");
  const { functions, seen } = makeFunctions();
  const ref = loopRef(functions);
  const future = runCoroutineThreadsafe(ref, "add", 1, 2);
  assert(future.running());
  assertEquals(await future, 3);
  await assertRejects(async () => await runCoroutineThreadsafe(ref, "fail", "x"), RangeError, "x");
  callSoonThreadsafe(ref, "note", "soon");
  await runCoroutineThreadsafe(ref, "add", 1, 2);
  assertEquals(seen, ["add", "soon", "add"]);
  ref.port.close();
});

Deno.test("callSoonThreadsafe() has what the function throws reported", async () => {
  needs("workers");
  using reports = collectReports();
  const { functions } = makeFunctions();
  const ref = loopRef(functions);
  callSoonThreadsafe(ref, "fail", "x");
  callSoonThreadsafe(ref, "missing" as "note", "x");
  await runCoroutineThreadsafe(ref, "add", 1, 2);
  const [failed, missing] = reports.map(({ exception }) => String(exception));
  assertEquals(failed, "RangeError: x");
  assert(missing!.endsWith("received missing"), missing);
  ref.port.close();
});

Deno.test("runCoroutineThreadsafe() fails when the port is closed", async () => {
  needs("blocking");
  const { functions } = makeFunctions();
  const ref = loopRef(functions);
  const future = runCoroutineThreadsafe(ref, "wait");
  await runCoroutineThreadsafe(ref, "add", 1, 2);
  ref.port.close();
  await assertRejects(async () => await future, BrokenExecutor, "has closed the port");
  const call = () => runCoroutineThreadsafe(ref, "wait");
  assertThrows(call, BrokenExecutor, "has closed the port: received wait");
});

// Misuse
// ------

Deno.test("runCoroutineThreadsafe(), callSoonThreadsafe() and loopRef() check their arguments", async () => {
  needs("workers");
  const { functions } = makeFunctions();
  const ref = loopRef(functions);
  for (const call of [runCoroutineThreadsafe, callSoonThreadsafe]) {
    assertThrows(() => call({} as typeof ref, "wait"), TypeError, "not one of loopRef()");
    assertThrows(() => call(ref, 1 as never), TypeError, "its name is not a string");
    const uncloneable = () => call(ref, "note", (() => {}) as never);
    assertThrows(uncloneable, TypeError, "an argument cannot be cloned: received note");
  }
  assertThrows(() => loopRef({ a: 1 }), TypeError, "a is not a function");
  assertThrows(() => loopRef(1 as never), TypeError, "not in an object");
  assertThrows(() => loopRef(functions, { loop: 1 as never }), TypeError);
  const missing = runCoroutineThreadsafe(ref, "toString" as "wait");
  await assertRejects(async () => await missing, TypeError, "exposes only add, fail, wait, note");
  ref.port.close();
});
