import {
  assert,
  assertEquals,
  assertFalse,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { createTask, ensureFuture, Future, isFuture, Task } from "../../mod.ts";
import { importCopy } from "../helpers/copy.ts";
import { cancelled, withResult } from "../helpers/futures.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { microtasks } from "../helpers/turns.ts";

// Recognition
// -----------

Deno.test("isFuture() is true for every instance of a future or task, and for nothing else", () => {
  class MyFuture extends Future<number> {}
  const task = new Task(() => 1);
  for (const future of [new Future(), new MyFuture(), withResult(1), cancelled(), task]) {
    assertEquals(isFuture(future), true);
  }
  assertEquals(String(Future.prototype), "[object Future]");
  const values = [
    Future,
    MyFuture,
    Task,
    Future.prototype,
    Object.create(Future.prototype),
    Promise.resolve(),
    { then() {} },
    null,
    undefined,
    1,
    "future",
    () => {},
  ];
  for (const value of values) assertEquals(isFuture(value), false);
});

Deno.test("isFuture() is true for an object with the brand, false for a function with it", () => {
  const BRAND = Symbol.for("asyncio.Future");
  assertEquals(isFuture({ [BRAND]: true }), true);
  assertEquals(isFuture({ [BRAND]: false }), false);
  assertEquals(isFuture({ [BRAND]: null }), false);
  assertEquals(
    isFuture(
      class {
        static [BRAND] = true;
      },
    ),
    false,
  );
});

Deno.test("isFuture() is false for an object that throws when it is inspected", () => {
  const proxy = revokedProxy();
  assertFalse(isFuture(proxy));
  assertFalse(isFuture({
    get [Symbol.for("asyncio.Future")]() {
      throw new RangeError("do not look");
    },
  }));
});

// Copies of the module
// --------------------

Deno.test("isFuture() is true for a future of another copy of the module", async () => {
  const copy = await importCopy();
  assertNotStrictEquals<unknown>(copy.Future, Future);
  const foreign = new copy.Future<number>();
  assert(isFuture(foreign));
  assert(copy.isFuture(new Future()));
  assertStrictEquals<unknown>(ensureFuture(foreign), foreign);
});

Deno.test("Future of another copy of the module is waited for and cancelled by a task", async () => {
  const copy = await importCopy();
  const futures = [new copy.Future<number>(), new copy.Future<number>(), new copy.Future<number>()];
  const tasks = futures.map((future) =>
    createTask(function* () {
      return yield* future;
    })
  );
  await microtasks();
  futures[0]!.setResult(1);
  futures[1]!.cancel("theirs");
  tasks[2]!.cancel("ours");
  assertEquals(await tasks[0], 1);
  await assertRejects(() => tasks[1]!, Error, "theirs");
  assert(tasks[1]!.cancelled());
  await assertRejects(() => tasks[2]!);
  assert(tasks[2]!.cancelled() && futures[2]!.cancelled());
});
