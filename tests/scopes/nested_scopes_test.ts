import { assertEquals, assertRejects } from "@std/assert";
import { createTask, type Future, sleep, taskGroup, timeout } from "../../mod.ts";
import { microtasks } from "../helpers/turns.ts";

const boom = new RangeError("boom");

/** A group in so many scopes whose task fails when it is cancelled. */
function inAsyncFunctions(depth: number): Future<unknown> {
  if (depth > 0) return timeout(null, async () => await inAsyncFunctions(depth - 1));
  return taskGroup(async (group) => {
    group.createTask(async () => {
      try {
        await sleep(60_000);
      } catch {
        throw boom;
      }
    });
    await sleep(60_000);
  });
}

/** The same with generators. */
function inGenerators(depth: number): Future<unknown> {
  if (depth > 0) {
    return timeout(null, function* () {
      yield* inGenerators(depth - 1);
    });
  }
  return taskGroup(function* (group) {
    group.createTask(function* () {
      try {
        yield* sleep(60_000);
      } catch {
        throw boom;
      }
    });
    yield* sleep(60_000);
  });
}

Deno.test("taskGroup() that fails in scopes loses no cancellation of an async function", async () => {
  for (const depth of [0, 1, 2, 3]) {
    const log: unknown[] = [];
    const task = createTask(async () => {
      try {
        await inAsyncFunctions(depth);
      } catch (error) {
        log.push(error instanceof AggregateError && error.errors);
      }
      try {
        await sleep(0);
        log.push("goes on");
      } catch (error) {
        log.push(error instanceof Error && error.name);
      }
    });
    await microtasks();
    task.cancel();
    await task;
    assertEquals(log, [[boom], "CancelledError"], `${depth} scopes`);
  }
});

Deno.test("taskGroup() that fails in scopes loses no cancellation of a generator", async () => {
  for (const depth of [0, 1, 2, 3]) {
    const log: unknown[] = [];
    const task = createTask(function* () {
      try {
        yield* inGenerators(depth);
      } catch (error) {
        log.push(error instanceof AggregateError && error.errors);
      }
      try {
        yield* sleep(0);
        log.push("goes on");
      } catch (error) {
        log.push(error instanceof Error && error.name);
      }
    });
    await microtasks();
    task.cancel();
    await task;
    assertEquals(log, [[boom], "CancelledError"], `${depth} scopes`);
  }
});

Deno.test("taskGroup() has an error once that its body is thrown as well", async () => {
  const group = taskGroup(async (group) => {
    await group.createTask(async () => {
      throw boom;
    });
  });
  const { errors } = await assertRejects(() => group, AggregateError);
  assertEquals(errors, [boom]);
});
