/** What `Promise` has for several promises, with futures and everything else among them. */

import { createTask, Future, gather, sleep } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

export async function main() {
  const task = createTask(async () => 1);
  const future = new Future<string>();
  const promise = Promise.resolve(true);

  const all = await Promise.all([task, future, promise, null, sleep(1)]);
  assertSameType<typeof all, [number, string, boolean, null, void]>();
  const list = await Promise.all([1, 2].map((ms) => sleep(ms, { result: ms })));
  assertSameType<typeof list, number[]>();
  const nested = await Promise.all([gather(task, future), Promise.all([task])]);
  assertSameType<typeof nested, [[number, string], [number]]>();
  const ofSet = await Promise.all(new Set([task]));
  assertSameType<typeof ofSet, number[]>();

  const first = await Promise.race([task, future, promise]);
  assertSameType<typeof first, string | number | boolean>();
  const any = await Promise.any([task, future]);
  assertSameType<typeof any, string | number>();

  const [one, text] = await Promise.allSettled([task, future]);
  assertSameType<typeof one, PromiseSettledResult<number>>();
  if (text.status === "fulfilled") {
    assertSameType<typeof text.value, string>();
  }

  const resolved = await Promise.resolve(future);
  assertSameType<typeof resolved, string>();
  const withTimeout = await Promise.race([future, sleep(5, { result: undefined })]);
  assertSameType<typeof withTimeout, string | undefined>();
  const chained = await future.then((text) => text.length).catch(() => -1).finally(() => {});
  assertSameType<typeof chained, number>();
}
