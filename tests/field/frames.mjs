/**
 * Checks a page with a frame: errors of another realm, and timers of a frame that is removed.
 */
import { bundle, runPages } from "./pages.mjs";
import { reportPage } from "./report.mjs";

const page = `
import * as module from "@asyncio/future";
const { CancelledError, createTask, Future, sleep } = module;

/** Creates a frame that runs this script, and returns the frame with its copy of the module. */
async function makeFrame() {
  const frame = document.createElement("iframe");
  const script = document.currentScript?.src ?? globalThis.script;
  document.body.append(frame);
  const element = frame.contentDocument.createElement("script");
  element.src = script;
  await new Promise((resolve) => {
    element.onload = resolve;
    frame.contentDocument.body.append(element);
  });
  return { frame, copy: frame.contentWindow.module };
}

const endOf = (promise) => Promise.race([
  promise.then((value) => String(value), (error) => error.name),
  new Promise((resolve) => setTimeout(resolve, 5_000, "no end")),
]);

async function main() {
  const seen = {};
  const { frame, copy } = await makeFrame();
  const foreign = frame.contentWindow;

  const aborting = createTask((signal) => new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new foreign.DOMException("x", "AbortError")));
  }));
  await sleep(1);
  aborting.cancel();
  await endOf(aborting);
  seen["an AbortError of a frame"] = [aborting.cancelled(), true];

  let printed = "";
  const { error } = console;
  console.error = (text) => printed += text;
  const future = new Future();
  future.addDoneCallback(() => { throw new foreign.Error("theirs"); });
  future.setResult();
  await sleep(1);
  console.error = error;
  seen["the report of an error of a frame has its stack"] = [printed.includes("theirs\\n    at "), true];

  seen["instanceof knows the CancelledError of a frame"] =
    [new copy.CancelledError() instanceof CancelledError, true];

  const sleeping = endOf(copy.sleep(60_000));
  const handle = copy.getEventLoop().callLater(60_000, () => {});
  const inTime = copy.sleep(1);
  seen["a sleep of a frame"] = [await endOf(inTime), "undefined"];
  frame.remove();
  seen["a sleep whose frame was removed"] = [await sleeping, "CancelledError"];
  handle.cancel();
  let thrown;
  try {
    copy.sleep(1);
  } catch (error) {
    thrown = error.message;
  }
  seen["a sleep that is asked for then"] =
    [thrown, "Cannot wait for a time as the frame of the page was removed"];
  return seen;
}

globalThis.module = module;
if (parent === window) {
  globalThis.script = document.currentScript.src;
  addEventListener("load", () => {
    main().catch((error) => ({ main: [String(error), "no error"] })).then((seen) => globalThis.outcome = seen);
  });
}`;

await runPages({ frames: await bundle(page, { logLevel: "error" }) }, reportPage);
process.exit(0);
