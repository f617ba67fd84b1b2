/** Times, signals and other options. */

import { createTask, Future, run, sleep, timeoutAt, waitFor } from "@asyncio/future";
import type { Mistakes } from "../mistake.ts";

const load = async () => 1;

export const options: Mistakes = {
  "const n: Promise<number> = sleep(1)": {
    make() {
      // @ts-expect-error: Type 'void' is not assignable to type 'number'.
      const n: Promise<number> = sleep(1);
      return n;
    },
  },
  "async (): Promise<string> => await sleep(1)": {
    make() {
      // @ts-expect-error: Type 'void' is not assignable to type 'string'.
      return async (): Promise<string> => await sleep(1);
    },
  },
  "sleep<string>(1)": {
    make() {
      // @ts-expect-error: Expected 2 arguments, but got 1.
      return sleep<string>(1);
    },
  },
  "const date: Future<Date> = sleep(1, {})": {
    make() {
      // @ts-expect-error: Type 'void' is not assignable to type 'Date'.
      const date: Future<Date> = sleep(1, {});
      return date;
    },
  },
  "sleep(1);": {
    make() {
      sleep(1);
    },
    lint: "no-floating-promises, with the option checkThenables",
  },
  'sleep("500")': {
    make() {
      // @ts-expect-error: Argument of type 'string' is not assignable to parameter of type 'number'.
      sleep("500");
    },
    says: 'the delay is no number of milliseconds: received "500"',
  },
  "sleep({ seconds: 1 })": {
    make() {
      // @ts-expect-error: '{ seconds: number; }' is not assignable to parameter of type 'number'.
      sleep({ seconds: 1 });
    },
    says: "the delay is no number of milliseconds: received { seconds: 1 }",
  },
  "sleep(NaN)": {
    make: () => sleep(Number("1 s")),
    says: "the delay is no number of milliseconds: received NaN",
  },
  'sleep(1, "ready")': {
    make() {
      // @ts-expect-error: Type '"ready"' has no properties in common with type 'SleepOptions
      sleep(1, "ready");
    },
    says: 'its options are no object: received "ready"',
  },
  "sleep(1, signal)": {
    make() {
      // @ts-expect-error: Type 'AbortSignal' has no properties in common with type 'SleepOptions
      sleep(1, new AbortController().signal);
    },
    says: "its options are a signal: write `{ signal }`",
  },
  "waitFor(future)": {
    make() {
      // @ts-expect-error: Expected 2-3 arguments, but got 1.
      waitFor(new Future<number>());
    },
    says: "the timeout is no number of milliseconds: received undefined",
  },
  "waitFor(5, future)": {
    make() {
      // @ts-expect-error: 'number' is not assignable to parameter of type 'Awaitable<unknown>'.
      waitFor(5, new Future<number>());
    },
    says: "it is no future, generator or promise: received 5",
  },
  "waitFor(future, { timeout: 5 })": {
    make() {
      // @ts-expect-error: '{ timeout: number; }' is not assignable to parameter of type 'number'.
      waitFor(new Future<number>(), { timeout: 5 });
    },
    says: "the timeout is no number of milliseconds: received { timeout: 5 }",
  },
  "waitFor(promise, 5, { onlate: close })": {
    make() {
      // @ts-expect-error: Did you mean to write 'onLate'?
      return waitFor(load(), 5, { onlate: () => {} });
    },
  },
  "timeoutAt(new Date(), body)": {
    make() {
      // @ts-expect-error: Argument of type 'Date' is not assignable to parameter of type 'number'.
      timeoutAt(new Date(), load);
    },
    says: "the time is no number of milliseconds",
  },
  "createTask(load, signal)": {
    make() {
      // @ts-expect-error: Type 'AbortSignal' has no properties in common with type 'TaskOptions'.
      createTask(load, new AbortController().signal);
    },
    says: "its options are a signal: write `{ signal }`",
  },
  "createTask(load, { signal: controller })": {
    make() {
      // @ts-expect-error: is missing the following properties from type 'AbortSignal'
      createTask(load, { signal: new AbortController() });
    },
    says: "Cannot use the signal as it is no AbortSignal",
  },
  'createTask(load, { label: "loader" })': {
    make() {
      // @ts-expect-error: 'label' does not exist in type 'TaskOptions'.
      return createTask(load, { label: "loader" });
    },
  },
  "createTask(load, { eager_start: true })": {
    make() {
      // @ts-expect-error: Did you mean to write 'eagerStart'?
      return createTask(load, { eager_start: true });
    },
  },
  "createTask(load, { context: {} })": {
    make() {
      // @ts-expect-error: Property 'run' is missing in type '{}' but required in type 'Context'.
      createTask(load, { context: {} });
    },
    says: "Cannot use the context as it has no run method",
  },
  "new Future({ loop: null })": {
    make() {
      // @ts-expect-error: Type 'null' is not assignable to type 'EventLoop | undefined'.
      new Future<number>({ loop: null });
    },
    says: "Cannot use the loop as it is no event loop",
  },
  "run(main, true)": {
    make() {
      // @ts-expect-error: Type 'true' has no properties in common with type 'RunOptions'.
      return run(load, true);
    },
    says: "its options are no object: received true",
  },
};
