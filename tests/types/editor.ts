/**
 * A program with the names that are used most. `tools/package/editor.ts` finds out what an editor
 * shows for each `^?`, which points at a name, and for each `^|`, where a name is to be completed.
 * The only numbers among the arguments are times.
 *
 * @module
 */

import {
  asCompleted,
  AsyncContext,
  CancelledError,
  createTask,
  ensureFuture,
  Future,
  gather,
  getEventLoop,
  run,
  shield,
  sleep,
  Task,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "@asyncio/future";

const { signal } = new AbortController();
const promise = Promise.resolve("done");
function* work() {
  yield* sleep(1);
  //     ^?
  return "done";
}

const future = new Future<string>();
//                 ^?
future.setResult("done");
//     ^?
future.cancel("no longer needed");
//     ^?

const task: Task<string> = new Task(async () => "done");
//          ^?                 ^?
createTask(async () => "done");
// ^?
run(async () => "done");
//^?

sleep(1, { result: "done" });
// ^?

gather(future, promise);
// ^?
gather(future, promise, { signal });
// ^?
gather(future, promise, { returnExceptions: true });
// ^?
gather(...[future, task]);
// ^?

wait([future, task]);
// ^?
waitFor(promise, 5);
// ^?
timeout(5, async () => "done");
// ^?
taskGroup(async (group) => {
  // ^?
  group.createTask(work);
  //    ^|
});
asCompleted([future, task]);
// ^?
shield(future);
// ^?

ensureFuture(promise);
// ^?
ensureFuture(work());
// ^?
ensureFuture(future);
// ^?

new CancelledError("no longer needed");
//  ^?
new AsyncContext.Variable<string>();
//               ^?

future.done();
//     ^|
task.done();
//   ^|
const loop = getEventLoop();
loop.callLater(5, () => {});
//   ^|

new Future({});
//          ^|
createTask(work, {});
//                ^|
run(work, {});
//         ^|
sleep(1, {});
//        ^|
gather(future, promise, {});
//                       ^|
wait([future], {});
//              ^|
waitFor(promise, 5, {});
//                   ^|
timeout(5, work, {});
//                ^|
taskGroup(work, {});
//               ^|
asCompleted([future], {});
//                     ^|
shield(future, {});
//              ^|
ensureFuture(promise, {});
//                     ^|
new AsyncContext.Variable({});
//                         ^|
