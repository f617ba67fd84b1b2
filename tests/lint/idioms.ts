/**
 * How the README writes callbacks, questions and texts, and how they are written by mistake, for
 * the linters of `tools/package/lint.ts`: see `dropped.ts`.
 *
 * @module
 */

import { createTask, type Future, getEventLoop, sleep, type Task } from "@asyncio/future";

async function work(): Promise<void> {
  await sleep(1);
}

/** With braces, a callback returns nothing. */
export function startInCallbacks(future: Future<number>, button: EventTarget): void {
  future.addDoneCallback(() => {
    createTask(work);
  });
  setTimeout(() => {
    createTask(work);
  }, 1);
  getEventLoop().callLater(1, () => {
    createTask(work);
  });
  button.addEventListener("click", () => {
    createTask(work);
  });
  [1, 2].forEach(() => {
    createTask(work);
  });
}

/** Callbacks that settle, cancel or forget a future. */
export function settleInCallbacks(future: Future<number>, futures: Set<Future<number>>): void {
  futures.add(future);
  future.addDoneCallback(() => futures.delete(future));
  future.addDoneCallback((future) => {
    console.log(future.result());
  });
  future.signal.addEventListener("abort", () => futures.clear());
  setTimeout(() => future.cancel("too slow"), 1);
  setTimeout(() => future.setResult(1), 1);
  futures.forEach((other) => other.cancel());
}

/** Nobody looks at what these callbacks return. */
export function waitInCallbacks(
  future: Future<number>,
  button: EventTarget,
  tasks: Task<void>[],
): void {
  setTimeout(async () => await sleep(1), 1); // no-misused-promises
  getEventLoop().callSoon(async () => await sleep(1)); // no-misused-promises
  button.addEventListener("click", async () => await sleep(1)); // no-misused-promises
  tasks.forEach(async (task) => await task); // no-misused-promises
  setTimeout(() => sleep(1), 1); // no-misused-promises
  setTimeout(() => createTask(work), 1); // no-misused-promises
  // No linter reports this one: a done callback may return anything.
  future.addDoneCallback(async () => await sleep(1));
}

/** `done`, `cancelled` and `exception` are methods: without `()` they are always true. */
export function forgetParentheses(future: Future<number>): string | undefined {
  while (!future.done) future.cancel(); // no-unnecessary-condition
  if (future.exception !== null) return "failed"; // no-unnecessary-condition
}

/** A function without `await` need not be async. */
export function startWithoutWait(): void {
  createTask(() => 1);
  createTask(async () => 1); // require-await
}

/** The text of a future. */
export function print(future: Future<number>): void {
  console.log(`the future: ${String(future)}`);
  console.log(`the future: ${future}`); // restrict-template-expressions
}
