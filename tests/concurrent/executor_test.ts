import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, createTask, TimeoutError } from "../../mod.ts";
import { type CallOptions, executorOf, runInExecutor } from "../../concurrent.ts";
import { microtasks, withResolvers } from "../helpers/turns.ts";

const functions = {
  double: (n: number) => 2 * n,
  later: (ms: number) => new Promise<number>((resolve) => setTimeout(() => resolve(ms), ms)),
  fail: (text: string): never => {
    throw new RangeError(text);
  },
};
type Functions = typeof functions;

/** An executor of the functions in this thread, and how many of its calls run. */
function makeExecutor() {
  const counts = { running: 0, most: 0, calls: 0 };
  const executor = executorOf<Functions>(async (name, args) => {
    counts.calls++;
    counts.most = Math.max(counts.most, ++counts.running);
    try {
      return await (functions[name] as (arg: unknown) => unknown)(args[0]);
    } finally {
      counts.running--;
    }
  });
  return { executor, counts };
}

// submit()
// --------

Deno.test("executorOf() passes results and failures on", async () => {
  const { executor } = makeExecutor();
  assertEquals(await executor.submit("double", 21), 42);
  await assertRejects(async () => await executor.submit("fail", "x"), RangeError, "x");
  await executor.shutdown();
});

Deno.test("executorOf() fails the call of a function that throws at once", async () => {
  const executor = executorOf<Functions>(() => {
    throw new RangeError("x");
  });
  const future = executor.submit("double", 1);
  await assertRejects(async () => await future, RangeError);
});

Deno.test("executorOf() does not begin with a call that is cancelled at once", async () => {
  const { executor, counts } = makeExecutor();
  const future = executor.submit("double", 1);
  assert(future.cancel());
  await executor.shutdown();
  assertEquals(counts.calls, 0);
  assert(future.cancelled());
});

Deno.test("executorOf() aborts the signal of a running call that is cancelled", async () => {
  const { promise, reject } = withResolvers<never>();
  let options: CallOptions;
  const executor = executorOf<Functions>((_name, _args, callOptions) => {
    options = callOptions;
    callOptions.signal.addEventListener("abort", () => reject(callOptions.signal.reason));
    return promise;
  });
  const future = executor.submit("double", 1);
  await microtasks();
  assert(future.running());
  assertFalse(future.cancel());
  assert(options!.signal.aborted);
  await assertRejects(async () => await future, CancelledError);
  assert(future.cancelled());
});

Deno.test("executorOf() keeps the result of a call that ends although it was cancelled", async () => {
  const { promise, resolve } = withResolvers<number>();
  const executor = executorOf<Functions>(() => promise);
  const future = executor.submit("double", 1);
  await microtasks();
  future.cancel();
  resolve(1);
  assertEquals(await future, 1);
});

Deno.test("executorOf() keeps the failure of a call that fails although it was cancelled", async () => {
  const { promise, reject } = withResolvers<number>();
  const executor = executorOf<Functions>(() => promise);
  const future = executor.submit("double", 1);
  await microtasks();
  future.cancel();
  reject(new RangeError("x"));
  await assertRejects(async () => await future, RangeError);
});

// map()
// -----

Deno.test("Executor.map() gives the results in the order of the arguments", async () => {
  const { executor } = makeExecutor();
  const seen: number[] = [];
  for await (const ms of executor.map("later", [3, 1, 2])) seen.push(ms);
  assertEquals(seen, [3, 1, 2]);
});

Deno.test("Executor.map() submits all calls at once, or as many as it may", async () => {
  for (const [bufferSize, most] of [[undefined, 5], [2, 2], [1, 1]]) {
    const { executor, counts } = makeExecutor();
    let taken = 0;
    const items = function* () {
      for (; taken < 5; taken++) yield 1;
    };
    const results = executor.map("later", items(), { bufferSize });
    assertEquals(taken, bufferSize === undefined ? 5 : bufferSize - 1);
    const seen: number[] = [];
    for await (const result of results) seen.push(result);
    assertEquals([seen.length, counts.most], [5, most]);
  }
});

Deno.test("Executor.map() throws what a call throws, and cancels those that have not begun", async () => {
  const { executor, counts } = makeExecutor();
  const seen: number[] = [];
  const iterate = async () => {
    const items = function* () {
      yield 1;
      throw new RangeError("no more");
    };
    for await (const result of executor.map("double", items(), { bufferSize: 1 })) {
      seen.push(result);
    }
  };
  await assertRejects(iterate, RangeError, "no more");
  assertEquals([seen, counts.calls], [[2], 1]);
  const failing = async () => {
    for await (const _ of executor.map("fail", ["a", "b"], { bufferSize: 1 }));
  };
  await assertRejects(failing, RangeError, "a");
  assertEquals(counts.calls, 2);
});

Deno.test("Executor.map() closes its arguments when the iteration ends early", async () => {
  const { executor } = makeExecutor();
  let isClosed = false;
  const items = function* () {
    try {
      for (;;) yield 1;
    } finally {
      isClosed = true;
    }
  };
  for await (const _ of executor.map("double", items(), { bufferSize: 2 })) break;
  assert(isClosed);
  await executor.shutdown();
});

Deno.test("Executor.map() throws a TimeoutError when the time is over", async () => {
  const { executor } = makeExecutor();
  const iterate = async () => {
    for await (const _ of executor.map("later", [1, 60], { timeout: 20 }));
  };
  await assertRejects(iterate, TimeoutError);
  await executor.shutdown();
});

// shutdown()
// ----------

Deno.test("Executor.shutdown() waits for the calls that run, and takes no more", async () => {
  const { executor, counts } = makeExecutor();
  const future = executor.submit("later", 5);
  await executor.shutdown();
  assertEquals([future.result(), counts.running], [5, 0]);
  assertThrows(() => executor.submit("double", 1), Error, "was shut down: received double");
  assertThrows(() => executor.map("double", [1]), Error, "was shut down: received double");
  await executor.shutdown();
});

Deno.test("Executor.shutdown({ wait: false }) does not wait", async () => {
  const { executor, counts } = makeExecutor();
  const future = executor.submit("later", 5);
  await executor.shutdown({ wait: false });
  assertEquals(counts.running, 1);
  assertEquals(await future, 5);
});

Deno.test("Executor.shutdown({ cancelFutures }) cancels calls that have not begun", async () => {
  const { executor, counts } = makeExecutor();
  const future = executor.submit("later", 5);
  await executor.shutdown({ cancelFutures: true });
  assert(future.cancelled());
  assertEquals(counts.calls, 0);
});

// runInExecutor()
// ---------------

Deno.test("runInExecutor() returns a future of the loop, and passes its cancellation on", async () => {
  const { executor } = makeExecutor();
  assertEquals(await runInExecutor(executor, "double", 2), 4);
  let aborted = false;
  const stuck = executorOf<Functions>((_name, _args, { signal }) => {
    signal.onabort = () => aborted = true;
    return new Promise(() => {});
  });
  const task = createTask(async () => await runInExecutor(stuck, "double", 2));
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assert(aborted);
});

// Misuse
// ------

Deno.test("Executor checks what it is given", async () => {
  const { executor, counts } = makeExecutor();
  assertThrows(() => executorOf(1 as never), TypeError, "the call is no function");
  assertThrows(() => executor.submit(1 as never, 1 as never), TypeError, "not a string");
  assertThrows(() => executor.map("double", 1 as never), TypeError, "not iterable");
  for (const bufferSize of [0, -1, 1.5, "1"]) {
    const options = { bufferSize: bufferSize as number };
    assertThrows(() => executor.map("double", [1], options), TypeError, "positive whole number");
  }
  assertThrows(() => executor.map("double", [1], { timeout: NaN }), TypeError, "no number");
  assertThrows(() => runInExecutor({} as never, "double" as never), TypeError, "no submit method");
  await assertRejects(async () => await executor.shutdown(1 as never), TypeError, "no object");
  await executor.shutdown();
  assertEquals(counts.calls, 0);
});
