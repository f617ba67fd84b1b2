/** Tasks, scopes and `run()` of what is not a coroutine or not a body. */

import { createTask, detached, run, taskGroup, timeout } from "@asyncio/future";
import type { Mistakes } from "../mistake.ts";

const load = async () => 1;

const PASS_THE_FUNCTION = "a promise already runs: pass the async function itself";

export const coroutines: Mistakes = {
  "createTask(load())": {
    make() {
      // @ts-expect-error: a promise runs already: pass the function, as in createTask(() => load())
      createTask(load());
    },
    says: PASS_THE_FUNCTION,
  },
  "run(main())": {
    make() {
      const main = async () => "done";
      // @ts-expect-error: a promise runs already: pass the function, as in createTask(() => load())
      return run(main());
    },
    says: PASS_THE_FUNCTION,
  },
  "createTask(sleep(1))": {
    make() {
      const sleep = (ms: number) => createTask(() => String(ms));
      // @ts-expect-error: a promise runs already: pass the function, as in createTask(() => load())
      createTask(sleep(1));
    },
    says: PASS_THE_FUNCTION,
  },
  "group.createTask(load())": {
    make() {
      const loadUser = async () => ({ name: "ada" });
      return taskGroup((group) => {
        // @ts-expect-error: a promise runs already: pass the function, as in createTask(() => load())
        group.createTask(loadUser());
      });
    },
    says: PASS_THE_FUNCTION,
  },
  "createTask(load), where load() has a parameter": {
    make() {
      const loadUser = async (id: number) => ({ id });
      // @ts-expect-error: Types of parameters 'id' and 'signal' are incompatible.
      return createTask(loadUser);
    },
  },
  "createTask(greet, name)": {
    make() {
      const greet = async (name: string) => `hello ${name}`;
      // @ts-expect-error: Types of parameters 'name' and 'signal' are incompatible.
      createTask(greet, "ada");
    },
    says: "its options are no object (a closure passes parameters)",
  },
  "createTask(load, name)": {
    make() {
      // @ts-expect-error: Type '"loader"' has no properties in common with type 'TaskOptions'.
      createTask(load, "loader");
    },
    says: "Cannot create a task as its options are no object",
  },
  "createTask() of what may be missing": {
    make() {
      const jobs = new Map<string, () => Promise<boolean>>();
      // @ts-expect-error: Type 'undefined' is not assignable to type 'Coroutine<boolean>'.
      createTask(jobs.get("import"));
    },
    says: "the coroutine is neither a generator nor a function: received undefined",
  },
  "createTask(async function* () {})": {
    make() {
      createTask(async function* () {
        yield 1;
      });
    },
    says: "an async generator yields values: loop over it in an async function",
  },
  "createTask(numbers()), of an async generator": {
    make() {
      async function* numbers() {
        yield 1;
      }
      // @ts-expect-error: 'AsyncGenerator<number, void, unknown>' is not assignable to parameter of type
      createTask(numbers());
    },
    says: "an async generator yields values: loop over it in an async function",
  },
  "createTask(generator) for the second time": {
    make() {
      const generator = (function* () {
        yield;
      })();
      createTask(generator);
      createTask(generator);
    },
    says: "another task runs the generator already",
  },
  "timeout(5, load())": {
    make() {
      // @ts-expect-error: 'Promise<number>' is not assignable to parameter of type 'ScopeBody<Timeout
      timeout(5, load());
    },
    says: "the body is a promise, which already runs: pass the function itself",
  },
  "timeout(body, 5)": {
    make() {
      // @ts-expect-error: '() => Promise<number>' is not assignable to parameter of type 'number'.
      timeout(load, 5);
    },
    says: "the delay is no number of milliseconds: received [Function load]",
  },
  "await using scope = timeout(5)": {
    make() {
      // @ts-expect-error: Expected 2-3 arguments, but got 1.
      timeout(5);
    },
    says: "the body is no function (pass the block, as in",
  },
  "taskGroup(load())": {
    make() {
      // @ts-expect-error: 'Promise<number>' is not assignable to parameter of type 'ScopeBody<TaskGroup
      taskGroup(load());
    },
    says: "the body is a promise, which already runs: pass the function itself",
  },
  "await using group = taskGroup()": {
    make() {
      // @ts-expect-error: Expected 1-2 arguments, but got 0.
      taskGroup();
    },
    says: "the body is no function (pass the block, as in",
  },
  "(await taskGroup(body)).answer, where the group may be cancelled": {
    async make() {
      const result = await taskGroup((group) => {
        group.cancel();
        return { answer: 42 };
      });
      // @ts-expect-error: 'result' is possibly 'undefined'.
      return result.answer;
    },
  },
  "group.start() of a task that never says that it is ready": {
    make: () => taskGroup((group) => group.start(load)),
    says: "Cannot start the task as it ended before it was ready",
  },
  "detached(load())": {
    make() {
      // @ts-expect-error: Argument of type 'Promise<number>' is not assignable to parameter
      detached(load());
    },
    says: PASS_THE_FUNCTION,
  },
  "run() in a task": {
    make: () => createTask(async () => await run(load)),
    says: "a loop is running here already: use createTask",
  },
};
