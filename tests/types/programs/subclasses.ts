/** Classes of futures and tasks of one's own. */

import {
  CancelledError,
  type Coroutine,
  Future,
  type FutureOptions,
  Task,
  type TaskOptions,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

interface ReplyOptions extends FutureOptions {
  id: number;
}

export class Reply extends Future<string> {
  readonly id: number;
  #bytes = 0;

  constructor({ id, ...options }: ReplyOptions) {
    super(options);
    this.id = id;
  }

  onChunk(chunk: string) {
    this.#bytes += chunk.length;
    if (chunk.endsWith("\n")) this.setResultUnlessDone(chunk);
    return this.#bytes;
  }

  override cancel(reason: unknown = `request ${this.id} was dropped`) {
    return super.cancel(reason);
  }

  override get [Symbol.toStringTag]() {
    return `Reply #${this.id}`;
  }
}

interface JobOptions extends TaskOptions {
  priority?: number;
}

export class Job<T> extends Task<T> {
  readonly priority: number;
  readonly startedAt = Date.now();

  constructor(coro: Coroutine<T>, { priority = 0, ...options }: JobOptions = {}) {
    super(coro, options);
    this.priority = priority;
  }

  static after<T>(ms: number, coro: () => Promise<T>) {
    return new Job(() => new Promise((resolve) => setTimeout(resolve, ms)).then(coro));
  }
}

/** A future with a default instead of errors. */
export class Tolerant<T, D> extends Future<T | D> {
  constructor(readonly fallback: D) {
    super();
  }

  override setException(exception: unknown) {
    if (exception instanceof CancelledError) return super.setException(exception);
    this.setResult(this.fallback);
  }
}

export async function main(signal?: AbortSignal) {
  const reply = new Reply({ id: 7, signal });
  reply.addDoneCallback((reply) => {
    assertSameType<typeof reply.id, number>();
  });
  const text = await reply;
  assertSameType<typeof text, string>();
  const job = new Job(async () => text.length, { priority: 1, name: "count", signal });
  assertSameType<typeof job, Job<number>>();
  const later = Job.after(1, async () => new Date());
  assertSameType<typeof later, Job<Date>>();
  const jobs: Task<unknown>[] = [job, later];
  const tolerant = new Tolerant<string, null>(null);
  const found = await tolerant;
  assertSameType<typeof found, string | null>();
  return jobs.filter((task) => task instanceof Job && task.priority > 0);
}
