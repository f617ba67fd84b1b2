/**
 * `captureCallGraph()`, `formatCallGraph()`, `printCallGraph()`: who waits for a future.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  captureCallGraph,
  formatCallGraph,
  type FutureCallGraph,
  printCallGraph,
} from "../../debug.ts";
import {
  createTask,
  Future,
  gather,
  Lock,
  run,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { runProgram } from "../helpers/programs.ts";
import { hostTurn } from "../helpers/turns.ts";

/** Starts an async function as a task with a name. */
function start(name: string, wait: () => unknown): Task<unknown> {
  return createTask(async function load(): Promise<unknown> {
    return await wait();
  }, { name });
}

/** The names of the tasks that wait. */
function namesOf({ awaitedBy }: FutureCallGraph): string[] {
  return awaitedBy.map(({ future }) => (future as Task<unknown>).getName());
}

Deno.test("captureCallGraph() leads from a future to those who wait for it", async () => {
  const future = new Future<void>();
  const inner = start("inner", () => future);
  const outer = start("outer", () => inner);
  await hostTurn();
  const graph = captureCallGraph(future)!;
  assertStrictEquals(graph.future, future);
  assertEquals(graph.callStack, []);
  assertEquals(graph.awaitedBy.map((graph) => graph.future), [inner]);
  const [ofInner] = graph.awaitedBy;
  assertEquals(ofInner!.callStack.map((frame) => frame.function), ["load"]);
  assertEquals(ofInner!.awaitedBy.map((graph) => graph.future), [outer]);
  assertEquals(ofInner!.awaitedBy[0]!.awaitedBy, []);
  future.setResult();
  await outer;
});

for (
  const [name, wrap] of Object.entries<(future: Future<void>) => unknown>({
    "gather()": (future) => gather(future, sleep(1)),
    "gather() in waitFor()": (future) => waitFor(gather(future), 60_000),
    "shield()": (future) => shield(shield(future)),
    "timeout()": (future) => timeout(60_000, async () => await future),
    "timeout() in taskGroup()": (future) => taskGroup(() => timeout(60_000, () => future)),
    "Promise.all()": (future) => Promise.all([sleep(1), future]),
  })
) {
  Deno.test(`captureCallGraph() finds who waits by way of ${name}`, async () => {
    const future = new Future<void>();
    const task = start("task", () => wrap(future));
    await hostTurn();
    assertEquals(namesOf(captureCallGraph(future)!), ["task"]);
    future.setResult();
    await task;
    assertEquals(captureCallGraph(future)!.awaitedBy, []);
  });
}

Deno.test("captureCallGraph() finds who waits for the future of a function such as gather()", async () => {
  const future = new Future<void>();
  const [all, protectedOne] = [gather(future), shield(future)];
  const one = start("one", () => all);
  const two = start("two", () => shield(protectedOne));
  await hostTurn();
  assertEquals(namesOf(captureCallGraph(all)!), ["one"]);
  assertEquals(namesOf(captureCallGraph(protectedOne)!), ["two"]);
  assertEquals(namesOf(captureCallGraph(future)!).sort(), ["one", "two"]);
  future.setResult();
  await gather(one, two);
});

Deno.test("captureCallGraph() finds who waits for the lock that a task holds", async () => {
  const lock = new Lock();
  const future = new Future<void>();
  const holder = start("holder", () => lock.run(() => future));
  const waiting = start("waiting", () => lock.acquire());
  await hostTurn();
  assertEquals(namesOf(captureCallGraph(holder)!), ["waiting"]);
  future.setResult();
  await waiting;
});

Deno.test("captureCallGraph() without a future is that of the task that runs", async () => {
  const future = new Future<FutureCallGraph | null>();
  const inner = start("inner", async () => {
    await sleep(0);
    future.setResult(captureCallGraph());
  });
  const outer = start("outer", () => inner);
  await outer;
  const graph = future.result()!;
  assertStrictEquals(graph.future, inner);
  assertEquals(namesOf(graph), ["outer"]);
  assertEquals(captureCallGraph(), null);
  assertEquals([formatCallGraph(), captureCallGraph(null)], ["", null]);
});

Deno.test("captureCallGraph() has the stack of the task that runs, with options depth and limit", async () => {
  needs("sources");
  await createTask(async function main() {
    function inner() {
      const all = captureCallGraph()!.callStack;
      assertEquals(all.slice(0, 2).map((frame) => frame.function), ["inner", "main"]);
      assertStringIncludes(all[0]!.file!, "call_graph_test.ts");
      assert(all[1]!.line! > all[0]!.line!);
      const functionsOf = (options: { depth?: number; limit?: number | null }) =>
        captureCallGraph(null, options)!.callStack.map((frame) => frame.function);
      assertEquals(functionsOf({ depth: 2, limit: 1 }), ["inner"]);
      assertEquals(functionsOf({ depth: 3, limit: 1 }), ["main"]);
      assertEquals(functionsOf({ depth: 0, limit: 2 }), ["functionsOf", "inner"]);
      assertEquals(functionsOf({ limit: -1 }).length, 1);
      assertEquals(functionsOf({ limit: 0 }), []);
      assertEquals(functionsOf({ limit: null }).length, all.length + 1);
    }
    inner();
  });
});

Deno.test("captureCallGraph() of a future that is done, and of a task that is done, has nobody", async () => {
  const task = createTask(() => 1);
  await task;
  assertEquals(captureCallGraph(task), { future: task, callStack: [], awaitedBy: [] });
});

Deno.test("captureCallGraph() leads around a circle", async () => {
  const tasks: Task<unknown>[] = [];
  tasks.push(start("one", () => tasks[1]), start("two", () => tasks[0]));
  await hostTurn();
  const graph = captureCallGraph(tasks[0])!;
  assertStrictEquals(graph.awaitedBy[0]!.awaitedBy[0], graph);
  assertEquals(
    formatCallGraph(tasks[0], { limit: 0 }).split("\n"),
    [
      '* Task(name="one")',
      "  + Awaited by:",
      '    * Task(name="two")',
      "      + Awaited by:",
      '        * Task(name="one"), see above',
    ],
  );
  for (const task of tasks) Future.prototype.setResult.call(task, undefined as never);
  await hostTurn();
});

Deno.test("formatCallGraph() shows a chain of 10,000 tasks", async () => {
  const future = new Future<void>();
  let last: Future<unknown> = future;
  for (let i = 0; i < 10_000; i++) {
    const awaited = last;
    last = start("task", () => awaited);
  }
  await hostTurn();
  await hostTurn();
  assertEquals(formatCallGraph(future, { limit: 0 }).match(/\* Task/g)!.length, 10_000);
  future.setResult();
  await last;
});

Deno.test("formatCallGraph() shows 200,000 tasks that wait for one future", async () => {
  const future = new Future<void>();
  for (let i = 0; i < 200_000; i++) start("task", () => future);
  await hostTurn();
  await hostTurn();
  assertEquals(formatCallGraph(future, { limit: 0 }).match(/\* Task/g)!.length, 200_000);
  future.setResult();
  await hostTurn();
});

Deno.test("formatCallGraph() survives a stackTraceLimit and a prepareStackTrace that throw", async () => {
  const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");
  const prepare = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const refuse = () => {
    throw new RangeError("hostile");
  };
  const graph = await createTask(() => {
    Object.defineProperty(Error, "stackTraceLimit", { get: refuse, configurable: true });
    Object.defineProperty(Error, "prepareStackTrace", { value: refuse, configurable: true });
    try {
      return formatCallGraph();
    } finally {
      for (
        const [name, before] of Object.entries({
          stackTraceLimit: limit,
          prepareStackTrace: prepare,
        })
      ) {
        if (before) Object.defineProperty(Error, name, before);
        else Reflect.deleteProperty(Error, name);
      }
    }
  }, { name: "own" });
  assertStringIncludes(graph, '* Task(name="own")');
});

Deno.test("formatCallGraph() shows no frames of this module, though stackTraceLimit is 0", async () => {
  needs("programs", "sources");
  const { lines, errors } = await runProgram(`
    import { createTask, run } from "${import.meta.resolve("../../mod.ts")}";
    import { formatCallGraph } from "${import.meta.resolve("../../debug.ts")}";
    for (const limit of [0, 10]) {
      Error.stackTraceLimit = limit;
      const main = () => \`\${createTask(() => {})}\n\${formatCallGraph()}\`;
      console.log(await run(main, { debug: true }));
    }
  `);
  assertEquals(errors, "");
  assertEquals(lines.filter((line) => line.startsWith("* Task")).length, 2);
  assertEquals(lines.filter((line) => /src.(?:debug|task)/.test(line)), []);
});

Deno.test("captureCallGraph() refuses what is not a future, and options that are not whole numbers", async () => {
  assertThrows(
    () => captureCallGraph(1 as never),
    TypeError,
    "Cannot capture the call graph as it is no future: received 1",
  );
  const future = new Future();
  assertThrows(
    () => captureCallGraph(future, { depth: 1.5 }),
    TypeError,
    "the depth is not a whole",
  );
  assertThrows(
    () => formatCallGraph(future, { limit: NaN }),
    TypeError,
    "the limit is not a whole",
  );
  assertThrows(() => printCallGraph(future, { print: 1 as never }), TypeError, "option print");
  await hostTurn();
});

Deno.test("printCallGraph() prints, unless there is nothing", () => {
  const texts: string[] = [];
  const print = (text: string) => texts.push(text);
  printCallGraph(null, { print });
  printCallGraph(new Future(), { print });
  assertEquals(texts, ["* Future()"]);
});

// The program of the page of Python, and what that prints there:
//
//   * Task(name='Task-2', id=0x1039f0fe0)
//     + Call stack:
//     |   File 't2.py', line 4, in async test()
//     + Awaited by:
//        * Task(name='Task-1', id=0x103a5e060)
//           + Call stack:
//           |   File 'taskgroups.py', line 107, in async TaskGroup.__aexit__()
//           |   File 't2.py', line 7, in async main()
Deno.test("formatCallGraph() shows the example of Python as Python does", async () => {
  needs("sources");
  let text = "";
  async function test() {
    // The await of main() begins after the tasks that were made before it.
    await sleep(0);
    text = formatCallGraph(null, { limit: 1 });
  }
  await run(async function main() {
    await taskGroup((group) => {
      group.createTask(test);
    });
  });
  const lines = text
    .replaceAll(/name="Task-\d+"/g, 'name="Task-N"')
    .replaceAll(/File ".*call_graph_test.ts", line \d+/g, 'File "call_graph_test.ts", line N');
  assertEquals(lines.split("\n"), [
    '* Task(name="Task-N")',
    "  + Call stack:",
    '  |   File "call_graph_test.ts", line N, in test()',
    "  + Awaited by:",
    '    * Task(name="Task-N")',
    "      + Call stack:",
    "      |   main()",
  ]);
});
