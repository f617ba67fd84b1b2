/** Pauses, with a result and without. */

import { type Future, sleep, type SleepOptions } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

/** What many programs call their own. */
const delay = (ms: number, signal?: AbortSignal) => sleep(ms, { signal });
const after = <T>(ms: number, result: T) => sleep(ms, { result });
const pause = (ms: number, options?: SleepOptions) => sleep(ms, options);

async function backoff<T>(work: () => Promise<T>, waits: readonly number[]) {
  for (const ms of waits) {
    try {
      return await work();
    } catch {
      await sleep(ms, { persistent: false });
    }
  }
  return await work();
}

export async function main(signal: AbortSignal) {
  const nothing = delay(1, signal);
  assertSameType<typeof nothing, Future<void>>();
  const promise: Promise<void> = nothing;
  const user = after(1, { name: "ada" });
  assertSameType<typeof user, Future<{ name: string }>>();
  const { name } = await user;
  assertSameType<typeof name, string>();
  const paused = pause(1, { signal });
  assertSameType<typeof paused, Future<void>>();
  const text = await backoff(async () => name, [1, 10, 100]);
  assertSameType<typeof text, string>();
  const literal = await sleep(1, { result: "ready" as const, signal });
  assertSameType<typeof literal, "ready">();
  const nullable = await sleep(1, { result: null });
  assertSameType<typeof nullable, null>();
  const maybe: string | undefined = signal.aborted ? undefined : name;
  const given = await sleep(1, { result: maybe });
  assertSameType<typeof given, string | undefined>();
  await promise;
}

export const sleepers: (() => Promise<void>)[] = [() => sleep(1), async () => await sleep(2)];
