/**
 * Requests to cancel a task that come after the outcome of its wait, and before its code goes on.
 *
 * @module
 */

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  CancelledError,
  type Coroutine,
  createTask,
  Future,
  gather,
  getEventLoop,
  sleep,
  type Task,
  taskGroup,
  timeout,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { passTime } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const [[, generator], [, asyncFunction]] = kinds as [typeof kinds[0], typeof kinds[0]];

/** The ways in which a task of each kind may wait for a future. */
const ways: [string, (future: Future<unknown>) => Future<unknown>][] = [
  ["a wait", (future) => future],
  ["waitFor()", (future) => waitFor(future, null)],
  ["gather()", (future) => gather(future)],
  ["timeout()", (future) => timeout(null, asyncFunction((wait) => wait(future)))],
  ["timeout() with a generator", (future) => timeout(null, generator((wait) => wait(future)))],
  ["taskGroup()", (future) => taskGroup(asyncFunction((wait) => wait(future)))],
  ["taskGroup() with a generator", (future) => taskGroup(generator((wait) => wait(future)))],
];

/** How many microtasks a request comes after the outcome. */
const delays = [0, 1, 2, 3, 4, 5];

// Failure
// -------

/** Starts a task that handles the error of a child, and then waits for ever. */
type StartParent = (child: Task<unknown>, waits: Future<unknown>[]) => Task<unknown>;

const parents: [string, StartParent][] = kinds.flatMap(([kind, coroutine]) =>
  ways.map((
    [name, way],
  ): [string, StartParent] => [
    `${name} in ${kind}`,
    (child, waits) =>
      createTask(coroutine(function* (wait) {
        try {
          yield* wait(waits[0] = way(child));
        } catch (error) {
          if (error instanceof CancelledError) throw error;
        }
        yield* wait(new Future<void>());
      })),
  ])
);
parents.push(["Promise.all() in async function", (child) =>
  createTask(async () => {
    try {
      await Promise.all([child]);
    } catch (error) {
      if (error instanceof CancelledError) throw error;
    }
    await new Future<void>();
  })]);

for (const [name, startParent] of parents) {
  for (const [kind, coroutine] of kinds) {
    Deno.test(`Task.cancel() reaches a task, by ${name}, whose child (${kind}) has just failed`, async () => {
      if (name.includes("Promise.all()")) needs("contextOfPromises");
      for (const delay of delays) {
        const reply = new Future<void>();
        const child = createTask(coroutine((wait) => wait(reply)));
        const waits: Future<unknown>[] = [];
        const parent = startParent(child, waits);
        await hostTurn();
        reply.setException(new RangeError("closed"));
        await microtasks(delay);
        parent.cancel("stop");
        await hostTurn();
        const ended = outcome(parent);
        parent.cancel();
        assertEquals(ended, "cancelled CancelledError: stop", `${delay} microtasks after`);
        // So that no exception is reported.
        await Promise.allSettled([reply, child, ...waits]);
      }
    });
  }
}

// Clean-up
// --------

for (const [kind, coroutine] of kinds) {
  for (const [name, way] of ways) {
    Deno.test(`Task.cancel() just after the result does not cut short a clean-up after ${name} (${kind})`, async () => {
      for (const end of ["return", "throw"]) {
        let isOpen = true;
        const reply = new Future<string>();
        const task = createTask(coroutine(function* (wait) {
          try {
            yield* wait(way(reply));
            if (end === "throw") throw new RangeError("bad reply");
          } finally {
            yield* wait(sleep(0));
            isOpen = false;
          }
        }));
        await hostTurn();
        reply.setResult("here");
        task.cancel("stop");
        await assertRejects(() => task, CancelledError, "stop");
        assertEquals(isOpen, false, end);
      }
    });
  }
}

/** Async functions that set `open` to 0 in a clean-up that waits. */
const cleanUps: [string, (open: number[], reply: Future<void>) => Promise<void>][] = [
  ["await using", async (open, reply) => {
    await using _ = {
      [Symbol.asyncDispose]: async () => void open.fill(await sleep(0, { result: 0 })),
    };
    await reply;
  }],
  ["an async generator", async (open, reply) => {
    async function* messages() {
      try {
        yield await reply;
      } finally {
        open.fill(await sleep(0, { result: 0 }));
      }
    }
    for await (const _ of messages()) return;
  }],
];

for (const [name, body] of cleanUps) {
  Deno.test(`Task.cancel() just after the result does not cut short the clean-up of ${name}`, async () => {
    const open = [1];
    const reply = new Future<void>();
    const task = createTask(() => body(open, reply));
    await hostTurn();
    reply.setResult();
    task.cancel("stop");
    await assertRejects(() => task, CancelledError, "stop");
    assertEquals(open, [0]);
  });
}

/** Ways to cancel a task, or the body of a scope, after 10 ms. */
const limits: [string, (coro: () => Generator | Promise<unknown>) => Future<unknown>][] = [
  ["timeout()", (coro) => timeout(10, coro)],
  [
    "timeout() of a task",
    (coro) => timeout(10, async () => await createTask(coro as Coroutine<unknown>)),
  ],
  ["waitFor()", (coro) => waitFor(createTask(coro as Coroutine<unknown>), 10)],
  ["callLater()", (coro) => {
    const task = createTask(coro as Coroutine<unknown>);
    getEventLoop().callLater(10, () => task.cancel());
    return task;
  }],
];

for (const [name, limit] of limits) {
  for (const [kind, coroutine] of kinds) {
    Deno.test(`${name} whose time is over with the wait of its coroutine (${kind}) does not cut short the clean-up`, async () => {
      using time = new FakeTime();
      let isOpen = true;
      const future = limit(() =>
        coroutine(function* (wait) {
          try {
            yield* wait(sleep(9));
          } finally {
            yield* wait(sleep(1));
            isOpen = false;
          }
        })(undefined)
      );
      await hostTurn();
      await hostTurn();
      // Both timers are due in the same turn.
      time.tick(20);
      await passTime(time, 1);
      assertEquals([future.done(), isOpen], [true, false]);
      await Promise.allSettled([future]);
    });
  }
}

// Several requests
// ----------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`Task.cancel() is what gather() throws, though a limit cancelled the coroutine (${kind}) before`, async () => {
    const child = createTask(coroutine((wait) => wait(new Future<void>())));
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(gather(child));
      } catch (error) {
        return String(error);
      }
    }));
    await hostTurn();
    const limited = waitFor(task, 0);
    task.cancel("stop");
    assertEquals(await task, "CancelledError: stop");
    await limited;
  });

  Deno.test(`Task.cancel() twice after gather() has failed throws the first error (${kind})`, async () => {
    class Refusing extends Future<void> {
      override cancel(): boolean {
        return false;
      }
    }
    const refusing = new Refusing();
    const gathered = gather(refusing, new Future());
    const task = createTask(coroutine((wait) => wait(gathered)));
    await hostTurn();
    refusing.setException(new RangeError("closed"));
    task.cancel("first");
    task.cancel("second");
    const error = await assertRejects(() => task, CancelledError, "first");
    assertStrictEquals(error, task.signal.reason);
    await Promise.allSettled([refusing, gathered]);
  });
}
