/**
 * The types of the module: the tests do not compile if a type changes.
 *
 * @module
 */

import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import {
  allTasks,
  asCompleted,
  AsyncContext,
  type Awaitable,
  CancelledError,
  type ConcurrentFuture,
  type Context,
  ContextVar,
  type ContextVarOptions,
  type CopiedContext,
  copyContext,
  type Coroutine,
  createTask,
  currentTask,
  ensureFuture,
  type EventLoop,
  type ExceptionHandler,
  Future,
  type FutureOf,
  gather,
  getEventLoop,
  InvalidStateError,
  isFuture,
  LookupError,
  race,
  type ResultOf,
  run,
  shield,
  sleep,
  type SleepOptions,
  Task,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
  timeoutAt,
  TimeoutError,
  type Token,
  wait,
  waitFor,
  wrapFuture,
} from "../mod.ts";
import { assertSameType } from "./helpers/same_type.ts";

/** A future that is done. */
function done<T>(result: T): Future<T> {
  const future = new Future<T>();
  future.setResult(result);
  return future;
}

// Future
// ------

Deno.test("Future<void>.setResult() needs no argument", () => {
  const future = new Future<void>();
  future.setResult();
  assertSameType<ReturnType<typeof future.result>, void>();
  assertEquals(future.result(), undefined);
  const optional = new Future<number | undefined>();
  optional.setResult(undefined);
  assertEquals(optional.result(), undefined);
});

Deno.test("Future.setResult() takes results of the type of the future only", () => {
  const future = new Future<number>();
  // @ts-expect-error: a result of another type
  future.setResult("42");
  assertSameType<ReturnType<typeof future.result>, number>();
  assertSameType<ReturnType<typeof future.exception>, unknown>();
  const missing = new Future<number>();
  // @ts-expect-error: there is no result
  missing.setResult();
  const nothing = new Future<void>();
  // @ts-expect-error: a result where there is to be none
  nothing.setResult(42);
  // @ts-expect-error: there is no exception
  assertThrows(() => new Future<void>().setException(), TypeError);
});

Deno.test("new Future() has a result of type unknown, or of the type it is assigned to", () => {
  const future = new Future();
  assertSameType<typeof future, Future<unknown>>();
  const typed: Future<string> = new Future();
  typed.setResult("ok");
  assertEquals(typed.result(), "ok");
});

Deno.test("new Future() takes an object of options only", () => {
  // @ts-expect-error: no executor
  assertThrows(() => new Future<number>((resolve) => resolve(1)), TypeError);
  // @ts-expect-error: a signal is an option
  assertThrows(() => new Future<number>(new AbortController().signal), TypeError);
  // @ts-expect-error: a controller is no signal
  assertThrows(() => new Future<number>({ signal: new AbortController() }), TypeError);
  // @ts-expect-error: no such option
  new Future<number>({ timeout: 1 });
  // Options that are undefined can be passed on.
  const future = new Future<number>({ loop: undefined, signal: undefined });
  assertStrictEquals(future.getLoop(), getEventLoop());
});

Deno.test("Future is assignable to a promise, and a promise is not to a Future", async () => {
  const future = done(42);
  const promise: Promise<number> = future;
  const thenable: PromiseLike<number> = future;
  const wider: Promise<number | string> = future;
  assertEquals(await Promise.all([promise, thenable, wider]), [42, 42, 42]);
  // @ts-expect-error: a promise is no future
  const wrong: Future<number> = Promise.resolve(42);
  assertEquals(isFuture(wrong), false);
  // @ts-expect-error: a future of another type
  const other: Promise<string> = future;
  assertEquals(await other as unknown, 42);
  const load: () => Promise<number> = () => future;
  const save = async () => future;
  assertSameType<ReturnType<typeof save>, Promise<number>>();
  assertEquals(await Promise.all([load(), save()]), [42, 42]);
});

Deno.test("await and Promise.all() of futures have the types of the results", async () => {
  const one = await done(1);
  assertSameType<typeof one, number>();
  const both = await Promise.all([done(1), done("x")]);
  assertSameType<typeof both, [number, string]>();
  const first = await Promise.race([done(1), new Future<string>()]);
  assertSameType<typeof first, number | string>();
  const [settled] = await Promise.allSettled([done(1)]);
  assertSameType<typeof settled, PromiseSettledResult<number>>();
  assertEquals([first, settled.status], [1, "fulfilled"]);
  assertSameType<Awaited<Future<Date>>, Date>();
  assertSameType<Awaited<Task<Date>>, Date>();
  assertEquals([one, ...both], [1, 1, "x"]);
});

Deno.test("Future.then(), catch() and finally() are typed as those of promises", async () => {
  const future = done(42);
  const text = future.then((value) => {
    assertSameType<typeof value, number>();
    return String(value);
  });
  assertSameType<typeof text, Promise<string>>();
  const either = future.then((value) => value, () => null);
  assertSameType<typeof either, Promise<number | null>>();
  const same = future.then();
  assertSameType<typeof same, Promise<number>>();
  const adopted = future.then((value) => done([value]));
  assertSameType<typeof adopted, Promise<number[]>>();
  const caught = future.catch((reason) => {
    assertSameType<typeof reason, unknown>();
    return "failed";
  });
  assertSameType<typeof caught, Promise<number | string>>();
  const last = future.finally(() => {});
  assertSameType<typeof last, Promise<number>>();
  // @ts-expect-error: a handler of another type
  future.then((value: string) => value);
  // @ts-expect-error: the outcome is not for finally()
  future.finally((value: number) => value);
  assertEquals(await Promise.all([text, either, same, adopted, caught, last]), [
    "42",
    42,
    42,
    [42],
    42,
    42,
  ]);
});

Deno.test("Future.addDoneCallback() passes the callback a future of the very class", async () => {
  const names: string[] = [];
  const task = createTask(async () => 1, { name: "one" });
  task.addDoneCallback((done) => {
    assertSameType<typeof done, typeof task>();
    names.push(done.getName());
  });
  class Reply extends Future<string> {
    readonly id = 7;
  }
  const reply = new Reply();
  const onReply = (done: Reply) => names.push(`#${done.id}`);
  reply.addDoneCallback(onReply);
  reply.addDoneCallback(onReply, { context: new AsyncContext.Snapshot() });
  // @ts-expect-error: a context is an option
  assertThrows(() => reply.addDoneCallback(onReply, new AsyncContext.Snapshot()), TypeError);
  // @ts-expect-error: a callback that wants more than a future
  done("").addDoneCallback((other: Reply) => other.id);
  reply.setResult("pong");
  await task;
  await sleep(0);
  assertEquals(names.sort(), ["#7", "#7", "one"]);
});

Deno.test("isFuture() narrows unknown to Future", () => {
  const value: unknown = done(1);
  if (isFuture(value)) {
    assertSameType<typeof value, Future<unknown>>();
  }
  assertInstanceOf(value, Future);
});

// Task
// ----

Deno.test("createTask() has the type of what the coroutine returns", async () => {
  const ofAsync = createTask(async (signal) => {
    assertSameType<typeof signal, AbortSignal>();
    return 1;
  });
  assertSameType<typeof ofAsync, Task<number>>();
  const ofFunction = createTask(function* (signal) {
    assertSameType<typeof signal, AbortSignal>();
    yield;
    return "x";
  });
  assertSameType<typeof ofFunction, Task<string>>();
  const ofGenerator = createTask((function* () {
    yield;
    return true;
  })());
  assertSameType<typeof ofGenerator, Task<boolean>>();
  const ofFuture = createTask(() => sleep(0, { result: 1n }));
  assertSameType<typeof ofFuture, Task<bigint>>();
  const ofPlain = createTask(() => null);
  assertSameType<typeof ofPlain, Task<null>>();
  const ofNothing = createTask(async () => {});
  assertSameType<typeof ofNothing, Task<void>>();
  const all = [await ofAsync, await ofFunction, await ofGenerator, await ofFuture, await ofPlain];
  assertEquals(all, [1, "x", true, 1n, null]);
  const ofFutureLater = createTask(async () => done(1));
  assertSameType<typeof ofFutureLater, Task<number>>();
  const ofUnion = createTask(async () => ofPlain.done() ? 1 : "x");
  assertSameType<typeof ofUnion, Task<1 | "x">>();
  const ofLiteral = new Task(() => "x" as const);
  assertSameType<typeof ofLiteral, Task<"x">>();
  const ofCoroutine = <T>(coro: Coroutine<T>) => createTask(coro);
  assertSameType<typeof ofCoroutine, <T>(coro: Coroutine<T>) => Task<T>>();
  assertEquals(await gather(ofFutureLater, ofUnion, ofLiteral, ofCoroutine(() => 1)), [
    1,
    1,
    "x",
    1,
  ]);
  const ofError = createTask(async () => {
    throw new RangeError("no such host");
  });
  assertSameType<typeof ofError, Task<never>>();
  assertInstanceOf(await ofError.catch((error) => error), RangeError);
  const onLoop = getEventLoop().createTask(async () => 1);
  assertSameType<typeof onLoop, Task<number>>();
  const running: Task<unknown> | null = currentTask();
  assertEquals([await onLoop, running], [1, null]);
});

Deno.test("createTask() takes coroutines only", () => {
  // @ts-expect-error: a promise is no coroutine
  assertThrows(() => createTask(Promise.resolve(1)), TypeError);
  // @ts-expect-error: a future is no coroutine
  assertThrows(() => createTask(done(1)), TypeError);
  // @ts-expect-error: undefined is no coroutine
  assertThrows(() => createTask(undefined), TypeError);
  // @ts-expect-error: a signal is an option
  assertThrows(() => createTask(async () => 1, new AbortController().signal), TypeError);
  // @ts-expect-error: a coroutine gets nothing else
  const coro: Coroutine<number> = async (name: string) => name.length;
  // @ts-expect-error: a result of another type
  const other: Coroutine<number> = async () => "x";
  // @ts-expect-error: no such option
  createTask(async () => 1, { label: "one" });
  assertEquals([typeof coro, typeof other], ["function", "function"]);
});

Deno.test("Task has typed methods for its name, coroutine, context and requests to cancel it", async () => {
  const coro = async () => 1;
  const task = createTask(coro, { name: 1 });
  assertSameType<ReturnType<typeof task.getName>, string>();
  assertSameType<ReturnType<typeof task.getCoro>, Coroutine<number> | null>();
  assertSameType<ReturnType<typeof task.getContext>, Context>();
  assertSameType<ReturnType<typeof task.cancelling>, number>();
  assertSameType<ReturnType<typeof task.cancel>, boolean>();
  assertSameType<typeof task.signal, AbortSignal>();
  // @ts-expect-error: it cannot be replaced
  assertThrows(() => task.signal = new AbortController().signal, TypeError);
  assertSameType<ReturnType<typeof allTasks>, Set<Task<unknown>>>();
  assertEquals([task.getName(), task.getCoro(), allTasks().has(task)], ["1", coro, true]);
  await task;
});

Deno.test("Task is assignable to a Future of its result, and a Future is not to a Task", () => {
  const task = createTask(async () => 1);
  const future: Future<number> = task;
  const promise: Promise<number> = task;
  assertStrictEquals<unknown>(future, promise);
  // @ts-expect-error: a future is no task
  const wrong: Task<number> = done(1);
  assertEquals(wrong instanceof Task, false);
  // @ts-expect-error: a task of another type
  const other: Task<string> = task;
  assertStrictEquals<unknown>(other, task);
  // @ts-expect-error: a task makes its own result
  assertThrows(() => task.setResult(2), InvalidStateError);
  // @ts-expect-error: a task makes its own exception
  assertThrows(() => task.setException(new Error("x")), InvalidStateError);
});

Deno.test("yield* has the type of the result", async () => {
  const task = createTask(function* () {
    const one = yield* done(1);
    assertSameType<typeof one, number>();
    const text = yield* createTask(async () => "x");
    assertSameType<typeof text, string>();
    const [first, second] = yield* gather(done(1), done("x"));
    assertSameType<typeof first, number>();
    assertSameType<typeof second, string>();
    const nothing = yield* sleep(0);
    assertSameType<typeof nothing, void>();
    const inner = yield* (function* () {
      yield;
      return yield* done(true);
    })();
    assertSameType<typeof inner, boolean>();
    return [one, text, first, second, inner];
  });
  assertSameType<typeof task, Task<(string | number | boolean)[]>>();
  assertEquals(await task, [1, "x", 1, "x", true]);
});

Deno.test("yield* takes no promise, and has no result of another type", async () => {
  const task = createTask(function* () {
    // @ts-expect-error: a result of another type
    const text: string = yield* done(1);
    return text;
  });
  assertEquals(await task as unknown, 1);
  const wrong = createTask(function* () {
    // @ts-expect-error: a promise is to be made a future
    return yield* Promise.resolve(1);
  });
  assertInstanceOf(await wrong.catch((error) => error), TypeError);
});

// Functions that make futures
// ---------------------------

Deno.test("ensureFuture() keeps futures and makes tasks of generators", async () => {
  const task = createTask(async () => 1);
  const same = ensureFuture(task);
  assertSameType<typeof same, Task<number>>();
  const ofGenerator = ensureFuture((function* () {
    yield;
    return "x";
  })());
  assertSameType<typeof ofGenerator, Task<string>>();
  const ofPromise = ensureFuture(Promise.resolve(true));
  assertSameType<typeof ofPromise, Future<boolean>>();
  const ofEither = <T>(awaitable: Awaitable<T>) => ensureFuture(awaitable);
  assertSameType<typeof ofEither, <T>(awaitable: Awaitable<T>) => Future<T>>();
  const ofUnion = ensureFuture(task as Future<number> | Promise<string>);
  assertSameType<typeof ofUnion, Future<number> | Future<string>>();
  const results = [await same, await ofGenerator, await ofPromise, await ofEither(task)];
  assertEquals([...results, await ofUnion], [1, "x", true, 1, 1]);
  ensureFuture(Promise.resolve(true), {
    onLate: (late) => assertSameType<typeof late, boolean>(),
  });
  waitFor(Promise.resolve(true), null, {
    onLate: (late) => assertSameType<typeof late, boolean>(),
  });
  // @ts-expect-error: the result is a boolean
  ensureFuture(Promise.resolve(true), { onLate: (late: string) => late.trim() });
  // @ts-expect-error: a function is to be called
  assertThrows(() => ensureFuture(async () => 1), TypeError);
  // @ts-expect-error: a number cannot be waited for
  assertThrows(() => ensureFuture(42), TypeError);
});

Deno.test("wrapFuture() has the type of the result", async () => {
  const job: ConcurrentFuture<number> = {
    addDoneCallback: (callback) => queueMicrotask(() => callback(job)),
    cancel: () => false,
    cancelled: () => false,
    exception: () => null,
    result: () => 42,
  };
  const wrapped = wrapFuture(job);
  assertSameType<typeof wrapped, Future<number>>();
  assertEquals(await wrapped, 42);
  class Job {
    addDoneCallback(callback: () => void) {
      callback();
    }
    cancel() {}
    cancelled() {
      return false;
    }
    exception() {
      return null;
    }
    result() {
      return "done";
    }
  }
  const ofClass = wrapFuture(new Job());
  assertSameType<typeof ofClass, Future<string>>();
  assertEquals(await ofClass, "done");
  // @ts-expect-error: it lacks the methods
  assertThrows(() => wrapFuture({ result: () => 42 }), TypeError);
});

Deno.test("sleep() has the type of its result, or none", async () => {
  const nothing = sleep(0);
  assertSameType<typeof nothing, Future<void>>();
  const text = sleep(0, { result: "awake" });
  assertSameType<typeof text, Future<string>>();
  const given = sleep(0, { result: undefined });
  assertSameType<typeof given, Future<undefined>>();
  const passOn = <T>(options?: SleepOptions<T>) => sleep(0, options);
  assertSameType<typeof passOn, <T>(options?: SleepOptions<T>) => Future<T | void>>();
  assertEquals([await nothing, await text, await given], [undefined, "awake", undefined]);
  // @ts-expect-error: no number
  assertThrows(() => sleep("1"), TypeError);
  // @ts-expect-error: there is no result
  const result: Promise<number> = sleep(0);
  // @ts-expect-error: there is no result
  const returned: () => Promise<number> = async () => await sleep(0, { signal: undefined });
  // @ts-expect-error: there is no result
  const typed = sleep<string>(0);
  const results: unknown[] = await gather(result, returned(), typed);
  assertEquals(results, [undefined, undefined, undefined]);
});

// Functions that wait
// -------------------

Deno.test("gather() has a tuple of results", async () => {
  const results = gather(done(1), createTask(async () => "x"), Promise.resolve(true));
  assertSameType<typeof results, Future<[number, string, boolean]>>();
  assertEquals(await results, [1, "x", true]);
  const outcomes = gather(done(1), done("x"), { returnExceptions: true });
  assertSameType<typeof outcomes, Future<[number | Error, string | Error]>>();
  assertEquals(await outcomes, [1, "x"]);
  const list = gather(...[1, 2].map(done));
  assertSameType<typeof list, Future<number[]>>();
  assertEquals(await list, [1, 2]);
  // @ts-expect-error: a list is to be spread
  assertThrows(() => gather([done(1)]), TypeError);
  // @ts-expect-error: a function is to be called
  assertThrows(() => gather(async () => 1), TypeError);
  // @ts-expect-error: a number cannot be waited for
  assertThrows(() => gather(done(1), 42), TypeError);
  // @ts-expect-error: results of other types
  const [wrong]: string[] = await gather(done(1));
  assertEquals<unknown>(wrong, 1);
});

Deno.test("wait() has sets of the futures given", async () => {
  const { done: ended, pending } = await wait([createTask(async () => 1)]);
  assertSameType<typeof ended, Set<Task<number>>>();
  assertSameType<typeof pending, Set<Task<number>>>();
  assertEquals([ended.size, pending.size], [1, 0]);
  // @ts-expect-error: a promise is no future
  assertThrows(() => wait([Promise.resolve(1)]), TypeError);
  // @ts-expect-error: a future is no list of futures, though it is an iterable
  assertThrows(() => wait(done(1)), TypeError);
  const passOn = <F extends Future<unknown>>(futures: Iterable<F>) => wait(futures);
  assertEquals((await passOn(new Map([["a", done(1)]]).values())).done.size, 1);
});

Deno.test("waitFor() and shield() have the type of the result", async () => {
  const limited = waitFor(Promise.resolve("x"), 1_000);
  assertSameType<typeof limited, Future<string>>();
  const shielded = shield(createTask(async () => 1));
  assertSameType<typeof shielded, Future<number>>();
  assertEquals([await limited, await shielded], ["x", 1]);
  // @ts-expect-error: there is no time; null is none
  assertThrows(() => waitFor(done(1)), TypeError);
  // @ts-expect-error: a function is to be called
  assertThrows(() => waitFor(async () => 1, 1_000), TypeError);
});

Deno.test("asCompleted() has the futures given in for await, and futures of outcomes in for", async () => {
  const results: unknown[] = [];
  for await (const task of asCompleted([createTask(async () => 1)])) {
    assertSameType<typeof task, Task<number>>();
    results.push(task.result());
  }
  for await (const future of asCompleted([Promise.resolve("x")])) {
    assertSameType<typeof future, Future<string>>();
    results.push(future.result());
  }
  for (const next of asCompleted([createTask(async () => true)])) {
    assertSameType<typeof next, Future<boolean>>();
    results.push(await next);
  }
  assertEquals(results, [1, "x", true]);
  // @ts-expect-error: they come in an iterable
  assertThrows(() => asCompleted(Promise.resolve(1)), TypeError);
  // @ts-expect-error: a future is no list of awaitables, though it is an iterable
  assertThrows(() => asCompleted(done(1)), TypeError);
  // @ts-expect-error: nor is it one for race()
  assertThrows(() => race(done(1)), TypeError);
});

// Scopes
// ------

Deno.test("timeout() and timeoutAt() have the type of what the body returns", async () => {
  const limited = timeout(1_000, async (scope) => {
    assertSameType<typeof scope, Timeout>();
    return scope.expired();
  });
  assertSameType<typeof limited, Future<boolean>>();
  const unlimited = timeoutAt(null, function* (scope) {
    yield* sleep(0);
    return scope.when();
  });
  assertSameType<typeof unlimited, Future<number | null>>();
  const plain = timeout(null, () => "x");
  assertSameType<typeof plain, Future<string>>();
  assertEquals([await limited, await unlimited, await plain], [false, null, "x"]);
  // @ts-expect-error: a promise is no body
  assertThrows(() => timeout(1_000, Promise.resolve(1)), TypeError);
  // @ts-expect-error: there is no body
  assertThrows(() => timeout(1_000), TypeError);
});

Deno.test("taskGroup() has the type of what the body returns, or undefined as the group may be cancelled", async () => {
  const future = taskGroup(async (group) => {
    assertSameType<typeof group, TaskGroup>();
    const one = group.createTask(async () => 1);
    assertSameType<typeof one, Task<number>>();
    return [one, group.createTask(() => "x")] as const;
  });
  assertSameType<typeof future, Future<readonly [Task<number>, Task<string>] | undefined>>();
  const [one, text] = (await future)!;
  assertEquals([one.result(), text.result()], [1, "x"]);
  const cancelled = await taskGroup(async (group) => {
    group.cancel();
    await sleep(60_000);
    return { answer: 42 };
  });
  // @ts-expect-error: the group was cancelled
  assertThrows(() => cancelled.answer, TypeError);
  const nothing: Future<void> = taskGroup((group) => {
    // @ts-expect-error: a promise is no coroutine
    assertThrows(() => group.createTask(Promise.resolve(1)), TypeError);
  });
  await nothing;
  // @ts-expect-error: a promise is no body
  assertThrows(() => taskGroup(Promise.resolve(1)), TypeError);
});

// Loop
// ----

Deno.test("run() has a promise of what main returns", async () => {
  const ofAsync = run(async () => 1);
  assertSameType<typeof ofAsync, Promise<number>>();
  assertEquals(await ofAsync, 1);
  const ofGenerator = run(function* () {
    return yield* sleep(0, { result: "x" });
  });
  assertSameType<typeof ofGenerator, Promise<string>>();
  assertEquals(await ofGenerator, "x");
  // @ts-expect-error: a promise is no coroutine
  assertThrows(() => run(Promise.resolve(1)), TypeError);
});

Deno.test("EventLoop has typed methods", async () => {
  const loop: EventLoop = getEventLoop();
  const future = loop.createFuture<void>();
  const timer = loop.callLater(1, () => future.setResult());
  assertSameType<ReturnType<typeof timer.when>, number>();
  const handler: ExceptionHandler = (from, { message, exception, future }) => {
    assertSameType<typeof from, EventLoop>();
    assertSameType<typeof message, string>();
    assertSameType<typeof exception, unknown>();
    assertSameType<typeof future, Future<unknown> | undefined>();
  };
  const previous = loop.getExceptionHandler();
  loop.setExceptionHandler(handler);
  assertStrictEquals(loop.getExceptionHandler(), handler);
  loop.setExceptionHandler(previous);
  // @ts-expect-error: parameters are passed by a closure
  assertThrows(() => loop.callSoon((n: number) => n, 1), TypeError);
  await future;
});

// Context
// -------

Deno.test("AsyncContext.Variable has its type, and undefined where it has no default", () => {
  const user = new AsyncContext.Variable<string>({ defaultValue: "nobody" });
  const value = user.get();
  assertSameType<typeof value, string | undefined>();
  const length = user.run("ada", (suffix: string) => `${user.get()}${suffix}`.length, "!");
  assertSameType<typeof length, number>();
  // @ts-expect-error: a value of another type
  user.run(42, () => {});
  // @ts-expect-error: an argument is missing
  user.run("ada", (suffix: string) => suffix);
  const snapshot: Context = new AsyncContext.Snapshot();
  const wrapped = AsyncContext.Snapshot.wrap((a: number, b: number) => a + b);
  assertSameType<typeof wrapped, (this: unknown, a: number, b: number) => number>();
  assertEquals([value, length, snapshot.run(wrapped, 1, 2)], ["nobody", 4, 3]);
});

Deno.test("ContextVar has the type of its values, and of the default that get() is given", () => {
  const user = new ContextVar<string>("user");
  const color = new ContextVar("color", { defaultValue: "black" });
  const context = copyContext();
  context.run(() => {
    const token = user.set("ada");
    assertSameType<typeof token, Token<string>>();
    assertSameType<typeof token.oldValue, string | typeof Token.MISSING>();
    assertSameType<typeof token.variable, ContextVar<string>>();
    const value = user.get();
    assertSameType<typeof value, string>();
    const other = user.get("nobody");
    assertSameType<typeof other, string>();
    const none = user.get(null);
    assertSameType<typeof none, string | null>();
    assertEquals([value, other, none], ["ada", "ada", "ada"]);
    // @ts-expect-error: a value of another type
    const _bad = () => user.set(42);
    const options: ContextVarOptions<number> = { defaultValue: 1 };
    // @ts-expect-error: a token of another type
    assertThrows(() => new ContextVar("number", options).reset(token), TypeError);
    const shade = color.get();
    assertSameType<typeof shade, string>();
  });
  const inherited: Context = context;
  const copy: CopiedContext = context.copy();
  const found = context.get(user);
  assertSameType<typeof found, string | undefined>();
  const foundOr = context.get(user, null);
  assertSameType<typeof foundOr, string | null>();
  const variables = [...context];
  assertSameType<typeof variables, ContextVar<unknown>[]>();
  const length = inherited.run((suffix: string) => `${user.get()}${suffix}`.length, "!");
  assertSameType<typeof length, number>();
  assertEquals([found, foundOr, variables.length, length, copy.size], ["ada", "ada", 1, 4, 1]);
  assertThrows(() => user.get(), LookupError);
});

// Errors
// ------

Deno.test("Errors are told apart by their classes", () => {
  const describe = (error: unknown): string => {
    if (error instanceof CancelledError || error instanceof TimeoutError) {
      assertSameType<typeof error, CancelledError | TimeoutError>();
      return `${error.name}: ${error.message}`;
    }
    return error instanceof InvalidStateError ? error.message : "another";
  };
  const errors: Error[] = [
    new CancelledError("enough", { cause: 42 }),
    new TimeoutError("too late"),
    new InvalidStateError("done"),
    new RangeError(),
  ];
  const expected = ["CancelledError: enough", "TimeoutError: too late", "done", "another"];
  assertEquals(errors.map(describe), expected);
  // @ts-expect-error: what is no message is a cause
  assertEquals(new CancelledError(42).message, "42");
});

// Types and options
// -----------------

Deno.test("ResultOf and FutureOf are the result and the future of an awaitable", () => {
  assertSameType<ResultOf<Future<number>>, number>();
  assertSameType<ResultOf<Promise<number>>, number>();
  assertSameType<ResultOf<Generator<unknown, number>>, number>();
  assertSameType<FutureOf<Task<number>>, Task<number>>();
  assertSameType<FutureOf<Promise<number>>, Future<number>>();
  const awaitables: Awaitable<number>[] = [done(1), Promise.resolve(1)];
  assertEquals(awaitables.map(isFuture), [true, false]);
});

Deno.test("Options can be passed on when they are undefined", async () => {
  const signal: AbortSignal | undefined = undefined;
  const timeout: number | undefined = undefined;
  const options = { name: undefined, context: undefined, loop: undefined, eagerStart: undefined };
  const results = await gather(
    createTask(() => 1, { ...options, signal }),
    sleep(0, { result: 2, signal }),
    waitFor(done(3), null, { signal }),
    shield(done(4), { signal }),
    ensureFuture(done(5), { loop: undefined }),
    taskGroup(() => 6, { signal }),
    { returnExceptions: undefined, signal },
  );
  assertSameType<typeof results, [number, number, number, number, number, number | undefined]>();
  assertEquals(results, [1, 2, 3, 4, 5, 6]);
  await wait([done(1)], { timeout, returnWhen: undefined, signal });
  for (const next of asCompleted([done(1)], { timeout, signal })) await next;
  await run(() => {}, { debug: undefined, signal, loop: undefined, shutdownTimeout: undefined });
  // @ts-expect-error: no such value
  assertThrows(() => wait([done(1)], { returnWhen: "ANY_COMPLETED" }), TypeError);
});
