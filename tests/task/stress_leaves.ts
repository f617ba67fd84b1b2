/**
 * The tasks of the chaos test, other than its groups. Most ways to wait exist as a generator and as
 * an async function.
 *
 * @module
 */

import {
  asCompleted,
  currentTask,
  Future,
  gather,
  shield,
  sleep,
  type Task,
  type TaskGroup,
  taskGroup,
  timeout,
  waitFor,
} from "../../mod.ts";
import type { Chaos, Code, Started } from "./stress_chaos.ts";
import { isDoom, makeReason, OWN, SCOPE } from "./stress_requests.ts";

/** Rethrows an error unless it is of a kind that the tasks of the test fail with. */
function expect(error: unknown): void {
  if (!isDoom(error)) throw error;
}

// Leaves that wait for themselves
// -------------------------------

export const SIMPLE: ((chaos: Chaos, isDoomed: boolean) => Code)[] = [
  (chaos, isDoomed) =>
    function* steps(my) {
      try {
        for (let left = Math.floor(chaos.random() * 4); left > 0; left--) {
          yield* chaos.chance(0.2) ? my.givesWay() : my.yields(chaos.nap(), OWN);
        }
        if (isDoomed) throw new RangeError("doomed");
        if (chaos.chance(0.3)) yield* my.yields(sleep(60_000), OWN);
      } finally {
        // Some clean up, some are asked to end while they do.
        if (chaos.chance(0.1)) yield* my.yields(sleep(0), OWN);
      }
    },
  (chaos, isDoomed) =>
    async function asyncSteps(my) {
      try {
        await my.awaits(chaos.nap(), OWN);
        if (isDoomed) throw new RangeError("doomed");
        if (chaos.chance(0.3)) await my.awaits(sleep(60_000), OWN);
      } finally {
        if (chaos.chance(0.1)) await my.awaits(sleep(0), OWN);
      }
    },
  (chaos, isDoomed) =>
    function* stubborn(my) {
      try {
        yield* my.yields(chaos.nap(), OWN);
      } catch {
        if (chaos.chance(0.5) && currentTask()!.uncancel() === 0) my.noteTakenBack();
      }
      if (isDoomed) throw new RangeError("doomed");
      yield* my.yields(chaos.nap(), OWN);
    },
  (chaos, isDoomed) =>
    async function asyncStubborn(my) {
      try {
        await my.awaits(chaos.nap(), OWN);
      } catch {
        if (chaos.chance(0.5) && currentTask()!.uncancel() === 0) my.noteTakenBack();
      }
      if (isDoomed) throw new RangeError("doomed");
      await my.awaits(chaos.nap(), OWN);
    },
  (chaos, isDoomed) =>
    async function asksItself(my) {
      if (isDoomed) throw new RangeError("doomed");
      const me = currentTask()!;
      me.cancel(makeReason());
      if (chaos.chance(0.3)) {
        if (me.uncancel() === 0) my.noteTakenBack();
      } else if (chaos.chance(0.5)) {
        await my.awaits(chaos.nap(), OWN);
      }
    },
];

// Leaves with children
// --------------------

export const COMPLEX: ((chaos: Chaos) => Code)[] = [
  (chaos) =>
    function* waitsFor(my) {
      const { task, requests } = chaos.startLoose(chaos.leaf());
      try {
        yield* my.yields(waitFor(task, chaos.limit()), { children: [requests] });
      } catch (error) {
        expect(error);
      }
      if (chaos.chance(0.5)) yield* my.yields(chaos.nap(), OWN);
    },
  (chaos) =>
    async function asyncWaitsFor(my) {
      const { task, requests } = chaos.startLoose(chaos.leaf());
      try {
        await my.awaits(waitFor(task, chaos.limit()), { children: [requests] });
      } catch (error) {
        expect(error);
      }
      if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* gathers(my) {
      const { tasks, requests: children } = chaos.startChildren();
      const returnExceptions = chaos.chance(0.5);
      try {
        yield* my.yields(gather(...tasks, { returnExceptions }), { children });
      } catch (error) {
        expect(error);
      }
      if (chaos.chance(0.5)) yield* my.yields(chaos.nap(), OWN);
    },
  (chaos) =>
    async function asyncGathers(my) {
      const { tasks, requests: children } = chaos.startChildren();
      const returnExceptions = chaos.chance(0.5);
      try {
        await my.awaits(gather(...tasks, { returnExceptions }), { children });
      } catch (error) {
        expect(error);
      }
      if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* shields(my) {
      try {
        yield* my.yields(shield(chaos.startLoose(chaos.leaf()).task));
      } catch (error) {
        expect(error);
      }
    },
  (chaos) =>
    async function asyncShields(my) {
      try {
        await my.awaits(shield(chaos.startLoose(chaos.leaf()).task));
      } catch (error) {
        expect(error);
      }
      await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* takesEachStep(my) {
      for (const next of asCompleted(chaos.startChildren().tasks, { timeout: chaos.limit() })) {
        try {
          yield* my.yields(next);
        } catch (error) {
          expect(error);
          if (chaos.chance(0.2)) break;
        }
      }
    },
  (chaos) =>
    async function takesEach(my) {
      const { tasks } = chaos.startChildren();
      try {
        await my.tries(async () => {
          for await (const child of asCompleted(tasks, { timeout: chaos.limit() })) {
            if (child.cancelled() && chaos.chance(0.5)) break;
            if (chaos.chance(0.2)) break;
            if (chaos.chance(0.2)) throw new RangeError("doomed in the loop");
            if (chaos.chance(0.3)) await my.awaits(chaos.nap(), OWN);
          }
        });
      } catch (error) {
        if (chaos.chance(0.3)) throw error;
        expect(error);
      }
      await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    async function disposes(my) {
      try {
        await using child = chaos.startLoose(chaos.leaf()).task;
        if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
        if (chaos.chance(0.3)) throw new RangeError(`doomed, with ${child.getName()}`);
      } catch (error) {
        if (chaos.chance(0.3)) throw error;
        expect(error);
      }
      if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* hasChildFailInItsTurn(my) {
      const { child, cause } = failInTheTurnOf(chaos, currentTask()!);
      try {
        yield* my.yields(child.task, { children: [child.requests] });
      } catch (error) {
        expect(error);
      } finally {
        cause.cancel();
      }
      if (chaos.chance(0.5)) yield* my.yields(chaos.nap(), OWN);
    },
  (chaos) =>
    async function hasChildFailInItsAsyncTurn(my) {
      const { child, cause } = failInTheTurnOf(chaos, currentTask()!);
      try {
        await my.awaits(child.task, { children: [child.requests] });
      } catch (error) {
        expect(error);
      } finally {
        cause.cancel();
      }
      if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* hasLimit(my) {
      const me = currentTask()!;
      const body = function* () {
        try {
          yield* my.yields(chaos.nap(), OWN);
          if (chaos.chance(0.2)) throw new RangeError("doomed in the scope");
          if (chaos.chance(0.5)) yield* my.yields(chaos.nap(), OWN);
        } finally {
          if (chaos.chance(0.3)) yield* my.yields(sleep(0), OWN);
        }
      };
      try {
        const limit = chaos.limit();
        if (chaos.chance(0.3)) chaos.askAt(limit, me);
        yield* my.yields(timeout(limit, (scope) => my.inLimitInSteps(scope, body())), SCOPE);
      } catch (error) {
        expect(error);
      }
      if (chaos.chance(0.5)) yield* my.yields(chaos.nap(), OWN);
    },
  (chaos) =>
    async function hasAsyncLimit(my) {
      const me = currentTask()!;
      const body = async () => {
        try {
          await my.awaits(chaos.nap(), OWN);
          if (chaos.chance(0.2)) throw new RangeError("doomed in the scope");
          if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
        } finally {
          if (chaos.chance(0.3)) await my.awaits(sleep(0), OWN);
        }
      };
      try {
        const limit = chaos.limit();
        if (chaos.chance(0.3)) chaos.askAt(limit, me);
        await my.awaits(timeout(limit, (scope) => my.inLimit(scope, body)), SCOPE);
      } catch (error) {
        expect(error);
      }
      if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* hasGroup(my) {
      const me = currentTask()!;
      const body = function* (group: TaskGroup) {
        chaos.start(chaos.leaf(), (coro, options) => group.createTask(coro, options));
        if (chaos.chance(0.3)) group.cancel();
        yield* my.yields(chaos.nap(), OWN);
      };
      try {
        yield* my.yields(taskGroup((group) => my.inGroupInSteps(group, body(group))), SCOPE);
      } catch (error) {
        expect(error);
        // A group that fails makes the request anew, though its body was thrown that.
        if (me.cancelling() > 0) my.noteRenewed();
      }
      if (chaos.chance(0.5)) yield* my.yields(chaos.nap(), OWN);
    },
  // Queue and slot
  (chaos) =>
    async function puts(my) {
      await my.awaits(chaos.nap(), OWN);
      chaos.putItem();
      await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* takes(my) {
      chaos.noteUsed(yield* my.triesInSteps(chaos.queue.getInSteps()));
      if (chaos.chance(0.5)) yield* my.yields(chaos.nap(), OWN);
    },
  (chaos) =>
    async function asyncTakes(my) {
      chaos.noteUsed(await my.tries(() => chaos.queue.get()));
      if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* takesInTime(my) {
      try {
        const get = () => chaos.chance(0.5) ? chaos.queue.getInSteps() : chaos.queue.get();
        chaos.noteUsed(yield* my.yields(timeout(chaos.limit(), get), SCOPE));
      } catch (error) {
        expect(error);
      }
      if (chaos.chance(0.5)) yield* my.yields(chaos.nap(), OWN);
    },
  (chaos) =>
    async function asyncTakesInTime(my) {
      try {
        const get = () => chaos.chance(0.5) ? chaos.queue.getInSteps() : chaos.queue.get();
        chaos.noteUsed(await my.awaits(timeout(chaos.limit(), get), SCOPE));
      } catch (error) {
        expect(error);
      }
      if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    async function takesInTaskInTime(my) {
      let item: number | undefined;
      const { task, requests } = chaos.startLoose(async function getter(its) {
        item = await its.tries(() => chaos.queue.get());
      });
      try {
        await my.awaits(waitFor(task, chaos.random() * 3), { children: [requests] });
      } catch (error) {
        if (item !== undefined) chaos.queue.giveBack(item);
        item = undefined;
        expect(error);
      }
      if (item !== undefined) chaos.noteUsed(item);
      if (chaos.chance(0.5)) await my.awaits(chaos.nap(), OWN);
    },
  (chaos) =>
    function* holds(my) {
      yield* my.triesInSteps(chaos.slot.acquireInSteps());
      try {
        yield* my.yields(chaos.nap(), OWN);
      } finally {
        chaos.slot.release();
      }
    },
  (chaos) =>
    async function asyncHolds(my) {
      await my.tries(() => chaos.slot.acquire());
      try {
        await my.awaits(chaos.nap(), OWN);
      } finally {
        chaos.slot.release();
      }
    },
  (chaos) =>
    async function holdsInTime(my) {
      const body = async () => {
        await my.tries(() => chaos.slot.acquire());
        try {
          await my.awaits(chaos.nap(), OWN);
        } finally {
          chaos.slot.release();
        }
      };
      try {
        await my.awaits(timeout(chaos.limit(), (scope) => my.inLimit(scope, body)), SCOPE);
      } catch (error) {
        expect(error);
      }
    },
];

/** Starts a child that fails in the turn in which its parent is cancelled, before or after it. */
function failInTheTurnOf(
  chaos: Chaos,
  parent: Task<unknown>,
): { child: Started; cause: Future<never> } {
  const cause = new Future<never>();
  const child = chaos.startLoose(chaos.pick<Code>([
    function* fails(my) {
      yield* my.yields(cause, OWN);
    },
    async function asyncFails(my) {
      await my.awaits(cause, OWN);
    },
  ]));
  const fail = () => {
    if (cause.done()) return;
    cause.setException(new RangeError("doomed in the turn"));
    // The child may never get to the wait.
    cause.exception();
  };
  const ask = () => void parent.cancel(makeReason());
  chaos.loop.callLater(chaos.random() * 2, () => {
    const [first, second] = chaos.pick([[fail, ask], [ask, fail]]) as [() => void, () => void];
    first();
    const when = chaos.random();
    if (when < 0.4) second();
    else if (when < 0.6) chaos.loop.callSoon(second);
    else chaos.inMicrotasks(second);
  });
  return { child, cause };
}
