/** Values that follow the work: the user of a request, a trace. */

import { AsyncContext, type Context, createTask, Future, getEventLoop } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

interface User {
  name: string;
}

const user = new AsyncContext.Variable<User>();
const trace = new AsyncContext.Variable({ name: "trace", defaultValue: "none" });

export function handle<T>(name: string, work: () => T) {
  return user.run({ name }, work);
}

export async function main() {
  const found = user.get();
  assertSameType<typeof found, User | undefined>();
  const id = trace.get();
  assertSameType<typeof id, string | undefined>();
  const task = handle("ada", () => createTask(async () => user.get()?.name ?? "nobody"));
  const name = await task;
  assertSameType<typeof name, string>();
  const sum = trace.run("1", (a: number, b: number) => a + b, 1, 2);
  assertSameType<typeof sum, number>();

  const snapshot = new AsyncContext.Snapshot();
  const length = snapshot.run((text: string) => text.length, name);
  assertSameType<typeof length, number>();
  const wrapped = AsyncContext.Snapshot.wrap((event: Event) => event.type);
  addEventListener("load", (event) => console.log(wrapped(event)));

  const context: Context = task.getContext();
  new Future<number>().addDoneCallback((future) => console.log(future.result()), { context });
  getEventLoop().callSoon(() => console.log(user.get()), { context: snapshot });
  return await createTask(() => trace.get(), { context });
}
