/**
 * OpenTelemetry: a span for each task, made by a task factory. Spans that are begun in a task, as
 * those of a traced `fetch`, are children of the span of the task.
 *
 * `docs/telemetry.md` explains the program. Run it with `deno run -A examples/telemetry.ts`.
 *
 * @module
 */

import { createTask, type EventLoop, getRunningLoop, run, sleep, Task } from "@asyncio/future";
import { context, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** Makes a span for each task that is made on a loop from now on. */
function traceTasks(loop: EventLoop, tracer: Tracer): void {
  const before = loop.getTaskFactory();
  loop.setTaskFactory((loop, coro, options) => {
    const span = tracer.startSpan(
      String(options.name ?? (coro as { name?: string }).name ?? "task"),
    );
    // The task captures the context in which it is made.
    const task = context.with(
      trace.setSpan(context.active(), span),
      () => before ? before(loop, coro, options) : new Task(coro, { ...options, loop }),
    );
    task.addDoneCallback(() => {
      // `exception()` would count as retrieving the exception: nobody else would hear of it.
      const text = String(task);
      span.setAttributes({ "task.name": task.getName(), "task.cancelled": task.cancelled() });
      if (text.includes(" exception=")) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: text });
      }
      span.end();
    });
    return task;
  });
}

/** A call with a span of its own, such as a traced `fetch`. */
async function load(tracer: Tracer, page: string): Promise<string> {
  return await tracer.startActiveSpan(`load ${page}`, async (span) => {
    await sleep(1);
    span.end();
    if (page === "missing") throw new RangeError("no such page");
    return page;
  });
}

if (import.meta.main) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const tracer = provider.getTracer("example");

  await run(async () => {
    traceTasks(getRunningLoop(), tracer);
    await createTask(async function crawl() {
      const pages = ["home", "missing"].map((page) =>
        createTask(() => load(tracer, page), { name: page })
      );
      const slow = createTask(() => sleep(60_000), { name: "slow" });
      await Promise.allSettled(pages);
      slow.cancel("enough");
    });
  });

  const spans = exporter.getFinishedSpans();
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  for (const { name, parentSpanContext, status, attributes } of spans) {
    const parent = names.get(parentSpanContext?.spanId ?? "") ?? "nobody";
    const outcome = status.code === SpanStatusCode.ERROR
      ? "failed"
      : attributes["task.cancelled"]
      ? "was cancelled"
      : "ended";
    console.log(`${name}, child of ${parent}: ${outcome}`);
  }
}
