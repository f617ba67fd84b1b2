/**
 * The global `Promise` replaced by a library's: before the module is imported and after.
 * `tests/field/` does the same with the libraries themselves.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import * as module from "../../mod.ts";
import { importCopy } from "../helpers/copy.ts";
import { endOf, hostTurn, until } from "../helpers/turns.ts";

type Module = typeof import("../../mod.ts");
type Callback = (value: unknown) => unknown;

const NativePromise = Promise;

/** The callbacks of a library: one queue for all, run in the context of the first that was added. */
const queue: (() => void)[] = [];

function enqueue(job: () => void): void {
  if (queue.push(job) > 1) return;
  NativePromise.resolve().then(() => {
    for (let next = queue[0]; next; next = queue[0]) {
      next();
      queue.shift();
    }
  });
}

/** A promise as libraries have them: unknown to the engine, and quick to call the `then` of a thenable. */
class LibraryPromise {
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #value: unknown;
  #jobs: (() => void)[] = [];

  constructor(executor: (resolve: Callback, reject: Callback) => void) {
    let called = false;
    const once = (fn: Callback) => (value: unknown) => {
      if (!called) fn(value);
      called = true;
    };
    executor(
      once((value) => this.#resolve(value)),
      once((error) => this.#settle("rejected", error)),
    );
  }

  static resolve(value: unknown): LibraryPromise {
    return value instanceof LibraryPromise
      ? value
      : new LibraryPromise((resolve) => resolve(value));
  }

  static all(values: Iterable<unknown>): LibraryPromise {
    const all = [...values];
    let left = all.length;
    return new LibraryPromise((resolve, reject) => {
      all.forEach((value, i) =>
        LibraryPromise.resolve(value).then((result) => {
          all[i] = result;
          if (--left === 0) resolve(all);
        }, reject)
      );
    });
  }

  then(onfulfilled?: Callback, onrejected?: Callback): LibraryPromise {
    return new LibraryPromise((resolve, reject) => {
      const job = () =>
        enqueue(() => {
          const handler = this.#state === "fulfilled" ? onfulfilled : onrejected;
          try {
            if (handler) resolve(handler(this.#value));
            else if (this.#state === "fulfilled") resolve(this.#value);
            else reject(this.#value);
          } catch (error) {
            reject(error);
          }
        });
      if (this.#state === "pending") this.#jobs.push(job);
      else job();
    });
  }

  catch(onrejected?: Callback): LibraryPromise {
    return this.then(undefined, onrejected);
  }

  #resolve(value: unknown): void {
    const then = (value as { then?: unknown } | undefined)?.then;
    if (typeof then !== "function") return this.#settle("fulfilled", value);
    then.call(
      value,
      (value: unknown) => this.#resolve(value),
      (error: unknown) => this.#settle("rejected", error),
    );
  }

  #settle(state: "fulfilled" | "rejected", value: unknown): void {
    if (this.#state !== "pending") return;
    this.#state = state;
    this.#value = value;
    for (const job of this.#jobs) job();
  }
}

/** Runs an async function as compilers write it: each `await` is a `then` of the global `Promise`. */
function compiled<T>(body: () => Generator<unknown, T>): () => Promise<T> {
  return () =>
    new Promise<T>((resolve, reject) => {
      const generator = body();
      const step = (resume: () => IteratorResult<unknown, T>) => {
        try {
          const { done, value } = resume();
          if (done) return resolve(value as T);
          Promise.resolve(value).then(
            (value) => step(() => generator.next(value)),
            (error) => step(() => generator.throw(error)),
          );
        } catch (error) {
          reject(error);
        }
      };
      step(() => generator.next());
    });
}

/** The outcome of a promise of any kind: its result, or the name of its error. */
async function outcomeOf(promise: PromiseLike<unknown>): Promise<unknown> {
  const end = await endOf(promise);
  return end instanceof Error ? end.name : end;
}

/**
 * Runs `body` with a copy of the module: a new one if the global is replaced before the import,
 * else `early`.
 */
async function withReplaced(
  when: "before" | "after",
  Replaced: unknown,
  body: (copy: Module) => Promise<void>,
  early: Module = module,
): Promise<void> {
  Object.assign(globalThis, { Promise: Replaced });
  try {
    await body(when === "after" ? early : await importCopy());
  } finally {
    Object.assign(globalThis, { Promise: NativePromise });
    // Turns that were requested meanwhile end before the next test.
    await hostTurn(5);
  }
}

for (const when of ["before", "after"] as const) {
  const test = (
    name: string,
    body: (copy: Module) => Promise<void>,
    importEarly?: () => Promise<Module>,
  ) => {
    const time = `where Promise was replaced ${when} the import`;
    Deno.test(`${name} ${time}`, async () => {
      await withReplaced(when, LibraryPromise, body, await importEarly?.());
    });
  };

  // Result
  // ------

  test("Future.then(), catch() and finally() have the outcomes of their handlers", async ({ Future }) => {
    const made = new Future<number>();
    const failed = new Future<number>();
    const promises = [
      made.then((value) => value + 1),
      made.then(() => {
        throw new RangeError("x");
      }),
      made.then(),
      failed.catch(() => "caught"),
      failed.then((value) => value),
      made.finally(() => {}),
      failed.finally(() => {}),
    ];
    made.setResult(1);
    failed.setException(new TypeError("no such host"));
    const outcomes = await NativePromise.all(promises.map(outcomeOf));
    assertEquals(outcomes, [2, "RangeError", 1, "caught", "TypeError", 1, "TypeError"]);
  });

  test("timeout(), taskGroup() and a task of 3,000 steps end", async (copy) => {
    const { createTask, sleep, taskGroup, timeout } = copy;
    const limited = timeout(
      1,
      compiled(function* () {
        yield sleep(60_000);
      }),
    );
    assertEquals(await outcomeOf(limited), "TimeoutError");
    const group = taskGroup((group) => {
      group.createTask(compiled(function* () {
        yield sleep(60_000);
      }));
      group.createTask(compiled(function* () {
        yield sleep(1);
        throw new RangeError("x");
      }));
    });
    assertEquals(await outcomeOf(group), "AggregateError");
    const steps = createTask(function* () {
      let i = 0;
      for (; i < 3_000; i++) yield;
      return i;
    });
    assertEquals(await outcomeOf(steps), 3_000);
  });

  // Cancellation
  // ------------

  for (const kind of ["an await", "a compiled await"]) {
    test(`Task.cancel() reaches ${kind}`, async ({ createTask, Future, sleep }) => {
      const waits: (() => PromiseLike<unknown>)[] = [
        () => sleep(60_000),
        () => new Future(),
        () => new Future().then((value) => value),
        () => Promise.all([sleep(60_000), new Future()]),
      ];
      for (const wait of waits) {
        const body = kind === "an await" ? async () => void await wait() : compiled(function* () {
          yield wait();
        });
        const task = createTask(body);
        await hostTurn();
        task.cancel();
        assertEquals(await outcomeOf(task), "CancelledError", String(wait));
      }
    });
  }

  test("Task.cancel() reaches a compiled await of a future that is done", async (copy) => {
    const { createTask, currentTask, Future } = copy;
    const future = new Future<void>();
    future.setResult();
    const log: string[] = [];
    const task = createTask(compiled(function* () {
      currentTask()!.cancel();
      try {
        yield future;
        log.push("went on");
      } catch (error) {
        log.push((error as Error).name);
        throw error;
      }
    }));
    assertEquals(await outcomeOf(task), "CancelledError");
    assertEquals(log, ["CancelledError"]);
  });

  // Context
  // -------

  test("currentTask() and AsyncContext.Variable follow compiled awaits", async ({ AsyncContext, ...copy }) => {
    const { createTask, currentTask, Future, sleep } = copy;
    const user = new AsyncContext.Variable<string>();
    const gate = new Future<void>();
    const tasks = ["ada", "grace"].map((name) =>
      user.run(name, () =>
        createTask(
          compiled(function* () {
            const seen: unknown[] = [];
            const look = () => seen.push(user.get(), currentTask()?.getName());
            yield gate;
            look();
            yield sleep(1);
            look();
            yield gate.then(look);
            look();
            return seen.every((value) => value === name) || seen;
          }),
          { name },
        ))
    );
    await hostTurn();
    gate.setResult();
    for (const task of tasks) assertEquals(await outcomeOf(task), true);
    assertEquals([user.get(), currentTask()], [undefined, null]);
  });

  test("Future callbacks and timers run in the context they were added in", async ({ AsyncContext, ...copy }) => {
    const { Future, getEventLoop } = copy;
    const user = new AsyncContext.Variable<string>();
    const future = new Future<void>();
    const seen: unknown[] = [];
    const called = new Future<void>();
    user.run("ada", () => {
      future.addDoneCallback(() => seen.push(user.get()));
      getEventLoop().callLater(1, () => {
        seen.push(user.get());
        called.setResult();
      });
    });
    user.run("grace", () => future.setResult());
    await called;
    assertEquals(seen, ["ada", "ada"]);
  });

  // Warnings
  // --------

  test("Task.cancel() warns once if the task awaits a promise that cannot be cancelled", async (copy) => {
    const { createTask, currentTask, Future, sleep } = copy;
    const { warn } = console;
    const warnings: string[] = [];
    console.warn = (text: string) => void warnings.push(text);
    try {
      const never = () => new NativePromise<void>(() => {});
      const heeding = createTask(async (signal) => {
        await never();
        return signal;
      });
      const asleep = createTask(async () => await sleep(60_000));
      const own = createTask(async () => {
        currentTask()!.cancel();
        await sleep(60_000);
      });
      createTask(async () => await sleep(60_000)).cancel();
      const future = new Future<void>();
      const onItsWay = createTask(async () => {
        await future;
        await sleep(60_000);
      });
      await hostTurn();
      future.setResult();
      onItsWay.cancel();
      await until(() => onItsWay.done());
      for (const task of [heeding, asleep, own]) task.cancel();
      assertEquals(warnings, []);
      for (let i = 0; i < 2; i++) {
        // Unlike an arrow function, this function may use `arguments`.
        const deaf = createTask(async function () {
          return await never();
        }, { name: "deaf" });
        await hostTurn();
        deaf.cancel();
        await until(() => warnings.length > 0);
        await hostTurn(20);
      }
      assertEquals(warnings.length, 1);
      assert(warnings[0]!.includes('name="deaf"'), warnings[0]);
    } finally {
      console.warn = warn;
    }
  });

  test(
    "timeout() warns at the deadline if the body awaits a promise that cannot be cancelled",
    async ({ timeout }) => {
      const { warn } = console;
      const warnings: string[] = [];
      console.warn = (text: string) => void warnings.push(text);
      try {
        const never = () => new NativePromise<void>(() => {});
        timeout(1, async ({ signal }) => {
          await never();
          return signal;
        });
        await hostTurn(20);
        assertEquals(warnings, []);
        timeout(1, async () => await never());
        await until(() => warnings.length > 0);
        assertEquals(warnings.length, 1);
      } finally {
        console.warn = warn;
      }
      // Each copy warns once: the module may have warned already.
    },
    importCopy,
  );
}

Deno.test("Task.cancel() reaches an await where a class that extends Promise replaced it", async () => {
  class Traced<T> extends NativePromise<T> {}
  for (const when of ["before", "after"] as const) {
    await withReplaced(when, Traced, async ({ CancelledError, createTask, sleep }) => {
      const task = createTask(async () => await sleep(60_000));
      await hostTurn();
      task.cancel();
      await assertRejects(() => task, CancelledError);
    });
  }
});
