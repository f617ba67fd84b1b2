/**
 * The future by which `await using`, and the end of an iteration, wait for the end of a task.
 *
 * @module
 */

import { Future } from "../../future.ts";
import { whenDone } from "../future/waiters.ts";
import { ANY_CODE, deliverFirst } from "./delivery.ts";

/** Cannot be cancelled, so that the block waits to the end. */
class End<T> extends Future<T> {
  override cancel(): boolean {
    return false;
  }
}

/**
 * Returns a future of the end of `task`, however that ends.
 *
 * @param result What the future has as its result then.
 */
export function endOf<T = void>(task: Future<unknown>, result?: T): Future<T> {
  const end = new End<T>({ loop: task.getLoop() });
  // An error of the block would hide a request that is thrown here.
  deliverFirst(end, ANY_CODE);
  // A waiter rather than `await`, which would retrieve the exception.
  whenDone(task, { notify: () => end.setResult(result as T), label: "await using" });
  return end;
}
