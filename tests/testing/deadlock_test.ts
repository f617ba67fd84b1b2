/**
 * Programs in virtual time in which nothing can run any more, or which never come to rest.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  Future,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  sleep,
  type Task,
} from "../../mod.ts";
import { DeadlockError, real, RunLimitError, runVirtual } from "../../testing.ts";
import { collectReports } from "../helpers/reports.ts";

const ORDERS = [{}, { seed: 1 }];

/** The error that a run fails with. */
async function errorOf(running: Promise<unknown>): Promise<unknown> {
  return await running.then((result) => `returned ${result}`, (error) => error);
}

/** Two tasks that take two locks in opposite order. */
async function takeInOppositeOrder(): Promise<void> {
  const [a, b] = [new Lock(), new Lock()];
  const take = async (first: Lock, second: Lock) => {
    using _ = await first.acquire();
    await sleep(10);
    using __ = await second.acquire();
  };
  await gather(
    createTask(() => take(a, b), { name: "ab" }),
    createTask(() => take(b, a), { name: "ba" }),
  );
}

// Nothing can run
// ---------------

Deno.test("DeadlockError lists each task and what it waits on", async () => {
  for (const order of ORDERS) {
    const error = await errorOf(runVirtual(takeInOppositeOrder, order));
    assertInstanceOf(error, DeadlockError);
    assertEquals(error.name, "DeadlockError");
    assertStringIncludes(error.message, "nothing is left that could wake");
    const waits = error.tasks.map(({ name, waitsOn }) => [name, waitsOn]).slice(1);
    const lock = "Lock.acquire of <Lock locked waiters=1>, held by";
    assertEquals(waits, [["ab", `${lock} ba`], ["ba", `${lock} ab`]]);
    assertEquals(error.circles.map((circle) => circle.map(({ name }) => name)), [["ab", "ba"]]);
    for (const text of ["ab → ba → ab", lock]) assertStringIncludes(error.message, text);
    assert(error.tasks.every(({ task }) => task.cancelled()), "a task was not ended");
  }
});

Deno.test("DeadlockError comes at once where run() would wait for ever", async () => {
  for (const order of ORDERS) {
    const programs: (() => Promise<unknown>)[] = [
      async () => await new Future(),
      async () => await new Queue().get(),
      async () => await new Promise(() => {}),
      async () => await sleep(Infinity),
      async () => {
        const itself: Task<void> = createTask(async () => {
          await sleep(0);
          await other;
        });
        const other: Task<void> = createTask(async () => await itself);
        await other;
      },
    ];
    for (const program of programs) {
      assertInstanceOf(await errorOf(runVirtual(program, order)), DeadlockError, String(program));
    }
  }
});

Deno.test("DeadlockError does not come while a timer is left, whoever waits", async () => {
  for (const order of ORDERS) {
    const result = await runVirtual(async () => {
      const future = new Future<string>();
      getRunningLoop().callLater(1_000, () => future.setResult("woken"));
      return await future;
    }, order);
    assertEquals(result, "woken");
  }
});

Deno.test("DeadlockError cancels main, whose clean-up runs in virtual time", async () => {
  for (const order of ORDERS) {
    const seen: unknown[] = [];
    const running = runVirtual(async () => {
      try {
        await new Future();
      } catch (error) {
        assertInstanceOf(error, CancelledError);
        seen.push(error.cause instanceof DeadlockError);
        throw error;
      } finally {
        await sleep(1_000);
        seen.push(getRunningLoop().time());
      }
    }, order);
    assertInstanceOf(await errorOf(running), DeadlockError);
    assertEquals(seen, [true, 1_000]);
  }
});

Deno.test("DeadlockError is the outcome even if main catches its cancellation", async () => {
  for (const order of ORDERS) {
    const main = async () => {
      try {
        await new Future();
      } catch {
        return "as if nothing had happened";
      }
    };
    await assertRejects(() => runVirtual(main, order), DeadlockError);
  }
});

Deno.test("DeadlockError is the outcome, and an exception of the clean-up is reported", async () => {
  for (const order of ORDERS) {
    let reports!: ReturnType<typeof collectReports>;
    const main = async () => {
      reports = collectReports(getRunningLoop());
      try {
        await new Future();
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new Error("of the clean-up");
      }
    };
    await assertRejects(() => runVirtual(main, order), DeadlockError);
    assertEquals(reports.map(({ exception }) => String(exception)), ["Error: of the clean-up"]);
  }
});

Deno.test("DeadlockError is the first one if the clean-up ends in another", async () => {
  for (const order of ORDERS) {
    const seen: string[] = [];
    const main = async () => {
      try {
        await new Future();
      } finally {
        try {
          await new Queue().get();
        } finally {
          await sleep(5);
          seen.push("ended");
        }
      }
    };
    const error = await errorOf(runVirtual(main, order));
    assertInstanceOf(error, DeadlockError);
    assert(!error.message.includes("Queue"), error.message);
    assertEquals(seen, ["ended"]);
  }
});

Deno.test("DeadlockError comes although main refuses to end, which is left behind", async () => {
  for (const order of ORDERS) {
    let reports!: ReturnType<typeof collectReports>;
    const main = async () => {
      reports = collectReports(getRunningLoop());
      for (;;) await new Future().then(() => {}, () => {});
    };
    assertInstanceOf(await errorOf(runVirtual(main, order)), DeadlockError);
    assertEquals(reports.length, 1);
    assertStringIncludes(reports[0]!.message, "is left behind");
  }
});

Deno.test("DeadlockError does not replace the outcome of main if only others are stuck", async () => {
  for (const order of ORDERS) {
    const result = await runVirtual(async () => {
      createTask(async () => await new Future());
      await sleep(1);
      return "done";
    }, order);
    assertEquals(result, "done");
  }
});

Deno.test("DeadlockError does not come while the outside world is waited for", async () => {
  for (const order of ORDERS) {
    const result = await runVirtual(
      async () => await real(new Promise((resolve) => setTimeout(resolve, 5, "from outside"))),
      order,
    );
    assertEquals(result, "from outside");
  }
});

// Never at rest
// -------------

Deno.test("RunLimitError ends programs that never come to rest", async () => {
  const programs: Record<string, () => Promise<unknown> | Generator<unknown, unknown>> = {
    "sleep(0)": async () => {
      for (;;) await sleep(0);
    },
    "a bare yield": function* () {
      for (;;) yield;
    },
    "an await of a future that is done": async () => {
      const future = new Future<void>();
      future.setResult();
      for (;;) await future;
    },
    "callSoon()": async () => {
      const again = () => void getRunningLoop().callSoon(again);
      again();
      await new Future();
    },
    "a timer": async () => {
      const again = () => void getRunningLoop().callLater(1_000, again);
      again();
      await new Future();
    },
  };
  for (const order of ORDERS) {
    for (const [name, main] of Object.entries(programs)) {
      const error = await errorOf(runVirtual(main, { ...order, maxSteps: 3_000 }));
      assertInstanceOf(error, RunLimitError, name);
      assertEquals([error.limit, error.tasks.length], ["maxSteps", 1], name);
      assertStringIncludes(error.message, "has not ended within 3000 steps");
    }
  }
});

Deno.test("RunLimitError ends a program that takes more time than it may", async () => {
  for (const order of ORDERS) {
    let ended = 0;
    const main = async () => {
      try {
        for (;;) await sleep(60_000);
      } finally {
        await sleep(10_000);
        ended = getRunningLoop().time();
      }
    };
    const error = await errorOf(runVirtual(main, { ...order, start: 1, maxTime: 3_600_000 }));
    assertInstanceOf(error, RunLimitError);
    assertEquals(error.limit, "maxTime");
    assertStringIncludes(error.message, "within 3600000 ms of virtual time");
    assertEquals(ended, 3_610_001);
  }
});

Deno.test("RunLimitError leaves behind a task that refuses to end", async () => {
  for (const order of ORDERS) {
    let reports!: ReturnType<typeof collectReports>;
    const main = async () => {
      reports = collectReports(getRunningLoop());
      for (;;) {
        try {
          await sleep(0);
        } catch {
          // Goes on.
        }
      }
    };
    const error = await errorOf(runVirtual(main, { ...order, maxSteps: 500 }));
    assertInstanceOf(error, RunLimitError);
    assertStringIncludes(reports[0]!.message, "is left behind");
  }
});

Deno.test("RunLimitError does not come if the program ends within its limits", async () => {
  for (const order of ORDERS) {
    const main = async () => {
      for (let i = 0; i < 100; i++) await sleep(10);
      return getRunningLoop().time();
    };
    assertEquals(await runVirtual(main, { ...order, maxSteps: 1_000, maxTime: 1_000 }), 1_000);
  }
});
