import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { CancelledError, Future, InvalidStateError } from "../../mod.ts";
import { microtasks } from "../helpers/turns.ts";

/** A future in as few words as possible, which queues its calls. */
class Model {
  state: "pending" | "result" | "exception" | "cancelled" = "pending";
  value: unknown;
  callbacks: string[] = [];
  constructor(readonly name: string, readonly queue: string[]) {}

  settle(state: Model["state"], value: unknown): void {
    if (this.state !== "pending") throw new InvalidStateError();
    this.state = state;
    this.value = value;
    this.queue.push(...this.callbacks.splice(0).map((callback) => `${callback} ${this.name}`));
  }
  setResult = (value: unknown) => this.settle("result", value);
  setException = (exception: unknown) => this.settle("exception", exception);
  cancel(): boolean {
    if (this.state !== "pending") return false;
    this.settle("cancelled", undefined);
    return true;
  }
  add(callback: string): void {
    if (this.state === "pending") this.callbacks.push(callback);
    else this.queue.push(`${callback} ${this.name}`);
  }
  remove(callback: string): number {
    const before = this.callbacks.length;
    this.callbacks = this.callbacks.filter((each) => each !== callback);
    return before - this.callbacks.length;
  }
  outcome(): unknown {
    if (this.state === "pending") throw new InvalidStateError();
    if (this.state === "cancelled") throw new CancelledError();
    return this.value;
  }
  result(): unknown {
    if (this.state === "exception") throw this.value;
    return this.outcome();
  }
  exception(): unknown {
    return this.state === "result" ? null : this.outcome();
  }
}

const OPERATIONS = [
  "setResult",
  "setException",
  "cancel",
  "add",
  "remove",
  "then",
  "wait",
  "result",
  "exception",
  "flush",
] as const;
type Operation = { name: typeof OPERATIONS[number]; future: number; argument: number };

const operation: fc.Arbitrary<Operation> = fc.record({
  name: fc.constantFrom(...OPERATIONS),
  future: fc.nat(2),
  argument: fc.nat(2),
});

/** Returns the result or the error of a call, told apart. */
function attempt(call: () => unknown): unknown {
  try {
    return ["returned", call()];
  } catch (error) {
    return ["threw", error instanceof Error ? error.name : error];
  }
}

Deno.test("Future behaves as its model under any sequence of operations", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
      const calls: string[] = [];
      const queue: string[] = [];
      const futures = [0, 1, 2].map(() => new Future<unknown>());
      const models = futures.map((_, i) => new Model(`${i}`, queue));
      const callbacks = [0, 1, 2].map((i) => (future: Future<unknown>) => {
        calls.push(`callback${i} ${futures.indexOf(future)}`);
        // The last callback settles another future, as callbacks do.
        if (i === 2 && !futures[0]!.done()) futures[0]!.setResult("from a callback");
      });
      const flush = async () => {
        await microtasks();
        while (queue.length > 0) {
          const call = queue.shift()!;
          expected.push(call);
          if (call.startsWith("callback2") && models[0]!.state === "pending") {
            models[0]!.setResult("from a callback");
          }
        }
      };
      const expected: string[] = [];
      for (const { name, future: i, argument } of operations) {
        const [future, model] = [futures[i]!, models[i]!];
        const note = () => void calls.push(`${name} ${i}`);
        const pairs = {
          setResult: [() => future.setResult(argument), () => model.setResult(argument)],
          setException: [() => future.setException(argument), () => model.setException(argument)],
          cancel: [() => future.cancel(), () => model.cancel()],
          add: [
            () => future.addDoneCallback(callbacks[argument]!),
            () => model.add(`callback${argument}`),
          ],
          remove: [
            () => future.removeDoneCallback(callbacks[argument]!),
            () => model.remove(`callback${argument}`),
          ],
          then: [() => void future.then(note, note), () => model.add("then")],
          // The call that `await` makes, without the job in which the engine makes it.
          wait: [
            () => void new Promise((...both) => future.then(...both)).then(note, note),
            () => model.add("wait"),
          ],
          result: [() => future.result(), () => model.result()],
          exception: [() => future.exception(), () => model.exception()],
          flush: [() => {}, () => {}],
        } satisfies Record<Operation["name"], [() => unknown, () => unknown]>;
        const [real, modelled] = pairs[name];
        assertEquals(attempt(real), attempt(modelled), name);
        if (name === "flush") await flush();
        assertEquals(
          futures.map((future) => [future.done(), future.cancelled()]),
          models.map(({ state }) => [state !== "pending", state === "cancelled"]),
        );
      }
      await flush();
      assertEquals(calls, expected);
      for (const [i, future] of futures.entries()) {
        assertEquals(attempt(() => future.exception()), attempt(() => models[i]!.exception()));
      }
    }),
    { numRuns: 2_000 },
  );
});
