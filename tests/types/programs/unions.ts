/** Results that are one of several kinds, none, or not known. */

import { createTask, ensureFuture, Future, gather, isFuture, type Task } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

type Reply = { kind: "ok"; value: number } | { kind: "error"; message: string };

async function ask(question: string): Promise<Reply> {
  return question ? { kind: "ok", value: 42 } : { kind: "error", message: "no question" };
}

export async function discriminated() {
  const reply = await createTask(() => ask("?"));
  if (reply.kind === "ok") {
    assertSameType<typeof reply.value, number>();
  } else {
    assertSameType<typeof reply.message, string>();
  }
  const pending = new Future<Reply>();
  pending.setResult({ kind: "ok", value: 1 });
  const inferred = createTask(async () => {
    if (pending.done()) return { kind: "done" } as const;
    return { kind: "pending", since: Date.now() } as const;
  });
  const state = await inferred;
  return state.kind === "pending" ? state.since : undefined;
}

export function never(): Task<never> {
  const fail = createTask(() => {
    throw new RangeError("no such host");
  });
  assertSameType<typeof fail, Task<never>>();
  const wider: Task<string> = fail;
  assertSameType<ReturnType<typeof wider.result>, string>();
  return fail;
}

export async function unknown(value: unknown) {
  if (isFuture(value)) {
    const result = await value;
    assertSameType<typeof result, unknown>();
    return value.cancelled();
  }
  const parsed = await createTask(async () => JSON.parse("{}") as unknown);
  assertSameType<typeof parsed, unknown>();
  return typeof parsed === "string" && parsed.length > 0;
}

export async function either(work: Future<number> | Promise<string>, both: Task<1> | Task<"x">) {
  const future = ensureFuture(work);
  assertSameType<typeof future, Future<number> | Future<string>>();
  const results = await gather(work, both);
  assertSameType<typeof results, [string | number, 1 | "x"]>();
  const value = await both;
  assertSameType<typeof value, 1 | "x">();
  return await future;
}
assertSameType<ReturnType<typeof either>, Promise<string | number>>();
