import { assertEquals } from "@std/assert";
import { stub } from "@std/testing/mock";
import process from "node:process";
import * as mod from "../mod.ts";
import { has } from "./helpers/capabilities.ts";
import { importCopy } from "./helpers/copy.ts";

Deno.test("mod.ts exports the names of asyncio and a few of its own, and no others", () => {
  assertEquals(Object.keys(mod).sort(), [
    "AsyncContext",
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "CancelledError",
    "Condition",
    "ContextVar",
    "Event",
    "Future",
    "InvalidStateError",
    "LifoQueue",
    "Lock",
    "LookupError",
    "PriorityQueue",
    "Queue",
    "QueueEmpty",
    "QueueFull",
    "QueueShutDown",
    "Semaphore",
    "Task",
    "TimeoutError",
    "Token",
    "abortErrors",
    "allTasks",
    "asCompleted",
    "cancelAndWait",
    "copyContext",
    "createTask",
    "currentTask",
    "detached",
    "ensureFuture",
    "gather",
    "getEventLoop",
    "getRunningLoop",
    "isFuture",
    "moveOnAfter",
    "moveOnAt",
    "newEventLoop",
    "pooledMap",
    "race",
    "run",
    "shield",
    "shielded",
    "sleep",
    "taskGroup",
    "timeout",
    "timeoutAt",
    "wait",
    "waitFor",
    "wrapFuture",
  ]);
});

Deno.test("mod.ts starts no timer and registers no listener when it is imported", async () => {
  const calls: string[] = [];
  const note = (name: string) => () => {
    calls.push(name);
    return undefined as never;
  };
  {
    using _timeout = stub(globalThis, "setTimeout", note("setTimeout"));
    using _interval = stub(globalThis, "setInterval", note("setInterval"));
    using _listener = "addEventListener" in globalThis
      ? stub(globalThis, "addEventListener", note("addEventListener"))
      : undefined;
    using _on = has.signals ? stub(process, "on", note("process.on")) : undefined;
    await importCopy();
  }
  assertEquals(calls, []);
});
