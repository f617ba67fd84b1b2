/**
 * Opens traces in the engine of DevTools' Performance panel, which is a package: a trace of this
 * process, and the measures of a page that Chromium has recorded.
 */
import { createTask, Queue, run, sleep, taskGroup } from "@asyncio/future";
import { startTrace } from "@asyncio/future/debug";
import { bundle, runPages } from "./pages.mjs";
import { report } from "./report.mjs";

// The engine is written for pages.
globalThis.window = globalThis;
globalThis.DOMRect = class {};
const { Processor } = await import("@paulirish/trace_engine");

/** What the engine makes of the events of a trace. */
async function parse(events) {
  const processor = Processor.TraceProcessor.createWithAllHandlers();
  await processor.parse(events, {});
  return processor.data;
}

await checkProcess();
await checkPage();

async function checkProcess() {
  const trace = startTrace();
  await run(async () => {
    const queue = new Queue();
    createTask(function* consume() {
      for (let i = 0; i < 3; i++) yield* queue.get();
    }, { name: "consumer" });
    const slow = createTask(() => sleep(60_000), { name: "slow" });
    await taskGroup(async (group) => {
      group.createTask(async () => {
        for (let i = 0; i < 3; i++) {
          await sleep(2);
          queue.putNowait(i);
        }
      }, { name: "producer" });
      await Promise.all([sleep(1), sleep(3), new Promise((resolve) => setTimeout(resolve, 5))]);
    });
    slow.cancel("enough");
    await slow.catch(() => {});
  });
  const { traceEvents } = trace.stop();
  const data = await parse(traceEvents);
  const [process] = data.Renderer.processes.values();
  const threads = [...process.threads.values()].filter(({ entries }) => entries.length > 0);
  const names = threads.map(({ name }) => name).sort();
  report("a row for each task", names, ["Task-1", "consumer", "producer", "slow"]);
  const spans = traceEvents.filter(({ ph }) => ph === "X").length;
  const shown = threads.reduce((sum, { entries }) => sum + entries.length, 0);
  report("all spans are on the rows", shown, spans);
  const trees = threads.map(({ tree }) => [tree.roots.size, tree.maxDepth]);
  report("spans nest in the span of the task", trees, threads.map(() => [1, 2]));
}

async function checkPage() {
  const script = await bundle(`
    import { createTask, sleep } from "@asyncio/future";
    import { startTrace } from "@asyncio/future/debug";
    const trace = startTrace();
    const slow = createTask(() => sleep(60_000), { name: "slow" });
    createTask(async () => {
      await sleep(5);
      slow.cancel("too slow");
      await slow.catch(() => {});
    }, { name: "main" }).then(() => {
      trace.measure();
      globalThis.outcome = "ok";
    });
  `);
  let events;
  await runPages({ measures: script }, (_, outcome, trace) => {
    report("a page measures", outcome);
    events = trace;
  }, ["blink.user_timing", "devtools.timeline", "disabled-by-default-devtools.timeline"]);
  const { extensionTrackData, extensionMarkers } = (await parse(events)).ExtensionTraceData;
  const group = extensionTrackData.find(({ name }) => name === "asyncio");
  const tracks = Object.keys(group?.entriesByTrack ?? {}).sort();
  report("a track for each task, in a group", tracks, ["main (2)", "slow (1)"]);
  const entries = group?.entriesByTrack["slow (1)"] ?? [];
  const names = entries.map(({ name }) => name).filter((name) => name !== "running");
  report("the spans of a track", names, ["slow", "sleep"]);
  const outcome = Object.fromEntries(entries[0]?.devtoolsObj.properties ?? []);
  report("the outcome of a task", outcome.outcome, "cancelled");
  report("a marker for a cancellation", extensionMarkers.map(({ name }) => name), ["cancel slow"]);
}
