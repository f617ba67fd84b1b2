/**
 * Downloads from several mirrors at once, takes the first that succeeds and cancels the others.
 *
 * Run it with `deno run examples/mirrors.ts`.
 *
 * @module
 */

import { asCompleted, createTask, run, sleep, type Task, TimeoutError } from "@asyncio/future";

/** Made-up mirrors: how long each takes, in milliseconds, and the error that it ends with. */
const mirrors = [
  { name: "far", ms: 300 },
  { name: "broken", ms: 60, error: "connection reset" },
  { name: "near", ms: 120 },
  { name: "asleep", ms: 60_000 },
];

/** Pretends to download the file from a mirror. */
async function download({ name, ms, error }: typeof mirrors[number]): Promise<string> {
  try {
    await sleep(ms);
  } finally {
    console.log(`${name}: ends`);
  }
  if (error) throw new Error(error);
  return `the file from ${name}`;
}

/** Downloads the file from the first mirror that has it, within `timeout` milliseconds. */
async function downloadFromAny(timeout: number): Promise<string> {
  const tasks = new Map<Task<string>, string>();
  for (const mirror of mirrors) tasks.set(createTask(() => download(mirror)), mirror.name);
  const errors: unknown[] = [];
  try {
    // Each task comes as soon as it is done, and is the very object that was given.
    for await (const task of asCompleted(tasks.keys(), { timeout })) {
      if (!task.failed()) return task.result();
      const error = task.exception();
      console.log(`${tasks.get(task)}: ${String(error)}`);
      errors.push(error);
    }
  } finally {
    for (const task of tasks.keys()) task.cancel();
  }
  throw new AggregateError(errors, "No mirror has the file");
}

async function main() {
  console.log(`main: ${await downloadFromAny(5_000)}`);
  try {
    await downloadFromAny(5);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    console.log("main: no mirror answers within 5 ms");
  }
}

if (import.meta.main) await run(main);
