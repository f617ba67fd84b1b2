import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  run,
  shielded,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { passTime } from "../helpers/fake_time.ts";
import { twoFutures } from "../helpers/futures.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { outcome, TIMED_OUT } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`shielded() has the result of the body (${kind})`, async () => {
    const gate = new Future<number>();
    const future: Future<number> = shielded(coroutine(function* (wait) {
      return (yield* wait(gate)) + 1;
    }));
    await hostTurn();
    gate.setResult(1);
    assertEquals(await future, 2);
  });
}

Deno.test("shielded() takes a plain function, which is called at once", async () => {
  let called = false;
  const future = shielded(() => {
    called = true;
    return 1;
  });
  assert(called);
  assertEquals(await future, 1);
});

// Failure
// -------

for (const [kind, coroutine] of kinds) {
  Deno.test(`shielded() fails with the error of the body (${kind}), although the task was cancelled`, async () => {
    const gate = new Future<void>();
    const log: unknown[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(shielded(coroutine(function* (wait) {
          yield* wait(gate);
          throw new RangeError("mine");
        })));
      } catch (error) {
        log.push(String(error));
      }
      yield* wait(new Future<void>());
    }));
    await hostTurn();
    task.cancel("stop");
    gate.setResult();
    await assertRejects(() => task, CancelledError, "stop");
    assertEquals(log, ["RangeError: mine"]);
  });
}

// Cancellation
// ------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`shielded() has a request to its task (${kind}) thrown at the wait after the body`, async () => {
    const gate = new Future<string>();
    const log: unknown[] = [];
    const task = createTask(coroutine(function* (wait) {
      log.push(
        yield* wait(shielded(coroutine(function* (wait) {
          const result = yield* wait(gate);
          yield* wait(sleep(0));
          log.push(currentTask()!.cancelling());
          return result;
        }))),
      );
      yield* wait(new Future<void>());
      log.push("not reached");
    }));
    await hostTurn();
    assert(task.cancel("first"));
    assert(task.cancel("second"));
    await hostTurn();
    assertFalse(gate.cancelled());
    gate.setResult("committed");
    await assertRejects(() => task, CancelledError, "first");
    assertEquals(log, [2, "committed"]);
  });

  Deno.test(`shielded() that begins while a request to its task (${kind}) is pending runs to its end`, async () => {
    const log: unknown[] = [];
    const task = createTask(coroutine(function* (wait) {
      currentTask()!.cancel("before");
      log.push(
        yield* wait(shielded(coroutine(function* (wait) {
          return yield* wait(sleep(0, { result: "rolled back" }));
        }))),
      );
      yield* wait(new Future<void>());
    }));
    await assertRejects(() => task, CancelledError, "before");
    assertEquals(log, ["rolled back"]);
  });

  Deno.test(`shielded() that ends as its task (${kind}) is cancelled delivers the result first`, async () => {
    const gate = new Future<string>();
    const log: unknown[] = [];
    const task = createTask(coroutine(function* (wait) {
      log.push(yield* wait(shielded(coroutine((wait) => wait(gate)))));
      yield* wait(new Future<void>());
    }));
    await hostTurn();
    gate.setResult("done");
    task.cancel("just now");
    await assertRejects(() => task, CancelledError, "just now");
    assertEquals(log, ["done"]);
  });

  Deno.test(`shielded() at the end of a task (${kind}) that was cancelled leaves that cancelled`, async () => {
    const gate = new Future<void>();
    const task = createTask(coroutine(function* (wait) {
      yield* wait(shielded(coroutine((wait) => wait(gate))));
    }));
    await hostTurn();
    task.cancel("stop");
    gate.setResult();
    await assertRejects(() => task, CancelledError, "stop");
  });
}

Deno.test("shielded() refuses to be cancelled itself", async () => {
  const gate = new Future<void>();
  const future = shielded(() => gate);
  assertFalse(future.cancel());
  gate.setResult();
  assertEquals(outcome(future), "pending");
  await future;
});

Deno.test("shielded() ends as cancelled if its body throws a CancelledError of its own", async () => {
  const future = shielded(() => Promise.reject(new CancelledError("mine")));
  await assertRejects(() => future, CancelledError, "mine");
  assert(future.cancelled());
});

Deno.test("shielded() inside a request that uncancel() takes back lets the task go on", async () => {
  const gate = new Future<void>();
  const task = createTask(async () => {
    await shielded(() => gate);
    currentTask()!.uncancel();
    await sleep(0);
    return "goes on";
  });
  await hostTurn();
  task.cancel();
  gate.setResult();
  assertEquals(await task, "goes on");
});

Deno.test("shielded() inside timeout() is waited for, and its result counts", async () => {
  using time = new FakeTime();
  const counts = timeout(5, () => shielded(() => sleep(10, { result: "late" })));
  const goesOn = timeout(5, async () => {
    await shielded(() => sleep(10));
    await sleep(0);
  });
  await passTime(time, 5);
  assertEquals([counts, goesOn].map(outcome), ["pending", "pending"]);
  await passTime(time, 5);
  assertEquals([counts, goesOn].map(outcome), ["result late", TIMED_OUT]);
});

virtual.test("shielded() may have a time limit inside", async () => {
  const loop = getRunningLoop();
  const task = createTask(() => shielded(() => timeout(5, () => new Future<void>())));
  await sleep(1);
  task.cancel("stop");
  await assertRejects(() => task, TimeoutError);
  assertEquals(loop.time(), 5);
});

Deno.test("shielded() in the body of a task group holds up its end", async () => {
  const [gate, failing] = twoFutures<void>();
  const log: string[] = [];
  const group = taskGroup(async (group) => {
    group.createTask(async () => await failing);
    await shielded(async () => {
      await gate;
      log.push("committed");
    });
    await sleep(0);
    log.push("not reached");
  });
  await hostTurn();
  failing.setException(new RangeError("mine"));
  await hostTurn();
  assertEquals(outcome(group), "pending");
  gate.setResult();
  await assertRejects(() => group, AggregateError);
  assertEquals(log, ["committed"]);
});

Deno.test("shielded() in main is waited for when run() is cancelled by its signal", async () => {
  const controller = new AbortController();
  const log: string[] = [];
  const running = run(async () => {
    await shielded(async () => {
      controller.abort("stop");
      await sleep(1);
      log.push("saved");
    });
    await sleep(60_000);
  }, { signal: controller.signal });
  await assertRejects(() => running, CancelledError, "stop");
  assertEquals(log, ["saved"]);
});

// Loop
// ----

Deno.test("shielded() on another loop runs in its turns alone", () => {
  const loop = makeManualLoop();
  const gate = loop.createFuture<string>();
  const log: string[] = [];
  const task = loop.createTask(function* () {
    log.push(
      yield* shielded(function* () {
        return yield* gate;
      }),
    );
    yield* loop.createFuture<void>();
  });
  loop.drain();
  task.cancel("stop");
  loop.drain();
  gate.setResult("done");
  loop.drain();
  assertThrows(() => task.result(), CancelledError, "stop");
  assertEquals(log, ["done"]);
});

// Context
// -------

Deno.test("shielded() runs the body in the context and the task of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const task: Future<unknown> = variable.run("caller", () =>
    createTask(() =>
      shielded(async () => {
        await sleep(0);
        return [variable.get(), currentTask() === task];
      })
    ));
  assertEquals(await task, ["caller", true]);
});

// Misuse
// ------

Deno.test("shielded() refuses anything that is not a function", () => {
  const wrong: [unknown, string][] = [
    [5, "Cannot run the shielded body as the body is no function: received 5"],
    [Promise.resolve(), "as the body is a promise, which already runs: pass the function itself"],
    [async function* () {}, "as the body is an async generator, which yields values"],
  ];
  for (const [body, message] of wrong) {
    assertThrows(() => shielded(body as never), TypeError, message);
  }
});

// Leaks
// -----

Deno.test("shielded() reports an error that nobody retrieves, once", async () => {
  needs("finalization");
  using reports = collectReports();
  await (async () => {
    shielded(() => Promise.reject(new RangeError("lost")));
    await hostTurn();
  })();
  await hostTurn();
  await collectGarbage(() => reports.length > 0);
  await collectGarbage(() => reports.length > 1, 3);
  assertEquals(reports.map(({ exception }) => (exception as Error).message), ["lost"]);
});
