/**
 * The contenders of Effection: `withResolvers` for a future, `spawn` for a task.
 *
 * @module
 */

import { all, type Operation, run, sleep, spawn, type Task, until, withResolvers } from "effection";
import { type Contenders, immediate, resolved, sink } from "../scenarios.ts";

/** The scenarios that have a counterpart in Effection. */
export const contenders: Contenders = {
  yielding: immediate((count) =>
    run(function* () {
      let sum = 0;
      let next = 0;
      let resolve!: (value: number) => void;
      const settle = () => resolve(next++);
      for (let i = 0; i < count; i++) {
        const deferred = withResolvers<number>();
        resolve = deferred.resolve;
        resolved.then(settle);
        sum += yield* deferred.operation;
      }
      return sum;
    })
  ),

  settling: immediate((count) =>
    run(function* () {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const { operation, resolve } = withResolvers<number>();
        resolve(i);
        sink.value = operation;
        sum += yield* operation;
      }
      return sum;
    })
  ),

  tasks: immediate((count) =>
    run(function* () {
      const tasks: Task<number>[] = [];
      for (let i = 0; i < count; i++) {
        tasks.push(
          yield* spawn(function* () {
            yield* until(resolved);
            return i;
          }),
        );
      }
      let sum = 0;
      for (const task of tasks) sum += yield* task;
      return sum;
    })
  ),

  sleeping: immediate((count) =>
    run(function* () {
      const sleeps: Operation<number>[] = [];
      for (let i = 0; i < count; i++) sleeps.push(sleepFor(1, i));
      let sum = 0;
      for (const value of yield* all(sleeps)) sum += value;
      return sum;
    })
  ),

  gathering(count) {
    const deferreds = Array.from({ length: count }, () => withResolvers<number>());
    const operations = deferreds.map(({ operation }) => operation);
    return async () => {
      const gathered = run(() => all(operations));
      for (let i = 0; i < count; i++) deferreds[i]!.resolve(i);
      let sum = 0;
      for (const value of await gathered) sum += value;
      return sum;
    };
  },
};

/** Sleeps, and returns `value`, since the `sleep` of Effection has no result. */
function* sleepFor<T>(ms: number, value: T): Operation<T> {
  yield* sleep(ms);
  return value;
}
