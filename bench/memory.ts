/**
 * Measures what objects take on the heap, in the runtime that runs this, and
 * prints the samples as JSON, bytes per object: `memory.ts --rounds N`.
 *
 * The runtime has to be started such that the garbage can be collected:
 * `deno run --v8-flags=--expose-gc bench/memory.ts`.
 *
 * @module
 */

import { Future } from "@asyncio/future";
import { collectGarbage, heapMeter, option } from "./host.ts";
import type { HeapName } from "./heaps.ts";
import type { Samples } from "./measure.ts";

/** So many are made at a time: what else moves on the heap is little beside them. */
const OBJECTS = 200_000;

/** What makes one object, and returns what keeps all of it alive. */
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

/** How many bytes of the heap one object takes. */
function bytesOf(make: () => unknown): number {
  const objects: unknown[] = new Array(OBJECTS).fill(undefined);
  collectGarbage();
  const before = heapUsed();
  for (let i = 0; i < OBJECTS; i++) objects[i] = make();
  collectGarbage();
  const bytes = heapUsed() - before;
  // They have to live until here, and no longer: a collector that looks for pointers
  // on the stack may find the array again.
  objects.fill(undefined);
  return bytes / OBJECTS;
}
