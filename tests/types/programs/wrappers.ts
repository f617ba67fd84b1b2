/** Wrappers that an application has of what it calls everywhere. */

import {
  type Coroutine,
  createTask,
  type Future,
  gather,
  type Task,
  type TaskGroup,
  taskGroup,
  type TaskOptions,
  timeout,
  waitFor,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

interface User {
  id: number;
  name: string;
}

const loadUser = async (id: number) => ({ id, name: `user ${id}` }) as User;

/** Logs how a task ends. */
function logged<T>(name: string, coro: Coroutine<T>, options: TaskOptions = {}) {
  const task = createTask(coro, { ...options, name });
  task.addDoneCallback((task) => console.log(task.getName(), String(task)));
  return task;
}

function all<T>(...coros: Coroutine<T>[]) {
  return gather(...coros.map((coro) => createTask(coro)));
}

function withDefault<T, D>(future: Future<T>, ms: number, value: D) {
  return waitFor(future, ms).catch(() => value);
}

function limited<T>(body: () => Promise<T>, ms = 5_000) {
  return timeout(ms, body);
}

async function inGroup<T>(items: Iterable<T>, work: (item: T) => Promise<void>) {
  await taskGroup((group) => {
    for (const item of items) group.createTask(() => work(item));
  });
}

const group = <T>(body: (group: TaskGroup) => T) => taskGroup(body);

export async function main() {
  const task = logged("user 1", () => loadUser(1));
  assertSameType<typeof task, Task<User>>();
  const user = await task;
  assertSameType<typeof user, User>();
  const users = await all(() => loadUser(1), () => loadUser(2));
  assertSameType<typeof users, User[]>();
  const names = users.map(({ name }) => name);
  assertSameType<typeof names, string[]>();
  const found = await withDefault(task, 5, null);
  assertSameType<typeof found, User | null>();
  const inTime = await limited(() => loadUser(3));
  assertSameType<typeof inTime, User>();
  const nothing = inGroup(names, async (name) => console.log(name.length));
  assertSameType<typeof nothing, Promise<void>>();
  const size = await group(() => names.length);
  assertSameType<typeof size, number | undefined>();
}
