import {
  assert,
  assertEquals,
  assertFalse,
  assertGreaterOrEqual,
  assertLess,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  createTask,
  type EventLoop,
  Future,
  getEventLoop,
  getRunningLoop,
  run,
  sleep,
  Task,
  type TaskGroup,
  taskGroup,
  type TimerHandle,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { needs } from "../helpers/capabilities.ts";
import { withResult } from "../helpers/futures.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { waitIn } from "../helpers/kinds.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { hostTurn, microtasks, until } from "../helpers/turns.ts";

// Result
// ------

Deno.test("allTasks() holds the tasks that are not done", async () => {
  const before = allTasks().size;
  const future = new Future<void>();
  const task = createTask(() => future);
  assertEquals(allTasks().size, before + 1);
  assert(allTasks().has(task));
  allTasks().clear();
  assert(allTasks(getEventLoop()).has(task));
  let during = true;
  task.addDoneCallback(() => during = allTasks().has(task));
  await microtasks();
  future.setResult();
  await task;
  await microtasks();
  assertFalse(during);
  assertEquals(allTasks().size, before);
  assertEquals(allTasks(makeManualLoop()).size, 0);
  assertThrows(() => allTasks(3 as never), TypeError, "no event loop");
});

Deno.test("allTasks() is in the order in which the tasks were made, whichever ends first", async () => {
  const loop = makeManualLoop();
  const futures = Array.from({ length: 5 }, () => loop.createFuture<void>());
  const tasks = futures.map((future) => loop.createTask(() => future));
  await drainInTurns(loop);
  assertSame(allTasks(loop), tasks);
  // The latest task ends first, then the earliest, then one in between, then the rest.
  for (const ending of [4, 0, 2, 3, 1]) {
    futures[ending]!.setResult();
    await drainInTurns(loop);
    futures.forEach((future, i) => assertEquals(allTasks(loop).has(tasks[i]!), !future.done()));
    assertSame(allTasks(loop), tasks.filter((task) => !task.done()));
  }
  const late = loop.createTask(() => 1);
  assertSame(allTasks(loop), [late]);
  await drainInTurns(loop);
  assertSame(allTasks(loop), []);
});

Deno.test("allTasks() outside of tasks and callbacks holds the tasks of all loops that run", async () => {
  const manual = makeManualLoop();
  const stop = new Future<void>();
  const before = allTasks();
  const mine = createTask(() => stop);
  const seen: Set<unknown>[] = [];
  const main = async () => {
    seen.push(allTasks());
    await stop;
    seen.push(allTasks());
  };
  const running = [run(main), run(main, { loop: manual })];
  await drainInTurns(manual);
  const added = [...allTasks()].filter((task) => !before.has(task));
  assertEquals(added[0], mine);
  assertEquals(added.length, 3);
  assertEquals(new Set(added.map((task) => task.getLoop())).size, 3);
  assertSame(allTasks(manual), added.filter((task) => task.getLoop() === manual));
  stop.setResult();
  await drainInTurns(manual);
  await Promise.all(running);
  assertEquals(seen.map(({ size }) => size), [1, 1, 1, 1]);
  assertEquals(allTasks().size, before.size);
});

Deno.test("allTasks() in a callback of a loop holds the tasks of that loop", async () => {
  const running = run(() => new Future<void>().catch(() => {}));
  await microtasks();
  let seen: Set<unknown> | undefined;
  getEventLoop().callSoon(() => seen = allTasks());
  await microtasks();
  assertEquals(seen, allTasks(getEventLoop()));
  for (const task of allTasks()) if (task.getLoop() !== getEventLoop()) task.cancel();
  await running;
});

/** Makes a loop whose `callSoon()` calls at once. */
function makeImmediateLoop(): EventLoop {
  return new Proxy(makeManualLoop(), {
    get(target, key) {
      if (key === "callSoon") {
        return (callback: () => void) => {
          callback();
          return { cancel() {}, cancelled: () => false };
        };
      }
      return Reflect.get(target, key);
    },
  });
}

Deno.test("allTasks() holds the pending tasks of a loop whose callSoon() calls at once", () => {
  const loop = makeImmediateLoop();
  const end = () => {};
  const wait = () => new Future<void>({ loop });
  const first = new Task(end, { loop });
  const waiting = new Task(wait, { loop });
  const last = new Task(end, { loop });
  assertEquals([first, waiting, last].map((task) => task.done()), [true, false, true]);
  assertSame(allTasks(loop), [waiting]);
});

Deno.test("allTasks() drops a done task whose class overrides getLoop()", async () => {
  class Elsewhere<T> extends Task<T> {
    override getLoop() {
      return makeManualLoop();
    }
  }
  const before = allTasks();
  const tasks = [1, 2].map((i) => new Elsewhere(() => i, { eagerStart: true }));
  const other = createTask(() => 3);
  assertEquals(tasks.map((task) => task.done()), [true, true]);
  assertSame(allTasks(), [...before, other]);
  assertEquals(await other, 3);
});

// Leaks
// -----

Deno.test("Task is kept alive by its loop until it is done, and is released then", async () => {
  needs("gc");
  const count = 5;
  const waited: WeakRef<Future<void>>[] = [];
  let ended = 0;
  const start = () => {
    return new WeakRef(createTask(function* () {
      const future = new Future<void>();
      waited.push(new WeakRef(future));
      yield* future;
      ended++;
    }));
  };
  const tasks = Array.from({ length: count }, start);
  const alive = (refs: WeakRef<object>[]) => refs.filter((ref) => ref.deref()).length;
  await collectGarbage(() => false, 5);
  assertEquals([alive(tasks), alive(waited)], [count, count]);
  for (const ref of waited) ref.deref()!.setResult();
  await microtasks();
  assertEquals(ended, count);
  await collectGarbage(() => alive(tasks) === 0);
  // A conservative collector may take one on the stack for alive.
  assertLess(alive(tasks), 2);
});

for (
  const [name, start] of [
    ["an async function", (next) =>
      createTask(async () => {
        await sleep(0);
        await next();
      })],
    ["a generator", (next) =>
      createTask(function* () {
        yield* sleep(0);
        yield* next();
      })],
    ["a task of a group", (next, group) =>
      group.createTask(async () => {
        await sleep(0);
        await next();
      })],
  ] as [string, (next: () => Future<void>, group: TaskGroup) => Task<void>][]
) {
  Deno.test(`Task that is started by another one, ${name}, does not keep it alive`, async () => {
    needs("gc");
    const tasks: WeakRef<object>[] = [];
    const alive = () => tasks.filter((ref) => ref.deref()).length;
    const gate = new Future<void>();
    let started = 0;
    await taskGroup(async (group) => {
      const step = () => {
        started++;
        const next = () => started < 50 ? withResult(step()) : gate;
        tasks.push(new WeakRef(start(next, group)));
      };
      step();
      await until(() => started === 50);
      await collectGarbage(() => alive() < 5);
      assertLess(alive(), 5);
      gate.setResult();
    });
  });
}

Deno.test("Task that is done is not kept alive by a timer that it left behind", async () => {
  needs("gc");
  const tasks: WeakRef<object>[] = [];
  const timers: TimerHandle[] = [];
  const ring = () => {};
  const start = () => {
    const task = createTask(async () => {
      timers.push(getRunningLoop().callLater(60_000, ring));
      await sleep(0);
    });
    tasks.push(new WeakRef(task));
  };
  for (let i = 0; i < 10; i++) start();
  await hostTurn();
  const alive = () => tasks.filter((ref) => ref.deref()).length;
  await collectGarbage(() => alive() < 3);
  for (const timer of timers) timer.cancel();
  assertLess(alive(), 3);
  assertEquals(timers.length, 10);
});

Deno.test("Task does not keep alive the tasks made before and after it", async () => {
  needs("gc");
  const end = new Future<void>();
  const kept: Task<void>[] = [];
  const make = () => {
    const dropped: WeakRef<Task<void>>[] = [];
    for (let i = 0; i < 5; i++) {
      kept.push(createTask(() => end), createTask(() => {}));
      dropped.push(new WeakRef(createTask(() => {})));
    }
    return dropped;
  };
  const dropped = make();
  const collected = () => dropped.filter((ref) => !ref.deref()).length;
  await collectGarbage(() => collected() >= 4);
  // A conservative collector may take one on the stack for alive.
  assertGreaterOrEqual(collected(), 4);
  end.setResult();
  await Promise.all(kept);
});

Deno.test("Task that ends inside its constructor is released", async () => {
  needs("gc");
  const loop = makeImmediateLoop();
  const make = async () => {
    await undefined;
    return Array.from({ length: 5 }, () => new WeakRef(new Task(() => {}, { loop })));
  };
  const refs = await make();
  const alive = () => refs.filter((ref) => ref.deref()).length;
  await collectGarbage(() => alive() === 0);
  // A conservative collector may take one on the stack for alive.
  assertLess(alive(), 2);
  assertSame(allTasks(loop), []);
});

Deno.test("Task that is settled by force is released, before it starts and when its coroutine ends", async () => {
  needs("gc");
  const gate = new Future<void>();
  const make = async (isStarted: boolean) => {
    const tasks = Array.from({ length: 5 }, () => createTask(waitIn(gate)));
    if (isStarted) await microtasks();
    for (const task of tasks) Future.prototype.setResult.call(task, undefined);
    return tasks.map((task) => new WeakRef(task));
  };
  const refs = [...await make(false), ...await make(true)];
  gate.setResult();
  const alive = () => refs.filter((ref) => ref.deref()).length;
  await collectGarbage(() => alive() === 0);
  // A conservative collector may take one on the stack for alive.
  assertLess(alive(), 2);
});
