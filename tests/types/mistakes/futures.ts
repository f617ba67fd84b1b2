/** Making futures, making them done, and asking for their state. */

import {
  createTask,
  ensureFuture,
  Future,
  shield,
  sleep,
  waitFor,
  wrapFuture,
} from "@asyncio/future";
import type { Mistakes } from "../mistake.ts";

const load = async () => 1;
const future = new Future<number>();

export const futures: Mistakes = {
  "new Future((resolve) => …)": {
    make() {
      // @ts-expect-error: has no properties in common with type 'FutureOptions'.
      new Future<number>((resolve) => resolve(1));
    },
    says: "a Future takes no executor; call setResult() later",
  },
  "new Future(promise)": {
    make() {
      // @ts-expect-error: Type 'Promise<number>' has no properties in common with type 'FutureOptions'.
      return new Future<number>(load());
    },
    says: "its options are a promise (use ensureFuture)",
  },
  "new Future(signal)": {
    make() {
      // @ts-expect-error: Type 'AbortSignal' has no properties in common with type 'FutureOptions'.
      new Future<number>(new AbortController().signal);
    },
    says: "its options are a signal: write `{ signal }`",
  },
  "new Future({ timeout: 5 })": {
    make() {
      // @ts-expect-error: 'timeout' does not exist in type 'FutureOptions'.
      return new Future<number>({ timeout: 5 });
    },
  },
  "const future: Future<number> = promise": {
    make() {
      // @ts-expect-error: is missing the following properties from type 'Future<number>'
      const future: Future<number> = load();
      return future;
    },
  },
  "ensureFuture(load)": {
    make() {
      // @ts-expect-error: is not assignable to parameter of type 'Awaitable<unknown>'.
      ensureFuture(load);
    },
    says: "it is no future, generator or promise (use createTask)",
  },
  "shield(load)": {
    make() {
      // @ts-expect-error: is not assignable to parameter of type 'Awaitable<unknown>'.
      shield(load);
    },
    says: "it is no future, generator or promise (use createTask)",
  },
  "waitFor(load, 5)": {
    make() {
      // @ts-expect-error: is not assignable to parameter of type 'Awaitable<unknown>'.
      waitFor(load, 5);
    },
    says: "it is no future, generator or promise (use createTask)",
  },
  "wrapFuture(promise)": {
    make() {
      // @ts-expect-error: from type 'ConcurrentFuture<unknown>': addDoneCallback, cancel, cancelled
      wrapFuture(load());
    },
    says: "it has no addDoneCallback method (use ensureFuture for a promise)",
  },
  "future.setResult(load())": {
    make() {
      // @ts-expect-error: 'Promise<number>' is not assignable to parameter of type 'number'.
      future.setResult(load());
    },
  },
  "future.setResult(), where there is a result": {
    make() {
      // @ts-expect-error: Expected 1 arguments, but got 0.
      future.setResult();
    },
  },
  "new Future<void>().setResult(42)": {
    make() {
      // @ts-expect-error: Argument of type 'number' is not assignable to parameter of type 'void'.
      new Future<void>().setResult(42);
    },
  },
  "future.setResult() for the second time": {
    make() {
      const future = new Future<number>();
      future.cancel();
      future.setResult(1);
    },
    says: "Cannot set the result as the future is done",
  },
  "future.setException(), without an exception": {
    make() {
      // @ts-expect-error: Expected 1 arguments, but got 0.
      future.setException();
    },
    says: "Cannot set the exception as there is none",
  },
  "task.setResult(2)": {
    make() {
      // @ts-expect-error: is not assignable to parameter of type 'never'.
      createTask(load).setResult(2);
    },
    says: "Cannot set the result as a task makes its own",
  },
  "task.setException(error)": {
    make() {
      // @ts-expect-error: is not assignable to parameter of type 'never'.
      createTask(load).setException(new Error("no such host"));
    },
    says: "Cannot set the exception as a task makes its own",
  },
  "setTimeout(future.setResult)": {
    make: () => setTimeout(new Future<void>().setResult),
    lint: "unbound-method",
  },
  "future.result() before there is one": {
    make: () => future.result(),
    says: "Cannot get the result as the future is pending",
  },
  "future.result + 1": {
    make() {
      // @ts-expect-error: Operator '+' cannot be applied to types '() => number' and 'number'.
      return future.result + 1;
    },
  },
  "future.toFixed()": {
    make() {
      // @ts-expect-error: Property 'toFixed' does not exist on type 'Future<number>'.
      return future.toFixed();
    },
  },
  "if (future.done)": {
    make() {
      // @ts-expect-error: Did you mean to call it instead?
      if (future.done) return "always";
    },
  },
  "if (future.cancelled && isLate)": {
    make() {
      const isLate = true;
      // @ts-expect-error: Did you mean to call it instead?
      if (future.cancelled && isLate) return "always";
    },
  },
  "future.done === true": {
    make() {
      // @ts-expect-error: the types '() => boolean' and 'boolean' have no overlap.
      return future.done === true;
    },
  },
  "while (!future.done)": {
    async make() {
      while (!future.done) await sleep(1);
    },
    lint: "no-unnecessary-condition, of the strict configuration",
  },
  "if (future.exception !== null)": {
    make() {
      if (future.exception !== null) return "always";
    },
    lint: "no-unnecessary-condition, of the strict configuration",
  },
  "if (task)": {
    make() {
      const task = createTask(async () => false);
      // @ts-expect-error: This condition will always return true
      if (task) return "always";
    },
  },
};
