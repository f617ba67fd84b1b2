/**
 * Checks Cloudflare Workers with Miniflare: overlapping requests, each with timers of its own,
 * which end with the request; `waitUntil()`; a Durable Object; a request that its client aborts.
 */
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { report } from "./report.mjs";

const worker = `
import {
  AsyncContext, createTask, currentTask, detached, Future, gather, run, sleep, taskGroup, timeout,
  waitFor,
} from "@asyncio/future";

const user = new AsyncContext.Variable({ name: "user" });
const log = [];

/** Uses most of the module in one request, and returns the faults. */
async function everything(id, followsPromises) {
  const wrong = [];
  const check = (place) => {
    if (currentTask()?.getName() !== id) wrong.push(place + ": " + currentTask()?.getName());
    if (user.get() !== id) wrong.push(place + ": " + user.get());
  };
  // Without nodejs_compat, no context follows a promise: the variable is lost, but must not be the
  // one of another request.
  const checkUser = (place) => {
    if (user.get() !== (followsPromises ? id : undefined)) wrong.push(place + ": " + user.get());
  };
  await sleep(Number(id) % 7);
  check("after a sleep");
  const limited = await timeout(1_000, async () => {
    await sleep(3);
    return "in time";
  });
  if (limited !== "in time") wrong.push(limited);
  const expired = await timeout(5, () => sleep(60_000)).then(() => "no error", (error) => error.name);
  if (expired !== "TimeoutError") wrong.push(expired);
  if (followsPromises) check("after timeouts");
  let lock = Promise.resolve();
  let held = 0;
  await taskGroup((group) => {
    for (let i = 0; i < 3; i++) {
      group.createTask(async () => {
        const before = lock;
        const free = new Future();
        lock = free;
        await before;
        if (++held > 1) wrong.push("two have the lock");
        await sleep(2);
        held--;
        free.setResult();
        checkUser("in a group");
      });
    }
  });
  let steps = 0;
  await createTask(function* () {
    for (; steps < 3_000; steps++) yield;
    checkUser("in a generator");
  });
  if (steps !== 3_000) wrong.push(steps + " steps");
  await gather(sleep(1), waitFor(sleep(1), 1_000));
  return wrong;
}

let cache;

const kinds = {
  promise: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  sleep: (ms) => sleep(ms),
  limit: (ms) => timeout(5_000, () => sleep(ms)),
  expired: (ms) => timeout(ms, () => sleep(60_000)).catch((error) => error.name),
  steps: () => createTask(function* () { for (let i = 0; i < 3_000; i++) yield; }),
  run: (ms) => run(async () => await sleep(ms)),
  // Answers at once, while the sleep is still pending.
  race: (ms) => Promise.race([sleep(ms), Promise.resolve()]),
  shared: (ms) => cache ??= detached(() => sleep(ms))(),
};

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const [, kind, id] = pathname.split("/");
    const ms = Number(searchParams.get("ms"));
    if (kind === "everything") {
      const follows = searchParams.get("follows") === "true";
      const task = user.run(id, () => createTask(() => everything(id, follows), { name: id }));
      return Response.json(await task);
    }
    if (kind === "later") {
      const task = createTask(async () => {
        await sleep(ms);
        log.push("done after the answer");
      });
      // Before compatibility date 2024-04-01, waitUntil() ignores thenables that are not promises.
      ctx.waitUntil(searchParams.has("native") ? Promise.resolve(task) : task);
      return new Response("answered");
    }
    if (kind === "given-up") {
      const task = createTask(async () => {
        try {
          await sleep(60_000);
        } finally {
          log.push("cleaned up: " + currentTask().cancelling());
        }
      }, { signal: request.signal });
      ctx.waitUntil(task.catch(() => {}));
      await task;
      return new Response();
    }
    if (kind === "log") return Response.json(log.splice(0));
    if (kind === "object") {
      const stub = env.COUNTER.get(env.COUNTER.idFromName("one"));
      return await stub.fetch(request);
    }
    return new Response(String(await kinds[kind](ms)));
  },
};

/** Counts its requests. Futures as locks keep a request waiting until the one before is over. */
export class Counter {
  #count = 0;
  #last = Promise.resolve();

  async fetch() {
    const before = this.#last;
    const done = this.#last = new Future();
    await before;
    const count = this.#count;
    await timeout(1_000, () => sleep(2));
    this.#count = count + 1;
    done.setResult();
    return new Response(String(this.#count));
  }
}`;

/**
 * A worker that sends a request to the other one, and aborts it. In a local workerd, only a client
 * that is a worker itself aborts the signal of the request.
 */
const client = `
export default {
  async fetch(request, { WORKER }) {
    const controller = new AbortController();
    const asking = WORKER.fetch(request, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 200));
    controller.abort();
    return new Response(await asking.then(() => "answered", (error) => error.name));
  },
};`;

const { outputFiles: [{ text: script }] } = await build({
  stdin: { contents: worker, resolveDir: import.meta.dirname },
  bundle: true,
  format: "esm",
  target: "es2022",
  write: false,
});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function start(compatibilityDate, ...compatibilityFlags) {
  const options = (name, contents) => ({
    name,
    modules: [{ type: "ESModule", path: `${name}.mjs`, contents }],
    modulesRoot: "/",
    compatibilityDate,
    compatibilityFlags,
  });
  const miniflare = new Miniflare({
    workers: [
      { ...options("worker", script), durableObjects: { COUNTER: "Counter" } },
      { ...options("client", client), serviceBindings: { WORKER: "worker" } },
    ],
    handleRuntimeStdio() {},
  });
  await miniflare.ready;
  return miniflare;
}

/** Sends a request, and returns the text of the response, or its status or an error's name. */
async function ask(miniflare, path) {
  const answer = miniflare.dispatchFetch(`http://worker/${path}`).then(
    async (response) => response.status === 200 ? await response.text() : response.status,
    (error) => error.name,
  );
  return await Promise.race([answer, pause(10_000).then(() => "no answer in 10 s")]);
}

for (
  const [surroundings, ...settings] of [
    ["nodejs_compat", "2026-07-01", "nodejs_compat", "enable_request_signal"],
    ["no flag, and a date of 2023", "2023-01-01"],
  ]
) {
  const follows = settings.includes("nodejs_compat");
  const group = async (name, ...rounds) => {
    const miniflare = await start(...settings);
    const seen = [];
    for (const paths of rounds) {
      seen.push(
        ...await Promise.all(paths.map(async (path, i) => {
          await pause(Math.min(i * 20, 200));
          return await ask(miniflare, path);
        })),
      );
    }
    const faults = seen.filter((answer) => answer !== "undefined" && answer !== "TimeoutError");
    report(`${surroundings}: ${name}`, faults, []);
    await miniflare.dispose();
  };
  await group("a promise of setTimeout, two at once", ["promise?ms=300", "promise?ms=600"]);
  await group("sleep, one after the other", ["sleep?ms=100"], ["sleep?ms=100"]);
  await group("sleep, the second is later", ["sleep?ms=300", "sleep?ms=600"]);
  await group("sleep, the second is earlier", ["sleep?ms=600", "sleep?ms=300"]);
  await group("timeout() that is not reached", ["limit?ms=300", "limit?ms=600"]);
  await group("timeout() that is over", ["expired?ms=300", "expired?ms=600"]);
  await group("two at once, then one", ["sleep?ms=300", "sleep?ms=600"], ["sleep?ms=50"]);
  await group("a sleep left behind, then a longer one", ["race?ms=1000"], ["sleep?ms=2000"]);
  await group("a promise of detached() for two", ["shared?ms=300", "shared?ms=300"], ["shared"]);
  await group("50 sleeps", Array.from({ length: 50 }, (_, i) => `sleep?ms=${1_500 - i * 20}`));
  await group("run(), 10 at once", Array(10).fill("run?ms=50"));
  await group("3,000 steps, 5 at once", Array(5).fill("steps"));
  await group("3,000 steps, one after the other", ["steps"], ["steps"], ["steps"], ["steps"]);

  const miniflare = await start(...settings);
  const paths = Array.from({ length: 200 }, (_, i) => `everything/${i}?follows=${follows}`);
  const answers = await Promise.all(paths.map((path) => ask(miniflare, path)));
  const wrong = answers.filter((answer) => answer !== "[]");
  report(`${surroundings}: 200 requests that overlap`, wrong.slice(0, 5), []);

  const answered = await ask(miniflare, `later?ms=100${follows ? "" : "&native"}`);
  await pause(500);
  const seen = `${answered}, ${await ask(miniflare, "log")}`;
  report(`${surroundings}: waitUntil()`, seen, 'answered, ["done after the answer"]');

  const counts = await Promise.all(Array.from({ length: 20 }, () => ask(miniflare, "object")));
  const expected = Array.from({ length: 20 }, (_, i) => String(i + 1));
  report(`${surroundings}: a Durable Object`, counts.sort((a, b) => a - b), expected);

  if (settings.includes("enable_request_signal")) {
    const front = await miniflare.getWorker("client");
    await front.fetch("http://worker/given-up");
    await pause(500);
    const log = await ask(miniflare, "log");
    report(`${surroundings}: a request that its client gives up`, log, '["cleaned up: 1"]');
  }
  await miniflare.dispose();
}
process.exit(0);
