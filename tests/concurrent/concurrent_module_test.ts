import { assertEquals } from "@std/assert";
import * as concurrent from "../../concurrent.ts";

Deno.test("concurrent.ts exports the counterpart of concurrent.futures, and no others", () => {
  assertEquals(Object.keys(concurrent).sort(), [
    "BrokenExecutor",
    "ConcurrentFuture",
    "Executor",
    "WorkerPoolExecutor",
    "asCompleted",
    "callSignal",
    "callSoonThreadsafe",
    "executorOf",
    "expose",
    "loopRef",
    "runCoroutineThreadsafe",
    "runInExecutor",
    "toThread",
    "transfer",
    "wait",
    "workerModule",
  ]);
});
