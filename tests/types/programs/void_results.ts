/** Futures and tasks without a result. */

import { createTask, Future, gather, sleep, type Task, taskGroup, timeout } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

/** An event that is set once, as `asyncio.Event` is. */
export class OnceEvent {
  readonly #set = new Future<void>();

  set() {
    if (!this.#set.done()) this.#set.setResult();
  }

  async wait() {
    await this.#set;
  }
}

async function save(text: string) {
  await sleep(1);
  console.log(text);
}

export async function main() {
  const event = new OnceEvent();
  const waiting = createTask(event.wait.bind(event));
  assertSameType<typeof waiting, Task<void>>();
  const saved = await createTask(() => save("x"));
  assertSameType<typeof saved, void>();
  const all = await gather(save("a"), sleep(1), waiting);
  assertSameType<typeof all, [void, void, void]>();
  const inTime = timeout(5, async () => {
    await save("b");
  });
  assertSameType<typeof inTime, Future<void>>();
  const group = taskGroup((group) => {
    group.createTask(() => save("c"));
  });
  await group;
  const early: Promise<void> = taskGroup(async (group) => {
    group.createTask(save.bind(null, "d"));
    await sleep(1);
  });
  await early;
  const optional = new Future<string | undefined>();
  optional.setResult(undefined);
  const done: Future<undefined> = sleep(1, { result: undefined });
  await done;
  const nobody = new Future<never>();
  nobody.setException(new Error("no such host"));
  const promise: Promise<string> = nobody;
  return promise;
}
