/**
 * Runs the Promises/A+ suite on Future; a program, as the suite runs in mocha.
 *
 * @module
 */

import promisesAplusTests from "promises-aplus-tests";
import { Future, getEventLoop } from "../../mod.ts";

// The suite rejects promises and never looks at them.
getEventLoop().setExceptionHandler(() => {});

const adapter = {
  deferred() {
    const promise = new Future<unknown>();
    return {
      promise,
      resolve: (value: unknown) => promise.done() || promise.setResult(value),
      reject: (reason: unknown) => promise.done() || promise.setException(reason),
    };
  },
};

promisesAplusTests(adapter, { reporter: "min" }, (error: unknown) => Deno.exit(error ? 1 : 0));
