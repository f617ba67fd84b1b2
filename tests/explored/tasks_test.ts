/**
 * Tasks, explored: in many orders, with each task cancelled at each of its waits.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  Future,
  shield,
  sleep,
  type Task,
  wait as waitAll,
} from "../../mod.ts";
import { chance, delay, explore } from "../../testing.ts";
import { type CoroutineOf, exploreAll, together } from "../helpers/explored.ts";

for (const eagerStart of [false, true]) {
  Deno.test(`tasks, explored: who awaits a task ends after it (eagerStart: ${eagerStart})`, () =>
    exploreAll((coroutine) => () => {
      const running: string[] = [];
      const work = (depth: number): () => Generator<unknown, number> | Promise<number> =>
        coroutine(function* (wait) {
          const name = currentTask()!.getName();
          running.push(name);
          try {
            yield* wait(delay(0, 2));
            assertEquals(currentTask()!.getName(), name);
            if (depth === 0) return 0;
            const inner = `${name}+`;
            const child = createTask(work(depth - 1) as () => Promise<number>, {
              name: inner,
              eagerStart,
            });
            try {
              return 1 + (yield* wait(child));
            } finally {
              assertEquals(currentTask()!.getName(), name);
              assertEquals(running.includes(inner), false, "the child has ended");
            }
          } finally {
            try {
              yield* wait(delay(0, 1));
            } finally {
              running.splice(running.indexOf(name), 1);
            }
          }
        });
      return together({ a: work(2), b: work(1) }, () => assertEquals(running, []));
    }));
}

Deno.test("tasks, explored: each failure reaches who awaits the task", () =>
  exploreAll((coroutine) => () => {
    const parent = coroutine(function* (wait) {
      for (let i = 0; i < 2; i++) {
        const child = createTask(
          coroutine(function* (wait) {
            yield* wait(delay(0, 2));
            if (chance(0.3)) throw new RangeError(`failure ${i}`);
            return i;
          }) as () => Promise<number>,
          { name: "child" },
        );
        try {
          assertEquals(yield* wait(child), i);
        } catch (error) {
          if (child.cancelled()) continue;
          assertEquals(child.exception(), error);
        }
      }
    });
    return together({ parent });
  }, "child"));

/** A task that goes on after each request to cancel it. */
function stubborn(coroutine: CoroutineOf, log: string[]): () => Promise<void> {
  return coroutine(function* (wait) {
    for (let i = 0; i < 4; i++) {
      try {
        yield* wait(i % 2 ? sleep(1) : sleep(0));
        if (i === 2) yield* wait(createTask(() => sleep(1)));
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error;
        log.push("thrown");
        currentTask()!.uncancel();
      }
    }
  }) as () => Promise<void>;
}

Deno.test("Task.cancel(), explored: a request is answered once, by an error or by the end", () =>
  exploreAll((coroutine) => async () => {
    const log: string[] = [];
    const task = createTask(stubborn(coroutine, log), { name: "worker" });
    const { signal } = task;
    await waitAll([task]);
    if (task.cancelled()) log.push("cancelled");
    assertEquals(log.length, signal.aborted ? 1 : 0, `${log}`);
    assertEquals(task.cancelling(), task.cancelled() ? 1 : 0);
  }, "worker"));

Deno.test("Task.cancel(), explored: several requests at any time, each answered or one with another", () =>
  exploreAll((coroutine) => () => {
    const log: string[] = [];
    let asked = 0;
    const task = createTask(stubborn(coroutine, log), { name: "stubborn" });
    const asking = coroutine(function* (wait) {
      for (let i = 0; i < 2; i++) {
        yield* wait(delay(0, 3));
        if (task.cancel(`request ${i}`)) asked++;
      }
    });
    return together({ a: asking, b: asking, ending: () => waitAll([task]) }, () => {
      const answers = log.length + Number(task.cancelled());
      assert(answers <= asked + 1 && (asked === 0 || answers > 0), `${answers} of ${asked}`);
    });
  }, (task) => "ab".includes(task.getName())));

Deno.test("tasks, explored: a future that several wait for wakes all but who is cancelled", () =>
  exploreAll((coroutine) => async () => {
    const ready = new Future<string>();
    const seen: string[] = [];
    const waiter = coroutine(function* (wait) {
      seen.push(yield* wait(shield(ready)));
      seen.push(yield* wait(shield(ready)));
    });
    const tasks = ["a", "b", "c"].map((name) =>
      createTask(waiter as () => Promise<void>, { name })
    );
    await delay(0, 1);
    ready.setResult("ready");
    await waitAll(tasks);
    const cancelled = tasks.filter((task) => task.cancelled()).length;
    assert(cancelled <= 1);
    assert(seen.length >= (3 - cancelled) * 2, `${seen}`);
  }, (task) => "abc".includes(task.getName())));

Deno.test("run(), explored: what main leaves behind has ended when run() is over", async () => {
  let begun = 0;
  let ended = 0;
  const background = async () => {
    begun++;
    try {
      await sleep(3);
    } finally {
      try {
        await delay(0, 2);
      } finally {
        ended++;
      }
    }
  };
  const main = async () => {
    const tasks: Task<void>[] = [];
    for (let i = 0; i < 2; i++) {
      tasks.push(createTask(background, { name: `background ${i}` }));
      await delay(0, 2);
    }
    if (chance(0.5)) await waitAll(tasks);
  };
  await explore(main, { runs: 40 });
  await explore(main, {
    runs: 80,
    cancelAnywhere: (task) => task.getName().startsWith("background"),
  });
  assert(begun > 0);
  assertEquals(ended, begun);
});
