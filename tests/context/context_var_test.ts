import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  AsyncContext,
  type Context,
  ContextVar,
  copyContext,
  createTask,
  detached,
  ensureFuture,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  LookupError,
  run,
  sleep,
  Task,
  taskGroup,
  timeout,
  Token,
} from "../../mod.ts";
import { runVirtual } from "../../testing.ts";
import { has, needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { passTime } from "../helpers/fake_time.ts";
import { bytesPerRound, collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";
import { testContextVar } from "./context_var_cases.ts";

testContextVar("the runtime", await import("../../mod.ts"));

const loop = getEventLoop();
const user = new ContextVar<string>("user");
const color = new ContextVar("color", { defaultValue: "black" });

/** The value of `user`, or `"nobody"`. */
const who = () => user.get("nobody");

/** Calls `fn` in a context of its own. */
const inContext = <R>(fn: () => R): R => copyContext().run(fn);

// Result
// ------

Deno.test("ContextVar.get() returns the value, else the argument, else the default value", () => {
  assertEquals([color.get(), color.get("red"), who()], ["black", "red", "nobody"]);
  inContext(() => {
    color.set("blue");
    assertEquals([color.get(), color.get("red")], ["blue", "blue"]);
  });
  assertEquals(color.get(), "black");
});

Deno.test("ContextVar.get() takes undefined for a value as any other", () => {
  const maybe = new ContextVar<string | undefined>("maybe", { defaultValue: undefined });
  assertEquals([maybe.get(), user.get(undefined)], [undefined, undefined]);
  inContext(() => {
    const token = color.set(undefined as never);
    assertEquals([color.get(), color.get("red")], [undefined, undefined]);
    color.set("red");
    assertStrictEquals(token.oldValue, Token.MISSING);
  });
});

Deno.test("ContextVar.name is the name that was given", () => {
  assertEquals([user.name, new ContextVar("").name], ["user", ""]);
  assertThrows(() => (user as { name: string }).name = "x", TypeError);
});

Deno.test("ContextVar.set() returns a token with the variable and the old value", () => {
  inContext(() => {
    const first = user.set("ada");
    const second = user.set("grace");
    assert(first instanceof Token);
    assertStrictEquals(first.variable, user);
    assertStrictEquals(first.oldValue, Token.MISSING);
    assertEquals(second.oldValue, "ada");
  });
});

Deno.test("ContextVar.reset() restores the value before the set() that made the token", () => {
  inContext(() => {
    const first = color.set("red");
    const second = color.set("green");
    color.set("blue");
    color.reset(second);
    assertEquals(color.get(), "red");
    color.reset(first);
    assertEquals([color.get(), copyContext().has(color)], ["black", false]);
  });
});

Deno.test("ContextVar.reset() may restore an earlier value first, as tokens need no order", () => {
  inContext(() => {
    const first = color.set("red");
    const second = color.set("green");
    color.reset(first);
    assertEquals(color.get(), "black");
    color.reset(second);
    assertEquals(color.get(), "red");
  });
});

Deno.test("Token resets the variable at the end of a using block, even if that throws", () => {
  inContext(() => {
    {
      using token = user.set("ada");
      assertEquals([who(), token.variable === user], ["ada", true]);
      using _ = user.set("grace");
      assertEquals(who(), "grace");
    }
    assertEquals(who(), "nobody");
    assertThrows(() => {
      using _ = user.set("ada");
      throw new RangeError("x");
    }, RangeError);
    assertEquals(who(), "nobody");
  });
});

Deno.test("ContextVar: many variables keep their values apart", () => {
  const variables = Array.from({ length: 200 }, (_, i) => new ContextVar<number>(`number ${i}`));
  inContext(() => {
    variables.forEach((variable, i) => variable.set(i));
    const inner = copyContext();
    inner.run(() => variables.forEach((variable, i) => i % 2 && variable.set(-i)));
    assertEquals(variables.map((variable) => variable.get()), variables.map((_, i) => i));
    assertEquals(inner.get(variables[7]!), -7);
    assertEquals(inner.size, 200);
  });
});

// Failure
// -------

Deno.test("ContextVar.get() throws a LookupError if there is no value of any kind", () => {
  const error = assertThrows(() => user.get(), LookupError);
  assertEquals(
    error.message,
    'Cannot get the value of the variable as it is not set: <ContextVar name="user">',
  );
  assertEquals(error.name, "LookupError");
  inContext(() => {
    user.reset(user.set("ada"));
    assertThrows(() => user.get(), LookupError);
  });
});

// Tasks
// -----

for (const [kind, make] of kinds) {
  virtual.test(`ContextVar: a task starts with a copy of its creator's values (${kind})`, async () => {
    const child = make(function* (wait) {
      const seen = [who()];
      user.set("child");
      yield* wait(sleep(1));
      return [...seen, who()];
    });
    const main = make(function* (wait) {
      user.set("before");
      const task = createTask(() => child(undefined));
      user.set("after");
      const seen = yield* wait(task);
      return [...seen, who()];
    });
    assertEquals(await createTask(() => main(undefined)), ["before", "child", "after"]);
    assertEquals(who(), "nobody");
  });

  virtual.test(`ContextVar: so does a task that starts at once (${kind})`, async () => {
    const child = make(function* (wait) {
      user.set(`child of ${who()}`);
      yield* wait(sleep(1));
      return who();
    });
    const main = make(function* (wait) {
      user.set("ada");
      const task = new Task(() => child(undefined), { eagerStart: true });
      const seen = who();
      return [yield* wait(task), seen, who()];
    });
    assertEquals(await createTask(() => main(undefined)), ["child of ada", "ada", "ada"]);
  });

  virtual.test(`ContextVar: what a task sets is seen by all code that it calls (${kind})`, async () => {
    const inner = make(function* (wait) {
      yield* wait(sleep(1));
      const token = user.set("inner");
      yield* wait(sleep(1));
      return token;
    });
    const main = make(function* (wait) {
      const called = inner(undefined);
      const token = Symbol.iterator in called
        ? yield* called
        : yield* wait(ensureFuture(called as Promise<Token<string>>));
      const seen = who();
      user.reset(token);
      return [seen, who()];
    });
    assertEquals(await createTask(() => main(undefined)), ["inner", "nobody"]);
  });

  virtual.test(`ContextVar: the work of gather() has copies (${kind})`, async () => {
    const work = make(function* (wait, name: string) {
      const old = who();
      user.set(name);
      yield* wait(sleep(1));
      return `${old} ${who()}`;
    });
    const main = make(function* (wait) {
      user.set("main");
      const names = ["a", "b"].map((name) => createTask(() => work(name)));
      return [...yield* wait(gather(...names)), who()];
    });
    assertEquals(await createTask(() => main(undefined)), ["main a", "main b", "main"]);
  });

  virtual.test(`ContextVar: the option context makes a task run in that context (${kind})`, async () => {
    const context = copyContext();
    const work = make(function* (wait, name: string) {
      const old = who();
      user.set(name);
      yield* wait(sleep(1));
      user.set(`${user.get()}!`);
      return old;
    });
    assertEquals(await createTask(() => work("first"), { context }), "nobody");
    assertEquals(context.run(() => user.get()), "first!");
    const second = createTask(() => work("second"), { context, eagerStart: true });
    assertEquals(await second, "first!");
    assertEquals(context.get(user), "second!");
    assertStrictEquals(second.getContext() as unknown, context);
    assertEquals(who(), "nobody");
  });

  virtual.test(`ContextVar: a task in a context may make further tasks there (${kind})`, async () => {
    const context = copyContext();
    const child = make(function* (wait, name: string) {
      yield* wait(sleep(1));
      user.set(name);
    });
    const main = make(function* (wait) {
      yield* wait(sleep(1));
      yield* wait(createTask(() => child("later"), { context }));
      const seen = who();
      yield* wait(createTask(() => child("at once"), { context, eagerStart: true }));
      return [seen, who()];
    });
    assertEquals(await createTask(() => main(undefined), { context }), ["later", "at once"]);
  });

  virtual.test(`Task.getContext().run() sees what the task has set (${kind})`, async () => {
    const main = make(function* (wait) {
      user.set("ada");
      yield* wait(sleep(1));
    });
    const task = createTask(() => main(undefined));
    const look = () => task.getContext().run(who);
    assertEquals(look(), "nobody");
    await sleep(0);
    assertEquals([look(), task.done()], ["ada", false]);
    await task;
    assertEquals(look(), "ada");
  });

  virtual.test(`ContextVar: a context of a user leaves a task its own values (${kind})`, async () => {
    const context: Context = { run: (fn, ...args) => fn(...args) };
    const child = make(function* (wait) {
      const old = who();
      user.set("child");
      yield* wait(sleep(1));
      return `${old} ${who()}`;
    });
    const main = make(function* (wait) {
      user.set("main");
      const later = createTask(() => child(undefined), { context });
      const now = createTask(() => child(undefined), { context, eagerStart: true });
      return [yield* wait(later), yield* wait(now), who()];
    });
    const seen = await createTask(() => main(undefined));
    assertEquals(seen, ["main child", "main child", "main"]);
  });

  Deno.test(`ContextVar: a task in a snapshot from outside has values of its own (${kind})`, async () => {
    const context = new AsyncContext.Snapshot();
    const child = make(function* (wait, name: string) {
      user.set(name);
      yield* wait(sleep(1));
      return who();
    });
    await runVirtual(async () => {
      const tasks = ["a", "b"].map((name) => createTask(() => child(name), { context }));
      assertEquals(await gather(...tasks), ["a", "b"]);
    });
    assertEquals(context.run(who), "nobody");
  });

  for (const heedsContext of [true, false]) {
    const which = heedsContext ? "heeds contexts" : "does not";
    Deno.test(`ContextVar works on a user's loop that ${which} (${kind})`, async () => {
      const loop = makeManualLoop({ heedsContext });
      const context = copyContext();
      const seen: unknown[] = [];
      const child = make(function* () {
        seen.push(who());
        user.set("child");
      });
      const main = make(function* (wait) {
        user.set("main");
        const task = loop.createTask(() => child(undefined));
        const done = new Future<void>({ loop });
        done.addDoneCallback(() => seen.push(who()));
        done.addDoneCallback(() => user.set("callback"), { context });
        user.set("second");
        done.setResult();
        yield* wait(task);
        seen.push(who());
      });
      const task = loop.createTask(() => main(undefined));
      const inCopy = loop.createTask(() => main(undefined), { context });
      for (let i = 0; i < 5; i++) {
        loop.drain();
        await microtasks();
      }
      assert(task.done() && inCopy.done());
      // The task in the context sees what the callbacks in that context have set.
      const expected = ["callback", "main", "main", "main", "main", "second"];
      assertEquals(seen.toSorted(), expected);
      assertEquals(context.get(user), "callback");
    });
  }
}

Deno.test("ContextVar: what an async function sets, its caller sees behind a foreign promise", async () => {
  needs("contextOfPromises");
  const logIn = async () => {
    await hostTurn();
    user.set("ada");
  };
  const task = createTask(async () => {
    await logIn();
    await hostTurn();
    return user.get();
  });
  assertEquals(await task, "ada");
});

virtual.test("ContextVar: the handlers of then() belong to the task", async () => {
  const task = createTask(async () => {
    user.set("ada");
    const handled = sleep(1).then(() => {
      const seen = user.get();
      user.set("handler");
      return seen;
    });
    user.set("grace");
    return [await ensureFuture(handled), who()];
  });
  assertEquals(await task, ["grace", "handler"]);
});

virtual.test("ContextVar: code that a task left running keeps the values of the task", async () => {
  const seen = new Future<unknown[]>();
  await createTask(async () => {
    user.set("ada");
    (async () => {
      await sleep(2);
      const before = user.get();
      user.set("grace");
      seen.setResult([before, user.get()]);
    })();
  });
  assertEquals(await seen, ["ada", "grace"]);
});

Deno.test("ContextVar: run() makes a task whose values nobody sees outside", async () => {
  const result = await run(async () => {
    user.set("ada");
    await sleep(1);
    return who();
  });
  assertEquals([result, who()], ["ada", "nobody"]);
});

virtual.test("detached() gives each call a copy of the context in which the function was made", async () => {
  const task = createTask(async () => {
    user.set("made");
    const work = detached(async (name: string) => {
      const old = who();
      user.set(name);
      await sleep(1);
      return `${old} ${who()}`;
    });
    user.set("later");
    const seen = await ensureFuture(Promise.all([work("a"), work("b")]));
    return [...seen, who()];
  });
  assertEquals(await task, ["made a", "made b", "later"]);
});

// Scopes
// ------

for (const [kind, make] of kinds) {
  virtual.test(`ContextVar: the body of a scope belongs to the task around it (${kind})`, async () => {
    const body = make(function* (wait) {
      const seen = [who()];
      user.set("body");
      yield* wait(sleep(1));
      seen.push(who());
      return [user.set("end"), seen] as const;
    });
    const main = make(function* (wait) {
      user.set("main");
      const limited = timeout(1_000, () => body(undefined));
      const seen = [who()];
      const [token, inBody] = yield* wait(limited);
      seen.push(...inBody, who());
      user.reset(token);
      return [...seen, who()];
    });
    const expected = ["body", "main", "body", "end", "body"];
    assertEquals(await createTask(() => main(undefined)), expected);
  });

  virtual.test(`ContextVar: scopes in scopes share values, tasks of a group do not (${kind})`, async () => {
    const member = make(function* (wait, name: string) {
      const old = who();
      user.set(name);
      yield* wait(sleep(1));
      return `${old} ${who()}`;
    });
    const inner = make(function* (wait) {
      yield* wait(sleep(1));
      user.set("inner");
    });
    const main = make(function* (wait) {
      user.set("main");
      const tasks: Task<string>[] = [];
      const body = make(function* (wait) {
        user.set("group");
        yield* wait(timeout(1_000, () => inner(undefined)));
        // Until the group ends, which waits for both.
      });
      yield* wait(taskGroup((group) => {
        for (const name of ["a", "b"]) tasks.push(group.createTask(() => member(name)));
        return body(undefined);
      }));
      return [who(), ...tasks.map((task) => task.result())];
    });
    assertEquals(await createTask(() => main(undefined)), ["inner", "main a", "main b"]);
  });

  Deno.test(`ContextVar: outside of tasks, the body of a scope has its own values (${kind})`, async () => {
    const body = make(function* (wait) {
      user.set("body");
      yield* wait(sleep(1));
      return who();
    });
    assertEquals(await timeout(1_000, () => body(undefined)), "body");
    assertEquals(who(), "nobody");
  });
}

Deno.test("ContextVar: 100 scopes inside each other set for one task", async () => {
  const nest = (depth: number): Future<void> =>
    timeout(10_000, function* () {
      if (depth === 0) user.set("deep");
      else yield* nest(depth - 1);
    });
  const task = createTask(function* () {
    yield* nest(100);
    return who();
  });
  assertEquals(await task, "deep");
});

// Callbacks
// ---------

virtual.test("ContextVar: a callback sees neither later sets of the task nor those of other callbacks", async () => {
  const loop = getRunningLoop();
  const seen: unknown[] = [];
  const future = new Future<void>();
  const callback = () => {
    seen.push(who());
    user.set("callback");
  };
  const task = createTask(async () => {
    future.addDoneCallback(callback);
    user.set("ada");
    future.addDoneCallback(callback);
    future.addDoneCallback(callback);
    user.set("grace");
    loop.callSoon(callback);
    future.setResult();
    future.addDoneCallback(callback);
    await sleep(1);
    return who();
  });
  assertEquals(await task, "grace");
  assertEquals(seen.toSorted(), ["nobody", "ada", "ada", "grace", "grace"].toSorted());
});

Deno.test("ContextVar: callbacks from outside of tasks each have values of their own", async () => {
  const seen: unknown[] = [];
  for (const name of ["a", "b"]) {
    loop.callSoon(() => {
      seen.push(who());
      user.set(name);
      loop.callSoon(() => seen.push(who()));
      user.set("later");
    });
  }
  await hostTurn();
  assertEquals(seen, ["nobody", "nobody", "a", "b"]);
});

virtual.test("ContextVar: a callback that is an async function keeps what it sets", async () => {
  const seen = new Future<string>();
  getRunningLoop().callSoon(async () => {
    user.set("ada");
    await sleep(1);
    seen.setResult(who());
  });
  assertEquals([await seen, who()], ["ada", "nobody"]);
});

virtual.test("ContextVar: a callback with a context runs in that context", async () => {
  const loop = getRunningLoop();
  const context = copyContext();
  const seen: unknown[] = [];
  const add = (name: string) => () => {
    seen.push(who());
    user.set(name);
  };
  const future = new Future<void>();
  await createTask(async () => {
    user.set("task");
    future.addDoneCallback(add("done"), { context });
    loop.callLater(2, add("later"), { context });
    loop.callSoon(add("soon"), { context });
  });
  future.setResult();
  await sleep(5);
  assertEquals(seen, ["nobody", "soon", "done"]);
  assertEquals(context.get(user), "later");
});

Deno.test("ContextVar: a callback may be scheduled in the context that it runs in", async () => {
  using reports = collectReports();
  const context = copyContext();
  loop.callSoon(() => {
    user.set("ada");
    loop.callSoon(() => void user.set(`${user.get()}!`), { context });
  }, { context });
  await hostTurn();
  assertEquals(context.get(user), "ada!");
  assertEquals(reports.length, 0);
});

Deno.test("ContextVar: onLate is called with the values of when it was given", async () => {
  const seen = new Future<unknown>();
  await createTask(async () => {
    user.set("ada");
    const late = Promise.resolve("late");
    const future = ensureFuture(late, { onLate: () => seen.setResult(who()) });
    user.set("grace");
    future.cancel();
  });
  assertEquals(await seen, "ada");
});

// Timers
// ------

Deno.test("ContextVar: timers run with the values of when they were made", async () => {
  using time = new FakeTime();
  const seen: unknown[] = [];
  const task = createTask(function* () {
    user.set("ada");
    loop.callLater(10, () => seen.push(who(), user.set("timer").oldValue));
    loop.callAt(loop.time() + 20, () => seen.push(who()));
    user.set("grace");
    yield* sleep(30);
    return who();
  });
  await microtasks();
  await time.tickAsync(30);
  await microtasks();
  assertEquals(task.result(), "grace");
  assertEquals(seen, ["ada", "ada", "ada"]);
});

// Copies of contexts
// ------------------

Deno.test("copyContext() has the values of now, and neither sees what the other sets", () => {
  inContext(() => {
    user.set("ada");
    const copy = copyContext();
    user.set("grace");
    assertEquals([copy.get(user), copy.run(who)], ["ada", "ada"]);
    copy.run(() => user.set("copy"));
    assertEquals([copy.get(user), who()], ["copy", "grace"]);
  });
});

Deno.test("copyContext().run() passes arguments, what fn returns and what it throws", () => {
  const context = copyContext();
  assertEquals(context.run((a: number, b: number) => a + b, 1, 2), 3);
  const throwing = () => {
    user.set("thrown");
    throw new RangeError("x");
  };
  assertThrows(() => context.run(throwing), RangeError, "x");
  assertEquals([context.get(user), who()], ["thrown", "nobody"]);
  assertEquals(context.run(who), "thrown");
});

Deno.test("copyContext() is a collection of the variables that are set", () => {
  inContext(() => {
    user.set("ada");
    color.set("red");
    const context = copyContext();
    const other = new ContextVar<number>("other", { defaultValue: 1 });
    assertEquals([context.size, context.has(user), context.has(other)], [2, true, false]);
    assertEquals([context.get(user), context.get(other), context.get(other, 2)], [
      "ada",
      undefined,
      2,
    ]);
    assertEquals([...context], [user, color]);
    assertEquals([...context.keys()], [user, color]);
    assertEquals([...context.values()], ["ada", "red"]);
    assertEquals([...context.entries()], [[user, "ada"], [color, "red"]]);
  });
});

Deno.test("copyContext() outside of tasks is empty, and its copy() is independent", () => {
  const context = copyContext();
  assertEquals([context.size, [...context]], [0, []]);
  context.run(() => user.set("ada"));
  const copy = context.copy();
  copy.run(() => user.set("grace"));
  assertEquals([context.get(user), copy.get(user)], ["ada", "grace"]);
});

virtual.test("copyContext().run() lasts for the async code that fn starts", async () => {
  const context = copyContext();
  const ended = context.run(async () => {
    user.set("ada");
    await sleep(1);
    user.set(`${who()}!`);
  });
  assertEquals([context.get(user), who()], ["ada", "nobody"]);
  await ended;
  assertEquals(context.get(user), "ada!");
});

virtual.test("copyContext().run() throws in code that runs in the context already", async () => {
  const context = copyContext();
  const other = copyContext();
  const enter = () => context.run(() => {});
  assertThrows(() => context.run(enter), Error, "entered already: <Context size=0>");
  assertThrows(() => context.run(() => other.run(enter)), Error, "entered already");
  await ensureFuture(context.run(async () => {
    await sleep(1);
    assertThrows(enter, Error, "entered already");
  }));
  await createTask(function* () {
    yield* sleep(1);
    assertThrows(enter, Error, "entered already");
  }, { context });
  enter();
});

// AsyncContext
// ------------

virtual.test("AsyncContext and ContextVar leave each other alone", async () => {
  const request = new AsyncContext.Variable<number>();
  const task = createTask(async () => {
    user.set("ada");
    const inner = request.run(1, async () => {
      assertEquals([request.get(), who()], [1, "ada"]);
      user.set("grace");
      await sleep(1);
      copyContext().run(() => assertEquals([request.get(), who()], [1, "grace"]));
      user.set("hopper");
      assertEquals(request.get(), 1);
    });
    await ensureFuture(inner);
    return [request.get(), who()];
  });
  assertEquals(await task, [undefined, "hopper"]);
});

Deno.test("AsyncContext.Snapshot leads to the task that took it, and to what that has set", async () => {
  const task = createTask(async () => {
    user.set("ada");
    const snapshot = new AsyncContext.Snapshot();
    user.set("grace");
    return snapshot;
  });
  assertEquals((await task).run(who), "grace");
});

// Representation
// --------------

Deno.test("ContextVar, Token and the copy of a context show what they are", () => {
  inContext(() => {
    const token = color.set("red");
    assertEquals(String(user), '<ContextVar name="user">');
    assertEquals(String(color), '<ContextVar name="color" default="black">');
    assertEquals(String(token), '<Token variable=<ContextVar name="color" default="black">>');
    assertEquals(String(copyContext()), "<Context size=1>");
    color.reset(token);
    assertEquals(String(token), '<Token used variable=<ContextVar name="color" default="black">>');
    if (has.inspect) assertEquals(Deno.inspect([user]), '[ <ContextVar name="user"> ]');
  });
  for (const { constructor } of [user, copyContext()]) String(constructor.prototype);
  String(Token.prototype);
});

// Misuse
// ------

Deno.test("ContextVar.set() outside of tasks and loop callbacks names the way to do it", () => {
  assertThrows(
    () => user.set("ada"),
    Error,
    "Cannot set the variable as no task and no loop callback is running " +
      "(call run() of an AsyncContext.Variable, or of copyContext())",
  );
});

Deno.test("new ContextVar() refuses a name that is no string, and options that are no object", () => {
  // @ts-expect-error: the name must be a string
  assertThrows(() => new ContextVar(1), TypeError, "its name is no string: received 1");
  // @ts-expect-error: the default value is an option
  assertThrows(() => new ContextVar("x", "y"), TypeError, "its options are no object");
});

Deno.test("new ContextVar() takes no default value from a polluted Object.prototype", () => {
  const prototype = Object.prototype as { defaultValue?: unknown };
  prototype.defaultValue = "polluted";
  try {
    const variable = new ContextVar<string>("x", {});
    assertThrows(() => variable.get(), LookupError);
  } finally {
    delete prototype.defaultValue;
  }
});

Deno.test("new Token() and the constructor of a context throw", () => {
  // @ts-expect-error: the constructor is private
  assertThrows(() => new Token(user, "x"), TypeError, "only ContextVar.set() makes them");
  const { constructor } = copyContext();
  assertThrows(() => new (constructor as new () => unknown)(), TypeError, "only copyContext()");
});

Deno.test("ContextVar.reset() refuses a token that has been used, and changes nothing", () => {
  inContext(() => {
    const token = user.set("ada");
    user.reset(token);
    user.set("grace");
    const error = assertThrows(() => user.reset(token), Error, "the token has been used");
    assert(!(error instanceof TypeError));
    assertThrows(() => token[Symbol.dispose ?? Symbol.for("Symbol.dispose")](), Error, "used");
    assertEquals(who(), "grace");
  });
});

Deno.test("ContextVar.reset() refuses a token of another variable, and changes nothing", () => {
  inContext(() => {
    const token = user.set("ada");
    assertThrows(() => color.reset(token), TypeError, "the token is of another variable");
    assertEquals([who(), color.get()], ["ada", "black"]);
    user.reset(token);
    assertEquals(who(), "nobody");
  });
});

Deno.test("ContextVar.reset() refuses a token of another context, and changes nothing", async () => {
  const refuse = (token: Token<string>) =>
    assertThrows(() => user.reset(token), TypeError, "the token was made in another context");
  const task = createTask(async () => {
    const token = user.set("ada");
    await createTask(async () => refuse(token));
    copyContext().run(() => refuse(token));
    const called = new Future<void>();
    loop.callSoon(() => {
      refuse(token);
      called.setResult();
    });
    await called;
    user.reset(token);
    return [token, who()] as const;
  });
  const [token, seen] = await task;
  assertEquals(seen, "nobody");
  assertThrows(() => user.reset(token), Error, "used");
});

Deno.test("ContextVar.reset() refuses what is no token", () => {
  for (const bad of [undefined, null, {}, "x", Token.MISSING, Object.create(Token.prototype)]) {
    assertThrows(() => user.reset(bad), TypeError, "the argument is no token");
  }
});

Deno.test("A copy of a context refuses what is no variable, and no function", () => {
  const context = copyContext();
  for (const bad of [undefined, "user", {}, new AsyncContext.Variable()]) {
    assertThrows(() => context.get(bad as never), TypeError, "it is no ContextVar");
    assertThrows(() => context.has(bad as never), TypeError, "it is no ContextVar");
  }
  assertThrows(() => context.run(1 as never), TypeError, "the argument is no function");
  assertThrows(
    () => createTask(async () => {}, context as never),
    TypeError,
    "write `{ context }`",
  );
});

// The first variable
// ------------------

Deno.test("ContextVar: what was registered before the first variable was made has no values", async () => {
  const module = await importCopy();
  using time = new FakeTime();
  const loop = module.getEventLoop();
  const seen: unknown[] = [];
  let first: ContextVar<string> | undefined;
  const look = (name: string) => () => {
    seen.push([name, first?.get("nothing"), first?.set(name) && first.get()]);
  };
  const future = new module.Future<void>();
  const task = module.createTask(async () => {
    future.addDoneCallback(look("done"));
    loop.callLater(2, look("later"));
    const child = module.createTask(async () => {
      look("child")();
      await module.sleep(1);
      seen.push(first!.get());
    });
    first = new module.ContextVar<string>("first");
    first.set("task");
    await child;
    future.setResult();
    await module.timeout(1_000, async () => {
      await module.sleep(5);
      first!.set(`${first!.get()}!`);
    });
    return first.get();
  });
  for (const ms of [1, 1, 4]) await passTime(time, ms);
  assertEquals(task.result(), "task!");
  assertEquals(seen, [
    ["child", "nothing", "child"],
    "child",
    ["done", "nothing", "done"],
    ["later", "nothing", "later"],
  ]);
});

// Leaks
// -----

for (const [kind, make] of kinds) {
  Deno.test(`ContextVar: a chain of tasks that set keeps nothing (${kind})`, async () => {
    needs("heapSize");
    let isOver = false;
    let started = new Future<void>();
    let goOn = new Future<void>();
    // Each task is made by the one before.
    const body = make(function* (wait, number: number): Generator<unknown, void> {
      user.set(`user ${number}`);
      started.setResult();
      yield* wait(goOn);
      color.set("red");
      if (!isOver) createTask(() => body(number + 1));
    });
    createTask(() => body(1));
    await started;
    const bytes = await bytesPerRound(50, async () => {
      started = new Future();
      const last = goOn;
      goOn = new Future();
      last.setResult();
      await started;
    });
    isOver = true;
    goOn.setResult();
    assert(bytes < 50, `${bytes} bytes`);
  });
}

Deno.test("ContextVar: a value is released with the task and with the token", async () => {
  needs("finalization");
  const held = new ContextVar<object>("held");
  const refs: WeakRef<object>[] = [];
  const set = () => {
    const value = {};
    refs.push(new WeakRef(value));
    return held.set(value);
  };
  const task = createTask(async () => {
    set();
    held.reset(set());
    await sleep(0);
  });
  await task;
  await collectGarbage(() => refs[1]!.deref() === undefined);
  assertEquals(refs[1]!.deref(), undefined);
  const release = async () => {
    await createTask(async () => void set());
  };
  await release();
  await collectGarbage(() => refs[2]!.deref() === undefined);
  assertEquals(refs[2]!.deref(), undefined);
  assert(task.done());
});
