import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  AsyncContext,
  CancelledError,
  createTask,
  Future,
  getRunningLoop,
  race,
  run,
  sleep,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { endless } from "../helpers/coroutines.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { makerOfForeignFutures } from "../helpers/foreign_futures.ts";
import { cancelled, twoFutures, withException, withResult } from "../helpers/futures.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { CANCELLED, outcome } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

Deno.test("race() has the result of the first one, and cancels the others", async () => {
  const [one, two] = twoFutures<string>();
  const raced = race([one, two]);
  assertEquals(outcome(raced), "pending");
  two.setResult("two");
  assertEquals(await raced, "two");
  assertEquals(outcome(one), CANCELLED);
});

Deno.test("race() takes futures, tasks, generators and promises, and is typed by them", async () => {
  const log: string[] = [];
  const raced = race([
    createTask(() => endless(log, "task") as Generator<unknown, string>),
    endless(log, "generator") as Generator<unknown, boolean>,
    Promise.resolve(1),
  ]);
  assertSameType<typeof raced, Future<string | boolean | number>>();
  assertEquals(await raced, 1);
  await hostTurn();
  // @ts-expect-error: a function is to be called
  assertThrows(() => race([async () => 1]), TypeError);
});

Deno.test("race() is decided by the first that is done already, in the order of the arguments", async () => {
  const pending = new Future<string>();
  assertEquals(await race([pending, withResult("one"), withResult("two")]), "one");
  assertEquals(outcome(pending), CANCELLED);
  let started = false;
  const generator = (function* () {
    started = true;
    yield;
    return "";
  })();
  assertEquals(await race([generator, withResult("done")]), "done");
  assertFalse(started);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`race() waits until the others have cleaned up (${kind})`, async () => {
    const [gate, cleanedUp] = twoFutures<void>();
    const loser = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } finally {
        yield* wait(cleanedUp);
      }
    }));
    const raced = race([loser, gate]);
    await hostTurn();
    gate.setResult();
    await hostTurn();
    assertEquals([outcome(raced), loser.cancelling()], ["pending", 1]);
    cleanedUp.setResult();
    assertEquals(await raced, undefined);
    assert(loser.cancelled());
  });
}

Deno.test("race() leaves a result in a loser that returns in spite of the cancellation", async () => {
  const winner = new Future<string>();
  const loser = createTask(async () => {
    try {
      return await new Future<string>();
    } catch {
      return "connection";
    }
  });
  const raced = race([winner, loser]);
  await hostTurn();
  winner.setResult("winner");
  assertEquals(await raced, "winner");
  assertEquals(loser.result(), "connection");
});

Deno.test("race() leaves a promise behind", async () => {
  const raced = race([new Promise<string>(() => {}), sleep(0, { result: "in time" })]);
  assertEquals(await raced, "in time");
});

// Failure
// -------

Deno.test("race() fails with the exception of the first one, when the others have ended", async () => {
  const error = new RangeError("first");
  const [one, two] = twoFutures<void>();
  const raced = race([one, two]);
  one.setException(error);
  assertStrictEquals(await assertRejects(() => raced), error);
  assertEquals(outcome(two), CANCELLED);
});

Deno.test("race() reports the exception of a loser, and retrieves that of the winner alone", async () => {
  const reports: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(exception));
    const loser = createTask(async () => {
      try {
        await new Future<void>();
      } catch {
        throw new RangeError("clean-up");
      }
    });
    const winner = sleep(0);
    const raced = race([loser, winner]);
    assertEquals(await raced, undefined);
    assert(loser.failed());
    const both = [withException(new RangeError("won")), withException(new RangeError("lost"))];
    await assertRejects(() => race(both), RangeError, "won");
  });
  assertEquals(reports.map(String), ["RangeError: clean-up", "RangeError: lost"]);
});

Deno.test("race() is cancelled if the first one was", async () => {
  const other = new Future<void>();
  const raced = race([other, cancelled("elsewhere")]);
  await assertRejects(() => raced, CancelledError, "elsewhere");
  assert(raced.cancelled());
  assertEquals(outcome(other), CANCELLED);
});

// Cancellation
// ------------

for (const [kind, coroutine] of kinds) {
  virtual.test(`race() whose caller (${kind}) is cancelled cancels all, and waits for them`, async () => {
    const log: string[] = [];
    const child = (name: string) => async () => {
      try {
        await new Future<void>();
      } finally {
        await sleep(60_000);
        log.push(name);
      }
    };
    const caller = createTask(coroutine(function* (wait) {
      try {
        yield* wait(race([createTask(child("one")), createTask(child("two"))]));
      } finally {
        log.push("caller");
      }
    }));
    await sleep(1);
    caller.cancel("stop");
    await assertRejects(() => caller, CancelledError, "stop");
    assertEquals(log, ["one", "two", "caller"]);
  });

  Deno.test(`race() that is decided as its caller (${kind}) is cancelled throws the request there`, async () => {
    const [one, two] = twoFutures<string>();
    const log: string[] = [];
    let raced!: Future<string>;
    const caller = createTask(coroutine(function* (wait) {
      yield* wait(raced = race([one, two]));
      log.push("not reached");
    }));
    await hostTurn();
    one.setResult("one");
    caller.cancel("just now");
    await assertRejects(() => caller, CancelledError, "just now");
    assertEquals([log, raced.result()], [[], "one"]);
  });
}

Deno.test("race() that is decided cannot be cancelled while the others clean up", async () => {
  const [winner, cleanedUp] = twoFutures<void>();
  const loser = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await cleanedUp;
    }
  });
  const raced = race([winner, loser]);
  const caller = createTask(async () => await raced);
  await hostTurn();
  winner.setResult();
  await hostTurn();
  assertFalse(raced.cancel());
  caller.cancel("late");
  assertEquals([loser.cancelling(), cleanedUp.cancelled()], [1, false]);
  cleanedUp.setResult();
  await assertRejects(() => caller, CancelledError, "late");
  assertEquals(outcome(raced), "result undefined");
});

Deno.test("race() that is cancelled before its generators start never starts them", async () => {
  const log: string[] = [];
  const raced = race([endless(log, "one"), endless(log, "two")]);
  assert(raced.cancel("never mind"));
  await assertRejects(() => raced, CancelledError, "never mind");
  assertEquals(log, []);
});

Deno.test("race() that is cancelled has the result that one returns in spite of that", async () => {
  const stubborn = createTask(async () => {
    try {
      return await new Future<string>();
    } catch {
      return "connection";
    }
  });
  const raced = race([new Future<string>(), stubborn]);
  await hostTurn();
  assert(raced.cancel());
  assertEquals(await raced, "connection");
});

virtual.test("race() inside waitFor() ends with a TimeoutError when all have ended", async () => {
  const loop = getRunningLoop();
  const log: string[] = [];
  const racing = race([endless(log, "one"), sleep(60_000)]);
  await assertRejects(() => waitFor(racing, 59_999), TimeoutError);
  assertEquals(loop.time(), 59_999);
  assertEquals(log, ["one ended"]);
});

// Signal
// ------

Deno.test("race() option signal cancels all with its reason, and leaves no listener", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  assertEquals(await race([sleep(0, { result: 1 })], { signal }), 1);
  assertEquals(listeners.size, 0);
  const [one, two] = twoFutures();
  const raced = race([one, two], { signal });
  controller.abort("enough");
  await assertRejects(() => raced, CancelledError, "enough");
  assertEquals([one.cancelled(), two.cancelled(), listeners.size], [true, true, 0]);

  const log: string[] = [];
  const late = race([endless(log, "late")], { signal });
  await assertRejects(() => late, CancelledError, "enough");
  assertEquals(log, []);
});

// Loop
// ----

Deno.test("race() on another loop belongs to that loop", async () => {
  const left = await leftOver(() => {
    const loop = makeManualLoop();
    const [one, two] = [loop.createFuture<string>(), loop.createFuture<string>()];
    const raced = race([one, two]);
    assertStrictEquals<unknown>(raced.getLoop(), loop);
    one.setResult("one");
    loop.drain();
    assertEquals(outcome(raced), "result one");
    assert(two.cancelled());
    loop.close();
    assertThrows(() => race([two]), Error, "Event loop is closed");
  });
  assertEquals(left, 0);
});

// Context
// -------

Deno.test("race() runs generators and callbacks in the context of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const seen: unknown[] = [];
  const gate = new Future<void>();
  const raced = variable.run("caller", () => {
    const raced = race([
      gate,
      (function* () {
        seen.push(variable.get());
        yield* new Future<void>();
      })(),
    ]);
    raced.addDoneCallback(() => seen.push(variable.get()));
    return raced;
  });
  await hostTurn();
  variable.run("settler", () => gate.setResult());
  await raced;
  await hostTurn();
  assertEquals(seen, ["caller", "caller"]);
});

// Copies of the module
// --------------------

Deno.test("race() takes futures of another copy of the module", async () => {
  const make = await makerOfForeignFutures<number>();
  const [one, two] = [make(), make()];
  const raced = race([one, two]);
  one.setResult(1);
  assertEquals(await raced, 1);
  assert(two.cancelled());
});

// Misuse
// ------

Deno.test("race() refuses bad arguments, and starts and cancels nothing", async () => {
  const future = new Future<void>();
  const log: string[] = [];
  const generator = endless(log, "generator");
  const before = allTasks().size;
  const wrong: [unknown, string][] = [
    [future, "Cannot race as the awaitables come in no iterable, such as an array (write `[…]`"],
    [[], "Cannot race as there are no awaitables: received []"],
    [
      [future, 5],
      "Cannot race the awaitable as it is no future, generator or promise: received 5",
    ],
  ];
  for (const [awaitables, message] of wrong) {
    assertThrows(() => race(awaitables as never), TypeError, message);
  }
  assertThrows(() => race([generator], { signal: 5 as never }), TypeError, "no AbortSignal");
  assertThrows(() => race([generator], 5 as never), TypeError, "Cannot race as its options are");
  assertEquals([future.done(), allTasks().size], [false, before]);
  await hostTurn();
  assertEquals(log, []);
});

// Leaks
// -----

Deno.test("race() reports an exception that nobody retrieves, once", async () => {
  needs("finalization");
  using reports = collectReports();
  await (async () => {
    const future = new Future<void>();
    race([future]);
    future.setException(new RangeError("lost"));
    await hostTurn();
  })();
  await hostTurn();
  await collectGarbage(() => reports.length > 0);
  await collectGarbage(() => reports.length > 1, 3);
  assertEquals(reports.map(({ exception }) => (exception as Error).message), ["lost"]);
});
