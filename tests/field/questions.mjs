/**
 * Questions about the module, which must have the same answers whichever library replaced the
 * global `Promise`, with the engine's `await` and with a compiled one. `promises.mjs` builds and
 * runs them.
 */
import {
  AsyncContext,
  createTask,
  currentTask,
  Future,
  getEventLoop,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "@asyncio/future";

const LONG = 60_000;
const host = globalThis;

/** Returns the result of a promise or the name of its error, or "no end" after a second. */
function outcomeOf(promise) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 1_000, "no end");
    const end = (outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    promise.then((value) => end(value), (error) => end(error?.name ?? String(error)));
  });
}

/** Cancels a task while it waits, and returns its outcome. */
async function cancelledAt(body) {
  const task = createTask(body);
  await sleep(5);
  task.cancel();
  return await outcomeOf(task);
}

const user = new AsyncContext.Variable({ name: "user", defaultValue: "nobody" });

/** Runs two tasks at once, each with a user of its own, and returns the faults that they found. */
async function whoRuns(makeBody) {
  const tasks = ["ada", "grace"].map((name) =>
    user.run(name, () => createTask(makeBody(name), { name }))
  );
  const wrong = [];
  for (const task of tasks) wrong.push(...(await outcomeOf(task)));
  return wrong.length === 0 ? "right" : wrong.join(", ");
}

/** Adds to `wrong` if the current task or the user is not the one called `name`. */
function check(wrong, place, name) {
  if (currentTask()?.getName() !== name) wrong.push(`${place}: task ${currentTask()?.getName()}`);
  if (user.get() !== name) wrong.push(`${place}: user ${user.get()}`);
}

const CANCELLED = "CancelledError";

/** The questions: a name, the expected answer, and a function that returns the answer. */
const questions = [
  ["cancel() at an await on a sleep", CANCELLED, () => cancelledAt(async () => await sleep(LONG))],
  [
    "cancel() at an await on a future",
    CANCELLED,
    () => cancelledAt(async () => await new Future()),
  ],
  [
    "cancel() at an await on future.then()",
    CANCELLED,
    () => cancelledAt(async () => await new Future().then((value) => value)),
  ],
  [
    "cancel() at an await on Promise.all()",
    CANCELLED,
    () => cancelledAt(async () => await Promise.all([sleep(LONG), new Future()])),
  ],
  [
    "cancel() at an await in a nested function",
    CANCELLED,
    () => {
      const inner = async () => await sleep(LONG);
      const middle = async () => await inner();
      return cancelledAt(async () => await middle());
    },
  ],
  [
    "cancel() at a later await",
    CANCELLED,
    () =>
      cancelledAt(async () => {
        await sleep(1);
        await sleep(0);
        await sleep(LONG);
      }),
  ],
  [
    "cancel() while a result is on its way, then at the next await",
    CANCELLED,
    async () => {
      const future = new Future();
      const task = createTask(async () => {
        await future;
        await sleep(LONG);
      });
      await sleep(3);
      future.setResult(7);
      task.cancel();
      return await outcomeOf(task);
    },
  ],
  [
    "cancel() in a generator",
    CANCELLED,
    () =>
      cancelledAt(function* () {
        yield* sleep(1);
        yield* sleep(LONG);
      }),
  ],
  [
    "a task that is cancelled cleans up",
    "cleaned up, CancelledError",
    async () => {
      let log = "";
      const end = await cancelledAt(async () => {
        try {
          await sleep(LONG);
        } finally {
          await sleep(2);
          log = "cleaned up";
        }
      });
      return `${log}, ${end}`;
    },
  ],
  ["timeout()", "TimeoutError", () => outcomeOf(timeout(5, async () => await sleep(LONG)))],
  [
    "waitFor()",
    "TimeoutError",
    () => outcomeOf(waitFor(createTask(async () => await sleep(LONG)), 5)),
  ],
  [
    "taskGroup()",
    "cancelled, AggregateError",
    async () => {
      let other;
      const end = await outcomeOf(taskGroup(async (group) => {
        other = group.createTask(async () => await sleep(LONG));
        group.createTask(async () => {
          await sleep(1);
          throw new RangeError("no such host");
        });
        await sleep(LONG);
      }));
      return `${other.cancelled() ? "cancelled" : "left behind"}, ${end}`;
    },
  ],
  [
    "shield()",
    "CancelledError, saved",
    async () => {
      const stored = new Future();
      const saving = createTask(async () => {
        await stored;
        return "saved";
      });
      const end = await cancelledAt(async () => await shield(saving));
      stored.setResult();
      return `${end}, ${await outcomeOf(saving)}`;
    },
  ],
  [
    "currentTask() and variables after awaits",
    "right",
    () =>
      whoRuns((name) => async () => {
        const wrong = [];
        check(wrong, "at first", name);
        await sleep(3);
        check(wrong, "after a sleep", name);
        const future = new Future();
        getEventLoop().callSoon(() => future.setResult());
        await future;
        check(wrong, "after a future", name);
        await (async () => {
          await sleep(1);
          check(wrong, "nested", name);
        })();
        return wrong;
      }),
  ],
  [
    "currentTask() and variables after one failure that two await",
    "right",
    async () => {
      const gate = new Future();
      const tasks = whoRuns((name) => async () => {
        const wrong = [];
        try {
          await gate;
        } catch {
          check(wrong, "after a failure", name);
        }
        return wrong;
      });
      await sleep(2);
      gate.setException(new RangeError("both hear of it"));
      return await tasks;
    },
  ],
  [
    "currentTask() and variables in done callbacks",
    "right",
    () =>
      whoRuns((name) => async () => {
        const wrong = [];
        const called = new Future();
        const future = sleep(3);
        future.addDoneCallback(() => {
          check(wrong, "callback", name);
          called.setResult();
        });
        await called;
        return wrong;
      }),
  ],
  [
    "currentTask() and variables in handlers of then()",
    "right",
    () =>
      whoRuns((name) => async () => {
        const wrong = [];
        await Promise.all([
          sleep(3).then(() => check(wrong, "then", name)),
          sleep(1).finally(() => check(wrong, "finally", name)),
          sleep(2),
        ]);
        return wrong;
      }),
  ],
  [
    "currentTask() and variables in timers",
    "right",
    () =>
      whoRuns((name) => async () => {
        const wrong = [];
        const called = new Future();
        getEventLoop().callLater(3, () => {
          check(wrong, "timer", name);
          getEventLoop().callSoon(() => {
            check(wrong, "callSoon", name);
            called.setResult();
          });
        });
        await called;
        return wrong;
      }),
  ],
  [
    "currentTask() and variables in generators",
    "right",
    () =>
      whoRuns((name) =>
        function* () {
          const wrong = [];
          check(wrong, "at first", name);
          yield* sleep(3);
          check(wrong, "after a sleep", name);
          yield;
          check(wrong, "after a turn", name);
          return wrong;
        }
      ),
  ],
  [
    "variables in a snapshot and in wrap()",
    "ada ada nobody",
    () => {
      const [snapshot, wrapped] = user.run("ada", () => [
        new AsyncContext.Snapshot(),
        AsyncContext.Snapshot.wrap(() => user.get()),
      ]);
      return `${snapshot.run(() => user.get())} ${wrapped()} ${user.get()}`;
    },
  ],
  [
    "no task and no variable outside of tasks",
    "none nobody",
    async () => {
      await createTask(async () => await sleep(1));
      await sleep(2);
      return `${currentTask()?.getName() ?? "none"} ${user.get()}`;
    },
  ],
  [
    "a signal cancels, and a signal is aborted",
    "CancelledError, true",
    async () => {
      const controller = new AbortController();
      let inner;
      const task = createTask(async (signal) => {
        inner = signal;
        await sleep(LONG);
      }, { signal: controller.signal });
      await sleep(2);
      controller.abort();
      return `${await outcomeOf(task)}, ${inner.aborted}`;
    },
  ],
  [
    "what waits for a future goes on in order",
    "callback 1, callback 2, generator",
    async () => {
      const order = [];
      const future = new Future();
      future.addDoneCallback(() => order.push("callback 1"));
      future.addDoneCallback(() => order.push("callback 2"));
      const task = createTask(function* () {
        yield* future;
        order.push("generator");
      });
      await sleep(2);
      future.setResult();
      await task;
      return order.join(", ");
    },
  ],
  [
    "a failure is thrown at the await, and handled",
    "RangeError, RangeError, no unhandled",
    async () => {
      const unhandled = [];
      host.addEventListener?.("unhandledrejection", (event) => unhandled.push(event));
      host.process?.on?.("unhandledRejection", (error) => unhandled.push(error));
      const future = new Future();
      const task = createTask(async () => await future);
      await sleep(1);
      future.setException(new RangeError("no such host"));
      const seen = [await outcomeOf(task), await outcomeOf(future.then((value) => value))];
      await sleep(5);
      return `${seen.join(", ")}, ${unhandled.length || "no"} unhandled`;
    },
  ],
  [
    "3,000 steps of a generator",
    3_000,
    () =>
      outcomeOf(createTask(function* () {
        let i = 0;
        for (; i < 3_000; i++) yield;
        return i;
      })),
  ],
  [
    "300 sleeps of no time in an async function",
    300,
    () =>
      outcomeOf(createTask(async () => {
        let i = 0;
        for (; i < 300; i++) await sleep(0);
        return i;
      })),
  ],
];

/** Asks all questions. Returns a line for each, which begins with `ok` or `FAULT`. */
export async function ask() {
  const lines = [];
  for (const [name, expected, question] of questions) {
    let seen;
    try {
      seen = await question();
    } catch (error) {
      seen = `threw ${error}`;
    }
    lines.push(`${seen === expected ? "ok   " : "FAULT"} ${name}: ${seen}`);
  }
  return lines;
}
