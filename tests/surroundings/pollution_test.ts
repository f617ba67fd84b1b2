/**
 * `Object.prototype`, options and the classes of errors as other code leaves them: polluted,
 * patched or frozen.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  createTask,
  ensureFuture,
  type EventLoop,
  Future,
  gather,
  getEventLoop,
  run,
  sleep,
  Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../../mod.ts";
import { has, needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { endOf, hostTurn, microtasks } from "../helpers/turns.ts";

// Object.prototype
// ----------------

/** Keys that code may read of objects that lack them: options, fields of records. */
const KEYS = [
  "loop signal context name eagerStart result returnExceptions timeout returnWhen debug",
  "handleInterrupt keepAlive shutdownTimeout defaultValue persistent aborted run callSoon source controller task",
  "future exception handle createTask createFuture latest depth clock prototype closed persisted",
  "cause stack errors parent reason waits onLate",
].flatMap((names) => names.split(" "));

/** The fields of descriptors. Helpers of bundlers, which name functions, do not work with these. */
const DESCRIPTOR_KEYS = ["get", "set", "value", "writable"];

const VALUES = {
  text: "polluted",
  "function": () => "polluted",
  signal: AbortSignal.abort("polluted"),
  context: {
    run() {
      throw new Error("The polluted context was run");
    },
  },
  loop: makeManualLoop(),
};

/** Uses a little of everything, and returns what it sees. */
async function useEverything(): Promise<string[]> {
  const seen: string[] = [];
  const look = async (what: PromiseLike<unknown>) => void seen.push(String(await endOf(what)));
  await look(createTask(async (signal) => signal.aborted));
  await look(createTask(function* () {
    yield* sleep(0);
    yield;
    return "steps";
  }));
  const future = new Future<number>();
  future.addDoneCallback(() => seen.push("called"));
  const derived = [
    future.then((value) => value + 1),
    future.catch(() => {}),
    future.finally(() => {}),
  ];
  future.setResult(1);
  for (const promise of derived) await look(promise);
  await look(createTask(async () => {
    const later = new Future<number>();
    getEventLoop().callSoon(() => later.setResult(1));
    return await later.then((value) => value + 1);
  }));
  await look(gather(sleep(1, { result: "slept" }), Promise.resolve("promise")));
  await look(
    wait([sleep(1), sleep(2)]).then(({ done, pending }) => `${done.size} ${pending.size}`),
  );
  await look(waitFor(sleep(60_000), 1));
  await look(ensureFuture(Promise.resolve("ensured"), {}));
  await look(timeout(1_000, async () => await sleep(1, { result: "in time" })));
  await look(taskGroup((group) => void group.createTask(() => sleep(1))));
  const cancelled = createTask(async (_signal) => await sleep(60_000), { name: "sleeper" });
  await sleep(1);
  cancelled.cancel("stop");
  await look(cancelled);
  seen.push(String(cancelled), String(cancelled.signal.aborted));
  await look(run(() => "ran", {}));
  const loop = getEventLoop();
  const handler = loop.getExceptionHandler();
  loop.setExceptionHandler((_loop, { message }) => seen.push(message));
  loop.callSoon(function failing() {
    throw new RangeError("x");
  });
  await sleep(1);
  loop.setExceptionHandler(handler);
  const variable = new AsyncContext.Variable<number>();
  seen.push(`${variable.name} ${variable.get()} ${variable.run(1, () => variable.get())}`);
  return seen.map((text) => text.replace(/Task-\d+/, "Task-N"));
}

Deno.test("Calls without options read none from a polluted Object.prototype", async () => {
  const { prototype } = Object as unknown as { prototype: Record<string, unknown> };
  const expected = await useEverything();
  for (const key of has.unbundled ? [...KEYS, ...DESCRIPTOR_KEYS] : KEYS) {
    for (const [kind, value] of Object.entries(VALUES)) {
      prototype[key] = value;
      let seen;
      try {
        seen = await useEverything();
      } finally {
        delete prototype[key];
      }
      assertEquals(seen, expected, `${key}: ${kind}`);
    }
  }
});

Deno.test("import works though Object.prototype is polluted with the fields of descriptors", async () => {
  needs("unbundled");
  const { prototype } = Object as unknown as { prototype: Record<string, unknown> };
  for (const key of [...DESCRIPTOR_KEYS, "clock", "createTask"]) {
    const importing = importCopy();
    // The module runs in a later turn, when the file is there.
    prototype[key] = "polluted";
    let copy;
    try {
      copy = await importing;
    } finally {
      delete prototype[key];
    }
    assertEquals(await copy.createTask(() => copy.sleep(1, { result: key })), key);
  }
});

/** How a program may define a property that breaks a read or an assignment elsewhere. */
const DESCRIPTORS: Record<string, PropertyDescriptor> = {
  "read-only": { value: "polluted" },
  "a getter": { get: () => "polluted" },
  "a setter that drops the value": { get: () => undefined, set() {} },
  "a getter that throws": {
    get() {
      throw new Error("The polluted getter was run");
    },
  },
};

Deno.test("Calls work though properties of Object.prototype cannot be assigned", async () => {
  needs("unbundled");
  const keys = ["loop", "signal", "name", "context", "callback", "held", "entered", "waits"];
  for (const key of [...keys, "triggerAsyncId", "result", "source", "order", "index", "due"]) {
    for (const [kind, descriptor] of Object.entries(DESCRIPTORS)) {
      const called: unknown[] = [];
      Object.defineProperty(Object.prototype, key, { configurable: true, ...descriptor });
      let task, future;
      try {
        future = getEventLoop().createFuture<number>({});
        future.addDoneCallback((future) => called.push(future.result()));
        future.addDoneCallback(() => called.push("called"), {});
        task = createTask(async () => await sleep(1, {}), {});
        getEventLoop().callLater(1, () => called.push("late"), {});
        new AsyncContext.Snapshot().run(() => called.push("run"));
        future.setResult(7);
        await microtasks();
      } finally {
        Reflect.deleteProperty(Object.prototype, key);
      }
      await task;
      await hostTurn(5);
      assertEquals(called, ["run", 7, "called", "late"], `${key}, ${kind}`);
      assertFalse(getEventLoop().isClosed());
    }
  }
});

Deno.test("Task on a loop of the program reads no option from Object.prototype", () => {
  const loop: EventLoop = makeManualLoop();
  const { prototype } = Object as unknown as { prototype: Record<string, unknown> };
  prototype["eagerStart"] = true;
  try {
    const task = new Task(() => {}, { loop });
    assertFalse(task.done());
  } finally {
    delete prototype["eagerStart"];
  }
  assert(loop.getDebug() === false);
});

// Options
// -------

/** Options as a class has them: read by getters of its prototype, and of the one above. */
class Settings {
  readonly #controller = new AbortController();

  get signal() {
    return this.#controller.signal;
  }

  abort() {
    this.#controller.abort("by the settings");
  }
}

class TaskSettings extends Settings {
  get name() {
    return "from a getter";
  }

  get eagerStart() {
    return true;
  }
}

Deno.test("Options may be an object of a class with getters", () => {
  const settings = new TaskSettings();
  const log: string[] = [];
  const task = createTask(() => {
    log.push("started");
    return sleep(60_000);
  }, settings);
  assertEquals([task.getName(), log], ["from a getter", ["started"]]);
  const future = new Future(settings);
  settings.abort();
  assertEquals([future.cancelled(), task.cancelling()], [true, 1]);
  assertThrows(() => future.result(), CancelledError, "by the settings");
});

Deno.test("gather() takes an object of a class for its options, which come last", async () => {
  const settings = new Settings();
  const all = gather(sleep(60_000), settings);
  settings.abort();
  await assertRejects(() => all, CancelledError, "by the settings");
  class Gathering {
    get returnExceptions() {
      return true;
    }
  }
  const failing = Promise.reject(new RangeError("x"));
  const [error] = await gather(failing, new Gathering());
  assertInstanceOf(error, RangeError);
  for (const foreign of [new Map(), new AbortController()]) {
    assertThrows(() => gather(Promise.resolve(), foreign as never), TypeError, "it is no future");
  }
});

Deno.test("Options may inherit from others, or from nothing", async () => {
  const { signal } = new AbortController();
  for (
    const options of [
      Object.create({ name: "inherited", signal }),
      Object.assign(Object.create(null), { name: "inherited", signal }),
    ]
  ) {
    assertEquals(createTask(() => {}, options).getName(), "inherited");
  }
  assertEquals(await sleep<number>(1, Object.create({ result: 7 })), 7);
});

Deno.test("Options may inherit from an object without a prototype", () => {
  const defaults = Object.assign(Object.create(null), { name: "worker" });
  assertEquals(createTask(() => {}, Object.create(defaults)).getName(), "worker");
});

Deno.test("Options that are a signal, a context or a loop by mistake are refused", () => {
  const mistakes = [AbortSignal.abort(), new AsyncContext.Snapshot(), getEventLoop()];
  for (const mistaken of mistakes) {
    assertThrows(() => new Future(mistaken as never), TypeError, "its options are a");
  }
});

// Errors
// ------

Deno.test("CancelledError, TimeoutError and InvalidStateError have names though Error.prototype is frozen", async () => {
  // The name has to be defined: assigning it fails where the inherited one is read-only.
  const { name } = Object.getOwnPropertyDescriptors(Error.prototype);
  Object.defineProperty(Error.prototype, "name", { writable: false });
  try {
    const copy = await importCopy();
    assertEquals(new copy.CancelledError("x").name, "CancelledError");
    assertEquals(String(new copy.TimeoutError("x")), "TimeoutError: x");
    assertEquals(String(new copy.InvalidStateError("x")), "InvalidStateError: x");
  } finally {
    Object.defineProperty(Error.prototype, "name", name!);
  }
});

Deno.test("EventLoop.setDebug() survives a prepareStackTrace() that throws, and keeps stackTraceLimit", () => {
  const loop = getEventLoop();
  const host = Error as unknown as Record<string, unknown>;
  const { prepareStackTrace, stackTraceLimit } = host;
  loop.setDebug(true);
  try {
    host["prepareStackTrace"] = () => {
      throw new RangeError("not now");
    };
    for (let i = 0; i < 3; i++) assertFalse(new Future({ loop }).done());
    assertEquals(host["stackTraceLimit"], stackTraceLimit);
    host["prepareStackTrace"] = prepareStackTrace;
    for (const limit of [0, 3, undefined, 5n, "5", Infinity, -1]) {
      host["stackTraceLimit"] = limit;
      loop.callSoon(() => {}).cancel();
      assertEquals(host["stackTraceLimit"], limit);
    }
  } finally {
    Object.assign(host, { prepareStackTrace, stackTraceLimit });
    loop.setDebug(false);
  }
});

Deno.test("EventLoop reports causes though prepareStackTrace() throws or returns no text", async () => {
  const host = Error as unknown as Record<string, unknown>;
  const { prepareStackTrace } = host;
  const odd = [() => ({}), () => null, () => {
    throw new RangeError("not now");
  }];
  const { error } = console;
  try {
    for (const prepare of odd) {
      host["prepareStackTrace"] = prepare;
      let text = "";
      console.error = (line: string) => text += line;
      const failure = new Error("outer", { cause: new Error("inner") });
      getEventLoop().callSoon(() => {
        throw failure;
      });
      await microtasks();
      assert(text.includes("outer") && text.includes("inner"), text);
    }
  } finally {
    console.error = error;
    host["prepareStackTrace"] = prepareStackTrace;
  }
});

// Promise.prototype
// -----------------

Deno.test("Promise.prototype.finally() called on a future waits for it, and keeps its outcome", async () => {
  class Reply<T> extends Future<T> {}
  for (const Class of [Future, Reply]) {
    const log: unknown[] = [];
    const finish = (future: Future<unknown>) =>
      Promise.prototype.finally.call(future, () => {
        log.push("finally");
        return "ignored";
      }).then((value) => log.push(value), (error) => log.push(error.message));
    const made = new Class<string>();
    const ends = [finish(made)];
    made.setResult("result");
    const failed = new Class<string>();
    ends.push(finish(failed));
    failed.setException(new RangeError("failure"));
    assertEquals(log, []);
    await Promise.all(ends);
    assertEquals(log, ["finally", "finally", "result", "failure"]);
    // A later `then` works as usual.
    const next = new Class<string>();
    const promise = new Promise((resolve, reject) => next.then(resolve, reject));
    next.setResult("next");
    assertEquals(await promise, "next");
    assertInstanceOf(next.then(), Promise);
  }
});
