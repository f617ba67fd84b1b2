/**
 * Passes parameters to a callback. Python uses `functools.partial` for that; here, a closure does.
 *
 * Run it with `deno run examples/parameters.ts`.
 *
 * @module
 */

import { Future, run } from "@asyncio/future";

async function main() {
  const future = new Future<number>();

  // Call `console.log("Future:", future)` when the future is done.
  future.addDoneCallback((future) => console.log("Future:", future));

  // A loop variable can be a parameter, too: each closure has a `name` of its own.
  for (const name of ["first", "second"]) {
    future.addDoneCallback((future) => console.log(name, "saw", future.result()));
  }

  future.setResult(42);
  await future;
}

await run(main);
