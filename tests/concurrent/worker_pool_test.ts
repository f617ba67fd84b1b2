import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { CancelledError, createTask, TimeoutError } from "../../mod.ts";
import {
  asCompleted,
  BrokenExecutor,
  callSignal,
  expose,
  runInExecutor,
  transfer,
  wait,
  WorkerPoolExecutor,
  type WorkerPoolOptions,
} from "../../concurrent.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, until } from "../helpers/turns.ts";
import { WORK } from "../helpers/work_module.ts";
import { user } from "./work.ts";

type Work = Omit<typeof import("./work.ts"), "QueryError" | "user">;

/** Makes a pool of at most two workers, which is shut down at the end of the block. */
function makePool(options?: WorkerPoolOptions): WorkerPoolExecutor<Work> {
  needs("workers");
  return new WorkerPoolExecutor<Work>(WORK, { maxWorkers: 2, ...options });
}

// Result and failure
// ------------------

Deno.test("WorkerPoolExecutor calls plain functions, async functions and generators", async () => {
  await using pool = makePool();
  assertEquals(await pool.submit("echo", 1, "a", null, undefined), [1, "a", null, undefined]);
  assertEquals(await pool.submit("add", 1, 2), 3);
  assertEquals(await pool.submit("double", 21), 42);
  assertEquals(await runInExecutor(pool, "add", 3, 4), 7);
});

Deno.test("WorkerPoolExecutor clones what is sent in both directions", async () => {
  await using pool = makePool();
  const value = {
    map: new Map([[1, new Set(["a"])]]),
    date: new Date(0),
    bytes: new Uint8Array(3),
  };
  const [copy] = await pool.submit("echo", value);
  assertEquals(copy, value);
  assert(copy !== value);
});

Deno.test("WorkerPoolExecutor clones the arguments at once, whether a worker is free or not", async () => {
  await using pool = makePool({ maxWorkers: 1 });
  const list = [1];
  const first = pool.submit("echo", list);
  const second = pool.submit("echo", list);
  list.push(2);
  assertEquals([await first, await second], [[[1]], [[1]]]);
});

Deno.test("WorkerPoolExecutor gives an error its class, message, cause, properties and stacks", async () => {
  await using pool = makePool();
  const error = await assertRejects(async () => await pool.submit("fail", "too much"), RangeError);
  assertEquals([error.name, error.message], ["QueryError", "too much"]);
  assertEquals((error as unknown as { code: number }).code, 42);
  assertInstanceOf(error.cause, TypeError);
  assertEquals(error.cause.message, "the cause");
  assert(error.stack!.includes("QueryError: too much") || error.stack!.includes("work.ts"));
  assert(error.stack!.includes("in a worker of "));
  assert(error.stack!.includes("worker_pool_test"), error.stack);
});

Deno.test("WorkerPoolExecutor passes whatever is thrown", async () => {
  await using pool = makePool();
  for (const value of ["text", 0, undefined, null, { a: 1 }]) {
    let caught: unknown = "nothing";
    try {
      await pool.submit("throwValue", value);
    } catch (error) {
      caught = error;
    }
    assertEquals(caught, value);
  }
  const error = await assertRejects(async () => await pool.submit("failOften"), AggregateError);
  assertEquals(error.errors.map(String), ["TypeError: one", "RangeError: two"]);
});

Deno.test("WorkerPoolExecutor fails a call whose result cannot be cloned", async () => {
  await using pool = makePool();
  const call = async () => await pool.submit("returnFunction");
  await assertRejects(call, TypeError, "cannot be cloned: received returnFunction()");
  assertEquals(await pool.submit("add", 1, 2), 3);
});

Deno.test("WorkerPoolExecutor fails a call of a function that is not exposed", async () => {
  await using pool = makePool();
  const call = async () => await pool.submit("toString" as "greet");
  await assertRejects(call, TypeError, "received toString");
});

Deno.test("WorkerPoolExecutor moves buffers that are to be transferred, in both directions", async () => {
  await using pool = makePool({ maxWorkers: 1 });
  for (const isBusy of [false, true]) {
    if (isBusy) pool.submit("block", 5).addDoneCallback(() => {});
    const bytes = new Uint8Array(1_000);
    const future = pool.submit("fill", transfer(bytes), 7);
    assertEquals(bytes.length, 0);
    assertEquals(await future, new Uint8Array(1_000).fill(7));
  }
});

Deno.test("WorkerPoolExecutor shares memory that is to be shared", async () => {
  await using pool = makePool();
  const shared = new Int32Array(new SharedArrayBuffer(4));
  await Promise.all(Array.from({ length: 20 }, () => pool.submit("increment", shared)));
  assertEquals(shared[0], 20);
});

Deno.test("WorkerPoolExecutor runs each call as a task, and takes context variables along", async () => {
  await using pool = makePool({ variables: [user] });
  assertEquals(await pool.submit("lookAround"), ["lookAround", "nobody"]);
  const seen = await createTask(async () => {
    user.set("Ada");
    return await pool.submit("lookAround");
  });
  assertEquals(seen[1], "Ada");
  assertEquals((await pool.submit("lookAround"))[1], "nobody");
});

Deno.test("WorkerPoolExecutor.map() gives results in order", async () => {
  await using pool = makePool();
  const seen: number[] = [];
  for await (const n of pool.map("double", [1, 2, 3, 4, 5], { bufferSize: 2 })) seen.push(n);
  assertEquals(seen, [2, 4, 6, 8, 10]);
});

Deno.test("WorkerPoolExecutor takes a function that starts the worker", async () => {
  needs("webWorkers");
  await using pool = new WorkerPoolExecutor<Work>(() => new Worker(WORK, { type: "module" }));
  assertEquals(await pool.submit("add", 1, 2), 3);
});

// Blocking
// --------

Deno.test("ConcurrentFuture.result() blocks the thread until a worker has ended the call", async () => {
  needs("blocking");
  await using pool = makePool();
  assertEquals(pool.submit("add", 1, 2).result(), 3);
  assertThrows(() => pool.submit("fail", "x").result(), RangeError, "x");
  assertInstanceOf(pool.submit("fail", "x").exception(), RangeError);
  const futures = [1, 2, 3, 4, 5].map((n) => pool.submit("double", n));
  assertEquals(futures.map((future) => future.result()), [2, 4, 6, 8, 10]);
  assertEquals([...pool.map("double", [1, 2, 3], { bufferSize: 1 })], [2, 4, 6]);
});

Deno.test("ConcurrentFuture.result(timeout) throws a TimeoutError, and leaves the call alone", async () => {
  needs("blocking");
  await using pool = makePool();
  const future = pool.submit("spin");
  assertThrows(() => future.result(1), TimeoutError, "<ConcurrentFuture running>");
  future.cancel();
  assertThrows(() => future.result(), CancelledError);
});

Deno.test("ConcurrentFuture.result() throws if the worker of the call dies meanwhile", async () => {
  needs("blocking");
  await using pool = makePool();
  assertThrows(() => pool.submit("crash").result(), BrokenExecutor, "crashed");
  assertEquals(pool.submit("add", 1, 2).result(), 3);
});

Deno.test("wait() and asCompleted() block for futures of several pools", async () => {
  needs("blocking");
  await using one = makePool({ maxWorkers: 1 });
  await using other = makePool({ maxWorkers: 1 });
  one.submit("greet").result();
  other.submit("greet").result();
  const slow = one.submit("spin");
  const fast = other.submit("block", 1);
  const { done, notDone } = wait([slow, fast], { returnWhen: "FIRST_COMPLETED" });
  assertEquals([[...done], [...notDone]], [[fast], [slow]]);
  slow.cancel();
  assertEquals([...asCompleted([slow, fast])], [fast, slow]);
  const failing = one.submit("fail", "x");
  const stuck = other.submit("spin");
  assertEquals([...wait([stuck, failing], { returnWhen: "FIRST_EXCEPTION" }).done], [failing]);
  assertEquals(wait([stuck], { timeout: 1 }).notDone.size, 1);
  const iterator = asCompleted([stuck], { timeout: 1 });
  assertThrows(() => iterator.next(), TimeoutError, "1 (of 1) futures unfinished");
  stuck.cancel();
});

Deno.test("ConcurrentFuture.result() says so where a thread cannot block", async () => {
  await using pool = makePool();
  const future = pool.submit("add", 1, 2);
  try {
    assertEquals(future.result(), 3);
  } catch (error) {
    assert(String(error).includes("(await the future instead)"), String(error));
  }
  assertEquals(await future, 3);
});

// Cancellation
// ------------

Deno.test("WorkerPoolExecutor removes a call that waits and is cancelled", async () => {
  await using pool = makePool({ maxWorkers: 1 });
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const first = pool.submit("block", 5);
  const second = pool.submit("increment", shared);
  const third = pool.submit("greet");
  assert(second.cancel());
  assertEquals([await first, await third, shared[0]], [5, "none", 0]);
});

Deno.test("WorkerPoolExecutor cancels the task of a running call", async () => {
  await using pool = makePool();
  await pool.submit("greet");
  const cleaned = new Int32Array(new SharedArrayBuffer(4));
  const future = pool.submit("wait", cleaned);
  assert(future.running());
  assertFalse(future.cancel());
  await assertRejects(async () => await future, CancelledError);
  assertEquals([future.cancelled(), cleaned[0]], [true, 1]);
});

Deno.test("WorkerPoolExecutor shows a function that blocks its worker that it is cancelled", async () => {
  await using pool = makePool();
  await pool.submit("greet");
  const future = pool.submit("spin");
  await hostTurn();
  future.cancel();
  await assertRejects(async () => await future, CancelledError);
  assert(future.cancelled());
});

Deno.test("WorkerPoolExecutor ends the worker of a call that goes on after its cancellation", async () => {
  await using pool = makePool({ maxWorkers: 1, terminate: 20 });
  const future = pool.submit("spinForEver");
  const next = pool.submit("add", 1, 2);
  future.cancel();
  await assertRejects(async () => await future, CancelledError);
  assertThrows(() => future.result(), CancelledError, "20 ms after cancel()");
  assertEquals(await next, 3);
});

Deno.test("WorkerPoolExecutor cancels the call of a task that is cancelled", async () => {
  await using pool = makePool();
  const cleaned = new Int32Array(new SharedArrayBuffer(4));
  const task = createTask(async () => await runInExecutor(pool, "wait", cleaned));
  await pool.submit("greet");
  task.cancel();
  await assertRejects(() => task, CancelledError);
  await until(() => cleaned[0] === 1);
  assertEquals(cleaned[0], 1);
});

// Death
// -----

Deno.test("WorkerPoolExecutor fails the call of a worker that dies, and starts another", async () => {
  await using pool = makePool({ maxWorkers: 1 });
  const crashing = pool.submit("crash");
  const next = pool.submit("add", 1, 2);
  const error = await assertRejects(async () => await crashing, BrokenExecutor, "call of crash");
  assert(error.stack!.includes("worker_pool_test"), error.stack);
  assertEquals(await next, 3);
});

// Deno keeps a port that was sent to a worker that has just died, and nobody can close it.
const keepsPort = { sanitizeResources: false };
Deno.test(
  "WorkerPoolExecutor fails the calls of workers that cannot be started",
  keepsPort,
  async () => {
    needs("workers");
    const code = "data:text/javascript,throw new Error('cannot start')";
    await using pool = new WorkerPoolExecutor(code, { maxWorkers: 1 });
    const futures = [pool.submit("a"), pool.submit("b")];
    for (const future of futures) {
      await assertRejects(async () => await future, BrokenExecutor, "worker has died");
    }
  },
);

Deno.test("WorkerPoolExecutor fails the calls of a module that does not call expose()", async () => {
  needs("workers");
  using time = new FakeTime();
  const code = `data:text/javascript,
    const { parentPort } = globalThis.process?.getBuiltinModule?.("node:worker_threads") ?? {};
    parentPort?.on?.("message", () => {});
    globalThis.onmessage = () => {};`;
  const pool = new WorkerPoolExecutor(code, { maxWorkers: 1 });
  const future = pool.submit("work");
  time.tick(29_999);
  assertFalse(future.done());
  time.tick(1);
  assertInstanceOf(future.exception(), BrokenExecutor);
  assert(String(future.exception()).includes("has not called expose()"));
  await pool.shutdown();
});

Deno.test("WorkerPoolExecutor reports the failure of a call that nobody looks at", async () => {
  needs("finalization");
  using reports = collectReports();
  await using pool = makePool({ maxWorkers: 1 });
  (() => void pool.submit("fail", "at once"))();
  (() => void pool.submit("fail", "after a wait"))();
  await pool.submit("greet");
  await collectGarbage(() => reports.length > 1);
  const messages = reports.map(({ exception }) => (exception as Error).message);
  assertEquals(messages.sort(), ["after a wait", "at once"]);
});

Deno.test("WorkerPoolExecutor says so if the host starts no worker", async () => {
  let isPossible = false;
  const start = () => {
    if (isPossible) return new Worker(WORK, { type: "module" });
    throw new RangeError("too many");
  };
  const pool = new WorkerPoolExecutor<Work>(start, { maxWorkers: 1, terminate: 1 });
  const error = assertThrows(() => pool.submit("greet"), BrokenExecutor, "the host refuses");
  assertInstanceOf(error.cause, RangeError);
  needs("webWorkers");
  isPossible = true;
  const stuck = pool.submit("spinForEver");
  const next = pool.submit("greet");
  isPossible = false;
  stuck.cancel();
  await assertRejects(async () => await next, BrokenExecutor, "the host refuses");
  await pool.shutdown();
});

Deno.test("WorkerPoolExecutor lets a callback block the thread for another call", async () => {
  needs("blocking");
  await using pool = makePool({ maxWorkers: 1 });
  let inner: number | undefined;
  const future = pool.submit("add", 1, 2);
  future.addDoneCallback(() => inner = pool.submit("add", 3, 4).result(20_000));
  assertEquals([future.result(), inner], [3, 7]);
});

Deno.test("WorkerPoolExecutor goes on if the program settles a future of the pool", async () => {
  await using pool = makePool({ maxWorkers: 1 });
  const [running, waiting] = [pool.submit("add", 1, 2), pool.submit("add", 3, 4)];
  running.setResult(0);
  waiting.setResult(0);
  assertEquals(await pool.submit("add", 5, 6), 11);
  assertEquals([running.result(), waiting.result()], [0, 0]);
});

// Initializer and idle workers
// ----------------------------

Deno.test("WorkerPoolExecutor calls the initializer first in each worker", async () => {
  await using pool = makePool({ initializer: ["prepare", "hello"] });
  const greetings = await Promise.all([1, 2, 3].map(() => pool.submit("greet")));
  assertEquals(greetings, ["hello", "hello", "hello"]);
});

Deno.test("WorkerPoolExecutor fails all calls if the initializer fails", async () => {
  await using pool = makePool({ initializer: ["prepare", ""] });
  const futures = [pool.submit("greet"), pool.submit("greet"), pool.submit("greet")];
  for (const future of futures) {
    const error = await assertRejects(async () => await future, BrokenExecutor, "initializer");
    assertEquals((error.cause as Error).message, "nothing to say");
  }
  assertThrows(() => pool.submit("greet"), BrokenExecutor, "initializer has failed");
});

Deno.test("WorkerPoolExecutor ends a worker that has nothing to do for some time", async () => {
  await using pool = makePool({ maxWorkers: 1, idleTimeout: 20 });
  assertEquals([await pool.submit("countCalls"), await pool.submit("countCalls")], [1, 2]);
  for (let counts = 2; counts !== 1;) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    counts = await pool.submit("countCalls");
  }
});

// End
// ---

Deno.test("WorkerPoolExecutor.shutdown() waits for all calls, and takes no more", async () => {
  const pool = makePool();
  const futures = [1, 2, 3, 4, 5].map((n) => pool.submit("double", n));
  await pool.shutdown();
  assertEquals(futures.map((future) => future.result()), [2, 4, 6, 8, 10]);
  assertThrows(() => pool.submit("double", 1), Error, "was shut down: received double");
  await pool.shutdown();
});

Deno.test("WorkerPoolExecutor.shutdown({ cancelFutures }) cancels the calls that wait", async () => {
  const pool = makePool({ maxWorkers: 1 });
  const futures = [1, 2, 3].map((n) => pool.submit("double", n));
  await pool.shutdown({ cancelFutures: true });
  assertEquals(futures.map((future) => future.cancelled()), [false, true, true]);
});

Deno.test("WorkerPoolExecutor.shutdown({ wait: false }) lets the calls end", async () => {
  const pool = makePool({ maxWorkers: 1 });
  const futures = [1, 2].map((n) => pool.submit("double", n));
  await pool.shutdown({ wait: false });
  assertEquals(futures.map((future) => future.done()), [false, false]);
  assertEquals([await futures[0], await futures[1]], [2, 4]);
  await pool.shutdown();
});

Deno.test("WorkerPoolExecutor.shutdown() of a pool that has never run anything is at once", async () => {
  await makePool().shutdown();
});

// Misuse
// ------

Deno.test("WorkerPoolExecutor refuses arguments that cannot be cloned, and goes on", async () => {
  await using pool = makePool({ maxWorkers: 1 });
  for (let i = 0; i < 2; i++) {
    const submit = () => pool.submit("echo", () => {});
    assertThrows(submit, TypeError, "an argument cannot be cloned: received echo");
    if (i === 0) pool.submit("block", 5).addDoneCallback(() => {});
  }
  assertEquals(await pool.submit("add", 1, 2), 3);
});

Deno.test("WorkerPoolExecutor checks what it is given", () => {
  needs("workers");
  const make = (options: unknown) => () => new WorkerPoolExecutor(WORK, options as never);
  assertThrows(() => new WorkerPoolExecutor("./work.ts"), TypeError, "not an absolute address");
  assertThrows(() => new WorkerPoolExecutor(1 as never), TypeError, "not an absolute address");
  assertThrows(make(1), TypeError, "its options are no object");
  for (const maxWorkers of [0, -1, 1.5, "2"]) {
    assertThrows(make({ maxWorkers }), TypeError, "maxWorkers is not a positive whole number");
  }
  assertThrows(make({ initializer: [1] }), TypeError, "does not begin with a name");
  assertThrows(make({ idleTimeout: "1" }), TypeError, "no number of milliseconds");
  assertThrows(make({ terminate: NaN }), TypeError, "no number of milliseconds");
  assertThrows(() => expose({ a: 1 as never }), TypeError, "a is not a function");
  assertThrows(() => expose(1 as never), TypeError, "not in an object");
  assertThrows(() => callSignal(), Error, "runs no call");
  assertThrows(() => transfer(1 as never), TypeError, "not an object");
  assertThrows(() => transfer({}, 1 as never), TypeError, "not an array");
  const buffer = new ArrayBuffer(1);
  assertStrictEquals(transfer(buffer), buffer);
});
