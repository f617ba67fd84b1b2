/** Futures and tasks that end with their block. */

import { createTask, Future, sleep, type Task } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

const heartbeat = async () => {
  while (true) await sleep(1_000);
};

export async function blocks() {
  using reply = new Future<string>();
  await using beat = createTask(heartbeat);
  assertSameType<typeof reply, Future<string>>();
  assertSameType<typeof beat, Task<never>>();
  await using _file = { [Symbol.asyncDispose]: async () => await sleep(1) };
  await using _pause = sleep(60_000);
  return await reply;
}

export async function stacks(urls: string[]) {
  await using stack = new AsyncDisposableStack();
  const tasks = urls.map((url) => stack.use(createTask(async () => url.length)));
  assertSameType<typeof tasks, Task<number>[]>();
  const reply = stack.use(new Future<string>());
  assertSameType<typeof reply, Future<string>>();
  const adopted = stack.adopt(createTask(heartbeat), (task) => void task.cancel("the end"));
  assertSameType<typeof adopted, Task<never>>();
  stack.defer(() => sleep(1));
  return stack.move();
}

export class Connection implements AsyncDisposable {
  readonly #reader = createTask(heartbeat);

  async [Symbol.asyncDispose]() {
    await this.#reader[Symbol.asyncDispose]();
  }
}

export function disposables(): (Disposable | AsyncDisposable)[] {
  using stack = new DisposableStack();
  const future = stack.use(new Future<void>());
  return [future, createTask(heartbeat), new Connection()];
}
