/**
 * Measures how many bytes of the heap an object takes, in the runtime that runs this program, and
 * prints the samples as JSON: `memory.ts --rounds N`.
 *
 * The program needs a function that collects the garbage:
 * `deno run --v8-flags=--expose-gc bench/memory.ts`.
 *
 * @module
 */

import { Future } from "@asyncio/future";
import { collectGarbage, heapMeter, option } from "./host.ts";
import type { HeapName } from "./heaps.ts";
import type { Samples } from "./measure.ts";

/** The number of objects in a sample, so many that other changes of the heap hardly count. */
const OBJECTS = 200_000;

/** Functions that make one object, and return a value that keeps all its parts alive. */
const MAKERS: Record<HeapName, Record<"native" | "ours", () => unknown>> = {
  bare: {
    native: () => Promise.withResolvers<number>(),
    ours: () => new Future<number>(),
  },
  withCallback: {
    native: () => {
      const deferred = Promise.withResolvers<number>();
      deferred.promise.then(() => {});
      return deferred;
    },
    ours: () => {
      const future = new Future<number>();
      future.addDoneCallback(() => {});
      return future;
    },
  },
};

const heapUsed = await heapMeter();
const rounds = Number(option("--rounds") ?? 9);
const samples: Record<string, Samples> = {};
for (const [name, makers] of Object.entries(MAKERS)) {
  const { native, ours } = makers;
  samples[name] = { native: [], ours: [] };
  bytesOf(native);
  bytesOf(ours);
  for (let round = 0; round < rounds; round++) {
    samples[name].native!.push(bytesOf(native));
    samples[name].ours!.push(bytesOf(ours));
  }
}
console.log(JSON.stringify(samples));

/** Returns the bytes of the heap that one object takes. */
function bytesOf(make: () => unknown): number {
  const objects: unknown[] = new Array(OBJECTS).fill(undefined);
  collectGarbage();
  const before = heapUsed();
  for (let i = 0; i < OBJECTS; i++) objects[i] = make();
  collectGarbage();
  const bytes = heapUsed() - before;
  // The objects must live until here, and no longer: a collector that scans the stack for pointers
  // may find the array again in the next sample.
  objects.fill(undefined);
  return bytes / OBJECTS;
}
