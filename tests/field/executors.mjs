/**
 * Makes executors of the pools of other libraries, as docs/concurrent.md shows, and checks that results,
 * errors and cancellations arrive.
 */
import { CancelledError, timeout, TimeoutError } from "@asyncio/future";
import { executorOf, runInExecutor } from "@asyncio/future/concurrent";
import { Piscina } from "piscina";
import { Tinypool } from "tinypool";
import workerpool from "workerpool";
import { report } from "./report.mjs";

const addressOf = (name) => new URL(`./executors/${name}.mjs`, import.meta.url);
const filename = addressOf("work").href;

const piscina = new Piscina({ filename, maxThreads: 2 });
const tinypool = new Tinypool({ filename, maxThreads: 2 });
const workers = workerpool.pool(addressOf("workerpool").pathname, {
  maxWorkers: 2,
  workerType: "thread",
});

const executors = {
  piscina: executorOf((name, [argument], { signal }) => piscina.run(argument, { name, signal })),
  tinypool: executorOf((name, [argument], { signal }) => tinypool.run(argument, { name, signal })),
  workerpool: executorOf(async (name, args, { signal }) => {
    const promise = workers.exec(name, args);
    // Node takes a promise that a listener returns for a failure of the listener.
    signal.addEventListener("abort", () => void promise.cancel());
    try {
      return await promise;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }),
};

/** The name and the message of the error that a promise is rejected with. */
const errorOf = async (promise) => {
  try {
    return `the result ${await promise}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

for (const [name, executor] of Object.entries(executors)) {
  report(`${name}: a result`, await executor.submit("double", 21), 42);
  const results = [];
  for await (const result of executor.map("double", [1, 2, 3], { bufferSize: 2 })) {
    results.push(result);
  }
  report(`${name}: map()`, results, [2, 4, 6]);
  // workerpool tells the message alone.
  const error = name === "workerpool" ? "Error: x" : "RangeError: x";
  report(`${name}: an error`, await errorOf(executor.submit("fail", "x")), error);
  const spinning = executor.submit("spin");
  while (!spinning.running()) await new Promise((resolve) => setTimeout(resolve));
  spinning.cancel();
  const outcome = await spinning.then(() => "a result", (error) => error);
  report(`${name}: a call that is cancelled`, outcome instanceof CancelledError, true);
  report(`${name}: its future`, spinning.cancelled(), true);
  try {
    await timeout(50, () => runInExecutor(executor, "spin"));
    report(`${name}: a time limit`, "no error");
  } catch (error) {
    report(`${name}: a time limit`, error instanceof TimeoutError, true);
  }
  report(`${name}: a call after that`, await executor.submit("double", 4), 8);
  await executor.shutdown();
  report(
    `${name}: a call after shutdown()`,
    await errorOf((async () => await executor.submit("double", 1))()).then((text) =>
      text.startsWith("Error: Cannot submit")
    ),
    true,
  );
}

await piscina.destroy();
await tinypool.destroy();
await workers.terminate();
