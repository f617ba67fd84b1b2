/**
 * Calls callbacks in the context they were added in, or in a chosen one.
 *
 * Run it with `deno run examples/context.ts`.
 *
 * @module
 */

import { AsyncContext, createTask, Future, run, sleep } from "@asyncio/future";

const user = new AsyncContext.Variable<string>({ defaultValue: "nobody" });

function greet() {
  console.log(`hello ${user.get()}`);
}

async function main() {
  const ready = new Future<void>();

  // The current context is used when none is given ...
  ready.addDoneCallback(greet);
  user.run("ada", () => ready.addDoneCallback(greet));

  // ... and any other can be, which was captured before.
  const context = user.run("grace", () => new AsyncContext.Snapshot());
  ready.addDoneCallback(greet, { context });

  // Who sets the result makes no difference.
  user.run("the one who sets it", () => ready.setResult());
  await sleep(0);

  // Tasks run in a copy of the context of who created them.
  await user.run("mary", () =>
    createTask(async () => {
      await sleep(1);
      greet();
    }));
}

await run(main);
