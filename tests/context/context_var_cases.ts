/**
 * The tests of `ContextVar` that run on each carrier of contexts.
 *
 * This module must not import the one under test, which chooses the carrier when it is
 * imported: the files that use this one change the globals before.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { type Capability, needs } from "../helpers/capabilities.ts";
import { runFaked } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";

/**
 * Registers the tests.
 *
 * @param carrier The carrier, for the names of the tests.
 * @param module The module under test.
 * @param needed The capabilities that the carrier needs.
 */
export function testContextVar(
  carrier: string,
  module: typeof import("../../mod.ts"),
  ...needed: Capability[]
): void {
  const { ContextVar, copyContext, createTask, Future, getEventLoop, LookupError } = module;
  const { sleep, timeout } = module;
  const user = new ContextVar<string>("user");
  const loop = getEventLoop();

  function test(name: string, fn: () => Promise<void>): void {
    Deno.test(`${name} (context carried by ${carrier})`, async () => {
      needs(...needed);
      await fn();
    });
  }

  const inTask = {
    /** Registers a test whose body is a task in fake time. */
    test: (name: string, main: () => Promise<void>) => test(name, () => runFaked(module, main)),
  };

  for (const [kind, make] of kinds) {
    inTask.test(`ContextVar: tasks side by side have their own values (${kind})`, async () => {
      const greet = make(function* (wait, name: string) {
        user.set(name);
        yield* wait(sleep(1));
        const inner = yield* wait(createTask(function* () {
          user.set(`${user.get()} jr.`);
          yield* sleep(1);
          return user.get();
        }));
        return [user.get(), inner];
      });
      const tasks = ["ada", "grace"].map((name) => createTask(() => greet(name)));
      for (const [i, name] of ["ada", "grace"].entries()) {
        assertEquals(await tasks[i], [name, `${name} jr.`]);
      }
      assertEquals(user.get("nobody"), "nobody");
    });

    inTask.test(`ContextVar: the body of a scope sets for the task (${kind})`, async () => {
      const body = make(function* (wait) {
        yield* wait(sleep(1));
        user.set("ada");
      });
      const main = make(function* (wait) {
        yield* wait(timeout(1_000, () => body(undefined)));
        return user.get();
      });
      assertEquals(await createTask(() => main(undefined)), "ada");
    });

    inTask.test(`ContextVar: a task in a copy of a context changes that copy (${kind})`, async () => {
      const context = copyContext();
      const main = make(function* (wait) {
        yield* wait(sleep(1));
        user.set("ada");
        yield* wait(sleep(1));
      });
      await createTask(() => main(undefined), { context });
      assertEquals([context.get(user), context.run(() => user.get())], ["ada", "ada"]);
    });
  }

  inTask.test("ContextVar: callbacks and timers run with the values of when they were registered", async () => {
    const seen: unknown[] = [];
    const see = (name: string) => () => {
      seen.push([name, user.get()]);
      user.set(name);
      seen.push(user.get());
    };
    const future = new Future<void>();
    await createTask(() => {
      user.set("first");
      loop.callSoon(see("soon"));
      future.addDoneCallback(see("done"));
      loop.callLater(1, see("later"));
      user.set("second");
      future.setResult();
    });
    await sleep(5);
    const each = ["soon", "done", "later"].flatMap((name) => [[name, "first"], name]);
    assertEquals(seen, each);
  });

  test("ContextVar: set() outside of tasks and callbacks throws", async () => {
    assertThrows(() => user.set("ada"), Error, "no task and no loop callback is running");
    assertThrows(() => user.get(), LookupError);
    await sleep(0);
    assertThrows(() => user.set("ada"), Error, "no task and no loop callback is running");
  });
}
