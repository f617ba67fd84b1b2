import { assertEquals, assertStringIncludes } from "@std/assert";
import { createTask, Future, sleep } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { cancelled, markRetrieved, withException, withResult } from "../helpers/futures.ts";
import { microtasks } from "../helpers/turns.ts";

Deno.test("String(future) shows the state and the outcome", () => {
  assertEquals(String(new Future()), "<Future pending>");
  assertEquals(String(withResult(42)), "<Future finished result=42>");
  const failed = withException(new TypeError("bad"));
  assertEquals(String(failed), "<Future finished exception=TypeError: bad>");
  markRetrieved(failed);
  assertEquals(String(cancelled("x")), "<Future cancelled>");
});

Deno.test("String(future) shows the callbacks, of many only the first and the last", () => {
  const future = new Future();
  function onReply() {}
  function logged() {}
  future.addDoneCallback(onReply);
  assertEquals(String(future), "<Future pending cb=[onReply]>");
  future.addDoneCallback(logged);
  assertEquals(String(future), "<Future pending cb=[onReply, logged]>");
  future.addDoneCallback(() => {});
  future.addDoneCallback(logged);
  assertEquals(String(future), "<Future pending cb=[onReply, <2 more>, logged]>");
});

Deno.test("String(future) counts the callbacks that it leaves out", () => {
  const future = new Future<number>();
  for (let i = 0; i < 100; i++) future.addDoneCallback(function waiting() {});
  assertEquals(String(future), "<Future pending cb=[waiting, <98 more>, waiting]>");
});

Deno.test("String(future) shows the tasks and the promises that wait", async () => {
  const future = new Future<number>();
  const task = createTask(function* () {
    return yield* future;
  }, { name: "reader" });
  await microtasks();
  const waiting = (async () => await future)();
  await microtasks(1);
  assertEquals(String(future), "<Future pending cb=[reader, await]>");
  future.then(() => {});
  assertEquals(String(future), "<Future pending cb=[reader, <1 more>, then]>");
  future.setResult(1);
  assertEquals([await task, await waiting], [1, 1]);
});

Deno.test("String(future) shows no callback that only cleans up inside the module", () => {
  const future = sleep(1);
  assertEquals(String(future), "<Future pending>");
  future.cancel();
});

Deno.test("Future[Symbol.toStringTag] is Future", () => {
  assertEquals(Object.prototype.toString.call(new Future()), "[object Future]");
});

Deno.test("Deno.inspect(future) and Node's inspect show the representation", async () => {
  needs("inspect");
  const { inspect } = await import("node:util");
  const future = withResult({ a: [1] });
  assertEquals(Deno.inspect(future), "<Future finished result={ a: [1] }>");
  assertEquals(inspect(future), "<Future finished result={ a: [1] }>");
  assertStringIncludes(Deno.inspect([future]), "<Future finished result={ a: [1] }>");
});

Deno.test("Future has its representation under the symbols of both consoles", () => {
  const future = new Future<void>() as unknown as Record<symbol, () => string>;
  for (const name of ["Deno.customInspect", "nodejs.util.inspect.custom"]) {
    assertEquals(future[Symbol.for(name)]!(), "<Future pending>");
  }
});
