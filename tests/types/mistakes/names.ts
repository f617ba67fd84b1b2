/** Names that Python, promises and signals have. */

import * as asyncio from "@asyncio/future";
import { createTask, Future, getEventLoop, type TaskGroup } from "@asyncio/future";
import type { Mistakes } from "../mistake.ts";

const load = async () => 1;

export const names: Mistakes = {
  "asyncio.create_task(load)": {
    make() {
      // @ts-expect-error: Did you mean 'createTask'?
      asyncio.create_task(load);
    },
  },
  "asyncio.timeout_at(when, body)": {
    make() {
      // @ts-expect-error: Did you mean 'timeoutAt'?
      asyncio.timeout_at(5, load);
    },
  },
  "asyncio.Queue(10)": {
    make() {
      // @ts-expect-error: Type '10' has no properties in common with type 'QueueOptions'.
      new asyncio.Queue(10);
    },
    says: "its options are no object (write `{ maxsize }`)",
  },
  "new TaskGroup()": {
    make() {
      // @ts-expect-error: 'TaskGroup' only refers to a type, but is being used as a value here.
      new TaskGroup();
    },
  },
  "future.set_result(1)": {
    make() {
      // @ts-expect-error: Did you mean 'setResult'?
      new Future<number>().set_result(1);
    },
  },
  "future.add_done_callback(fn)": {
    make() {
      // @ts-expect-error: Did you mean 'addDoneCallback'?
      new Future<number>().add_done_callback(load);
    },
  },
  "loop.call_soon(fn)": {
    make() {
      // @ts-expect-error: Did you mean 'callSoon'?
      getEventLoop().call_soon(load);
    },
  },
  "loop.runUntilComplete(main)": {
    make() {
      // @ts-expect-error: Property 'runUntilComplete' does not exist on type 'EventLoop'.
      getEventLoop().runUntilComplete(load);
    },
  },
  "future.resolve(1)": {
    make() {
      // @ts-expect-error: Property 'resolve' does not exist on type 'Future<number>'.
      new Future<number>().resolve(1);
    },
  },
  "future.reject(error)": {
    make() {
      // @ts-expect-error: Property 'reject' does not exist on type 'Future<number>'.
      new Future<number>().reject(new Error("no such host"));
    },
  },
  "task.abort()": {
    make() {
      // @ts-expect-error: Property 'abort' does not exist on type 'Task<number>'.
      createTask(load).abort();
    },
  },
  "task.name": {
    make() {
      // @ts-expect-error: Property 'name' does not exist on type 'Task<number>'.
      return createTask(load).name;
    },
  },
};
