/** Objects of other libraries that are futures of a kind. */

import {
  type Awaitable,
  type ConcurrentFuture,
  createTask,
  Future,
  wrapFuture,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

/** A job of a pool, whose callback gets nothing. */
class PoolJob<T> {
  #callbacks: (() => void)[] = [];
  #isCancelled = false;

  constructor(readonly work: () => T) {}

  addDoneCallback(callback: () => void) {
    this.#callbacks.push(callback);
  }
  cancel() {
    this.#isCancelled = true;
    for (const callback of this.#callbacks) callback();
  }
  cancelled = () => this.#isCancelled;
  exception = () => null;
  result() {
    return this.work();
  }
}

/** A job whose callback gets the job. */
class Transaction implements ConcurrentFuture<Date> {
  #error: Error | undefined;

  addDoneCallback(callback: (transaction?: Transaction) => void) {
    queueMicrotask(() => callback(this));
    return this;
  }
  cancel(): boolean {
    this.#error = new Error("rolled back");
    return true;
  }
  cancelled = () => false;
  exception = () => this.#error;
  result = () => new Date();
}

export async function main() {
  const job = wrapFuture(new PoolJob(() => 42));
  assertSameType<typeof job, Future<number>>();
  const date = await wrapFuture(new Transaction(), {
    onLate: (date) => {
      assertSameType<typeof date, Date>();
    },
  });
  assertSameType<typeof date, Date>();
  const task = createTask(() => "x");
  const same = wrapFuture(task);
  assertSameType<typeof same, typeof task>();
  const future: Awaitable<number> = job;
  return await future + await job;
}

/** A reader, which has events, is bridged by hand. */
export function read(file: Blob) {
  const text = new Future<string>();
  const reader = new FileReader();
  reader.onload = () => text.setResultUnlessDone(String(reader.result));
  reader.onerror = () => text.setExceptionUnlessDone(reader.error);
  text.addDoneCallback(() => reader.abort());
  reader.readAsText(file);
  return text;
}
