/** Classes that keep tasks and futures in their fields. */

import { CancelledError, createTask, Future, sleep, type Task } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

export class Poller {
  #task = createTask(this.#loop.bind(this), { name: "poller" });
  readonly ready = new Future<void>();
  #polls = 0;

  async #loop(signal: AbortSignal) {
    this.ready.setResult();
    while (!signal.aborted) {
      this.#polls++;
      await sleep(100);
    }
    return this.#polls;
  }

  async stop() {
    const task = this.#task;
    assertSameType<typeof task, Task<number>>();
    task.cancel("stopped");
    try {
      return await task;
    } catch (error) {
      if (error instanceof CancelledError) return this.#polls;
      throw error;
    }
  }
}

export class Requests {
  readonly #replies = new Map<number, Future<string>>();
  #heartbeat: Task<never> | null = null;
  #nextId = 0;

  open() {
    this.#heartbeat = createTask(async () => {
      while (true) await sleep(1_000);
    });
  }

  call(method: string, signal?: AbortSignal) {
    const id = this.#nextId++;
    const reply = new Future<string>({ signal });
    this.#replies.set(id, reply);
    reply.addDoneCallback(() => this.#replies.delete(id));
    console.log(id, method);
    return reply;
  }

  onMessage(id: number, text: string) {
    this.#replies.get(id)?.setResultUnlessDone(text);
  }

  close() {
    this.#heartbeat?.cancel();
    for (const reply of this.#replies.values()) reply.cancel("closed");
  }
}

export class Lazy<T> {
  #value: Future<T> | undefined;

  constructor(readonly load: () => Promise<T>) {}

  get() {
    return this.#value ??= createTask(this.load);
  }
}

export async function main() {
  const polls = await new Poller().stop();
  assertSameType<typeof polls, number>();
  const requests = new Requests();
  const reply = requests.call("add");
  assertSameType<typeof reply, Future<string>>();
  const date = await new Lazy(async () => new Date()).get();
  assertSameType<typeof date, Date>();
}
