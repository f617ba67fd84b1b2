/**
 * Tasks whose async functions a compiler has turned into generators: an `await` of a future calls
 * the future's own `then()`, with functions of the compiler.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { CancelledError, createTask, Future, sleep } from "../../mod.ts";
import { compiledAsync } from "../helpers/compiled_await.ts";
import { withResult } from "../helpers/futures.ts";
import { microtasks } from "../helpers/turns.ts";

const rethrow = (error: unknown): never => {
  throw error;
};

// Cancellation
// ------------

for (
  const [name, awaited] of [
    ["a future", (future: Future<number>) => future],
    ["a promise of then()", (future: Future<number>) => future.then((value) => value)],
    ["a promise of catch()", (future: Future<number>) => future.catch(rethrow).then()],
    ["a promise of finally()", (future: Future<number>) => future.finally(() => {}).then()],
  ] as const
) {
  Deno.test(`Task.cancel() cancels what a compiled await waits for: ${name}`, async () => {
    const future = new Future<number>();
    const task = createTask(() =>
      compiledAsync(function* () {
        yield awaited(future);
      })
    );
    await microtasks();
    assertFalse(future.done());
    task.cancel();
    assert(future.cancelled());
    await assertRejects(async () => await task, CancelledError);
  });
}

Deno.test("Task.cancel() before a compiled await of a done future is thrown there", async () => {
  const reached: string[] = [];
  const task = createTask(() =>
    compiledAsync(function* () {
      task.cancel("stop");
      reached.push("before");
      yield withResult(1);
      reached.push("after");
    })
  );
  await assertRejects(async () => await task, CancelledError, "stop");
  assertEquals(reached, ["before"]);
});

Deno.test("Task.cancel() lets a compiled async function clean up", async () => {
  const done: string[] = [];
  const task = createTask(() =>
    compiledAsync(function* () {
      try {
        yield sleep(60_000);
      } finally {
        yield sleep(0);
        done.push("cleaned up");
      }
    })
  );
  await microtasks();
  task.cancel();
  await assertRejects(async () => await task, CancelledError);
  assertEquals(done, ["cleaned up"]);
});

Deno.test("Future.then() with two handlers of a program is not a wait of the task", async () => {
  const future = new Future<number>();
  const task = createTask(async () => {
    future.then((value) => value, () => {});
    await sleep(60_000);
  });
  await microtasks();
  task.cancel();
  assertFalse(future.cancelled());
  await assertRejects(async () => await task, CancelledError);
});
