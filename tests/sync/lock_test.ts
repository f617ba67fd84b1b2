/**
 * `Lock`: what is its own. See `held_test.ts` for what all classes have that can be held.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { createTask, Lock, sleep } from "../../mod.ts";
import { hostTurn } from "../helpers/turns.ts";

// Result
// ------

Deno.test("Lock.release() lets somebody else than the holder release, whose guard then does nothing", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  lock.release();
  assertFalse(lock.locked());
  const other = await lock.acquire();
  guard[Symbol.dispose]();
  assert(lock.locked());
  other[Symbol.dispose]();
});

Deno.test("Lock.acquire() by a task that holds the lock waits", async () => {
  const lock = new Lock();
  using _ = await lock.acquire();
  const again = lock.acquire();
  await hostTurn();
  assertFalse(again.done());
});

// Cancellation
// ------------

Deno.test("Lock: one that is cancelled as the holder releases does not stop the next", async () => {
  const lock = new Lock();
  const log: string[] = [];
  const blocked = createTask(async () => {
    using _ = await lock.acquire();
    await sleep(60_000);
  });
  const start = (name: string) =>
    createTask(async () => {
      using _ = await lock.acquire();
      log.push(name);
    });
  const [b, c] = [start("b"), start("c")];
  await hostTurn();
  b.cancel();
  blocked.cancel();
  await c;
  assertEquals([log, b.cancelled(), lock.locked()], [["c"], true, false]);
});

// Representation
// --------------

Deno.test("Lock is shown with its state and how many wait", async () => {
  const lock = new Lock();
  assertEquals(`${lock}`, "<Lock unlocked>");
  using _ = await lock.acquire();
  assertEquals(`${lock}`, "<Lock locked>");
  const waiting = [lock.acquire(), lock.acquire()];
  assertEquals(`${lock}`, "<Lock locked waiters=2>");
  assertEquals(`${waiting[0]}`, "<Future pending cb=[Lock.acquire]>");
  waiting.forEach((future) => future.cancel());
  assertEquals(`${lock}`, "<Lock locked>");
});

// Misuse
// ------

Deno.test("Lock.acquire() whose future the program settles itself leaves the line, once it is done", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const [done, failed, pending, last] = Array.from({ length: 4 }, () => lock.acquire());
  done!.setResult(guard);
  failed!.setException(new RangeError("no"));
  await assertRejects(() => failed!, RangeError);
  assertEquals(`${lock}`, "<Lock locked waiters=2>");
  class Unmakeable extends Error {
    constructor() {
      super();
      throw new SyntaxError("cannot be made");
    }
  }
  assertThrows(() => pending!.setException(Unmakeable), SyntaxError);
  assertThrows(() => (pending!.setException as () => void)(), TypeError);
  assertEquals(`${lock}`, "<Lock locked waiters=2>");
  assert(pending!.cancel());
  assertEquals(`${lock}`, "<Lock locked waiters=1>");
  guard[Symbol.dispose]();
  (await last!)[Symbol.dispose]();
  assertEquals(`${lock}`, "<Lock unlocked>");
});

Deno.test("Lock.release() of a lock that is not held throws, and changes nothing", async () => {
  const lock = new Lock();
  assertThrows(
    () => lock.release(),
    Error,
    "Cannot release the lock as it is not held: <Lock unlocked>",
  );
  using _ = await lock.acquire();
  assert(lock.locked());
});
