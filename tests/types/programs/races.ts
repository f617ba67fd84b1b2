/** The first of several, and limits without an error. */

import {
  cancelAndWait,
  createTask,
  type Future,
  moveOnAfter,
  moveOnAt,
  race,
  sleep,
  type Task,
  wait,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

const mirrors = ["https://a.example.com", "https://b.example.com"];

export async function fastest(path: string, signal?: AbortSignal) {
  const tasks = mirrors.map((mirror) =>
    createTask(async (signal) => (await fetch(mirror + path, { signal })).status)
  );
  const first = race(tasks, { signal });
  assertSameType<typeof first, Future<number>>();
  const either = await race([first, sleep(1, { result: null })]);
  assertSameType<typeof either, number | null>();
  const ofKinds = race(new Set([createTask(() => 1), Promise.resolve("x")]));
  assertSameType<typeof ofKinds, Future<string | number>>();
  return either;
}

export async function orNothing(loop = createTask(() => 1).getLoop()) {
  const text = await moveOnAfter(5, async (scope) => {
    scope.reschedule(loop.time() + 10);
    return String(scope.when());
  });
  assertSameType<typeof text, string | undefined>();
  const size = await moveOnAt(loop.time() + 5, function* () {
    return yield* sleep(1, { result: 42 });
  });
  assertSameType<typeof size, number | undefined>();
  return text?.padStart(size ?? 0) ?? "";
}

export async function firstOf(tasks: Iterable<Task<string>>) {
  const { done, pending } = await wait(tasks, { returnWhen: "FIRST_COMPLETED" });
  assertSameType<typeof done, Set<Task<string>>>();
  const ended = cancelAndWait(pending, "too late");
  assertSameType<typeof ended, Future<void>>();
  await ended;
  const [first] = done;
  return first?.result();
}
