/**
 * Checks the signals of libraries: an abort cancels futures, and a future that is done before stays
 * as it is.
 */
import { createRequire } from "node:module";
import { Future, sleep } from "@asyncio/future";
import { report } from "./report.mjs";

const require = createRequire(import.meta.url);
const libraries = {
  "the runtime": AbortController,
  "abort-controller": require("abort-controller").AbortController,
  "node-abort-controller": require("node-abort-controller").AbortController,
  "abortcontroller-polyfill": require("abortcontroller-polyfill/dist/cjs-ponyfill").AbortController,
  "@azure/abort-controller 1": require("@azure/abort-controller").AbortController,
};
const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

for (const [name, Controller] of Object.entries(libraries)) {
  const controller = new Controller();
  let seen;
  try {
    const { signal } = controller;
    const settled = new Future({ signal });
    const asleep = sleep(60_000, { signal });
    settled.setResult();
    controller.abort();
    await sleep(5);
    seen = `${settled.cancelled()} ${asleep.cancelled()} ${new Future({ signal }).cancelled()}`;
  } catch (error) {
    seen = `${error.name}: ${error.message}`;
  }
  report(`the signal of ${name}`, seen, "false true true");
}
report("nothing is unhandled", unhandled, []);
