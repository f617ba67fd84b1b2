import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  Future,
  gather,
  getEventLoop,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  timeout,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { failing, failWhenCancelled } from "../helpers/coroutines.ts";
import { kinds, type Wait } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { hostTurn, withResolvers } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// The parent of a scope is the task that starts it.

// Cancellation of the parent
// --------------------------

for (const [kind, coroutine] of kinds) {
  virtual.test(`taskGroup() whose parent is cancelled while it fails throws the errors, then a CancelledError (${kind})`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(taskGroup(coroutine(function* (wait, group: TaskGroup) {
          group.createTask(() => failing(new RangeError("a")));
          try {
            yield* wait(new Future<void>());
          } finally {
            yield* wait(sleep(10));
          }
        })));
      } catch (error) {
        log.push(`${(error as Error).name} ${(error as AggregateError).errors}`);
      }
      try {
        yield* wait(sleep(60_000));
      } catch (error) {
        log.push((error as Error).name);
        throw error;
      }
    }));
    await sleep(1);
    task.cancel("while it shuts down");
    await sleep(11);
    assertEquals(log, ["AggregateError RangeError: a", "CancelledError"]);
    assert(task.cancelled());
  });

  Deno.test(`taskGroup() that fails when its parent is cancelled lets a parent that waits no more end as cancelled (${kind})`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(failWhenCancelled(coroutine));
      } catch (error) {
        log.push((error as Error).name);
      }
      return "too late";
    }));
    await hostTurn();
    task.cancel("outside");
    await hostTurn();
    assertEquals(log, ["AggregateError"]);
    // A task ends as cancelled if a request comes too late to be thrown in it.
    assert(task.cancelled(), outcome(task));
  });

  virtual.test(`taskGroup() that fails when its parent is cancelled throws no CancelledError after uncancel() (${kind})`, async () => {
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(timeout(null, coroutine((wait) => wait(failWhenCancelled(coroutine)))));
        throw new Error("not reached");
      } catch (error) {
        assertInstanceOf(error, AggregateError);
        assertEquals(currentTask()!.uncancel(), 0);
      }
      yield* wait(sleep(1));
      return "goes on";
    }));
    await sleep(1);
    task.cancel();
    assertEquals(await task, "goes on");
  });

  virtual.test(`taskGroup() that fails when its parent is cancelled does not cancel the parent's other waits again (${kind})`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      const slow = createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } finally {
          yield* wait(sleep(10));
          log.push("clean-up went to its end");
        }
      }));
      try {
        yield* wait(gather(failWhenCancelled(coroutine), slow));
      } catch (error) {
        log.push((error as Error).name);
      }
      yield* wait(sleep(60_000));
    }));
    await sleep(1);
    task.cancel("outside");
    await sleep(30);
    assertEquals(log, ["clean-up went to its end", "AggregateError"]);
    assertEquals(outcome(task), "cancelled CancelledError: outside");
  });
}

for (const [answer, later] of [["takes back", "no"], ["swallows", "a"]] as const) {
  virtual.test(`taskGroup() that fails throws ${later} CancelledError later if its body ${answer} the request`, async () => {
    const parent = createTask(async () => {
      await assertRejects(() =>
        taskGroup(async (group) => {
          try {
            await sleep(500);
          } catch {
            if (answer === "takes back") currentTask()!.uncancel();
          }
          await sleep(1);
          group.createTask(async () => {
            throw new RangeError("later");
          });
          await sleep(500);
        }), AggregateError);
      await sleep(1);
      return "went on";
    });
    await sleep(1);
    parent.cancel("stop");
    if (later === "no") assertEquals(await parent, "went on");
    else await assertRejects(() => parent, CancelledError, "stop");
  });
}

virtual.test("taskGroup() that fails when its parent is cancelled keeps that though another wait was cancelled too", async () => {
  needs("contextOfPromises");
  const log: string[] = [];
  const connection = new Future<void>();
  const part = async (name: string, wait: () => PromiseLike<unknown>) => {
    try {
      await wait();
    } catch (error) {
      log.push(`${name}: ${error}`);
    }
  };
  const task = createTask(async () => {
    await Promise.all([
      part("reader", () => connection),
      part("group", () =>
        taskGroup(async (group) => {
          group.createTask(async () => {
            await sleep(500).catch(() => {});
            throw new RangeError("x");
          });
          await sleep(500);
        })),
    ]);
    await part("work", () => sleep(1));
  });
  await sleep(1);
  connection.cancel("closed");
  task.cancel("stop");
  await task;
  assertEquals(log, [
    "reader: CancelledError: closed",
    "group: AggregateError: Unhandled errors in a task group",
    "work: CancelledError: stop",
  ]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() that fails at once after its body cancelled the parent throws the errors, then a CancelledError (${kind})`, async () => {
    for (const [bodyKind, bodyCoroutine] of kinds) {
      const log: string[] = [];
      const task = createTask(coroutine(function* (wait) {
        try {
          yield* wait(taskGroup(bodyCoroutine(function* () {
            currentTask()!.cancel("stop");
            throw new RangeError("x");
          })));
        } catch (error) {
          log.push((error as Error).name);
        }
        yield* wait(new Future<void>());
      }));
      await assertRejects(() => task, CancelledError, "stop");
      assertEquals(log, ["AggregateError"], bodyKind);
    }
  });
}

for (const [kind, coroutine] of kinds) {
  Deno.test(`taskGroup() that fails renews a limit's request as one of a limit (${kind})`, async () => {
    const log: string[] = [];
    const task: Task<string> = createTask(coroutine(function* (wait) {
      try {
        yield* wait(failWhenCancelled(coroutine));
      } catch (error) {
        log.push((error as Error).name);
      }
      // A limit never discards a result.
      return "result";
    }));
    await hostTurn();
    const limited = waitFor(task, 0);
    assertEquals(await task, "result");
    assertEquals(await limited, "result");
    assertEquals(log, ["AggregateError"]);
  });
}

// Cancellation of the group alone
// -------------------------------

for (const [kind, coroutine] of kinds) {
  virtual.test(`taskGroup() that fails when its option signal aborts leaves its parent alone (${kind})`, async () => {
    const controller = new AbortController();
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(failWhenCancelled(coroutine, { signal: controller.signal }));
        throw new Error("not reached");
      } catch (error) {
        assertInstanceOf(error, AggregateError);
      }
      yield* wait(sleep(1));
      return currentTask()!.cancelling();
    }));
    await sleep(1);
    controller.abort();
    assertEquals(await task, 0);
  });
}

Deno.test("taskGroup() that is cancelled outside of tasks fails with the errors of the clean-up", async () => {
  const boom = new RangeError("boom");
  const failing = async () => {
    try {
      await new Future<void>();
    } catch {
      throw boom;
    }
  };
  const bodies: ((group: TaskGroup) => Promise<void>)[] = [
    failing,
    async (group) => {
      group.createTask(failing);
      await new Future<void>();
    },
  ];
  for (const body of bodies) {
    const group = taskGroup(body);
    await hostTurn();
    group.cancel();
    const error = await assertRejects(() => group, AggregateError);
    assertEquals(error.errors, [boom]);
  }
});

Deno.test("taskGroup() that fails when cancelled leaves alone async code that its parent left behind", async () => {
  const goOn = withResolvers<void>();
  const log: string[] = [];
  let group!: Future<void>;
  const task = createTask(async () => {
    group = taskGroup(async (group) => {
      group.createTask(function* () {
        try {
          yield* new Future<void>();
        } catch {
          throw new RangeError("clean-up");
        }
      });
      await new Future<void>();
    });
    void (async () => {
      await goOn.promise;
      await sleep(0);
      log.push("left behind");
    })();
    try {
      await new Future<void>();
    } catch {
      // The task ends.
    }
  });
  await hostTurn();
  task.cancel();
  await hostTurn();
  assert(task.done());
  group.cancel();
  await assertRejects(() => group, AggregateError);
  goOn.resolve();
  await hostTurn();
  assertEquals(log, ["left behind"]);
});

virtual.test("taskGroup() that fails throws no second CancelledError to a parent that is being cancelled", async () => {
  const log: string[] = [];
  const task: Task<void> = createTask(function* () {
    const group = taskGroup(function* () {
      try {
        yield* new Future<void>();
      } catch {
        task.cancel("on its way");
        throw new Error("x");
      }
    });
    getEventLoop().callSoon(() => group.cancel("group"));
    try {
      yield* new Future<void>();
    } catch (error) {
      log.push(String(error));
    }
    yield* sleep(1);
    log.push(String(group.exception()));
  });
  await task;
  assertEquals(log, [
    "CancelledError: on its way",
    "AggregateError: Unhandled errors in a task group",
  ]);
});

// Earlier cancellation of the parent
// ----------------------------------

for (const [kind, coroutine] of kinds) {
  virtual.test(`taskGroup() that fails renews a request that its parent swallowed before (${kind})`, async () => {
    const log: string[] = [];
    const work = coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch (error) {
        log.push(String(error));
      }
      try {
        yield* wait(taskGroup((group) => void group.createTask(() => failing(new Error("x")))));
      } catch (error) {
        log.push((error as Error).name);
      }
      yield* wait(sleep(60_000));
    });
    const task = createTask(() => work(undefined));
    await sleep(1);
    task.cancel("before");
    await assertRejects(() => task, CancelledError, "before");
    assertEquals(log, ["CancelledError: before", "AggregateError"]);
  });

  virtual.test(`taskGroup() that fails in a timeout() renews a request that the task around swallowed (${kind})`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch (error) {
        log.push(String(error));
      }
      const group = () =>
        taskGroup((group) => void group.createTask(() => failing(new Error("x"))));
      try {
        yield* wait(timeout(null, coroutine((wait) => wait(group()))));
      } catch (error) {
        log.push((error as Error).name);
      }
      yield* wait(sleep(60_000));
    }));
    await sleep(1);
    task.cancel("before");
    await assertRejects(() => task, CancelledError, "before");
    assertEquals(log, ["CancelledError: before", "AggregateError"]);
  });

  Deno.test(`taskGroup() that fails when it is cancelled itself renews a request that its parent swallowed, timeout() does not (${kind})`, async () => {
    const scopes: [string, () => Future<unknown>][] = [
      ["a group", () =>
        taskGroup(function* (group) {
          group.createTask(function* () {
            try {
              yield* sleep(60_000);
            } catch {
              throw new RangeError("x");
            }
          });
          yield* sleep(60_000);
        })],
      ["a timeout", () =>
        timeout(null, function* () {
          try {
            yield* sleep(60_000);
          } catch {
            throw new RangeError("x");
          }
        })],
    ];
    for (const [name, start] of scopes) {
      const log: string[] = [];
      const parent = createTask(() =>
        coroutine(function* (wait: Wait, _: undefined) {
          // The parent is cancelled before the scope starts, and refuses to end.
          try {
            yield* wait(sleep(60_000));
          } catch {
            log.push("refused");
          }
          const scope = start();
          yield* wait(sleep(0));
          scope.cancel();
          try {
            yield* wait(scope);
          } catch (error) {
            log.push((error as Error).name);
          }
          try {
            yield* wait(sleep(0));
            log.push("goes on");
          } catch (error) {
            log.push((error as Error).name);
          }
        })(undefined)
      );
      await hostTurn();
      parent.cancel();
      await parent;
      const later = name === "a group" ? ["AggregateError", "CancelledError"] : [
        "RangeError",
        "goes on",
      ];
      assertEquals(log, ["refused", ...later], name);
    }
  });

  virtual.test(`taskGroup() that fails late throws one CancelledError to its parent, at the wait after the failure (${kind})`, async () => {
    const log: string[] = [];
    const failsLate = () =>
      taskGroup(function* (group) {
        group.createTask(function* () {
          try {
            yield* sleep(60_000);
          } catch {
            yield* sleep(2);
            throw new RangeError("x");
          }
        });
        yield* sleep(60_000);
      });
    const parent = createTask(() =>
      coroutine(function* (wait: Wait, _: undefined) {
        const group = failsLate();
        try {
          yield* wait(gather(group, sleep(60_000)));
        } catch (error) {
          log.push((error as Error).name);
        }
        try {
          yield* wait(sleep(60_000));
        } catch (error) {
          log.push((error as Error).name);
        }
        for (let i = 0; i < 5; i++) yield* wait(sleep(1));
        log.push("cleaned up");
      })(undefined)
    );
    await sleep(1);
    parent.cancel();
    await parent;
    assertEquals(log, ["AggregateError", "CancelledError", "cleaned up"]);
  });
}
