/**
 * Random programs of several tasks, which record in what order their parts run.
 *
 * @module
 */

import {
  createTask,
  Event,
  Future,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  sleep,
  type Task,
  wait,
} from "../../mod.ts";
import { kinds, type Wait } from "./kinds.ts";

/** Numbers that follow from a seed: a linear congruential generator. */
export function makeNumbers(seed: number): (count: number) => number {
  let state = seed >>> 0;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * count);
  };
}

/** What a task of a random program does in a step. */
const ACTIONS = [
  "nothing",
  "lock",
  "put",
  "get",
  "set",
  "wait for the event",
  "callSoon",
  "await the shared future",
  "settle the shared future",
  "gather",
  "cancel another",
  "sleep",
] as const;

/**
 * Makes the main coroutine of a random program, and the list in which its parts note that they run.
 *
 * @param seed Decides what the program does.
 * @param times How long a task may sleep, in milliseconds; 0 for programs without timers.
 */
export function makeTraced(
  seed: number,
  times = 0,
): { main: () => Promise<void>; trace: string[] } {
  const next = makeNumbers(seed);
  const codes = Array.from({ length: 2 + next(4) }, () => ({
    kind: next(2),
    steps: Array.from({ length: 1 + next(6) }, () => ({
      does: ACTIONS[next(ACTIONS.length)]!,
      choice: next(8),
      ms: next(times + 1),
    })),
  }));
  const trace: string[] = [];
  const main = async () => {
    const lock = new Lock();
    const queue = new Queue<string>({ maxsize: 2 });
    const event = new Event();
    const shared = [new Future<number>(), new Future<number>()];
    const tasks: Task<unknown>[] = [];
    const body = (index: number) =>
      kinds[codes[index]!.kind]![1](function* (wait: Wait): Generator<unknown, void> {
        const note = (text: string) => trace.push(`${index} ${text}`);
        note("starts");
        for (const { does, choice, ms } of codes[index]!.steps) {
          const future = shared[choice % 2]!;
          try {
            yield* wait(sleep(ms));
            note(does);
            if (does === "lock") {
              const guard = yield* wait(lock.acquire());
              try {
                note("has the lock");
                yield* wait(sleep(ms));
              } finally {
                guard[Symbol.dispose]();
              }
            } else if (does === "put") {
              queue.putNowait(`item of ${index}`);
            } else if (does === "get" && !queue.empty()) {
              note(`got ${yield* wait(queue.get())}`);
            } else if (does === "set") {
              event.set();
            } else if (does === "wait for the event" && event.isSet()) {
              yield* wait(event.wait());
              note("has seen the event");
            } else if (does === "callSoon") {
              getRunningLoop().callSoon(() => note("callback"));
            } else if (does === "await the shared future" && future.done()) {
              note(`got ${yield* wait(future)}`);
            } else if (does === "settle the shared future") {
              future.addDoneCallback(() => note("done callback"));
              future.setResultUnlessDone(index);
            } else if (does === "gather") {
              yield* wait(gather(sleep(ms), sleep(0), createTask(() => note("child"))));
              note("gathered");
            } else if (does === "cancel another") {
              tasks[choice % tasks.length]!.cancel();
            }
          } catch (error) {
            note(String(error));
          }
        }
        note("ends");
      });
    codes.forEach((_, index) => tasks.push(createTask(() => body(index)(undefined))));
    await wait(tasks);
  };
  return { main, trace };
}
