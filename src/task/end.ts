/**
 * The future by which `await using` waits for the end of a task.
 *
 * @module
 */

import { Future } from "../../future.ts";
import { whenDone } from "../future/waiters.ts";
import { ANY_CODE, deliveredFirst } from "./passing.ts";

/** Cannot be cancelled, so that the block waits to the end. */
class End extends Future<void> {
  override cancel(): boolean {
    return false;
  }
}

/** Returns a future of the end of `task`, however that ends. */
export function endOf(task: Future<unknown>): Future<void> {
  const end = new End({ loop: task.getLoop() });
  // An error of the block would hide a request that is thrown here.
  deliveredFirst.set(end, ANY_CODE);
  // A waiter rather than `await`, which would retrieve the exception.
  whenDone(task, { notify: () => end.setResult(), label: "await using" });
  return end;
}
