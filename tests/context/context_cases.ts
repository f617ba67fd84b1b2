/**
 * The tests of context, to be run on each of its carriers.
 *
 * This module must not import the one under test, which chooses the carrier when it is
 * imported: the files that use this one change the globals before.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type { Task } from "../../mod.ts";
import { type Capability, needs } from "../helpers/capabilities.ts";
import { passTime, runFaked } from "../helpers/fake_time.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

type Module = typeof import("../../mod.ts");

/**
 * Registers the tests.
 *
 * @param carrier The carrier, for the names of the tests.
 * @param module The module under test.
 * @param followsPromises Whether the carrier follows promises of any kind.
 * @param needed The capabilities that the carrier needs.
 */
export function testContext(
  carrier: string,
  module: Module,
  followsPromises: boolean,
  ...needed: Capability[]
): void {
  const {
    AsyncContext,
    createTask,
    currentTask,
    ensureFuture,
    Future,
    gather,
    getEventLoop,
    getRunningLoop,
    sleep,
  } = module;
  const loop = getEventLoop();
  const user = new AsyncContext.Variable<string>({ name: "user", defaultValue: "nobody" });

  function test(name: string, fn: () => void | Promise<void>): void {
    Deno.test(`${name} (context carried by ${carrier})`, async () => {
      needs(...needed);
      await fn();
      // The turn that the loop may have asked the host for must end with the test.
      await hostTurn();
    });
  }

  const inTask = {
    /** Registers a test whose body is a task in fake time. */
    test: (name: string, main: () => Promise<void>) => test(name, () => runFaked(module, main)),
  };

  // Variables and snapshots
  // -----------------------

  test("AsyncContext is an object of two constructors", () => {
    assertStrictEquals(typeof AsyncContext.Variable, "function");
    assertStrictEquals(typeof AsyncContext.Snapshot, "function");
    assert(new AsyncContext.Snapshot() instanceof AsyncContext.Snapshot);
    assert(user instanceof AsyncContext.Variable);
  });

  test("AsyncContext.Variable has a name and a default value", () => {
    assertEquals(user.name, "user");
    assertEquals(user.get(), "nobody");
    const bare = new AsyncContext.Variable<number>();
    assertEquals(bare.name, "");
    assertEquals(bare.get(), undefined);
  });

  test("AsyncContext.Variable.run() sets the value while the function runs", () => {
    const other = new AsyncContext.Variable<number>();
    const result = user.run(
      "ada",
      (a: number, b: number) => {
        assertEquals(user.get(), "ada");
        other.run(1, () => {
          user.run("grace", () => assertEquals([user.get(), other.get()], ["grace", 1]));
          assertEquals([user.get(), other.get()], ["ada", 1]);
        });
        assertEquals(other.get(), undefined);
        return a + b;
      },
      1,
      2,
    );
    assertEquals(result, 3);
    assertThrows(() =>
      user.run("mary", () => {
        throw new RangeError("x");
      }), RangeError);
    assertEquals(user.get(), "nobody");
  });

  test("AsyncContext.Variable.run() may set undefined", () => {
    const flag = new AsyncContext.Variable<boolean | undefined>({ defaultValue: true });
    flag.run(undefined, () => assertEquals(flag.get(), undefined));
  });

  test("AsyncContext.Snapshot.run() runs in the context of the snapshot", () => {
    const snapshot = user.run("ada", () => new AsyncContext.Snapshot());
    user.run("grace", () => {
      assertEquals(snapshot.run((a: string) => `${a} ${user.get()}`, "hello"), "hello ada");
      assertEquals(user.get(), "grace");
      assertThrows(() =>
        snapshot.run(() => {
          throw new RangeError("x");
        }), RangeError);
      assertEquals(user.get(), "grace");
    });
  });

  test("AsyncContext.Snapshot.wrap() binds a function to the context", () => {
    const object = {
      name: "object",
      describe: user.run(
        "ada",
        () =>
          AsyncContext.Snapshot.wrap(function (this: { name: string }, greeting: string) {
            return `${greeting} ${this.name} ${user.get()}`;
          }),
      ),
    };
    assertEquals(user.run("grace", () => object.describe("hello")), "hello object ada");
  });

  // Callbacks and handlers
  // ----------------------

  test("Future.addDoneCallback() runs the callback in the context it was added in", async () => {
    const future = new Future<void>();
    const seen: unknown[] = [];
    const note = () => seen.push(user.get());
    future.addDoneCallback(note);
    user.run("ada", () => future.addDoneCallback(note));
    user.run("grace", () => future.setResult());
    await microtasks();
    user.run("mary", () => future.addDoneCallback(note));
    await microtasks();
    assertEquals(seen, ["nobody", "ada", "mary"]);
  });

  test("Future.addDoneCallback() runs the callback in the context it is given", async () => {
    const future = new Future<void>();
    const seen: unknown[] = [];
    const context = user.run("ada", () => new AsyncContext.Snapshot());
    user.run("grace", () => future.addDoneCallback(() => seen.push(user.get()), { context }));
    future.setResult();
    await microtasks();
    future.addDoneCallback(() => seen.push(user.get()), { context });
    await microtasks();
    assertEquals(seen, ["ada", "ada"]);
  });

  test("Future.then(), catch() and finally() run handlers in the context they were added in", async () => {
    const seen: unknown[] = [];
    const note = (..._: unknown[]) => seen.push(user.get());
    const [done, failed] = [new Future<number>(), new Future<number>()];
    const waiting = user.run("ada", () => [
      done.then(note),
      done.finally(note as () => void),
      failed.catch(note),
      failed.then(null, note),
      failed.finally(note as () => void).catch(() => {}),
    ]);
    user.run("grace", () => {
      done.setResult(1);
      failed.setException(new Error("x"));
    });
    await Promise.all(waiting);
    assertEquals(seen, Array(5).fill("ada"));
  });

  test("Future.catch(), finally() and then() without a handler pass the result on", async () => {
    const future = new Future<number>();
    future.setResult(1);
    const all = [
      future.catch(() => 2),
      future.then(undefined, null),
      future.finally(),
      future.then(),
    ];
    assertEquals(await Promise.all(all), [1, 1, 1, 1]);
  });

  test("EventLoop.callSoon(), callLater() and callAt() run the callback in its context", async () => {
    using time = new FakeTime();
    const seen: unknown[] = [];
    const note = () => seen.push(user.get());
    const context = user.run("given", () => new AsyncContext.Snapshot());
    user.run("ada", () => {
      loop.callSoon(note);
      loop.callSoon(note, { context });
      loop.callLater(1, note);
      loop.callLater(1, note, { context });
      loop.callAt(loop.time() + 2, note);
    });
    loop.callSoon(note);
    await passTime(time, 2);
    assertEquals(seen, ["ada", "given", "nobody", "ada", "given", "ada"]);
  });

  test("EventLoop.callSoon() keeps the context of callbacks that wait for a turn of the host", async () => {
    const seen = new Set<unknown>();
    let rounds = 0;
    await new Promise<void>((resolve) => {
      const again = () => {
        seen.add(user.get());
        if (++rounds < 2_000) loop.callSoon(again);
        else resolve();
      };
      user.run("ada", () => loop.callSoon(again));
    });
    assertEquals([...seen], ["ada"]);
  });

  // Tasks
  // -----

  test("createTask() runs every step in a copy of the creator's context", async () => {
    const seen: unknown[] = [];
    const futures = Array.from({ length: 4 }, () => new Future<void>());
    const note = (name: string) => seen.push([name, user.get(), currentTask()?.getName()]);
    const tasks = user.run("ada", () => [
      createTask(function* () {
        note("generator");
        yield* futures[0]!;
        note("generator");
        yield;
        note("generator");
        try {
          yield* futures[1]!;
        } catch {
          note("generator");
        }
      }, { name: "g" }),
      createTask(async () => {
        note("async");
        await futures[2];
        note("async");
        try {
          await futures[3];
        } catch {
          note("async");
        }
      }, { name: "a" }),
    ]);
    await microtasks();
    user.run("grace", () => {
      futures[0]!.setResult();
      futures[2]!.setResult();
    });
    await microtasks();
    user.run("mary", () => {
      futures[1]!.cancel();
      futures[3]!.setException(new Error("x"));
    });
    await Promise.all(tasks);
    const of = (name: string) => seen.filter((each) => (each as string[])[0] === name);
    assertEquals(of("generator"), Array(4).fill(["generator", "ada", "g"]));
    assertEquals(of("async"), Array(3).fill(["async", "ada", "a"]));
    assertEquals(currentTask(), null);
  });

  test("createTask() runs the task in the context it is given", async () => {
    const context = user.run("ada", () => new AsyncContext.Snapshot());
    const options = { context };
    const tasks: Task<unknown>[] = user.run("grace", () => [
      createTask(async () => {
        await sleep(0);
        return user.get();
      }, options),
      createTask(function* () {
        yield* sleep(0);
        return user.get();
      }, options),
      createTask(function* () {
        yield* sleep(0);
        return user.get();
      }, { ...options, eagerStart: true }),
    ]);
    assertEquals(await Promise.all(tasks), ["ada", "ada", "ada"]);
  });

  inTask.test("createTask() hides from the creator and from other tasks what the task sets", async () => {
    const seen: unknown[] = [];
    const visit = (name: string) =>
      createTask(() =>
        user.run(name, async () => {
          await sleep(0);
          seen.push(user.get());
          await sleep(1);
          seen.push(user.get());
        })
      );
    await gather(visit("ada"), visit("grace"));
    assertEquals(seen, ["ada", "grace", "ada", "grace"]);
  });

  test("Task.getContext() returns the context of the task", async () => {
    const task = user.run("ada", () => createTask(() => sleep(0)));
    await task;
    assertEquals(task.getContext().run(() => user.get()), "ada");
  });

  test("Task.cancel() reaches the future that an async function waits on", async () => {
    const future = new Future<void>();
    const task = createTask(async () => {
      await sleep(0);
      await future;
    });
    await hostTurn();
    task.cancel("why");
    assert(future.cancelled());
    await assertRejects(() => task, module.CancelledError, "why");
  });

  test("currentTask() returns the task while it cleans up after a cancellation", async () => {
    const seen: unknown[] = [];
    const task = createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        seen.push(currentTask() === task);
        await sleep(0);
        seen.push(currentTask() === task);
      }
    });
    await microtasks();
    task.cancel();
    await assertRejects(() => task);
    assertEquals(seen, [true, true]);
  });

  test("Task[Symbol.asyncDispose]() keeps the context of the async function that awaits it", async () => {
    const seen: unknown[] = [];
    await user.run("ada", () =>
      createTask(async () => {
        // The call of `await using`, which compilers for older runtimes turn into more.
        await createTask(() => sleep(60_000))[Symbol.asyncDispose]();
        seen.push(user.get(), currentTask()?.getName());
      }, { name: "outer" }));
    assertEquals(seen, ["ada", "outer"]);
  });

  // await
  // -----

  test("await on a future keeps the context in any async function", async () => {
    const seen: unknown[] = [];
    const wait = async (future: PromiseLike<unknown>) => {
      try {
        await future;
      } catch {
        // The context is the same after a failure.
      }
      seen.push(user.get());
    };
    const [a, b, c, d, e] = Array.from({ length: 5 }, () => new Future<unknown>());
    const waiting = [
      user.run("a", () => wait(a!)),
      user.run("b", () => wait(b!)),
      user.run("c", () => wait(c!)),
      user.run("d", () => wait(d!)),
      user.run("e", () => wait(e!)),
      wait(a!),
    ];
    await microtasks();
    a!.setResult(1);
    b!.setException(new Error("x"));
    c!.cancel();
    d!.setResult(Promise.resolve("unwrapped"));
    e!.setResult(Promise.reject(new Error("unwrapped")));
    await Promise.all(waiting);
    assertEquals(seen.sort(), ["a", "b", "c", "d", "e", "nobody"]);
    seen.length = 0;
    await user.run("done", () => wait(a!));
    assertEquals(seen, ["done"]);
  });

  test("await on ensureFuture(promise) keeps the context", async () => {
    const seen: unknown[] = [];
    await user.run("ada", async () => {
      await ensureFuture(Promise.resolve());
      seen.push(user.get());
      await ensureFuture(hostTurn());
      seen.push(user.get());
      await ensureFuture(Promise.reject(new Error("x"))).catch(() => {});
      await ensureFuture(Promise.resolve());
    });
    assertEquals(seen, ["ada", "ada"]);
  });

  test("await on a foreign promise keeps the context only where the engine carries it", async () => {
    let seen: unknown;
    await user.run("ada", async () => {
      await Promise.resolve();
      seen = user.get();
    });
    assertEquals(seen, followsPromises ? "ada" : "nobody");
  });

  test("await in a task throws the error of a getter of the result's then", async () => {
    const future = new Future<unknown>();
    const task = createTask(async () => await future);
    await microtasks();
    future.setResult({
      get then() {
        throw new RangeError("no then");
      },
    });
    await assertRejects(() => task, RangeError, "no then");
  });

  // Many tasks
  // ----------

  test("Tasks that are interleaved with foreign promises never mix up their contexts", async () => {
    const problems: string[] = [];
    let stop = false;
    const noise = async () => {
      for (let i = 0; !stop; i++) {
        await (i % 10 ? undefined : new Promise((resolve) => setTimeout(resolve, 0)));
        if (user.get() !== "nobody" || currentTask()) problems.push(`noise saw ${user.get()}`);
      }
    };
    const noises = [noise(), noise()];
    let seed = 1;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const body = async (name: string) => {
      for (let i = 0; i < 20; i++) {
        const future = new Future<number>();
        if (random() < 0.5) queueMicrotask(() => future.setResult(i));
        else setTimeout(() => future.setException(new Error("x")), random() * 3);
        try {
          await future;
        } catch {
          // The context is the same after a failure.
        }
        if (user.get() !== name) problems.push(`${name} saw ${user.get()}`);
        if (currentTask()?.getName() !== name) problems.push(`${name} was ${currentTask()}`);
        if (getRunningLoop() !== loop) problems.push(`${name} ran elsewhere`);
      }
    };
    const tasks = Array.from({ length: 50 }, (_, i) => {
      const name = `task ${i}`;
      return user.run(name, () => createTask(() => body(name), { name }));
    });
    // Code outside of the tasks awaits them meanwhile.
    const waits = tasks.map(async (task) => await task);
    await Promise.all(waits);
    stop = true;
    await Promise.all(noises);
    assertEquals(problems, []);
  });

  test("Tasks that await foreign promises never see the context of another task", async () => {
    const problems: string[] = [];
    let seed = 1;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const settled = () => {
      const future = new Future<void>();
      if (random() < 0.5) queueMicrotask(() => future.setResult());
      else setTimeout(() => future.setResult(), random() * 3);
      return future;
    };
    const foreign = async () => {
      await (random() < 0.5 ? undefined : new Promise((resolve) => setTimeout(resolve, 0)));
    };
    const check = (seen: unknown, expected: unknown) => {
      if (seen !== expected) problems.push(`${seen} instead of ${expected}`);
    };
    const body = async (name: string) => {
      let lost = false;
      for (let i = 0; i < 30; i++) {
        // Nobody waits for this one, so that it is resumed between the steps of the tasks.
        foreign().then(() => check(user.get(), followsPromises ? name : "nobody"));
        const kind = random();
        if (kind < 0.4) {
          await settled();
        } else if (kind < 0.8 || i < 15) {
          await ensureFuture(foreign());
        } else {
          await foreign();
          lost = !followsPromises;
        }
        check(user.get(), lost ? "nobody" : name);
        check(currentTask()?.getName(), lost ? undefined : name);
      }
    };
    const tasks = Array.from({ length: 50 }, (_, i) => {
      const name = `task ${i}`;
      return user.run(name, () => createTask(() => body(name), { name }));
    });
    for (const task of tasks) await task;
    assertEquals(problems, []);
  });
}
