/**
 * What can be held (lock, condition, semaphore), apart from cancellation: order, guards, `run()`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  Future,
  gather,
  newEventLoop,
  run,
  sleep,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { bytesPerRound } from "../helpers/garbage.ts";
import { assertFree, type Holdable, holdables } from "../helpers/held.ts";
import { kinds } from "../helpers/kinds.ts";
import { CANCELLED, outcome } from "../helpers/outcome.ts";
import { hostTurn, leastOf } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

for (const [name, make] of holdables) {
  // Result
  // ------

  for (const [kind, coroutine] of kinds) {
    Deno.test(`${name}.acquire() is served first come, first served (${kind})`, async () => {
      const held = make();
      const log: string[] = [];
      const start = (name: string) =>
        createTask(coroutine(function* (wait) {
          for (const round of [1, 2]) {
            using _ = yield* wait(held.acquire());
            log.push(name + round);
            yield* wait(sleep(0));
          }
        }));
      await gather(start("a"), start("b"), start("c"));
      assertEquals(log, ["a1", "b1", "c1", "a2", "b2", "c2"]);
      assertFree(held);
    });

    Deno.test(`${name}.acquire(): nobody overtakes one that it was handed over to (${kind})`, async () => {
      const held = make();
      const log: string[] = [];
      const guard = await held.acquire();
      const waiting = createTask(coroutine(function* (wait) {
        using _ = yield* wait(held.acquire());
        log.push("first");
      }));
      await hostTurn();
      guard[Symbol.dispose]();
      assert(held.locked());
      const late = held.acquire();
      assertFalse(late.done());
      using _ = await late;
      log.push("late");
      await waiting;
      assertEquals(log, ["first", "late"]);
    });

    // run()
    // -----

    virtual.test(`${name}.run() holds it while the function runs, as a part of the task around (${kind})`, async () => {
      const held = make();
      const log: unknown[] = [];
      const task: Future<string> = createTask(coroutine(function* (wait) {
        return yield* wait(held.run(
          coroutine(function* (wait) {
            log.push(held.locked(), currentTask() === task);
            yield* wait(sleep(1));
            log.push(held.locked(), currentTask() === task);
            return "done";
          }) as () => Generator<unknown, string>,
        ));
      }));
      assertEquals(await task, "done");
      assertEquals(log, [true, true, true, true]);
      assertFree(held);
    });

    Deno.test(`${name}.run() releases it when the function fails (${kind})`, async () => {
      const held = make();
      const failing = held.run(
        coroutine(function* (wait) {
          yield* wait(sleep(0));
          throw new RangeError("no");
        }) as () => Generator<unknown, never>,
      );
      await assertRejects(() => failing, RangeError, "no");
      assertFree(held);
    });

    Deno.test(`${name}.run() that is cancelled while it waits never calls the function (${kind})`, async () => {
      const held = make();
      const guard = await held.acquire();
      const task = createTask(coroutine(function* (wait) {
        yield* wait(held.run(() => assert(false)));
      }));
      await hostTurn();
      guard[Symbol.dispose]();
      task.cancel();
      await assertRejects(() => task, CancelledError);
      assertFree(held);
    });

    Deno.test(`${name}.run() that is cancelled releases it when the function has ended (${kind})`, async () => {
      const held = make();
      const cleanedUp = new Future<void>();
      const running = held.run(
        coroutine(function* (wait) {
          try {
            yield* wait(new Future<void>());
          } finally {
            yield* wait(cleanedUp);
          }
        }) as () => Generator<unknown, void>,
      );
      await hostTurn();
      assert(running.cancel());
      await hostTurn();
      assertEquals([held.locked(), running.done()], [true, false]);
      cleanedUp.setResult();
      await assertRejects(() => running, CancelledError);
      assertFree(held);
    });
  }

  Deno.test(`${name}.acquire() is done at once if it is free`, () => {
    const held = make();
    const acquiring = held.acquire();
    assert(acquiring.done());
    assert(held.locked());
    acquiring.result()[Symbol.dispose]();
    assertFree(held);
  });

  Deno.test(`${name}.release() hands it over to the first who waits`, () => {
    const held = make();
    held.acquire();
    const [second, third] = [held.acquire(), held.acquire()];
    held.release();
    assertEquals([second.done(), third.done(), held.locked()], [true, false, true]);
    held.release();
    held.release();
    assert(third.done());
    assertFree(held);
  });

  Deno.test(`${name}.run() takes plain functions, and the signal for the wait`, async () => {
    const held = make();
    assertEquals(await held.run(() => [held.locked()]), [true]);
    await assertRejects(() =>
      held.run(() => {
        throw new RangeError("plain");
      }), RangeError);
    const controller = new AbortController();
    const guard = await held.acquire();
    const running = held.run(() => assert(false), { signal: controller.signal });
    controller.abort("enough");
    await assertRejects(() => running, CancelledError);
    guard[Symbol.dispose]();
    assertFree(held);
  });

  // Guards
  // ------

  Deno.test(`${name}: a guard releases once, at the end of the block even if that fails`, async () => {
    const held = make();
    await assertRejects(async () => {
      using _ = await held.acquire();
      throw new RangeError("in the block");
    }, RangeError);
    const guard = await held.acquire();
    guard[Symbol.dispose]();
    const other = await held.acquire();
    guard[Symbol.dispose]();
    assert(held.locked(), "somebody else has it");
    other[Symbol.dispose]();
    other[Symbol.dispose]();
    assertFree(held);
  });

  // Loop and context
  // ----------------

  Deno.test(`${name} serves the tasks of several loops`, async () => {
    const held = make();
    const guard = await held.acquire();
    const loop = newEventLoop();
    const log: unknown[] = [];
    const running = run(async () => {
      const acquiring = held.acquire();
      log.push(acquiring.getLoop() === loop);
      using _ = await acquiring;
    }, { loop });
    await hostTurn();
    guard[Symbol.dispose]();
    await running;
    assertEquals(log, [true]);
    assertFree(held);
  });

  Deno.test(`${name}.run() calls the function in the context of the caller`, async () => {
    const held = make();
    const user = new AsyncContext.Variable<string>();
    const guard = await held.acquire();
    const running = user.run("ada", () => held.run(() => user.get()));
    user.run("bob", () => guard[Symbol.dispose]());
    assertEquals(await running, "ada");
  });

  // Representation
  // --------------

  Deno.test(`${name} is shown by the console as by String()`, () => {
    needs("inspect");
    const held = make();
    assertEquals(Deno.inspect([held]), `[ ${held} ]`);
  });

  // Misuse
  // ------

  Deno.test(`${name}.acquire() and run() refuse what is no signal or function, and hold nothing`, () => {
    const held = make();
    assertThrows(() => held.acquire({ signal: 1 as never }), TypeError, "received 1");
    assertThrows(() => held.acquire(1 as never), TypeError, "received 1");
    assertThrows(() => held.run(1 as never), TypeError, "received 1");
    assertThrows(() => held.run(() => {}, { signal: 1 as never }), TypeError, "received 1");
    assertFree(held);
  });

  // Leaks
  // -----

  Deno.test(`${name}.acquire() that was cancelled or served leaves nothing in memory`, async () => {
    needs("gc", "heapSize");
    const held = make();
    const { signal } = new AbortController();
    const bytes = await bytesPerRound(50, async () => {
      const guard = await held.acquire({ signal });
      held.acquire({ signal }).cancel();
      const acquiring = held.acquire({ signal });
      guard[Symbol.dispose]();
      acquiring.result()[Symbol.dispose]();
    });
    assert(bytes < 50, `${bytes} bytes`);
  });
}

// Many
// ----

/** How many milliseconds it takes to serve so many who wait, every other one of whom is cancelled. */
async function msForWaiters(held: Holdable, count: number): Promise<number> {
  const start = performance.now();
  const guard = await held.acquire();
  let served = 0;
  const tasks = Array.from({ length: count }, () =>
    createTask(async () => {
      using _ = await held.acquire();
      served++;
    }));
  await hostTurn();
  for (let i = 0; i < count; i += 2) tasks[i]!.cancel();
  guard[Symbol.dispose]();
  await gather(...tasks, { returnExceptions: true });
  assertEquals(served, count / 2);
  assertEquals(outcome(tasks[0]!), CANCELLED);
  assertStrictEquals(held.locked(), false);
  return performance.now() - start;
}

for (const [name, make] of holdables.filter(([name]) => /^(Lock|Semaphore)$/.test(name))) {
  Deno.test(`${name} serves 10,000 who wait in linear time`, async () => {
    const factor = await leastOf(40, async () => {
      const few = await msForWaiters(make(), 1_000);
      return await msForWaiters(make(), 10_000) / few;
    });
    assert(factor < 40, `10 times as many take ${factor} times as long`);
  });
}
