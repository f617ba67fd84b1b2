/**
 * The names of coroutines and callbacks in representations.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { createTask, Future, getEventLoop, sleep, type Task } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";

const loop = getEventLoop();

const url = "x";
const load = async (_url: string): Promise<void> => {};
const client = { get: load, next: { get: load } };
const isBusy = () => false;

/** Whether the engine tells the source text of functions, which a bundler may have minified. */
const tellsText = /load/.test(Function.prototype.toString.call(() => load(url)));

/** Returns the name of a coroutine in the representation of its task. */
function nameIn(task: Task<unknown>): string {
  return /coro=(.*?)[ >]/.exec(String(task).replace("<anonymous>", "anonymous"))![1]!;
}

/** Returns the name of the coroutine of a task, which is then cancelled. */
function nameOf(coro: () => unknown): string {
  const task = createTask(coro as () => Promise<void>);
  task.cancel();
  return nameIn(task);
}

// Functions
// ---------

Deno.test("String(task) shows an arrow function as what it calls", () => {
  if (!tellsText) return assertEquals(nameOf(() => load(url)), "anonymous");
  assertEquals(nameOf(() => load(url)), "load");
  assertEquals(nameOf(async () => await load(url)), "load");
  assertEquals(
    nameOf(() => {
      return load(url);
    }),
    "load",
  );
  assertEquals(nameOf(() => client.next.get(url)), "client.next.get");
  assertEquals(nameOf(() => new Future<void>({ loop })), "Future");
});

Deno.test("String(task) shows a longer function as the only call that it waits for", () => {
  if (!tellsText) return;
  assertEquals(
    nameOf(async () => {
      if (isBusy()) return;
      await client.get(url);
      await load(url);
    }),
    "anonymous",
  );
  assertEquals(
    nameOf(async function () {
      const loaded = await load(url);
      return loaded;
    }),
    "load",
  );
  assertEquals(
    nameOf(function* () {
      isBusy();
      yield* sleep(1);
    }),
    "sleep",
  );
});

Deno.test("String(task) shows a function as anonymous if that calls nothing that has a name", () => {
  assertEquals(nameOf(() => {}), "anonymous");
  assertEquals(nameOf(() => url), "anonymous");
  assertEquals(nameOf(() => () => load(url)), "anonymous");
  assertEquals(nameOf(() => void (url + url)), "anonymous");
  assertEquals(nameOf(async () => await (async () => {})()), "anonymous");
  assertEquals(
    nameOf(() => {
      if (isBusy()) load(url);
    }),
    "anonymous",
  );
});

Deno.test("String(task) shows the name of a function that has one", () => {
  assertEquals(
    nameOf(async function main() {
      await load(url);
    }),
    "main",
  );
  assertEquals(nameOf(client.get as () => Promise<void>), "load");
  const named = Object.defineProperty(() => load(url), "name", { value: "given" });
  assertEquals(nameOf(named), "given");
});

Deno.test("String(task) shows the same name when the task is done", async () => {
  const tasks = [
    createTask(() => load(url)),
    createTask(() => sleep(0)),
    createTask(load as never),
  ];
  const before = tasks.map(nameIn);
  await Promise.all(tasks);
  assertEquals(tasks.map(nameIn), before);
  assertEquals(before, tellsText ? ["load", "sleep", "load"] : ["anonymous", "anonymous", "load"]);
});

Deno.test("String(task) shows a generator as a generator", async () => {
  const task = createTask((function* make() {})());
  assertMatch(String(task), /^<Task pending name="[^"]+" coro=<generator>>$/);
  await task;
  assertMatch(String(task), /^<Task finished name="[^"]+" coro=<generator> result=undefined>$/);
});

Deno.test("String(future) shows a done callback as what it calls", () => {
  const future = new Future<void>();
  future.addDoneCallback(() => load(url));
  assertEquals(String(future), `<Future pending cb=[${tellsText ? "load" : "<anonymous>"}]>`);
});

// Debug mode
// ----------

Deno.test("String(task) in debug mode has the place where a task without a name of its own was made", async () => {
  needs("sources");
  loop.setDebug(true);
  const tasks = [
    createTask(() => load(url)),
    createTask(() => {}),
    createTask((function* make() {})()),
    createTask(async function main() {}),
  ];
  loop.setDebug(false);
  const patterns = [
    / coro=load@names_test\.ts:\d+[ >]/,
    / coro=<anonymous>@names_test\.ts:\d+[ >]/,
    / coro=<generator>@names_test\.ts:\d+[ >]/,
    / coro=main[ >]/,
  ];
  tasks.forEach((task, i) => assertMatch(String(task), patterns[i]!));
  await Promise.all(tasks);
  tasks.forEach((task, i) => assertMatch(String(task), patterns[i]!));
});
