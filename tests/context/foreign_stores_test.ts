import { assertEquals } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { AsyncContext, createTask, Future, getEventLoop } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { microtasks } from "../helpers/turns.ts";

Deno.test("Stores of foreign AsyncLocalStorages are kept for callbacks, timers and tasks", async () => {
  needs("asyncLocalStorage");
  const store = new AsyncLocalStorage<string>();
  const loop = getEventLoop();
  const seen: unknown[] = [];
  const note = () => seen.push(store.getStore());
  const future = new Future<void>();
  const fired = new Future<void>();
  const context = store.run("given", () => new AsyncContext.Snapshot());
  const tasks = store.run("ada", () => {
    future.addDoneCallback(note);
    future.then(note);
    loop.callSoon(note);
    loop.callLater(1, () => {
      note();
      fired.setResult();
    });
    loop.callSoon(note, { context });
    return [
      createTask(async () => {
        note();
        await future;
        note();
      }),
      createTask(function* () {
        note();
        yield* future;
        note();
        yield;
        note();
      }),
    ];
  });
  await microtasks();
  store.run("grace", () => future.setResult());
  await Promise.all(tasks);
  await fired;
  assertEquals(seen.length, 10);
  assertEquals(seen.filter((each) => each === "ada").length, 9);
  assertEquals(seen.filter((each) => each === "given").length, 1);
  assertEquals(store.run("mary", () => tasks[0]!.getContext().run(() => store.getStore())), "ada");
});

Deno.test("Stores of foreign AsyncLocalStorages are kept for tasks on a manual loop", () => {
  needs("asyncLocalStorage");
  const store = new AsyncLocalStorage<string>();
  const loop = makeManualLoop({ heedsContext: false });
  const seen: unknown[] = [];
  const future = loop.createFuture<void>();
  store.run("ada", () => {
    future.addDoneCallback(() => seen.push(store.getStore()));
    loop.createTask(function* () {
      seen.push(store.getStore());
      yield* future;
      seen.push(store.getStore());
    });
  });
  loop.drain();
  store.run("grace", () => future.setResult());
  loop.drain();
  assertEquals(seen, ["ada", "ada", "ada"]);
});
