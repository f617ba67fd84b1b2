/**
 * `gather()` and `race()` give back what was handed over to them and reaches nobody.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, createTask, Future, gather, Lock, race, sleep } from "../../mod.ts";
import { assertFree } from "../helpers/held.ts";
import { kinds } from "../helpers/kinds.ts";
import { hostTurn } from "../helpers/turns.ts";

// gather()
// --------

Deno.test("gather() that fails gives back what it had, free at once or handed over", async () => {
  const [free, handed] = [new Lock(), new Lock()];
  const guard = await handed.acquire();
  const failing = new Future<void>();
  const gathered = gather(free.acquire(), handed.acquire(), failing);
  guard[Symbol.dispose]();
  await hostTurn();
  assert(free.locked() && handed.locked());
  failing.setException(new RangeError("no"));
  await assertRejects(() => gathered, RangeError);
  assertFree(free);
  assertFree(handed);
});

Deno.test("gather() that has failed gives back what comes later, unless somebody else waits for it", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const failing = new Future<void>();
  const kept = lock.acquire();
  const inLine = Array.from({ length: 10_000 }, () => lock.acquire());
  const gathered = gather(...inLine, kept, failing);
  const last = lock.acquire();
  failing.setException(new RangeError("no"));
  await assertRejects(() => gathered, RangeError);
  const taker = createTask(function* () {
    using _ = yield* kept;
    assertFalse(last.done());
    yield* sleep(0);
    assertFalse(last.done());
  });
  await hostTurn();
  guard[Symbol.dispose]();
  await taker;
  (await last)[Symbol.dispose]();
  assertFree(lock);
});

Deno.test("gather() that is cancelled gives back what it had, even if given twice", async () => {
  const [lock, held] = [new Lock(), new Lock()];
  using _ = await held.acquire();
  const acquiring = lock.acquire();
  const gathered = gather(acquiring, acquiring, held.acquire());
  await hostTurn();
  assert(gathered.cancel());
  await assertRejects(() => gathered, CancelledError);
  assertFree(lock);
  assertEquals(`${held}`, "<Lock locked>");
});

Deno.test("gather() option returnExceptions gives nothing back unless it is cancelled", async () => {
  const lock = new Lock();
  const failing = new Future<void>();
  failing.setException(new RangeError("no"));
  const [guard] = await gather(lock.acquire(), failing, { returnExceptions: true });
  assert(lock.locked());
  const gathered = gather(new Lock().acquire(), lock.acquire(), { returnExceptions: true });
  (guard as Disposable)[Symbol.dispose]();
  assert(lock.locked());
  // All have ended, so that the request comes too late.
  assertFalse(gathered.cancel());
  ((await gathered)[1] as Disposable)[Symbol.dispose]();
  assertFree(lock);
});

// race()
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`race() gives back what others than the first one have (${kind})`, async () => {
    const locks = [new Lock(), new Lock(), new Lock()];
    await createTask(coroutine(function* (wait) {
      using _ = yield* wait(race(locks.map((lock) => lock.acquire())));
      assertEquals(locks.map((lock) => lock.locked()), [true, false, false]);
    }));
    locks.forEach(assertFree);
  });

  Deno.test(`race() for two locks that are released in one turn holds one of them (${kind})`, async () => {
    const locks = [new Lock(), new Lock()];
    const guards = [await locks[0]!.acquire(), await locks[1]!.acquire()];
    const task = createTask(coroutine(function* (wait) {
      using _ = yield* wait(race(locks.map((lock) => lock.acquire())));
      assertEquals(locks.map((lock) => lock.locked()), [false, true]);
    }));
    await hostTurn();
    guards[1]![Symbol.dispose]();
    guards[0]![Symbol.dispose]();
    await task;
    locks.forEach(assertFree);
  });
}

Deno.test("race() that is cancelled gives back what comes meanwhile, but for the first one", async () => {
  const lock = new Lock();
  const first = await lock.acquire();
  const raced = race([lock.acquire(), new Future<never>()]);
  assert(raced.cancel());
  await assertRejects(() => raced, CancelledError);
  first[Symbol.dispose]();
  assertFree(lock);
  const second = lock.acquire();
  assertStrictEquals(await race([second]), second.result());
  assert(lock.locked());
});
