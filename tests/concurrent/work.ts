/**
 * What the tests run in workers.
 *
 * @module
 */

import { ContextVar, currentTask, sleep } from "../../mod.ts";
import {
  callSignal,
  callSoonThreadsafe,
  expose,
  type LoopRef,
  runCoroutineThreadsafe,
  transfer,
} from "../../concurrent.ts";

/** A value of the caller. */
export const user = new ContextVar<string>("user");

let calls = 0;

/** Returns its arguments. */
export const echo = (...args: unknown[]) => args;

/** Returns how many calls of this function this worker has run. */
export const countCalls = () => ++calls;

/** Adds numbers in an async function. */
export async function add(a: number, b: number): Promise<number> {
  await sleep(1);
  return a + b;
}

/** Doubles a number in a generator function. */
export function* double(n: number): Generator<unknown, number> {
  yield* sleep(1);
  return 2 * n;
}

/** An error of a class that the other side does not know. */
export class QueryError extends RangeError {
  override readonly name = "QueryError";
  readonly code = 42;
}

/** Throws an error that has a cause. */
export function fail(message: string): never {
  throw new QueryError(message, { cause: new TypeError("the cause") });
}

/** Throws what it is given. */
export function throwValue(value: unknown): never {
  throw value;
}

/** Throws an error with several errors in it. */
export function failOften(): never {
  throw new AggregateError([new TypeError("one"), new RangeError("two")], "two errors");
}

/** Returns something that cannot be cloned. */
export const returnFunction = () => () => {};

/** Blocks the worker until the call is cancelled. */
export function spin(): number {
  const signal = callSignal();
  let n = 0;
  while (!signal.aborted) n++;
  return n;
}

/** Blocks the worker for ever. */
export function spinForEver(): never {
  for (;;);
}

/** Blocks the worker until there is something in shared memory. */
export const blockUntil = (shared: Int32Array) => Atomics.wait(shared, 0, 0);

/** Blocks the worker for some milliseconds. */
export function block(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

/** Waits for a long time, and cleans up when it is cancelled. */
export async function wait(cleaned?: Int32Array): Promise<void> {
  try {
    await sleep(3_600_000);
  } finally {
    if (cleaned) Atomics.store(cleaned, 0, 1);
  }
}

/** Adds one in shared memory. */
export const increment = (shared: Int32Array) => Atomics.add(shared, 0, 1) + 1;

/** How {@linkcode markRun} ends. */
export type RunKind = "mark" | "later" | "fail" | "crash" | "exit" | "spin";

/** Counts a run in shared memory, and then ends in one of several ways. */
export function markRun(runs: Int32Array, number: number, kind: RunKind): unknown {
  Atomics.add(runs, number, 1);
  switch (kind) {
    case "later":
      return sleep(1, { result: number });
    case "fail":
      throw new RangeError(String(number));
    case "crash":
      return crash();
    case "exit":
      return exit();
    case "spin":
      return spinForEver();
  }
  return number;
}

/** Waits for some milliseconds. */
export const markLate = () => sleep(5);

/** Ends the worker. */
function exit(): Promise<never> {
  const { process, close } = globalThis as { process?: { exit?(): void }; close?(): void };
  if (process?.exit) process.exit();
  else close?.();
  return new Promise(() => {});
}

/** Fills a buffer, and moves it back. */
export function fill(bytes: Uint8Array<ArrayBuffer>, value: number): Uint8Array {
  return transfer(bytes.fill(value));
}

/** Throws in a callback, so that the worker dies. */
export function crash(): Promise<never> {
  setTimeout(() => {
    throw new Error("crashed");
  }, 0);
  return new Promise(() => {});
}

/** What the main thread runs for a worker. */
export interface MainFunctions {
  add(a: number, b: number): Promise<number>;
  fail(text: string): never;
  wait(): Promise<void>;
  note(text: string): void;
}

/** Asks the main thread, and blocks until there is an answer. */
export function askBlocking(main: LoopRef<MainFunctions>, a: number, b: number): number {
  return runCoroutineThreadsafe(main, "add", a, b).result();
}

/** Asks the main thread several times at once, and waits for the answers. */
export async function ask(main: LoopRef<MainFunctions>): Promise<unknown[]> {
  const sums = [1, 2, 3].map((n) => runCoroutineThreadsafe(main, "add", n, n));
  const error = await runCoroutineThreadsafe(main, "fail", "no").then(String, String);
  return [...await Promise.all(sums), error];
}

/** Has the main thread wait, and gives up on that. */
export async function giveUp(main: LoopRef<MainFunctions>): Promise<boolean> {
  const future = runCoroutineThreadsafe(main, "wait");
  await runCoroutineThreadsafe(main, "add", 1, 2);
  future.cancel();
  await future.then(() => {}, () => {});
  return future.cancelled();
}

/** Has the main thread wait, and does not wait for that. */
export async function leave(main: LoopRef<MainFunctions>): Promise<void> {
  runCoroutineThreadsafe(main, "wait").addDoneCallback(() => {});
  await runCoroutineThreadsafe(main, "add", 1, 2);
}

/** Tells the main thread something, and waits for no answer. */
export function tell(main: LoopRef<MainFunctions>, text: string): void {
  callSoonThreadsafe(main, "note", text);
}

/** Returns the name of the task of the call, and the value of a context variable. */
export const lookAround = () => [currentTask()!.getName(), user.get("nobody")];

/** Sets what {@linkcode greet} returns. */
export function prepare(text: string): void {
  if (text === "") throw new Error("nothing to say");
  greeting = text;
}
let greeting = "none";

/** Returns what the initializer has set. */
export const greet = () => greeting;

expose({
  add,
  ask,
  askBlocking,
  block,
  blockUntil,
  countCalls,
  crash,
  double,
  echo,
  fail,
  failOften,
  fill,
  giveUp,
  greet,
  increment,
  leave,
  lookAround,
  markLate,
  markRun,
  prepare,
  returnFunction,
  spin,
  spinForEver,
  tell,
  throwValue,
  wait,
}, { variables: [user] });
