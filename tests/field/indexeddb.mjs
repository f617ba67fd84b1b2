/**
 * Checks IndexedDB in a page while another task is busy. A transaction ends after the microtasks of
 * its last request's event; the next request comes too late if the module holds back the callbacks
 * of futures that the event settles.
 */
import { bundle, runPages } from "./pages.mjs";
import { reportPage } from "./report.mjs";

const page = `
import { createTask, Future, gather, sleep, taskGroup, timeout, waitFor } from "@asyncio/future";

const promised = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const future = (request) => {
  const future = new Future();
  request.onsuccess = () => future.setResult(request.result);
  request.onerror = () => future.setException(request.error);
  return future;
};

async function main() {
  const opening = indexedDB.open("db" + Math.random(), 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("s");
  await promised(opening);
  const openStore = () => opening.result.transaction("s").objectStore("s");
  const COUNT = 40;
  const kinds = {
    async promise() {
      for (let i = 0, store = openStore(); i < COUNT; i++) await promised(store.get(i));
    },
    async future() {
      for (let i = 0, store = openStore(); i < COUNT; i++) await future(store.get(i));
    },
    task: () => createTask(kinds.future),
    generator: () => createTask(function* () {
      for (let i = 0, store = openStore(); i < COUNT; i++) yield* future(store.get(i));
    }),
    callback: () => new Promise((resolve, reject) => {
      const store = openStore();
      const next = (i) => {
        if (i === COUNT) return resolve();
        try {
          const got = future(store.get(i));
          const passedOn = new Future();
          got.addDoneCallback(() => passedOn.setResult());
          passedOn.addDoneCallback(() => next(i + 1));
        } catch (error) {
          reject(error);
        }
      };
      next(0);
    }),
    async waitFor() {
      for (let i = 0, store = openStore(); i < COUNT; i++) await waitFor(future(store.get(i)), 5_000);
    },
    async timeout() {
      const store = openStore();
      for (let i = 0; i < COUNT; i++) await timeout(5_000, () => future(store.get(i)));
    },
    async "timeout of an async function"() {
      const store = openStore();
      for (let i = 0; i < COUNT; i++) await timeout(5_000, async () => await future(store.get(i)));
    },
    "timeout of a generator, in a generator": () => createTask(function* () {
      const store = openStore();
      for (let i = 0; i < COUNT; i++) {
        yield* timeout(5_000, function* () { return yield* future(store.get(i)); });
      }
    }),
    async "eager task"() {
      const store = openStore();
      for (let i = 0; i < COUNT; i++) {
        await createTask(() => future(store.get(i)), { eagerStart: true });
      }
    },
    "eager generator, in a generator": () => createTask(function* () {
      const store = openStore();
      for (let i = 0; i < COUNT; i++) {
        yield* createTask(function* () { yield* future(store.get(i)); }, { eagerStart: true });
      }
    }),
    async "task group"() {
      const store = openStore();
      for (let i = 0; i < COUNT; i++) {
        await taskGroup(async (group) => {
          const tasks = [i, i + 1].map((key) =>
            group.createTask(async () => await future(store.get(key)), { eagerStart: true })
          );
          await Promise.all(tasks);
        });
      }
    },
    async gather() {
      for (let i = 0, store = openStore(); i < COUNT; i++) {
        await gather(future(store.get(i)), future(store.get(i + 1)));
      }
    },
  };
  const others = {
    "nothing else": () => undefined,
    "a generator of short steps": () => createTask(function* () { for (;;) yield; }),
    "an async loop of sleep(0)": () => createTask(async () => { for (;;) await sleep(0); }),
    "a generator of steps of 5 ms": () => createTask(function* () {
      for (;;) {
        for (const start = performance.now(); performance.now() - start < 5;);
        yield;
      }
    }),
  };
  const seen = {};
  for (const [beside, start] of Object.entries(others)) {
    for (const [name, work] of Object.entries(kinds)) {
      const other = start();
      seen[name + " beside " + beside] = [await work().then(() => "ok", String), "ok"];
      other?.cancel();
    }
  }
  return seen;
}
main().catch(String).then((seen) => globalThis.outcome = seen);`;

await runPages({ IndexedDB: await bundle(page) }, reportPage);
process.exit(0);
