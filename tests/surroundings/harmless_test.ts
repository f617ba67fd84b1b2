/**
 * What the module must not do to the promises of other code.
 *
 * @module
 */

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { createTask, Future } from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { runProgram } from "../helpers/programs.ts";
import { microtasks } from "../helpers/turns.ts";

Deno.test("Future.then() in a task makes a promise without properties of its own", async () => {
  const future = new Future<number>();
  const made: Promise<unknown>[] = [];
  const task = createTask(async () => {
    const derived = future.then((value) => value);
    made.push(derived, derived.then(), derived.catch(() => {}), derived.finally(() => {}));
    await derived;
  });
  await microtasks();
  for (const promise of made) {
    // Node 20 and 22 give every promise symbols of their own.
    assertEquals(Object.getOwnPropertyNames(promise), []);
    assertInstanceOf(promise, Promise);
    assertStrictEquals(promise.constructor, Promise);
    assertStrictEquals(Promise.resolve(promise), promise);
    assertEquals(Object.prototype.toString.call(promise), "[object Promise]");
  }
  future.setResult(1);
  await task;
  assertEquals(await Promise.all(made), [1, 1, 1, 1]);
});

Deno.test("Future is an instance of Promise, and inherits nothing from it", () => {
  const future = new Future<number>();
  assertInstanceOf(future, Promise);
  assertStrictEquals(Object.getPrototypeOf(Future.prototype), Promise.prototype);
  const inherited = Reflect.ownKeys(Promise.prototype)
    .filter((key) => !Object.hasOwn(Future.prototype, key));
  assertEquals(inherited, []);
  assertEquals(Object.prototype.toString.call(future), "[object Future]");
});

Deno.test("no function of the module invalidates what V8 assumes of promises", async () => {
  needs("programs", "sources");
  const [everything, mod] = ["../field/everything.mjs", "../../mod.ts"].map((file) =>
    import.meta.resolve(file)
  );
  const { code, lines, errors } = await runProgram(
    `
      import { useEverything } from "${everything}";
      import * as asyncio from "${mod}";
      await useEverything(asyncio);
      console.log("used");
      const loop = asyncio.getEventLoop();
      loop.setDebug(true);
      await useEverything(asyncio);
      loop.setDebug(false);
      await useEverything(asyncio);
      console.log("used in debug mode");
    `,
    "--v8-flags=--trace-protector-invalidation",
  );
  assertEquals({ code, lines, errors }, {
    code: 0,
    lines: ["used", "used in debug mode"],
    errors: "",
  });
});
