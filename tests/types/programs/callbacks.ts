/** Callback interfaces as futures, and callbacks of futures and loops. */

import { createTask, Future, getEventLoop, sleep } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

type NodeCallback<T> = (error: Error | null, value?: T) => void;

/** What `util.promisify` does. */
export function promisify<A extends unknown[], T>(
  fn: (...args: [...A, NodeCallback<T>]) => void,
) {
  return (...args: A) => {
    const future = new Future<T>();
    fn(...args, (error, value) => {
      if (error) future.setException(error);
      else future.setResult(value as T);
    });
    return future;
  };
}

const stat = promisify((path: string, callback: NodeCallback<{ size: number }>) => {
  callback(null, { size: path.length });
});
assertSameType<typeof stat, (path: string) => Future<{ size: number }>>();

export async function main(log: (line: string) => void) {
  const { size } = await stat("/etc/hosts");
  assertSameType<typeof size, number>();
  const task = createTask(async () => size);
  task.addDoneCallback((done) => {
    if (done.cancelled()) return log(`${done.getName()} was cancelled`);
    log(done.failed() ? String(done.exception()) : `${done.result() + 1}`);
  });
  const onDone = (future: Future<number>) => log(String(future));
  task.addDoneCallback(onDone);
  const removed = task.removeDoneCallback(onDone);
  assertSameType<typeof removed, number>();
  task.addDoneCallback(() => createTask(async () => await sleep(1)));

  const loop = getEventLoop();
  const timer = loop.callLater(1_000, () => log("late"), { persistent: false });
  assertSameType<ReturnType<typeof timer.when>, number>();
  loop.callAt(loop.time() + 5, () => timer.cancel());
  loop.callSoon(log.bind(null, "soon")).cancel();
  loop.setExceptionHandler((loop, { message, exception, future }) => {
    assertSameType<typeof exception, unknown>();
    assertSameType<typeof future, Future<unknown> | undefined>();
    log(`${message} ${loop.time()}`);
  });
  return task.getLoop() === loop;
}
