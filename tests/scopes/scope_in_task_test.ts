/**
 * `timeout()` and `taskGroup()` in a task: their bodies belong to the task around.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  CancelledError,
  createTask,
  currentTask,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  run,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { passTime } from "../helpers/fake_time.ts";
import { kinds, waitIn } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

type Body<T> = (argument: unknown) => Generator<unknown, T> | Promise<T>;

/** The scopes, each without a limit of its own. */
const scopes: [string, <T>(body: Body<T>) => Future<T | undefined>][] = [
  ["timeout()", (body) => timeout(null, body)],
  ["taskGroup()", (body) => taskGroup(body)],
];

// The task of a body
// ------------------

for (const [kind, coroutine] of kinds) {
  for (const [name, scope] of scopes) {
    Deno.test(`currentTask() in the body of ${name} is the task around (${kind})`, async () => {
      const seen: unknown[] = [];
      const task: Task<void> = createTask(coroutine(function* (wait) {
        yield* wait(scope(coroutine(function* (wait) {
          seen.push(currentTask());
          yield* wait(sleep(0));
          seen.push(currentTask());
          yield* wait(scope(coroutine(function* (wait) {
            seen.push(currentTask());
            yield* wait(sleep(0));
            seen.push(currentTask());
          })));
        })));
        seen.push(currentTask(), ...allTasks());
      }));
      await task;
      assertSame(seen, Array(6).fill(task));
    });

    Deno.test(`Task.cancelling() and Task.uncancel() in the body of ${name} are those of the task around (${kind})`, async () => {
      const log: unknown[] = [];
      const task = createTask(coroutine(function* (wait) {
        yield* wait(scope(coroutine(function* (wait) {
          yield* wait(scope(coroutine(function* (wait) {
            try {
              yield* wait(new Future<void>());
            } catch {
              log.push(currentTask()!.cancelling(), currentTask()!.uncancel());
            }
            currentTask()!.cancel();
            log.push(currentTask()!.cancelling(), currentTask()!.uncancel());
            yield* wait(sleep(0));
          })));
        })));
        log.push(currentTask()!.cancelling());
        yield* wait(sleep(0));
        return "goes on";
      }));
      await hostTurn();
      task.cancel();
      assertEquals(await task, "goes on");
      assertEquals(log, [1, 0, 1, 0, 0]);
    });

    Deno.test(`${name} that its task leaves behind has a body that is a task of its own (${kind})`, async () => {
      const log: unknown[] = [];
      let body!: Future<void>;
      await run(
        coroutine(function* (wait) {
          const task = createTask(coroutine(function* (wait) {
            body = scope(coroutine(function* (wait) {
              try {
                yield* wait(new Future<void>());
              } finally {
                log.push("cancelled");
              }
            }));
            yield* wait(sleep(0));
          }));
          yield* wait(task);
          const others = [...allTasks()].filter((other) => other !== currentTask());
          log.push(others.length, others[0]!.getName() !== "", others.includes(task));
        }) as () => Promise<void>,
      );
      assertEquals(log, [1, true, false, "cancelled"]);
      assertEquals(body.cancelled(), true);
    });
  }

  virtual.test(`timeout() and taskGroup() of one task side by side do not disturb each other (${kind})`, async () => {
    const loop = getRunningLoop();
    const counts: number[] = [];
    const work = coroutine(function* (wait) {
      yield* wait(sleep(20));
      counts.push(currentTask()!.cancelling());
      return "worked";
    });
    const expires = coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } finally {
        counts.push(currentTask()!.cancelling());
      }
    });
    const task = createTask(coroutine(function* (wait) {
      const limited = timeout(10, expires);
      const others = [timeout(null, work), taskGroup(work)];
      const results = yield* wait(gather(limited, ...others, { returnExceptions: true }));
      counts.push(currentTask()!.cancelling());
      return results.map((result) => result instanceof Error ? result.name : result);
    }));
    assertEquals(await task, ["TimeoutError", "worked", "worked"]);
    assertEquals(loop.time(), 20);
    assertEquals(counts, [1, 0, 0, 0]);
  });
}

// The reason
// ----------

for (const [kind, coroutine] of kinds) {
  for (
    const [name, start] of [
      ["timeout()", (body) => timeout(10, body)],
      ["taskGroup() that is cancelled", (body) =>
        taskGroup((group: TaskGroup) => {
          getEventLoop().callLater(10, () => group.cancel());
          return body(group);
        })],
      ["waitFor()", (body) => waitFor(createTask(body), 10)],
    ] as [string, (body: Body<unknown>) => Future<unknown>][]
  ) {
    virtual.test(`${name} whose time is over leaves the reason of a later cancel() of the task (${kind})`, async () => {
      const task = createTask(coroutine(function* (wait) {
        yield* wait(start(
          coroutine(function* (wait) {
            try {
              yield* wait(new Future<void>());
            } finally {
              yield* wait(sleep(20));
            }
          }),
        ));
      }));
      await sleep(10);
      task.cancel("user left");
      await sleep(20);
      assertEquals(outcome(task), "cancelled CancelledError: user left");
    });
  }

  Deno.test(`timeout() of zero in a task that was cancelled before throws the task's reason (${kind})`, async () => {
    const task = createTask(() =>
      coroutine(function* (wait) {
        currentTask()!.cancel("user left");
        yield* wait(timeout(0, coroutine((wait) => wait(new Future<void>()))));
      })(undefined)
    );
    await assertRejects(() => task, CancelledError, "user left");
  });

  virtual.test(`timeout() of one task cancels another that waits for the same with the error that is thrown there (${kind})`, async () => {
    const shared = createTask(() => sleep(60_000));
    const limited = timeout(10, coroutine((wait) => wait(shared)));
    let caught: unknown;
    const other = createTask(coroutine(function* (wait) {
      try {
        yield* wait(shared);
      } catch (error) {
        caught = error;
        throw error;
      }
    }));
    await assertRejects(() => limited, TimeoutError);
    const error = await assertRejects(() => other, CancelledError);
    assertStrictEquals(error, caught);
  });
}

Deno.test("Task.cancel() by a listener of the signal of timeout() is not a request of the scope", async () => {
  using time = new FakeTime();
  const gate = withResolvers<string>();
  const other = createTask(async () => await gate.promise);
  const limited = timeout(10, async ({ signal }) => {
    signal.addEventListener("abort", () => other.cancel("stop"));
    await new Future<void>();
  });
  await passTime(time, 10);
  gate.resolve("a request of a scope would come too late");
  await Promise.allSettled([limited, other]);
  assertEquals(outcome(other), "cancelled CancelledError: stop");
});

// Results of the body
// -------------------

for (const [kind, coroutine] of kinds) {
  for (const [name, scope] of scopes) {
    Deno.test(`${name} returns what its body (${kind}) took though the task is cancelled meanwhile`, async () => {
      for (const delay of [0, 1, 2, 3, 4, 5]) {
        for (const limit of [60_000, null]) {
          let taken = 0;
          const slot = new Future<void>();
          const acquire = coroutine(function* (wait) {
            yield* wait(slot);
            taken++;
          });
          const user = createTask(async () => {
            await (name === "timeout()" ? timeout(limit, acquire) : scope(acquire));
            try {
              await sleep(0);
            } finally {
              taken--;
            }
          });
          await hostTurn();
          slot.setResult();
          await microtasks(delay);
          user.cancel();
          await wait([user]);
          assertEquals(taken, 0, `${delay} microtasks after`);
        }
      }
    });

    Deno.test(`${name} returns, and the next wait throws, if its body (${kind}) cancels the task in its last step`, async () => {
      const log: unknown[] = [];
      const task = createTask(coroutine(function* (wait) {
        log.push(
          yield* wait(scope(coroutine(function* (wait) {
            yield* wait(sleep(0));
            currentTask()!.cancel("late");
            return "result";
          }))),
        );
        yield* wait(new Future<void>());
      }));
      await assertRejects(() => task, CancelledError, "late");
      assertEquals(log, ["result"]);
    });
  }
}

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() throws a cancel() that comes between the end of its last task and its parent (${kind})`, async () => {
    const log: string[] = [];
    const parent = createTask(coroutine(function* (wait) {
      yield* wait(taskGroup((group) => {
        // After the callback by which the group learns that the task has ended.
        group.createTask(() => sleep(0)).addDoneCallback(() => parent.cancel("stop"));
      }));
      log.push("not reached");
    }));
    await assertRejects(() => parent, CancelledError, "stop");
    assertEquals(log, []);
  });
}

// Who goes on at the end
// ----------------------

Deno.test("timeout() that two generators wait for ends for both if each has opened a scope", async () => {
  const [gate, never] = [new Future<string>(), new Future<void>()];
  let scope!: Future<string>;
  const tasks = [
    createTask(function* () {
      scope = timeout(null, () => waitIn(gate));
      return yield* scope;
    }),
    createTask(function* () {
      timeout(null, () => waitIn(never));
      return yield* scope;
    }),
  ];
  await hostTurn();
  gate.setResult("open");
  await hostTurn();
  never.cancel();
  assertEquals(tasks.map(outcome), ["result open", "result open"]);
});

Deno.test("timeout() that ends does not resume its generator within a listener that starts a task eagerly", async () => {
  const log: string[] = [];
  const task = createTask(function* () {
    try {
      yield* timeout(null, function* ({ signal }) {
        signal.addEventListener("abort", () => {
          log.push("listener begins");
          createTask(function* () {}, { eagerStart: true });
          log.push("listener ends");
        });
        yield* sleep(0);
        throw new CancelledError("enough");
      });
    } catch (error) {
      log.push(String(error));
    }
  });
  await task;
  assertEquals(log, ["listener begins", "listener ends", "CancelledError: enough"]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() of another task does not put off a request that comes just after its end (${kind})`, async () => {
    const log: string[] = [];
    const gate = new Future<string>();
    let scope!: Future<string>;
    const opener = createTask(coroutine(function* (wait) {
      scope = timeout(null, coroutine((wait) => wait(gate)));
      scope.addDoneCallback(() => other.cancel("stop"));
      return yield* wait(scope);
    }));
    const other = createTask(coroutine(function* (wait) {
      try {
        yield* wait(scope);
        log.push("not reached");
      } finally {
        yield* wait(sleep(0));
        log.push("cleaned up");
      }
    }));
    await hostTurn();
    gate.setResult("open");
    await assertRejects(() => other, CancelledError, "stop");
    assertEquals(log, ["cleaned up"]);
    assertEquals(await opener, "open");
  });
}

// Depth
// -----

Deno.test("Task.uncancel() takes a request back in timeouts that are nested 4,000 deep", async () => {
  needs("contextOfPromises");
  let depth = 0;
  const nest = async (): Promise<void> => {
    // Lets the stack unwind, so that the nesting is not limited by it.
    await undefined;
    await (++depth < 4_000 ? timeout(null, nest) : new Future<void>());
  };
  const task = createTask(nest);
  while (depth < 4_000) await hostTurn();
  assert(task.cancel("stop"));
  assertEquals(task.uncancel(), 0);
  await assertRejects(() => task, CancelledError, "stop");
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() and taskGroup() nested 3,000 deep work, in tasks and outside (${kind})`, async () => {
    const nest = (depth: number): Future<string | undefined> => {
      const [, scope] = scopes[depth % 2]!;
      return scope(coroutine(function* (wait): Generator<unknown, string | undefined> {
        return depth > 0 ? yield* wait(nest(depth - 1)) : "bottom";
      }));
    };
    assertEquals(await nest(3_000), "bottom");
    assertEquals(await createTask(() => nest(3_000)), "bottom");
  });
}

// Misuse
// ------

Deno.test("timeout() and taskGroup() throw if the task factory makes no task, and work in tasks", async () => {
  needs("contextOfPromises");
  const loop = getEventLoop();
  const task = createTask(async () => {
    await Promise.resolve();
    return await timeout(null, async () => 1);
  });
  loop.setTaskFactory(() => ({}) as never);
  try {
    for (const [, scope] of scopes) {
      assertThrows(
        () => scope(async () => 1),
        TypeError,
        "Cannot run the body of the scope as the loop has made no task of it: received ",
      );
    }
    assertEquals(await task, 1);
  } finally {
    loop.setTaskFactory(null);
  }
});
