/** What generator coroutines yield, and who runs them. */

import { createTask, Future } from "@asyncio/future";
import type { Mistakes } from "../mistake.ts";

const load = async () => 1;

export const generators: Mistakes = {
  "yield future": {
    make() {
      return createTask(function* () {
        yield new Future<number>();
      });
    },
    says: "it was yielded bare, write `yield*`",
  },
  "const n = yield future": {
    make() {
      return createTask(function* () {
        // @ts-expect-error: 'yield' expression implicitly results in an 'any' type
        const n = yield new Future<number>();
        return n;
      });
    },
    says: "it was yielded bare, write `yield*`",
  },
  "const text: string = yield future": {
    make() {
      function* length() {
        const text: string = yield new Future<string>();
        return text.length;
      }
      return createTask(length());
    },
    says: "it was yielded bare, write `yield*`",
  },
  "yield promise": {
    make() {
      return createTask(function* () {
        yield load();
      });
    },
    says: "it is a promise, write `yield* ensureFuture(promise)`",
  },
  "yield* promise": {
    make() {
      return createTask(function* () {
        // @ts-expect-error: Type 'Promise<number>' must have a '[Symbol.iterator]()' method
        return yield* load();
      });
    },
  },
  "yield generator()": {
    make() {
      function* count() {
        yield;
        return 3;
      }
      return createTask(function* () {
        yield count();
      });
    },
    says: "it is a generator, write `yield*`",
  },
  "await generator()": {
    async make() {
      function* count() {
        yield;
        return 3;
      }
      return await count();
    },
    lint: "await-thenable",
  },
};
