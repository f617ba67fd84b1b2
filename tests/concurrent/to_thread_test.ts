import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  CancelledError,
  createTask,
  type ExceptionContext,
  Future,
  getEventLoop,
  run,
  sleep,
} from "../../mod.ts";
import { toThread, workerModule } from "../../concurrent.ts";
import { startWorker } from "../../src/concurrent/pool_worker.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectReports } from "../helpers/reports.ts";
import { until, withResolvers } from "../helpers/turns.ts";
import { WORK } from "../helpers/work_module.ts";

type Work = typeof import("./work.ts");

const work = workerModule<Work>(WORK);

Deno.test("toThread() returns a future of the running loop for a call in a worker", async () => {
  needs("workers");
  await run(async () => {
    const future = toThread(work, "add", 1, 2);
    assert(future instanceof Future);
    assertEquals(future.getLoop(), getEventLoop());
    assertEquals(await future, 3);
  });
});

Deno.test("toThread() has one pool for a loop and a module", async () => {
  needs("workers");
  await run(async () => {
    assertEquals(await toThread(work, "countCalls"), 1);
    assertEquals(await toThread(workerModule<Work>(WORK.href), "countCalls"), 2);
  });
  await run(async () => assertEquals(await toThread(work, "countCalls"), 1));
});

Deno.test("toThread() passes on what the function throws", async () => {
  needs("workers");
  await run(async () => {
    await assertRejects(async () => await toThread(work, "fail", "x"), RangeError, "x");
  });
});

Deno.test("toThread() refuses a bad module, name or argument at once", async () => {
  needs("workers");
  assertThrows(() => toThread("work.ts" as never, "add" as never), TypeError, "absolute address");
  await run(() => {
    assertThrows(() => toThread(work, 1 as never), TypeError, "received 1");
    assertThrows(() => toThread(work, "echo", () => {}), TypeError, "cannot be cloned");
  });
});

Deno.test("toThread() cancels the call of a task that is cancelled", async () => {
  needs("workers");
  const cleaned = new Int32Array(new SharedArrayBuffer(4));
  await run(async () => {
    const task = createTask(async () => await toThread(work, "wait", cleaned));
    await toThread(work, "greet");
    task.cancel();
    await assertRejects(() => task, CancelledError);
    await until(() => cleaned[0] === 1);
  });
});

// The end of run()
// ----------------

/** The module, as a function that counts how many of its workers are there. */
function countWorkers() {
  const counts = { workers: 0 };
  const { promise: allEnded, resolve } = withResolvers<void>();
  const start = () => {
    const worker = startWorker(WORK);
    counts.workers++;
    const { terminate } = worker;
    worker.terminate = () => {
      if (--counts.workers === 0) resolve();
      return terminate.call(worker);
    };
    return worker;
  };
  return { work: workerModule<Work>(start), counts, allEnded };
}

Deno.test("run() waits for the calls of toThread() that are left when its tasks have ended", async () => {
  needs("workers");
  const { work, counts } = countWorkers();
  const runs = new Int32Array(new SharedArrayBuffer(4));
  const { left } = await run(async () => {
    await toThread(work, "greet");
    toThread(work, "increment", runs);
    return { left: toThread(work, "markRun", runs, 0, "later") };
  });
  assertEquals([left.result(), runs[0], counts.workers], [0, 2, 0]);
});

Deno.test("run() reports what a left call of toThread() throws", async () => {
  needs("workers");
  let reports!: ExceptionContext[];
  await run(async () => {
    reports = collectReports(getEventLoop());
    await toThread(work, "greet");
    toThread(work, "fail", "nobody looks");
  });
  assertEquals(reports.map(({ exception }) => String(exception)), ["QueryError: nobody looks"]);
});

Deno.test("run() ends the pools of toThread() that tasks use as they end", async () => {
  needs("workers");
  const { work, counts } = countWorkers();
  const log: number[] = [];
  await run(async () => {
    createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        log.push(await toThread(work, "add", 1, 2));
      }
    });
    await sleep(0);
  });
  assertEquals([log, counts.workers], [[3], 0]);
});

Deno.test("run() option shutdownTimeout: a call of toThread() that does not end is reported and left behind", async () => {
  needs("workers");
  const { work, allEnded } = countWorkers();
  const shared = new Int32Array(new SharedArrayBuffer(4));
  let reports!: ExceptionContext[];
  await run(async () => {
    reports = collectReports(getEventLoop());
    await toThread(work, "greet");
    toThread(work, "blockUntil", shared);
  }, { shutdownTimeout: 10 });
  assertEquals(reports.map(({ message }) => message), [
    "Calls of toThread() did not end in time and are left behind by run()",
  ]);
  Atomics.store(shared, 0, 1);
  Atomics.notify(shared, 0);
  await allEnded;
});
