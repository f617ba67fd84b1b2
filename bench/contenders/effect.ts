/**
 * The contenders of Effect: a `Deferred` for a future, a fiber for a task, `Effect.gen` for code
 * that waits.
 *
 * @module
 */

import { Deferred, Effect, Exit, Fiber, Queue, Semaphore } from "effect";
import {
  BATCH,
  CONSUMERS,
  type Contender,
  type Contenders,
  immediate,
  resolved,
  sink,
} from "../scenarios.ts";

/** Acquires and releases a semaphore with one permit, for which nobody waits. */
const lockEach = immediate((count) =>
  Effect.runPromise(Effect.gen(function* () {
    const semaphore = yield* Semaphore.make(1);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += yield* semaphore.withPermit(Effect.succeed(i));
    return sum;
  }))
);

/** Makes a contender that passes items through a queue with a number of consumers. */
function consume(consumers: number): Contender {
  return immediate((count) =>
    Effect.runPromise(Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(BATCH);
      let sum = 0;
      let wanted = count;
      const getItems = Effect.gen(function* () {
        while (wanted-- > 0) {
          const item = yield* Queue.take(queue);
          sum += item;
        }
      });
      const fibers: Fiber.Fiber<void>[] = [];
      for (let i = 0; i < consumers; i++) fibers.push(yield* Effect.forkChild(getItems));
      for (let i = 0; i < count; i++) yield* Queue.offer(queue, i);
      for (const fiber of fibers) yield* Fiber.join(fiber);
      return sum;
    }))
  );
}

/** The scenarios that have a counterpart in Effect. */
export const contenders: Contenders = {
  yielding: immediate((count) =>
    Effect.runPromise(Effect.gen(function* () {
      let sum = 0;
      let next = 0;
      let deferred: Deferred.Deferred<number>;
      const settle = () => {
        Deferred.doneUnsafe(deferred, Exit.succeed(next++));
      };
      for (let i = 0; i < count; i++) {
        deferred = yield* Deferred.make<number>();
        resolved.then(settle);
        sum += yield* Deferred.await(deferred);
      }
      return sum;
    }))
  ),

  settling: immediate((count) =>
    Effect.runPromise(Effect.gen(function* () {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const deferred = yield* Deferred.make<number>();
        yield* Deferred.succeed(deferred, i);
        sink.value = deferred;
        sum += yield* Deferred.await(deferred);
      }
      return sum;
    }))
  ),

  tasks: immediate((count) =>
    Effect.runPromise(Effect.gen(function* () {
      const fibers: Fiber.Fiber<number>[] = [];
      for (let i = 0; i < count; i++) {
        const run = Effect.gen(function* () {
          yield* Effect.promise(() => resolved);
          return i;
        });
        fibers.push(yield* Effect.forkChild(run));
      }
      let sum = 0;
      for (const fiber of fibers) sum += yield* Fiber.join(fiber);
      return sum;
    }))
  ),

  sleeping: immediate((count) =>
    Effect.runPromise(Effect.gen(function* () {
      const sleeps: Effect.Effect<number>[] = [];
      for (let i = 0; i < count; i++) sleeps.push(Effect.as(Effect.sleep(1), i));
      let sum = 0;
      for (const value of yield* Effect.all(sleeps, { concurrency: "unbounded" })) sum += value;
      return sum;
    }))
  ),

  signalling: immediate(async (count) => {
    const { signal } = new AbortController();
    const deferreds: Deferred.Deferred<number>[] = [];
    const fibers: Fiber.Fiber<number>[] = [];
    for (let i = 0; i < count; i++) {
      const deferred = Deferred.makeUnsafe<number>();
      deferreds.push(deferred);
      fibers.push(Effect.runFork(Deferred.await(deferred), { signal }));
    }
    for (let i = 0; i < count; i++) Deferred.doneUnsafe(deferreds[i]!, Exit.succeed(i));
    let sum = 0;
    for (const value of await Effect.runPromise(Fiber.joinAll(fibers))) sum += value;
    return sum;
  }),

  gathering(count) {
    const deferreds = Array.from({ length: count }, () => Deferred.makeUnsafe<number>());
    const effects = deferreds.map((deferred) => Deferred.await(deferred));
    return async () => {
      const all = Effect.runPromise(Effect.all(effects, { concurrency: "unbounded" }));
      for (let i = 0; i < count; i++) Deferred.doneUnsafe(deferreds[i]!, Exit.succeed(i));
      let sum = 0;
      for (const value of await all) sum += value;
      return sum;
    };
  },

  locking: lockEach,
  lockingInGenerator: lockEach,

  lockingByMany: immediate((count) =>
    Effect.runPromise(Effect.gen(function* () {
      const semaphore = yield* Semaphore.make(1);
      yield* semaphore.take(1);
      let sum = 0;
      const fibers: Fiber.Fiber<void>[] = [];
      for (let i = 0; i < count; i++) {
        const add = Effect.sync(() => {
          sum += i;
        });
        const options = { startImmediately: true };
        fibers.push(yield* Effect.forkChild(semaphore.withPermit(add), options));
      }
      yield* semaphore.release(1);
      for (const fiber of fibers) yield* Fiber.join(fiber);
      return sum;
    }))
  ),

  consuming: consume(1),
  consumingByMany: consume(CONSUMERS),
  consumingInGenerator: consume(1),
  consumingByManyInGenerators: consume(CONSUMERS),
};
