/**
 * Shows which context a callback runs in: the one in which it was added, or one that is given.
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

  // Without the option, a callback runs in the context in which it was added ...
  ready.addDoneCallback(greet);
  user.run("ada", () => ready.addDoneCallback(greet));

  // ... and with the option, in a context that was captured before.
  const context = user.run("grace", () => new AsyncContext.Snapshot());
  ready.addDoneCallback(greet, { context });

  // The context in which the result is set makes no difference.
  user.run("the one who sets it", () => ready.setResult());
  await sleep(0);

  // A task runs in a copy of the context in which it was created.
  await user.run("mary", () =>
    createTask(async () => {
      await sleep(1);
      greet();
    }));
}

await run(main);
