/**
 * `formatTasks()` and `captureTasks()`: the tree by who waits for whom, and the words.
 *
 * @module
 */

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { captureTasks, formatTasks } from "../../debug.ts";
import {
  allTasks,
  asCompleted,
  Barrier,
  cancelAndWait,
  Condition,
  createTask,
  Event,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  Lock,
  moveOnAfter,
  pooledMap,
  Queue,
  race,
  run,
  Semaphore,
  shield,
  shielded,
  sleep,
  Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { hostTurn } from "../helpers/turns.ts";

/** Ends the promises of a test, which no cancellation ends. */
const releases: ((value?: unknown) => void)[] = [];
/** The tasks of a test that wait for each other. */
const circle: Task<unknown>[] = [];
const promise = () => new Promise<unknown>((resolve) => releases.push(resolve));

/** Ends all tasks. A request to cancel a task in a circle goes around it, and ends none. */
function endAll(): void {
  for (const task of allTasks()) task.cancel();
  for (const release of releases.splice(0)) release();
  for (const task of circle.splice(0)) Future.prototype.setResult.call(task, undefined as never);
}

/** Starts tasks, lets them run until they wait, and returns their tree. */
async function treeOf(start: () => unknown): Promise<string> {
  using time = new FakeTime();
  start();
  await time.tickAsync(0);
  await time.tickAsync(0);
  try {
    return formatTasks();
  } finally {
    const loop = getEventLoop();
    // Of tasks in a circle, which are settled from outside.
    loop.setExceptionHandler(() => {});
    endAll();
    await time.tickAsync(0);
    await time.tickAsync(1_000);
    loop.setExceptionHandler(null);
  }
}

/** Starts an async function as a task with a name. */
function start(name: string, wait: () => unknown): Task<unknown> {
  return createTask(async function load(): Promise<unknown> {
    return await wait();
  }, { name });
}

// What a task waits on
// --------------------

const WAITS: Record<string, [wait: () => unknown, ...lines: string[]]> = {
  "a future": [() => new Future(), "<Future pending>"],
  "a future that is awaited with then()": [
    () => new Future().then(() => {}),
    "<Future pending>",
  ],
  "a promise": [
    promise,
    "nothing that is known (a promise, or code that runs)",
  ],
  "sleep()": [() => sleep(60_000), "sleep, 60 s of 60 s left"],
  "sleep() for some minutes": [() => sleep(600_000), "sleep, 10 min of 10 min left"],
  "sleep() for some milliseconds": [() => sleep(500), "sleep, 500 ms of 500 ms left"],
  "sleep() for ever": [() => sleep(Infinity), "sleep without an end"],
  "gather()": [
    () => gather(new Future(), sleep(2_000), createTask(() => 1, { eagerStart: true })),
    "gather of 3, 1 is done",
    "├─ <Future pending>",
    "└─ sleep, 2 s of 2 s left",
  ],
  "gather() in gather()": [
    () => gather(gather(new Future(), new Future()), new Future()),
    "gather of 2",
    "├─ gather of 2",
    "│  ├─ <Future pending>",
    "│  └─ <Future pending>",
    "└─ <Future pending>",
  ],
  "wait()": [
    () => wait([new Future()], { timeout: 5_000 }),
    "wait of 1, 5 s left",
    "└─ <Future pending>",
  ],
  "waitFor()": [() => waitFor(new Future(), 9_000), "<Future pending>; in waitFor, 9 s left"],
  "waitFor() of a gather()": [
    () => waitFor(gather(new Future()), 9_000),
    "gather of 1; in waitFor, 9 s left",
    "└─ <Future pending>",
  ],
  "shield() of a sleep()": [() => shield(sleep(1_000)), "sleep, 1 s of 1 s left; in shield"],
  "race()": [() => race([new Future()]), "race of 1", "└─ <Future pending>"],
  "cancelAndWait()": [
    () => cancelAndWait(createTask(promise, { name: "deaf", eagerStart: true })),
    "cancelAndWait of 1",
    "└─ deaf promise, cancelling: nothing that is known (a promise, or code that runs)",
  ],
  "asCompleted()": [
    async () => {
      for await (const _ of asCompleted([new Future(), sleep(1_000)]));
    },
    "asCompleted of 2",
    "├─ <Future pending>",
    "└─ sleep, 1 s of 1 s left",
  ],
  "Promise.all()": [
    () => Promise.all([new Future(), sleep(1_000)]),
    "<Future pending> and sleep, 1 s of 1 s left",
  ],
  "Promise.all() of many": [
    () => Promise.all(Array.from({ length: 5 }, () => new Future())),
    "<Future pending>, <Future pending>, <Future pending> and 2 more",
  ],
  "nested async functions": [
    async () => await (async () => await (async () => await sleep(1_000))())(),
    "sleep, 1 s of 1 s left",
  ],
  "timeout()": [
    () => timeout(3_000, async () => await new Future()),
    "<Future pending>; in timeout, 3 s left",
  ],
  "timeout() whose body awaits a promise": [
    () => timeout(3_000, promise),
    "timeout, 3 s left",
  ],
  "timeout() without a limit": [
    () => timeout(null, async () => await new Future()),
    "<Future pending>",
  ],
  "moveOnAfter()": [
    () => moveOnAfter(3_000, async () => await sleep(1_000)),
    "sleep, 1 s of 1 s left; in timeout, 3 s left",
  ],
  "shielded()": [
    () => shielded(async () => await sleep(1_000)),
    "sleep, 1 s of 1 s left; in shielded",
  ],
  "scopes in scopes": [
    () => timeout(3_000, () => taskGroup(() => timeout(2_000, () => sleep(1_000)))),
    "sleep, 1 s of 1 s left; in timeout, 2 s left; in taskGroup; in timeout, 3 s left",
  ],
  "two scopes at once": [
    () => Promise.all([timeout(1_000, () => new Future()), timeout(2_000, () => sleep(1_500))]),
    "<Future pending>; in timeout, 1 s left and sleep, 1.5 s of 1.5 s left; in timeout, 2 s left",
  ],
  "scopes in a gather()": [
    () => gather(timeout(1_000, () => new Future()), timeout(2_000, () => sleep(1_500))),
    "gather of 2",
    "├─ <Future pending>; in timeout, 1 s left",
    "└─ sleep, 1.5 s of 1.5 s left; in timeout, 2 s left",
  ],
  "a scope in waitFor()": [
    () => waitFor(timeout(1_000, () => new Future()), 2_000),
    "<Future pending>; in timeout, 1 s left; in waitFor, 2 s left",
  ],
  "Lock.acquire() outside of tasks": [
    () => lockedOutside.acquire(),
    "Lock.acquire of <Lock locked waiters=1>, held by code outside of tasks",
  ],
  "Queue.get()": [() => new Queue().get(), "Queue.get of <Queue maxsize=0 getters=1>"],
  "Queue.put()": [
    async () => {
      const queue = new Queue<number>({ maxsize: 1 });
      await queue.put(1);
      await queue.put(2);
    },
    "Queue.put of <Queue maxsize=1 items=[1] putters=1 tasks=1>",
  ],
  "Event.wait()": [() => new Event().wait(), "Event.wait of <Event unset waiters=1>"],
  "Semaphore.acquire()": [
    () => new Semaphore(0).acquire(),
    "Semaphore.acquire of <Semaphore locked waiters=1>",
  ],
  "Barrier.wait()": [
    () => new Barrier(2).wait(),
    "Barrier.wait of <Barrier filling waiters=1/2>",
  ],
  "Condition.waitFor()": [
    async () => {
      const condition = new Condition();
      await condition.acquire();
      await condition.waitFor(() => false);
    },
    "Condition.wait of <Condition unlocked waiters=1>; in Condition.waitFor",
  ],
};

const lockedOutside = new Lock();
lockedOutside.acquire();

for (const [name, [wait, first, ...others]] of Object.entries(WAITS)) {
  Deno.test(`formatTasks() shows what a task waits on: ${name}`, async () => {
    const tree = await treeOf(() => start("task", wait));
    const lines = tree.split("\n").filter((line) => !/^\d+ tasks$/.test(line));
    assertEquals(lines, [`task load, pending: ${first}`, ...others]);
  });
}

Deno.test("formatTasks() shows generators, and tasks that start at once", async () => {
  const tree = await treeOf(() => {
    function* inner() {
      yield* sleep(1_000);
    }
    createTask(
      function* outer() {
        yield* inner();
      },
      { name: "generator" },
    );
    createTask(async function eager() {
      await sleep(2_000);
    }, { name: "eager", eagerStart: true });
  });
  assertEquals(
    tree,
    "2 tasks\n" +
      "generator outer, pending: sleep, 1 s of 1 s left\n" +
      "eager eager, pending: sleep, 2 s of 2 s left",
  );
});

Deno.test("formatTasks() shows tasks that have not started, that run, and that are being cancelled", async () => {
  let tree = "";
  await run(async function main() {
    createTask(async function later() {}, { name: "later" });
    const deaf = createTask(async function deaf() {
      await new Promise<void>((resolve) => end = resolve);
    }, { name: "deaf", eagerStart: true });
    deaf.cancel();
    tree = formatTasks();
    end();
  });
  assert(tree.startsWith("3 tasks\n"));
  assertStringIncludes(tree, " main, pending: runs now\n");
  assertStringIncludes(tree, "\nlater later, pending: not started yet\n");
  assertStringIncludes(tree, "\ndeaf deaf, cancelling: nothing that is known");
});
let end = () => {};

Deno.test("formatTasks() says that there are no tasks", () => {
  assertEquals(formatTasks(), "no tasks");
});

// Who waits for whom
// ------------------

Deno.test("formatTasks() shows the tasks that a task waits for below it", async () => {
  const tree = await treeOf(() => {
    const deep = start("deep", () => new Future());
    const middle = start("middle", () => gather(deep, sleep(1_000)));
    start("outer", () => waitFor(shield(middle), 5_000));
  });
  assertEquals(
    tree,
    "3 tasks\n" +
      "outer load, pending: middle; in shield; in waitFor, 5 s left\n" +
      "└─ middle load, pending: gather of 2\n" +
      "   ├─ deep load, pending: <Future pending>\n" +
      "   └─ sleep, 1 s of 1 s left",
  );
});

Deno.test("formatTasks() shows a task that several wait for once, and then refers to it", async () => {
  const tree = await treeOf(() => {
    const shared = start("shared", () => new Future());
    const other = start("other", () => shared);
    start("main", () => gather(shared, other, shared));
  });
  assertEquals(
    tree,
    "3 tasks\n" +
      "main load, pending: gather of 3\n" +
      "├─ shared load, pending: <Future pending>\n" +
      "└─ other load, pending: shared",
  );
});

Deno.test("formatTasks() refers to a task that stands above in another list", async () => {
  const tree = await treeOf(() => {
    const shared = start("shared", () => new Future());
    start("one", () => gather(shared));
    start("two", () => gather(shared, new Future()));
  });
  assertEquals(
    tree,
    "3 tasks\n" +
      "one load, pending: gather of 1\n" +
      "└─ shared load, pending: <Future pending>\n" +
      "two load, pending: gather of 2\n" +
      "├─ <Future pending>\n" +
      "└─ shared, see above",
  );
});

Deno.test("formatTasks() shows the tasks of a group below the task that has opened it", async () => {
  const tree = await treeOf(() =>
    start("main", () =>
      timeout(9_000, () =>
        taskGroup((group) => {
          group.createTask(async function child() {
            await sleep(1_000);
          }, { name: "child" });
        })))
  );
  assertEquals(
    tree,
    "2 tasks\n" +
      "main load, pending: taskGroup of 1; in timeout, 9 s left\n" +
      "└─ child child, pending: sleep, 1 s of 1 s left",
  );
});

Deno.test("formatTasks() shows the tasks of pooledMap()", async () => {
  const tree = await treeOf(() =>
    start("main", async () => {
      for await (const _ of pooledMap(2, [1, 2, 3], () => sleep(1_000)));
    })
  );
  const lines = tree.split("\n");
  assertEquals(lines.slice(0, 2), ["4 tasks", "main load, pending: pooledMap"]);
  assert(/^└─ pooledMap .*, pending: pool of 2$/.test(lines[2]!), lines[2]);
  assertEquals(lines.length, 5);
});

Deno.test("formatTasks() names the task that holds a lock, and shows it below the first who waits", async () => {
  const lock = new Lock();
  const tree = await treeOf(() => {
    start("first", () => lock.run(() => new Future()));
    for (const name of ["second", "third"]) start(name, () => lock.acquire());
  });
  assertEquals(
    tree,
    "3 tasks\n" +
      "second load, pending: Lock.acquire of <Lock locked waiters=2>, held by first\n" +
      "└─ first load, pending: <Future pending>\n" +
      "third load, pending: Lock.acquire of <Lock locked waiters=2>, held by first",
  );
});

Deno.test("formatTasks() says that the task which holds a lock is done", async () => {
  const lock = new Lock();
  const tree = await treeOf(() => {
    start("forgetful", () => lock.acquire());
    start("patient", () => lock.acquire());
  });
  assertEquals(
    tree,
    "patient load, pending: Lock.acquire of <Lock locked waiters=1>, held by a task that is done",
  );
});

Deno.test("formatTasks() shows the tasks of all loops that run", async () => {
  let tree = "";
  using time = new FakeTime();
  start("default", () => sleep(1_000));
  const runs = ["one", "two"].map((name) =>
    run(async () => {
      await createTask(async function main() {
        await sleep(100);
        if (name === "two") tree = formatTasks();
      }, { name });
    })
  );
  await time.tickAsync(200);
  await Promise.all(runs);
  assertStringIncludes(tree, "default load, pending: sleep, 800 ms of 1 s left\n");
  assertStringIncludes(tree, "two main, pending: runs now");
  endAll();
  await time.tickAsync(0);
});

Deno.test("formatTasks() shows what stands at the end of a long tree first", async () => {
  const tree = await treeOf(() => {
    const hung = start("hung", () => new Future());
    const naps = Array.from({ length: 9 }, (_, i) => {
      const nap = start(`nap ${i}`, () => sleep(1_000 + i));
      return start(`outer ${i}`, () => nap);
    });
    start("main", () => gather(...naps, hung));
  });
  assertEquals(tree.split("\n").slice(0, 6), [
    "20 tasks",
    "At the end of the waits:",
    "  <Future pending> (hung)",
    '  9 × sleep, 1 s of 1 s left ("nap 0" … "nap 8")',
    "",
    "main load, pending: gather of 10",
  ]);
});

// Circles
// -------

/** Starts tasks, of which each waits for the next one. */
function startCircle(length: number, wrap = (task: Task<unknown>): unknown => task) {
  const tasks: Task<unknown>[] = [];
  for (let i = 0; i < length; i++) {
    tasks.push(start(`t${i}`, () => wrap(tasks[(i + 1) % length]!)));
  }
  circle.push(...tasks);
}

Deno.test("formatTasks() names a circle of two tasks", async () => {
  assertEquals(
    await treeOf(() => startCircle(2)),
    "2 tasks\n" +
      "Circle 1, each waits for the next: t0 → t1 → t0\n" +
      "t0 load, pending: t1 [circle 1]\n" +
      "└─ t1 load, pending: t0 [circle 1]",
  );
});

Deno.test("formatTasks() names a circle of three tasks through gather() and waitFor()", async () => {
  const tree = await treeOf(() => startCircle(3, (task) => waitFor(gather(task), 9_000)));
  assertEquals(tree.split("\n"), [
    "3 tasks",
    "Circle 1, each waits for the next: t0 → t1 → t2 → t0",
    "t0 load, pending: gather of 1; in waitFor, 9 s left [circle 1]",
    "└─ t1 load, pending: gather of 1; in waitFor, 9 s left [circle 1]",
    "   └─ t2 load, pending: gather of 1; in waitFor, 9 s left [circle 1]",
    "      └─ t0, see above",
  ]);
});

Deno.test("formatTasks() names a task that waits for its own lock", async () => {
  const lock = new Lock();
  const tree = await treeOf(() => start("self", () => lock.run(() => lock.acquire())));
  assertEquals(
    tree,
    "Circle 1: self waits for itself\n" +
      "self load, pending: Lock.acquire of <Lock locked waiters=1>, held by self [circle 1]",
  );
});

Deno.test("formatTasks() names two tasks of which each holds the lock of the other", async () => {
  const [a, b] = [new Lock(), new Lock()];
  const both = (first: Lock, second: Lock) => () =>
    first.run(async () => {
      await sleep(0);
      await second.acquire();
    });
  const tree = await treeOf(() => {
    circle.push(start("ab", both(a, b)), start("ba", both(b, a)));
    start("victim", () => a.acquire());
  });
  assertEquals(tree.split("\n"), [
    "3 tasks",
    "Circle 1, each waits for the next: ab → ba → ab",
    "victim load, pending: Lock.acquire of <Lock locked waiters=2>, held by ab",
    "└─ ab load, pending: Lock.acquire of <Lock locked waiters=1>, held by ba [circle 1]",
    "   └─ ba load, pending: Lock.acquire of <Lock locked waiters=2>, held by ab [circle 1]",
  ]);
});

Deno.test("formatTasks() shows two circles, and what waits for them", async () => {
  const tree = await treeOf(() => {
    const lock = new Lock();
    const a: Task<unknown> = start("a", () => lock.run(() => b));
    const b = start("b", () => a);
    circle.push(a, b);
    start("c", () => lock.acquire());
    startCircle(2);
  });
  assertEquals(tree.split("\n"), [
    "5 tasks",
    "Circle 1, each waits for the next: a → b → a",
    "Circle 2, each waits for the next: t0 → t1 → t0",
    "c load, pending: Lock.acquire of <Lock locked waiters=1>, held by a",
    "t0 load, pending: t1 [circle 2]",
    "└─ t1 load, pending: t0 [circle 2]",
    "a load, pending: b [circle 1]",
    "└─ b load, pending: a [circle 1]",
  ]);
});

// Many tasks
// ----------

Deno.test("formatTasks() names 150,000 circles", async () => {
  const count = 150_000;
  const tasks = Array.from({ length: count }, () => {
    const own: Task<unknown> = start("own", () => gather(own));
    return own;
  });
  await hostTurn();
  await hostTurn();
  assertStringIncludes(formatTasks(), `Circle ${count}: own waits for itself\n`);
  for (const task of tasks) Future.prototype.setResult.call(task, undefined as never);
  await hostTurn();
});

Deno.test("formatTasks() shows a thousand tasks that are alike in a line", async () => {
  const tree = await treeOf(() => {
    const tasks = Array.from({ length: 1_000 }, (_, i) => start(`t${i}`, () => sleep(1_000 + i)));
    start("main", () => gather(...tasks));
  });
  assertEquals(
    tree,
    "1001 tasks\n" +
      "main load, pending: gather of 1000\n" +
      "└─ 1000 × load, pending: sleep, 1 s to 2 s of 1 s to 2 s left (t0 … t999)",
  );
});

/** How long it takes to show some tasks of which each waits for the one before, or all sleep. */
async function timeOf(count: number, isChain: boolean): Promise<number> {
  let previous: Future<unknown> = new Future();
  const first = previous as Future<void>;
  const tasks: Task<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const awaited = previous;
    const task = createTask(async () => void await (isChain ? awaited : new Future()));
    tasks.push(previous = task);
  }
  await hostTurn();
  await hostTurn();
  const before = performance.now();
  const text = formatTasks();
  const ms = performance.now() - before;
  assert(text.startsWith(`${count} tasks\n`));
  first.setResult();
  if (!isChain) { for (const task of tasks) task.cancel(); }
  await previous.catch(() => {});
  return ms;
}

Deno.test("formatTasks() takes 10 times as long for 10 times as many tasks", async () => {
  await timeOf(1_000, false);
  const few = await timeOf(10_000, false);
  const many = await timeOf(100_000, false);
  assertLess(many, 60 * few + 1_000);
});

Deno.test("formatTasks() shows a chain of 10,000 tasks", async () => {
  assertLess(await timeOf(10_000, true), 30_000);
});

Deno.test("formatTasks() shows many tasks that wait for one future, or for one asCompleted()", async () => {
  const count = 20_000;
  const future = new Future();
  for (let i = 0; i < count; i++) start("one", () => future);
  const futures = Array.from({ length: count }, () => new Future());
  for (const step of asCompleted(futures)) start("step", () => step);
  await hostTurn();
  await hostTurn();
  const before = performance.now();
  const tree = formatTasks();
  assertLess(performance.now() - before, 60_000);
  assertStringIncludes(tree, `${count} × load, pending: <Future pending> (one … one)`);
  assertStringIncludes(tree, `${count - 1} × load, pending: asCompleted of ${count} (step … step)`);
  for (const task of allTasks()) task.cancel();
  await hostTurn();
  await hostTurn();
});

// Foreign and odd objects
// -----------------------

Deno.test("formatTasks() shows futures and tasks of which nothing can be read", async () => {
  class OddFuture extends Future<void> {
    override toString(): string {
      throw new Error("no text");
    }
    override done(): boolean {
      throw new Error("no state");
    }
  }
  class OddTask extends Task<unknown> {
    override getName(): string {
      throw new Error("no name");
    }
    override getCoro(): never {
      throw new Error("no coroutine");
    }
    override toString(): string {
      throw new Error("no text");
    }
  }
  const tree = await treeOf(() => {
    start("odd future", () => new OddFuture());
    start("odd task", () => new OddTask(promise));
  });
  assertEquals(
    tree,
    "3 tasks\n" +
      '"odd future" load, pending: <unshowable object>\n' +
      '"odd task" load, pending: "<unshowable name>"\n' +
      '└─ "<unshowable name>" <unshowable>, pending: nothing that is known (a promise, or code that runs)',
  );
});

Deno.test("formatTasks() quotes a name that could be taken for something else", async () => {
  const tree = await treeOf(() => start("a\nb, pending: \0", () => new Future()));
  assertEquals(tree, '"a b, pending: \\u0000" load, pending: <Future pending>');
});

Deno.test("formatTasks() does not take a character of a function's name for a time", async () => {
  const tree = await treeOf(() => {
    const nap = Object.defineProperty(() => sleep(50), "name", { value: "nap\0" });
    createTask(nap, { name: "napper" });
  });
  assertEquals(tree, "napper nap, pending: sleep, 50 ms of 50 ms left");
});

Deno.test("formatTasks() shows tasks that wait for what a task factory returned", async () => {
  using time = new FakeTime();
  let tree = "";
  const result = run(async () => {
    const loop = getRunningLoop();
    loop.setTaskFactory(() => new Future<never>() as unknown as Task<never>);
    const made = loop.createTask(async () => {});
    loop.setTaskFactory(null);
    const task = createTask(async function load() {
      await gather(made, timeout(1_000, () => made));
    }, { name: "task" });
    await sleep(10);
    tree = formatTasks();
    task.cancel();
  });
  await time.tickAsync(10);
  await time.tickAsync(0);
  await result;
  assertStringIncludes(
    tree,
    "task load, pending: gather of 2\n" +
      "├─ <Future pending>\n" +
      "└─ <Future pending>; in timeout, 990 ms left",
  );
});

Deno.test("formatTasks() shows futures of another copy of the module", async () => {
  needs("sources");
  const copy = await importCopy();
  const future = new copy.Future<void>();
  const tree = await treeOf(() => {
    start("task", () => gather(future as unknown as Future<void>, sleep(1_000)));
    start("direct", () => future);
  });
  assertEquals(tree.split("\n").slice(0, 3), [
    "2 tasks",
    "task load, pending: gather of 2",
    "├─ <Future pending>",
  ]);
  assertStringIncludes(tree, "direct load, pending: <Future pending>");
});

// The data
// --------

Deno.test("captureTasks() returns the tasks, the roots and the circles", async () => {
  const future = new Future<void>();
  const leaf = start("leaf", () => future);
  const main = start("main", () => gather(leaf, leaf));
  await hostTurn();
  await hostTurn();
  const { tasks, roots, circles } = captureTasks();
  assertEquals(tasks.map(({ name }) => name), ["leaf", "main"]);
  assertEquals(roots.map(({ name }) => name), ["main"]);
  assertEquals(circles, []);
  const [root] = roots;
  assertEquals([root!.task, root!.coroutine, root!.state], [main, "load", "pending"]);
  assertEquals(root!.waitsOn, "gather of 2");
  assertEquals(root!.awaits, [tasks[0]!]);
  assertEquals([root!.duration, root!.waitsAt, root!.createdAt], [undefined, [], []]);
  future.setResult();
  await main;
});

Deno.test("captureTasks() leads around a circle", async () => {
  startCircle(2);
  await hostTurn();
  await hostTurn();
  const { circles, roots } = captureTasks();
  assertEquals(circles.map((circle) => circle.map(({ name }) => name)), [["t0", "t1"]]);
  assertEquals(roots[0]!.awaits[0]!.awaits[0], roots[0]);
  endAll();
  await hostTurn();
  await hostTurn();
});

Deno.test("captureTasks() says where a task waits that is in lock.run(), in debug mode", async () => {
  needs("sources");
  await run(async () => {
    const lock = new Lock();
    await lock.acquire();
    const saver = createTask(async function save() {
      await lock.run(() => {});
    });
    await sleep(1);
    const { tasks } = captureTasks();
    const { waitsAt } = tasks.find(({ task }) => task === saver)!;
    assertStringIncludes(waitsAt[0]!.file!, "tasks_test.ts");
    lock.release();
    await saver;
  }, { debug: true });
});

Deno.test("captureTasks() says where a task was made, in debug mode", async () => {
  needs("sources");
  await run(async function main() {
    const task = createTask(() => new Future(), { name: "task" });
    await sleep(0);
    const { createdAt } = captureTasks().tasks.find(({ name }) => name === "task")!;
    assertStringIncludes(createdAt[0]!.file!, "tasks_test.ts");
    assert(createdAt[0]!.line! > 0);
    assertStringIncludes(formatTasks(), "made at ");
    task.cancel();
  }, { debug: true });
});
