/**
 * `Condition`: a lock, and a way to wait for what others change while they hold it.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import {
  AsyncContext,
  Condition,
  createTask,
  type Future,
  gather,
  Lock,
  sleep,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { bytesPerRound } from "../helpers/garbage.ts";
import { starterOf } from "../helpers/conditions.ts";
import { kinds } from "../helpers/kinds.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

for (const [kind, coroutine] of kinds) {
  const start = starterOf(coroutine);

  // Result
  // ------

  virtual.test(`Condition.notify() wakes as many as it is told, in their order (${kind})`, async () => {
    const condition = new Condition();
    const log: string[] = [];
    const tasks = ["a", "b", "c", "d", "e"].map((name) => start(condition, log, name));
    await sleep(1);
    assertEquals(`${condition}`, "<Condition unlocked waiters=5>");
    const noted = (notify: () => void) =>
      createTask(async () => {
        await condition.run(notify);
        await sleep(1);
        return log.filter(Boolean).join("");
      });
    assertEquals(await noted(() => condition.notify(0)), "");
    assertEquals(await noted(() => condition.notify()), "a");
    assertEquals(await noted(() => condition.notify(2)), "abc");
    assertEquals(await noted(() => condition.notifyAll()), "abcde");
    assertEquals(await noted(() => condition.notify(3)), "abcde");
    await gather(...tasks);
    assertEquals(`${condition}`, "<Condition unlocked>");
  });

  Deno.test(`Condition.waitFor() goes on when the predicate is true, with its value (${kind})`, async () => {
    const condition = new Condition();
    let [value, asked] = [0, 0];
    const task = createTask(coroutine(function* (wait) {
      using _ = yield* wait(condition.acquire());
      const result = yield* wait(condition.waitFor(() => {
        assert(condition.locked());
        asked++;
        return value;
      }));
      assert(condition.locked());
      return result;
    }));
    await hostTurn();
    assertEquals(asked, 1);
    await condition.run(() => condition.notify());
    await hostTurn();
    assertEquals([asked, task.done()], [2, false]);
    await condition.run(() => {
      value = 42;
      condition.notify();
    });
    assertEquals([await task, asked, condition.locked()], [42, 3, false]);
  });
}

// waitFor()
// ---------

Deno.test("Condition.waitFor() does not wait if the predicate is true", async () => {
  const condition = new Condition();
  using _ = await condition.acquire();
  const waiting = condition.waitFor(() => [1, 2]);
  assert(waiting.done());
  assertEquals([await waiting, condition.locked()], [[1, 2], true]);
});

Deno.test("Condition.waitFor() fails with what the predicate throws, with the lock held", async () => {
  const condition = new Condition();
  const guard = await condition.acquire();
  const fail = (): boolean => {
    throw new RangeError("asked");
  };
  await assertRejects(() => condition.waitFor(fail), RangeError, "asked");
  let fails = false;
  const waiting = condition.waitFor(() => fails && fail());
  assertFalse(condition.locked());
  await condition.run(() => {
    fails = true;
    condition.notify();
  });
  await assertRejects(() => waiting, RangeError, "asked");
  assert(condition.locked());
  guard[Symbol.dispose]();
  assertFalse(condition.locked());
});

Deno.test("Condition.waitFor() refuses a predicate that returns a promise", async () => {
  const condition = new Condition();
  using _ = await condition.acquire();
  await assertRejects(
    () => condition.waitFor(() => Promise.resolve(true)),
    TypeError,
    "Cannot wait for the condition as the predicate returned a promise: received ",
  );
});

Deno.test("Condition.waitFor() asks in the context of the caller", async () => {
  const condition = new Condition();
  const user = new AsyncContext.Variable<string>();
  const asked: unknown[] = [];
  using _ = await condition.acquire();
  const waiting = user.run("ada", () => condition.waitFor(() => asked.push(user.get()) > 1));
  await user.run("bob", () => condition.run(() => condition.notify()));
  await waiting;
  assertEquals(asked, ["ada", "ada"]);
});

// The lock
// --------

Deno.test("Condition: two share a lock, and notify only those who wait for them", async () => {
  const lock = new Lock();
  const [full, empty] = [new Condition(lock), new Condition(lock)];
  const items: number[] = [];
  const seen: number[] = [];
  const producer = createTask(async () => {
    for (let item = 0; item < 10; item++) {
      using _ = await lock.acquire();
      await empty.waitFor(() => items.length < 2);
      items.push(item);
      full.notify();
    }
  });
  const consumer = createTask(async () => {
    while (seen.length < 10) {
      using _ = await lock.acquire();
      await full.waitFor(() => items.length > 0);
      seen.push(items.shift()!);
      empty.notify();
    }
  });
  await gather(producer, consumer);
  assertEquals(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertFalse(lock.locked());
});

Deno.test("Condition.wait(): the guard of before releases the lock of afterwards", async () => {
  const condition = new Condition();
  const guard = await condition.acquire();
  const waiting = condition.wait();
  const other = await condition.acquire();
  guard[Symbol.dispose]();
  assert(condition.locked(), "who waits does not hold the lock");
  condition.notify();
  other[Symbol.dispose]();
  assertEquals(await waiting, true);
  guard[Symbol.dispose]();
  assertFalse(condition.locked());
});

// Representation, misuse
// ----------------------

Deno.test("Condition is shown with the state of its lock and how many wait", async () => {
  const condition = new Condition();
  assertEquals(`${condition}`, "<Condition unlocked>");
  using _ = await condition.acquire();
  using waiting: Future<true> = condition.wait();
  assertEquals(`${condition}`, "<Condition unlocked waiters=1>");
  assertEquals(`${waiting}`, "<Future pending>");
});

Deno.test("Condition refuses to be used without the lock, and what is no lock, number or predicate", async () => {
  const condition = new Condition();
  for (
    const [action, use] of [
      ["wait", () => condition.wait()],
      ["wait", () => condition.waitFor(() => true)],
      ["notify", () => condition.notify()],
      ["notify", () => condition.notifyAll()],
    ] as const
  ) {
    const message = `Cannot ${action} as the lock is not held: <Condition unlocked>`;
    assertThrows(use, Error, message);
  }
  assertThrows(() => condition.release(), Error, "Cannot release the lock as it is not held");
  assertThrows(() => new Condition({} as never), TypeError, "Cannot create a condition as ");
  using _ = await condition.acquire();
  for (const n of [-1, 0.5, NaN, "1" as never]) {
    assertThrows(() => condition.notify(n), TypeError, "not a whole number from 0 on: received ");
  }
  assertThrows(() => condition.waitFor(1 as never), TypeError, "received 1");
  assertThrows(() => condition.wait({ signal: 1 as never }), TypeError, "received 1");
  assert(condition.locked());
});

// Leaks
// -----

Deno.test("Condition.wait() that has ended leaves nothing in memory", async () => {
  needs("gc", "heapSize");
  const condition = new Condition();
  const { signal } = new AbortController();
  const bytes = await bytesPerRound(50, async () => {
    const guard = await condition.acquire();
    const waiting = condition.wait({ signal });
    await condition.run(() => condition.notify());
    await waiting;
    condition.wait({ signal }).cancel();
    guard[Symbol.dispose]();
  });
  assert(bytes < 50, `${bytes} bytes`);
});

Deno.test("Condition.notifyAll() wakes 10,000 tasks", async () => {
  const condition = new Condition();
  let [isOpen, count] = [false, 0];
  const tasks = Array.from({ length: 10_000 }, () =>
    createTask(async () => {
      using _ = await condition.acquire();
      await condition.waitFor(() => isOpen);
      count++;
    }));
  await hostTurn();
  await condition.run(() => {
    isOpen = true;
    condition.notifyAll();
  });
  await gather(...tasks);
  assertEquals([count, condition.locked()], [10_000, false]);
});
