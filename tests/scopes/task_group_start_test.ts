/**
 * `start()` of `taskGroup()`: tasks that say when they are ready.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  Future,
  InvalidStateError,
  sleep,
  type TaskGroup,
  taskGroup,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { twoFutures } from "../helpers/futures.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { outcome } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn } from "../helpers/turns.ts";

type Started = (value: string) => void;

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`TaskGroup.start() waits until the task (${kind}) is ready, which then runs on in the group`, async () => {
    const [binding, serving] = twoFutures<void>();
    const log: unknown[] = [];
    const group = taskGroup(async (group) => {
      const ready = group.start<string>(coroutine(function* (wait, started: Started) {
        yield* wait(binding);
        started("port 80");
        yield* wait(serving);
        log.push("served");
      }));
      assertSameType<typeof ready, Future<string>>();
      log.push(await ready);
    });
    await hostTurn();
    assertEquals(log, []);
    binding.setResult();
    await hostTurn();
    assertEquals([log, outcome(group)], [["port 80"], "pending"]);
    serving.setResult();
    await group;
    assertEquals(log, ["port 80", "served"]);
  });
}

Deno.test("TaskGroup.start() passes on the options, and the signal as the second argument", async () => {
  const log: unknown[] = [];
  await taskGroup(async (group) => {
    const ready = group.start<number>((started, signal) => {
      log.push(currentTask()!.getName(), signal === currentTask()!.signal);
      started(1);
    }, { name: "server", eagerStart: true });
    assertEquals(outcome(ready), "result 1");
  });
  assertEquals(log, ["server", true]);
});

// Failure
// -------

for (const [kind, coroutine] of kinds) {
  Deno.test(`TaskGroup.start() throws what the task (${kind}) throws before it is ready, and the group goes on`, async () => {
    const log: unknown[] = [];
    const fail = coroutine(function* (wait, _started: Started) {
      yield* wait(sleep(0));
      throw new RangeError("port in use");
    });
    const result = await taskGroup(async (group) => {
      await assertRejects(() => group.start(fail), RangeError, "port in use");
      group.createTask(() => void log.push("another"));
      return "body";
    });
    assertEquals([result, log], ["body", ["another"]]);
  });
}

Deno.test("TaskGroup.start() whose error the body does not catch fails the group once", async () => {
  for (const eagerStart of [false, true]) {
    const group = taskGroup(async (group) => {
      await group.start(() => {
        throw new RangeError("port in use");
      }, { eagerStart });
    });
    const error = await assertRejects(() => group, AggregateError);
    assertEquals(error.errors.map(String), ["RangeError: port in use"]);
  }
});

Deno.test("TaskGroup.start() fails if the task ends before it is ready", async () => {
  await taskGroup(async (group) => {
    const error = await assertRejects(() => group.start(async function serve() {}, { name: "a" }));
    assertStringIncludes(
      String(error),
      'Error: Cannot start the task as it ended before it was ready: <Task finished name="a" coro=serve',
    );
  });
});

Deno.test("TaskGroup.start() leaves what the task throws later to the group", async () => {
  const log: unknown[] = [];
  const group = taskGroup(async (group) => {
    log.push(
      await group.start<string>(async (started) => {
        started("ready");
        await sleep(0);
        throw new RangeError("later");
      }),
    );
    await new Future<void>();
  });
  const error = await assertRejects(() => group, AggregateError);
  assertEquals([log, error.errors.map(String)], [["ready"], ["RangeError: later"]]);
});

Deno.test("TaskGroup.start() that is ready at once leaves what the task throws to the group", async () => {
  const group = taskGroup(async (group) => {
    await group.start<void>((started) => {
      started();
      throw new RangeError("later");
    }, { eagerStart: true });
  });
  const error = await assertRejects(() => group, AggregateError);
  assertEquals(error.errors.map(String), ["RangeError: later"]);
});

// Cancellation
// ------------

Deno.test("TaskGroup.start() that is cancelled cancels the task, and waits for its end", async () => {
  const cleanedUp = new Future<void>();
  await taskGroup(async (group) => {
    const ready = group.start<void>(async () => {
      try {
        await new Future<void>();
      } finally {
        await cleanedUp;
      }
    });
    await sleep(0);
    assert(ready.cancel("enough"));
    await hostTurn();
    assertEquals(outcome(ready), "pending");
    cleanedUp.setResult();
    await assertRejects(() => ready, CancelledError, "enough");
  });
});

Deno.test("TaskGroup.start() that is cancelled ends as cancelled although the task returns", async () => {
  await taskGroup(async (group) => {
    const ready = group.start<void>(() => new Future<void>().catch(() => {}));
    await sleep(0);
    ready.cancel("enough");
    await assertRejects(() => ready, CancelledError, "enough");
  });
});

Deno.test("TaskGroup.start() that waits when the group is cancelled ends with the group", async () => {
  const log: string[] = [];
  const group = taskGroup(async (group) => {
    try {
      await group.start<void>(async () => {
        try {
          await new Future<void>();
        } finally {
          log.push("task");
        }
      });
    } finally {
      log.push("body");
    }
  });
  await hostTurn();
  group.cancel("stop");
  await assertRejects(() => group, CancelledError, "stop");
  assertEquals(log, ["task", "body"]);
});

Deno.test("TaskGroup.start() cannot be cancelled once the task is ready", async () => {
  const gate = new Future<void>();
  const group = taskGroup(async (group) => {
    const ready = group.start<void>(async (started) => {
      started();
      await gate;
    });
    await ready;
    assertFalse(ready.cancel());
  });
  await hostTurn();
  assertFalse(gate.done());
  gate.setResult();
  await group;
});

// Loop
// ----

Deno.test("TaskGroup.start() on another loop runs in its turns", () => {
  const loop = makeManualLoop();
  const gate = loop.createFuture<void>();
  const task = loop.createTask(function* () {
    return yield* taskGroup(function* (group) {
      return yield* group.start<string>(function* (started) {
        yield* gate;
        started("ready");
      });
    });
  });
  loop.drain();
  gate.setResult();
  loop.drain();
  assertEquals(task.result(), "ready");
});

// Context
// -------

Deno.test("TaskGroup.start() runs the task in the context of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const seen = await taskGroup((group) =>
    variable.run("caller", () =>
      group.start<unknown>(async (started) => {
        await sleep(0);
        started(variable.get());
      }))
  );
  assertEquals(seen, "caller");
});

// Misuse
// ------

Deno.test("TaskGroup.start() refuses what is no function, and a group that is over", async () => {
  let group!: TaskGroup;
  await taskGroup((given) => {
    group = given;
    const wrong: [unknown, string][] = [
      [5, "Cannot start a task as the coroutine is neither a generator nor a function: received 5"],
      [(function* () {})(), "Cannot start a task as the coroutine is no function: received "],
      [async function* () {}, "an async generator yields values"],
    ];
    for (const [coro, message] of wrong) {
      assertThrows(() => group.start(coro as never), TypeError, message);
    }
  });
  assertThrows(
    () => group.start(() => {}),
    Error,
    "Cannot create a task as the task group is finished",
  );
});

Deno.test("TaskGroup.start() has started() throw when it is called again, or too late", async () => {
  let late!: (value: number) => void;
  await taskGroup(async (group) => {
    await group.start<number>((started) => {
      started(1);
      const message = "Cannot start the task as it has started already: received 2";
      assertThrows(() => started(2), InvalidStateError, message);
    });
    await assertRejects(() =>
      group.start<number>((started) => {
        late = started;
      })
    );
  });
  assertThrows(() => late(3), InvalidStateError);
});

// Leaks
// -----

Deno.test("TaskGroup.start() reports an error that nobody retrieves, once", async () => {
  needs("finalization");
  using reports = collectReports();
  await createTask(() =>
    taskGroup((group) => {
      group.start(() => {
        throw new RangeError("lost");
      });
      group.start(() => {});
    })
  );
  await hostTurn();
  await collectGarbage(() => reports.length > 1);
  await collectGarbage(() => reports.length > 2, 3);
  const messages = reports.map(({ exception }) => (exception as Error).message.slice(0, 21));
  assertEquals(messages.toSorted(), ["Cannot start the task", "lost"]);
});
