// A file of its own, as some of TypeScript's libraries lack `Disposable`.
import { assertEquals } from "@std/assert";
import {
  ContextVar,
  copyContext,
  createTask,
  Future,
  sleep,
  type Task,
  type Token,
} from "../mod.ts";
import { assertSameType } from "./helpers/same_type.ts";

Deno.test("a Future is Disposable, a Task is AsyncDisposable as well", async () => {
  const future: Disposable = new Future<number>();
  future[Symbol.dispose]();
  const task = createTask(() => sleep(60_000));
  const both: Disposable & AsyncDisposable = task;
  assertSameType<ReturnType<Task<number>[typeof Symbol.dispose]>, void>();
  assertSameType<ReturnType<Task<number>[typeof Symbol.asyncDispose]>, Promise<void>>();
  await both[Symbol.asyncDispose]();
  assertEquals(task.cancelled(), true);
  // @ts-expect-error: only a task can be waited for
  const wrong: AsyncDisposable = new Future<number>();
  assertEquals(Symbol.asyncDispose in wrong, false);
});

Deno.test("using takes futures, await using tasks", async () => {
  const ended: Future<unknown>[] = [];
  {
    using future = new Future<string>();
    assertSameType<typeof future, Future<string>>();
    await using task = createTask(async () => await future);
    assertSameType<typeof task, Task<string>>();
    ended.push(future, task);
  }
  assertEquals(ended.map((future) => future.cancelled()), [true, true]);
});

Deno.test("using takes the token of a variable", () => {
  const color = new ContextVar("color", { defaultValue: "black" });
  copyContext().run(() => {
    {
      using token = color.set("red");
      assertSameType<typeof token, Token<string>>();
      const disposable: Disposable = token;
      assertEquals([color.get(), disposable === token], ["red", true]);
    }
    assertEquals(color.get(), "black");
  });
});

Deno.test("a class of futures can override how it is disposed of", () => {
  const disposed: string[] = [];
  class Reply extends Future<string> {
    override [Symbol.dispose](): void {
      disposed.push("reply");
      super[Symbol.dispose]();
    }
  }
  {
    using _reply = new Reply();
  }
  assertEquals(disposed, ["reply"]);
});
