/** Options of an application, some of which are not given, passed on as they are. */

import {
  asCompleted,
  createTask,
  ensureFuture,
  type EventLoop,
  Future,
  gather,
  moveOnAfter,
  pooledMap,
  race,
  run,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
  type WaitOptions,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

interface ClientOptions {
  signal?: AbortSignal;
  timeout?: number;
  name?: string;
  loop?: EventLoop;
  eagerStart?: boolean;
  returnWhen?: WaitOptions["returnWhen"];
}

export async function request(id: number, options: ClientOptions = {}) {
  const { signal, loop, timeout: limit, name } = options;
  const reply = new Future<string>({ signal, loop });
  const task = createTask(() => reply, { signal, loop, name, eagerStart: options.eagerStart });
  assertSameType<typeof task, Task<string>>();
  await sleep(1, { signal: options.signal });
  const all = await gather(task, reply, { signal: options.signal });
  assertSameType<typeof all, [string, string]>();
  await wait([task], { timeout: limit, signal, returnWhen: options.returnWhen });
  await race([task], { signal });
  await shield(task, { signal });
  await ensureFuture(Promise.resolve(id), { loop });
  for (const next of asCompleted([task], { timeout: limit, signal })) await next;
  for await (const n of pooledMap(1, [id], async (n) => n, { signal })) console.log(n);
  await taskGroup((group) => group.createTask(() => id, { name, signal }), { signal });
  const inTime = await timeout(limit ?? null, () => task, { signal });
  assertSameType<typeof inTime, string>();
  const orNothing = await moveOnAfter(limit ?? null, () => task, { signal });
  assertSameType<typeof orNothing, string | undefined>();
  return await waitFor(task, limit ?? null, { signal });
}

export const main = (options: ClientOptions) =>
  run((signal) => request(1, { ...options, signal }), { signal: options.signal });
assertSameType<ReturnType<typeof main>, Promise<string>>();
