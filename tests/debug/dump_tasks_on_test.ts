/**
 * `dumpTasksOn()`: signals of the process that print its tasks, and the same by `run()` in debug
 * mode.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { stub } from "@std/testing/mock";
import process from "node:process";
import { dumpTasksOn } from "../../debug.ts";
import { createTask, Future, run, sleep } from "../../mod.ts";
import { has, needs } from "../helpers/capabilities.ts";
import { interrupt, runProgram } from "../helpers/programs.ts";
import { hostTurn } from "../helpers/turns.ts";

const address = (file: string) => JSON.stringify(new URL(`../../${file}`, import.meta.url).href);

// Programs are run as they are, and Node 20 does not know `using`.
const imports = `
import process from "node:process";
import { createTask, Future, run, sleep } from ${address("mod.ts")};
import { dumpTasksOn } from ${address("debug.ts")};
// TypeScript drops an import whose names are not used.
import ${address("debug.ts")};

const { error } = console;

/** Resolves when something is printed to \`console.error\`, and keeps the process running. */
function printed() {
  const timer = setInterval(() => {}, 1_000);
  return new Promise((resolve) => {
    console.error = (text) => {
      error(text);
      clearInterval(timer);
      resolve();
    };
  });
}

/** Sends a signal to this process, and waits until it is there. */
async function raise(signal, there = printed()) {
  process.kill(process.pid, signal);
  await there;
}
`;

/** Calls `fn` and returns what it prints to `console.error`, a text for each call. */
function errorsOf(fn: () => void): string[] {
  using error = stub(console, "error", () => {});
  fn();
  return error.calls.map(({ args }) => args.join(" "));
}

const count = (signal = "SIGQUIT") => process.listenerCount(signal);

// Programs
// --------

Deno.test("dumpTasksOn() prints the tasks when a program gets SIGQUIT, and the program goes on", async () => {
  needs("programs");
  // The helper reads the standard output.
  const program = `${imports}
    dumpTasksOn("SIGQUIT");
    const dumped = new Promise((resolve) => {
      console.error = (text) => {
        console.log(text);
        resolve("goes on");
      };
    });
    await run(async () => {
      createTask(() => sleep(60_000), { name: "sleeper" });
      await sleep(1);
      console.log("ready");
      console.log(await dumped);
    });
  `;
  const { lines, signal } = await interrupt({ ready: "SIGQUIT" }, "eval", program);
  assertEquals(signal, null);
  assertEquals([lines[0], lines.at(-1)], ["ready", "goes on"]);
  const dump = lines.slice(1, -1).join("\n");
  assertMatch(dump, /^SIGQUIT: /);
  assertStringIncludes(dump, "sleeper");
  assertStringIncludes(dump, "Task-1");
});

Deno.test("dumpTasksOn() prints at each signal, until its listener ends", async () => {
  needs("programs");
  const { code, errors } = await runProgram(`${imports}
    await run(async () => {
      const listener = dumpTasksOn("SIGUSR2");
      await raise("SIGUSR2");
      await raise("SIGUSR2");
      listener[Symbol.dispose]();
      const timer = setInterval(() => {}, 1_000);
      await raise("SIGUSR2", new Promise((resolve) => process.once("SIGUSR2", resolve)));
      clearInterval(timer);
    });
  `);
  assertEquals(code, 0, errors);
  assertEquals(errors.match(/^SIGUSR2: /gm)?.length, 2, errors);
});

Deno.test("dumpTasksOn() does not keep the process running", async () => {
  needs("programs");
  const { code, lines, errors } = await runProgram(`${imports}
    dumpTasksOn("SIGQUIT");
    run(() => "over", { debug: true }).then(console.log);
  `);
  assertEquals([code, lines, errors], [0, ["over"], ""]);
});

Deno.test("dumpTasksOn() ends with its listener, so that SIGQUIT ends the process again", async () => {
  needs("programs");
  const program = `${imports}
    dumpTasksOn("SIGQUIT")[Symbol.dispose]();
    console.log("ready");
    setTimeout(() => console.log("survived"), 30_000);
  `;
  const { lines, signal } = await interrupt({ ready: "SIGQUIT" }, "eval", program);
  assertEquals([lines, signal], [["ready"], "SIGQUIT"]);
});

Deno.test("run() in debug mode prints the tasks on SIGQUIT once debug.ts is imported", async () => {
  needs("programs");
  const { code, lines, errors } = await runProgram(`${imports}
    await run(async () => {
      createTask(() => sleep(60_000), { name: "sleeper" });
      await raise("SIGQUIT");
      console.log("goes on");
    }, { debug: true });
  `);
  assertEquals([code, lines], [0, ["goes on"]], errors);
  assertMatch(errors, /^SIGQUIT: /m);
  assertStringIncludes(errors, "sleeper");
});

Deno.test("dumpTasksOn() refuses in a worker thread of Node, and works in a worker of Deno", async () => {
  needs("programs", "workerThreads");
  const { code, lines, errors } = await runProgram(`${imports}
    import { Worker } from "node:worker_threads";
    const code = \`import(${address("debug.ts").replaceAll('"', "'")}).then(({ dumpTasksOn }) => {
      dumpTasksOn("SIGQUIT");
      console.log("listens");
    }, console.log).catch((error) => console.log(error.message));\`;
    new Worker(code, { eval: true });
  `);
  assertEquals(code, 0, errors);
  const expected = has.webWorkers && "Deno" in globalThis
    ? "listens"
    : 'Cannot dump the tasks on a signal as only the main thread gets signals: received "SIGQUIT"';
  assertEquals(lines, [expected], errors);
});

// Listeners
// ---------

Deno.test("dumpTasksOn() has one listener for a signal, however many ask for it", () => {
  needs("systemSignals");
  const before = count();
  {
    using _first = dumpTasksOn("SIGQUIT");
    using _second = dumpTasksOn();
    using _other = dumpTasksOn("SIGUSR2");
    assertEquals([count(), count("SIGUSR2")], [before + 1, 1]);
    assertEquals(errorsOf(() => process.emit("SIGQUIT", "SIGQUIT")).length, 1);
    assertEquals(errorsOf(() => process.emit("SIGUSR2", "SIGUSR2")).length, 1);
  }
  assertEquals([count(), count("SIGUSR2")], [before, 0]);
});

Deno.test("dumpTasksOn() listens until the last block ends", () => {
  needs("systemSignals");
  const before = count();
  const first = dumpTasksOn();
  const second = dumpTasksOn();
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  assertEquals(count(), before + 1);
  second[Symbol.dispose]();
  assertEquals(count(), before);
});

Deno.test("run() in debug mode listens for SIGQUIT while it runs, and else does not", async () => {
  needs("systemSignals");
  const before = count();
  const debugged = await run(() => count(), { debug: true });
  assertEquals([debugged, count()], [before + 1, before]);
  assertEquals(await run(() => count(), { debug: false }), before);
});

Deno.test("run() in debug mode listens no longer when main has failed", async () => {
  needs("systemSignals");
  const before = count();
  const failing = async () => {
    await sleep(0);
    throw new RangeError("no such host");
  };
  const name = await run(failing, { debug: true }).catch(({ name }) => name);
  assertEquals([name, count()], ["RangeError", before]);
});

Deno.test("run() in debug mode runs main where process.on() throws", async () => {
  needs("systemSignals");
  const { on } = process;
  process.on = () => {
    throw new Error("no signals here");
  };
  try {
    assertEquals(await run(() => 7, { debug: true }), 7);
    assertThrows(() => dumpTasksOn(), Error, "the system refuses it");
  } finally {
    process.on = on;
  }
});

Deno.test("run() in debug mode prints the tasks once, though main calls dumpTasksOn() too", async () => {
  needs("systemSignals");
  const texts = await run(async () => {
    using _ = dumpTasksOn();
    await sleep(0);
    return errorsOf(() => process.emit("SIGQUIT", "SIGQUIT"));
  }, { debug: true });
  assertEquals(texts.length, 1);
});

// What is printed
// ---------------

Deno.test("dumpTasksOn() prints the tasks of all running loops", async () => {
  needs("systemSignals");
  using _ = dumpTasksOn();
  const gate = new Future<void>();
  const wait = (name: string) =>
    run(async () => {
      const task = createTask(() => gate, { name });
      await task;
    });
  const running = [wait("on the first loop"), wait("on the second loop")];
  await hostTurn();
  const [text] = errorsOf(() => process.emit("SIGQUIT", "SIGQUIT"));
  gate.setResult();
  await Promise.all(running);
  assertStringIncludes(text!, "on the first loop");
  assertStringIncludes(text!, "on the second loop");
});

Deno.test("dumpTasksOn() prints something when there are no tasks", () => {
  needs("systemSignals");
  using _ = dumpTasksOn();
  const [text] = errorsOf(() => process.emit("SIGQUIT", "SIGQUIT"));
  assertMatch(text!, /^SIGQUIT: \S/);
});

Deno.test("dumpTasksOn() never throws, though the tasks cannot be shown or the console throws", async () => {
  needs("systemSignals");
  using _ = dumpTasksOn();
  const error = stub(console, "error", () => {
    throw new RangeError("no console");
  });
  process.emit("SIGQUIT", "SIGQUIT");
  error.restore();
  assertEquals(error.calls.length, 1);
  await run(async () => {
    const task = createTask(() => sleep(60_000));
    task.getName = task.toString = () => {
      throw new RangeError("no name");
    };
    await sleep(0);
    const [text] = errorsOf(() => process.emit("SIGQUIT", "SIGQUIT"));
    assertMatch(text!, /^SIGQUIT: \S/);
  });
});

// Misuse
// ------

Deno.test("dumpTasksOn() takes the name of a signal and nothing else", () => {
  const message = "Cannot dump the tasks on a signal as its name is not a string: received 3";
  assertThrows(() => dumpTasksOn(3 as never), TypeError, message);
});

Deno.test("dumpTasksOn() refuses a signal that does not exist or cannot be listened to", () => {
  needs("systemSignals");
  const text = "Cannot dump the tasks on a signal as";
  for (
    const [signal, why] of [
      ["SIGFOO", "there is no such signal here"],
      ["exit", "there is no such signal here"],
      ["", "there is no such signal here"],
      ["SIGKILL", "no program can listen to this signal"],
      ["SIGSTOP", "no program can listen to this signal"],
    ] as const
  ) {
    const message = `${text} ${why}: received "${signal}"`;
    const before = count(signal);
    assertThrows(() => dumpTasksOn(signal), Error, message);
    assertEquals(count(signal), before);
  }
});

Deno.test("dumpTasksOn() takes SIGQUIT for SIGBREAK on Windows", () => {
  needs("systemSignals");
  const platform = Object.getOwnPropertyDescriptor(process, "platform")!;
  Object.defineProperty(process, "platform", { configurable: true, value: "win32" });
  try {
    // Elsewhere, there is no such signal.
    assertThrows(() => dumpTasksOn("SIGQUIT"), Error, 'received "SIGBREAK"');
  } finally {
    Object.defineProperty(process, "platform", platform);
  }
});

Deno.test("dumpTasksOn() refuses where there are no signals", () => {
  if (has.systemSignals) {
    using _ = dumpTasksOn();
    assert(count() > 0);
    return;
  }
  const why = "there are no signals here: only Deno, Node and Bun have them";
  const message = `Cannot dump the tasks on a signal as ${why}: received "SIGQUIT"`;
  assertThrows(() => dumpTasksOn(), Error, message);
});
