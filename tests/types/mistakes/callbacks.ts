/** Callbacks, classes of one's own and variables. */

import { AsyncContext, createTask, type EventLoop, Future, getEventLoop } from "@asyncio/future";
import type { Mistakes } from "../mistake.ts";

const future = new Future<number>();

export const callbacks: Mistakes = {
  "future.addDoneCallback(function* () {})": {
    make() {
      future.addDoneCallback(function* () {
        yield* new Future<void>();
      });
    },
    says: "a generator function, which would not run (start a task in it)",
  },
  // Nothing sees this one. If the callback fails, the host reports its error as unhandled.
  "future.addDoneCallback(async () => {})": {
    make: () => future.addDoneCallback(async () => {}),
  },
  "future.addDoneCallback(log())": {
    make() {
      const log = () => {};
      // @ts-expect-error: Argument of type 'void' is not assignable to parameter of type '(future: Future
      future.addDoneCallback(log());
    },
    says: "Cannot add a done callback as the callback is no function",
  },
  "future.addDoneCallback(createTask(load))": {
    make() {
      // @ts-expect-error: Type 'Task<boolean>' provides no match for the signature '(future: Future
      future.addDoneCallback(createTask(async () => true));
    },
    says: "the callback is no function: received <Task",
  },
  "future.addDoneCallback((result) => result + 1)": {
    make() {
      // @ts-expect-error: Type 'Future<number>' is not assignable to type 'number'.
      future.addDoneCallback((result: number) => result + 1);
    },
  },
  "future.addDoneCallback(fn, context)": {
    make() {
      // @ts-expect-error: Type 'Snapshot' has no properties in common with type 'ScheduleOptions'.
      future.addDoneCallback(() => {}, new AsyncContext.Snapshot());
    },
    says: "its options are a context: write `{ context }`",
  },
  "future.then((text: string) => …), of a number": {
    make() {
      // @ts-expect-error: Type 'number' is not assignable to type 'string'.
      return future.then((text: string) => text.length);
    },
  },
  "loop.callSoon(fn, argument)": {
    make() {
      const log = (text: string) => text;
      // @ts-expect-error: Target signature provides too few arguments. Expected 1 or more, but got 0.
      getEventLoop().callSoon(log, "hello");
    },
    says: "(a closure passes parameters)",
  },
  "loop.callSoon(function* () {})": {
    make() {
      getEventLoop().callSoon(function* () {
        yield;
      });
    },
    says: "a generator function, which would not run (start a task in it)",
  },
  "loop.callLater(fn, 5)": {
    make() {
      // @ts-expect-error: Argument of type '() => void' is not assignable to parameter of type 'number'.
      getEventLoop().callLater(() => {}, 5);
    },
    says: "the delay is no number of milliseconds",
  },
  "createFuture() of one's own loop, without a return type": {
    make() {
      const Rest = Object as unknown as new () => Omit<EventLoop, "createFuture">;
      return class extends Rest {
        // @ts-expect-error: 'createFuture' implicitly has return type 'any'
        createFuture<T>() {
          return new Future<T>({ loop: this });
        }
      };
    },
  },
  "cancel() of one's own future, which returns nothing": {
    make() {
      return class extends Future<number> {
        // @ts-expect-error: Type 'void' is not assignable to type 'boolean'.
        override cancel() {}
      };
    },
  },
  'new AsyncContext.Variable("user")': {
    make() {
      // @ts-expect-error: Type '"user"' has no properties in common with type 'VariableOptions
      return new AsyncContext.Variable<string>("user");
    },
  },
  "variable.set(value)": {
    make() {
      // @ts-expect-error: Property 'set' does not exist on type 'Variable<string>'.
      new AsyncContext.Variable<string>().set("ada");
    },
  },
  "variable.run(value)": {
    make() {
      // @ts-expect-error: Expected at least 2 arguments, but got 1.
      new AsyncContext.Variable<string>().run("ada");
    },
    says: "Cannot run the function as the argument is no function",
  },
};
