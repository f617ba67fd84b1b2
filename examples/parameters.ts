/**
 * Passes parameters to a callback: a closure does what `functools.partial` does
 * in Python.
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

  // A loop variable is a parameter like any other.
  for (const name of ["first", "second"]) {
    future.addDoneCallback((future) => console.log(name, "saw", future.result()));
  }

  future.setResult(42);
  await future;
}

await run(main);
