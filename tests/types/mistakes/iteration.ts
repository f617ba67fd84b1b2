/** Futures as if they were collections, which the compiler takes, as `yield*` needs iterables. */

import { createTask, Future, gather } from "@asyncio/future";
import type { Mistakes } from "../mistake.ts";

const load = async () => [1, 2];

const ONLY_AWAIT = "a future, which only await and yield* wait for";

export const iteration: Mistakes = {
  "const [x] = future": {
    make() {
      const [x] = createTask(load);
      return x;
    },
    says: ONLY_AWAIT,
  },
  "const [a, b] = gather(one, two)": {
    make() {
      const [a, b] = gather(createTask(load), createTask(load));
      // @ts-expect-error: does not exist on type 'Future<[number[], number[]]>'.
      void b?.length;
      return a;
    },
    says: ONLY_AWAIT,
  },
  "[...future]": {
    make: () => [...createTask(load)][0],
    says: ONLY_AWAIT,
  },
  "for (const x of future)": {
    make() {
      for (const x of createTask(load)) return x;
    },
    says: ONLY_AWAIT,
  },
  "for await (const x of future)": {
    async make() {
      for await (const x of createTask(load)) return x;
    },
    says: ONLY_AWAIT,
  },
  "gather(...future)": {
    make: () => gather(...new Future<number>()),
    says: ONLY_AWAIT,
  },
  "Promise.all(future)": {
    make: async () => (await Promise.all(createTask(load)))[0],
    says: ONLY_AWAIT,
  },
};
