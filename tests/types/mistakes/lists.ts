/** Lists where futures are wanted, futures where lists are wanted, and options among them. */

import {
  asCompleted,
  cancelAndWait,
  createTask,
  Future,
  gather,
  pooledMap,
  race,
  wait,
} from "@asyncio/future";
import type { Mistakes } from "../mistake.ts";

const load = async () => 1;
const loadText = async () => "x";
const loadDate = async () => new Date();

export const lists: Mistakes = {
  "gather(tasks)": {
    make() {
      const tasks = [createTask(load), createTask(load)];
      // @ts-expect-error: is not assignable to type '"spread it, as in gather(...tasks)"'.
      gather(tasks);
    },
    says: "(write `...` before it)",
  },
  "gather([load(), load()])": {
    make() {
      // @ts-expect-error: is not assignable to type '"spread it, as in gather(...tasks)"'.
      gather([load(), load()]);
    },
    says: "(write `...` before it)",
  },
  "gather(new Set(tasks))": {
    make() {
      // @ts-expect-error: is not assignable to type '"spread it, as in gather(...tasks)"'.
      gather(new Set([createTask(loadText)]));
    },
    says: "(write `...` before it)",
  },
  "gather(load)": {
    make() {
      // @ts-expect-error: No overload matches this call.
      gather(load);
    },
    says: "it is no future, generator or promise (use createTask): received [Function load]",
  },
  "gather(task, 42)": {
    make() {
      // @ts-expect-error: No overload matches this call.
      gather(createTask(load), 42);
    },
    says: "it is no future, generator or promise: received 42",
  },
  "gather(options, task)": {
    make() {
      // @ts-expect-error: 'returnExceptions' does not exist in type 'Awaitable<unknown>'.
      gather({ returnExceptions: true }, createTask(load));
    },
    says: "(options come last)",
  },
  "gather(task, { returnException: true })": {
    make() {
      // @ts-expect-error: Did you mean to write 'returnExceptions'?
      return gather(createTask(load), { returnException: true });
    },
  },
  "gather(task, signal)": {
    make() {
      // @ts-expect-error: Type 'AbortSignal' has no properties in common with type 'GatherOptions
      gather(createTask(load), new AbortController().signal);
    },
    says: "(write `{ signal }`)",
  },
  "const texts: string[] = await gather(numbers)": {
    async make() {
      // @ts-expect-error: Type 'number' is not assignable to type 'string'.
      const texts: string[] = await gather(createTask(load));
      return texts;
    },
  },
  "wait(future)": {
    make() {
      // @ts-expect-error: put it into an array, as in wait([future])
      wait(new Future<number>());
    },
    says: "(write `[…]` around them)",
  },
  "wait(one, two)": {
    make() {
      // @ts-expect-error: put it into an array, as in wait([future])
      wait(createTask(load), createTask(load));
    },
    says: "(write `[…]` around them)",
  },
  "wait([load()])": {
    make() {
      // @ts-expect-error: The types returned by '[Symbol.iterator]().next(...)' are incompatible
      wait([loadDate()]);
    },
    says: "(make it a future with ensureFuture)",
  },
  "wait(tasks, 5)": {
    make() {
      // @ts-expect-error: Type '5' has no properties in common with type 'WaitOptions'.
      wait([createTask(load)], 5);
    },
    says: "its options are no object: received 5",
  },
  'wait(tasks, { returnWhen: "ANY_COMPLETED" })': {
    make() {
      // @ts-expect-error: Did you mean '"ALL_COMPLETED"'?
      wait([createTask(load)], { returnWhen: "ANY_COMPLETED" });
    },
    says: "none of FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED",
  },
  "wait([])": {
    make: () => wait([]),
    says: "Cannot wait as there are no futures",
  },
  "const { done } = wait(tasks)": {
    make() {
      const { done } = wait([createTask(load)]);
      // @ts-expect-error: Property 'size' does not exist on type '() => boolean'.
      return done.size;
    },
  },
  "asCompleted(task)": {
    make() {
      // @ts-expect-error: put it into an array, as in asCompleted([task])
      asCompleted(createTask(load));
    },
    says: "(write `[…]` around them)",
  },
  "asCompleted(load())": {
    make() {
      // @ts-expect-error: Property '[Symbol.iterator]' is missing in type 'Promise<number>'
      asCompleted(load());
    },
    says: "(write `[…]` around them)",
  },
  "for (const result of asCompleted(tasks)) result.toFixed()": {
    make() {
      for (const result of asCompleted([createTask(load)])) {
        // @ts-expect-error: Property 'toFixed' does not exist on type 'Future<number>'.
        result.toFixed();
      }
    },
  },
  "race(task)": {
    make() {
      // @ts-expect-error: put it into an array, as in race([task])
      race(createTask(load));
    },
    says: "(write `[…]` around them)",
  },
  "race(one, two)": {
    make() {
      // @ts-expect-error: put it into an array, as in race([task])
      race(createTask(loadText), createTask(loadText));
    },
    says: "(write `[…]` around them)",
  },
  "pooledMap(items, 3, fn)": {
    make() {
      // @ts-expect-error: Argument of type 'string[]' is not assignable to parameter of type 'number'.
      pooledMap(["a"], 3, loadText);
    },
    says: "the pool limit is not a positive integer",
  },
  "pooledMap(3, future, fn)": {
    make() {
      // @ts-expect-error: is not assignable to type '"await it first"'.
      return pooledMap(3, new Future<string[]>(), loadText);
    },
    says: "such as an array (await them first): received <Future pending>",
  },
  "cancelAndWait([load()])": {
    make() {
      // @ts-expect-error: is missing the following properties from type 'Future<unknown>'
      cancelAndWait([loadText()]);
    },
    says: "something else among the futures (start it with createTask)",
  },
};
