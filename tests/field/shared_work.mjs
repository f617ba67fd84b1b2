/**
 * Checks what docs/shared-work.md says of libraries that run one caller's work in another's context:
 * queues, batches, caches. Ada and Grace are two tasks that submit a job each, or share one.
 */
import { AsyncContext, createTask, detached, Future } from "@asyncio/future";
import { QueryClient } from "@tanstack/query-core";
import async from "async";
import Bottleneck from "bottleneck";
import DataLoader from "dataloader";
import fastq from "fastq";
import pLimit from "p-limit";
import PQueue from "p-queue";
import PQueue10 from "p-queue-10";
import { report } from "./report.mjs";

const { wrap } = AsyncContext.Snapshot;
const user = new AsyncContext.Variable({ defaultValue: "nobody" });
const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

// Each makes a function that submits work to a library.
const query = (queryFn) => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return (key) => client.fetchQuery({ queryKey: ["k"], queryFn: () => queryFn(key) });
};
const batch = (load) => async (keys) => {
  await load(keys[0]);
  return keys;
};
const cache = {
  add: (load) => {
    const entries = {};
    return (key) => entries.k ??= load(key);
  },
};
const queues = {
  "p-queue 9": () => {
    const queue = new PQueue({ concurrency: 1 });
    return (job) => queue.add(job);
  },
  "p-queue 10": () => {
    const queue = new PQueue10({ concurrency: 1 });
    return (job) => queue.add(job);
  },
  "p-limit": () => pLimit(1),
  "Bottleneck": () => {
    const limiter = new Bottleneck({ maxConcurrent: 1 });
    return (job) => limiter.schedule(job);
  },
  "fastq": () => {
    const queue = fastq.promise((job) => job(), 1);
    return (job) => queue.push(job);
  },
  "async.queue": () => {
    const queue = async.queue(async (job) => await job(), 1);
    return (job) => queue.pushAsync(job);
  },
};
/** Queues that run each job in the context in which it was added. */
const BINDING = ["p-queue 10", "p-limit"];

/** Queues that call `then()` of what they are given, which is not a wait, instead of awaiting it. */
const NOT_AWAITING = ["fastq"];

/** Jobs, each of which waits until it is released, and the users that they see. */
class Jobs {
  started = new Map();

  load = async (key) => {
    const job = { gate: new Future(), user: user.get(), outcome: undefined };
    this.started.set(key, job);
    try {
      return job.outcome = await job.gate;
    } catch (error) {
      job.outcome = error.name;
      throw error;
    }
  };

  async release(key) {
    await until(() => this.started.has(key));
    const { gate } = this.started.get(key);
    if (!gate.done()) gate.setResult(key);
  }
}

const hostTurn = () => new Promise((resolve) => setTimeout(resolve));

/** Waits until something holds, for some seconds at most. */
async function until(holds) {
  for (let i = 0; i < 2_000 && !holds(); i++) await hostTurn();
}

/** Starts the tasks. Each awaits its value, and Ada then something else. */
function start(submit) {
  const ada = user.run("ada", () =>
    createTask(async () => {
      await submit("a");
      await new Promise(() => {});
    }));
  const grace = user.run("grace", () => createTask(async () => await submit("b")));
  return { ada, grace, outcome: grace.then((value) => value, (error) => error.name) };
}

/** One job for both: Ada, who came first, is cancelled while both wait. */
async function share(name, make, expected) {
  const jobs = new Jobs();
  const { ada, outcome } = start(make(jobs.load));
  await until(() => jobs.started.has("a"));
  ada.cancel("Ada is not wanted");
  await jobs.release("a");
  report(`${name}: Ada is cancelled`, [await outcome, jobs.started.get("a").user], expected);
}

/** A job each: Ada, who has her value, is cancelled while that of Grace runs. */
async function queue(name, make, expected) {
  const jobs = new Jobs();
  const { ada, outcome } = start(make(jobs.load));
  await jobs.release("a");
  await until(() => jobs.started.has("b"));
  ada.cancel("Ada is not wanted");
  await jobs.release("b");
  report(`${name}: Ada is cancelled`, [await outcome, jobs.started.get("b").user], expected);
}

/** Grace is cancelled while her job runs; then there is one more job. */
async function leave(name, make, expected) {
  const jobs = new Jobs();
  const submit = make(jobs.load);
  const { grace } = start(submit);
  await jobs.release("a");
  await until(() => jobs.started.has("b"));
  grace.cancel("Grace is not wanted");
  await hostTurn();
  await jobs.release("b");
  const last = submit("c");
  await jobs.release("c");
  const value = await last;
  report(`${name}: Grace is cancelled`, [jobs.started.get("b").outcome, value], expected);
}

// Without help: if a library learns to do better, the page is to say so.
const CANCELLED = "CancelledError";
await share("a cache alone", cache.add, [CANCELLED, "ada"]);
await share("DataLoader alone", (load) => {
  const loader = new DataLoader(batch(load));
  return (key) => loader.load(key);
}, [CANCELLED, "ada"]);
await share("TanStack Query alone", query, [CANCELLED, "ada"]);
await share(
  "TanStack Query, in a task",
  (load) => query((key) => createTask(() => load(key))),
  [CANCELLED, "ada"],
);
for (const [name, make] of Object.entries(queues)) {
  const isBinding = BINDING.includes(name);
  const expected = isBinding ? ["b", "grace"] : [CANCELLED, "ada"];
  const alone = (load) => {
    const add = make();
    return (key) => add(() => load(key));
  };
  await queue(`${name} alone`, alone, expected);
  if (isBinding) await leave(`${name} alone`, alone, [CANCELLED, "c"]);
  const inTask = (load) => alone((key) => createTask(() => load(key)));
  await queue(`${name}, in a task`, inTask, NOT_AWAITING.includes(name) ? ["b", "ada"] : expected);
}

// detached(): the work belongs to nobody, and sees the values of where the function was made.
await share(
  "a cache of detached()",
  (load) => cache.add((key) => detached(load)(key)),
  ["a", "ada"],
);
await share(
  "a cache of detached(), made outside",
  (load) => cache.add(detached(load)),
  ["a", "nobody"],
);
await share("DataLoader of detached()", (load) => {
  const loader = new DataLoader(detached(batch(load)));
  return (key) => loader.load(key);
}, ["b", "nobody"]);
await share("TanStack Query of detached()", (load) => query(detached(load)), ["a", "nobody"]);
const WORKERS = {
  "fastq, its worker detached()": (load) => {
    const queue = fastq.promise(detached(load), 1);
    return (key) => queue.push(key);
  },
  "async.queue, its worker detached()": (load) => {
    const queue = async.queue(detached(load), 1);
    return (key) => queue.pushAsync(key);
  },
};
for (const [name, make] of Object.entries(WORKERS)) {
  await queue(name, make, ["b", "nobody"]);
  await leave(name, make, ["b", "c"]);
}
for (const [name, make] of Object.entries(queues)) {
  const adding = (load) => {
    const add = make();
    return (key) => add(detached(() => load(key)));
  };
  await queue(`${name} and detached()`, adding, ["b", "grace"]);
  await leave(`${name} and detached()`, adding, ["b", "c"]);
  const inTask = (load) => adding((key) => createTask(() => load(key)));
  await queue(`${name} and detached(), in a task`, inTask, ["b", "grace"]);
}

// Snapshot.wrap(): the work belongs to the task that added it.
for (const [name, make] of Object.entries(queues)) {
  const adding = (load) => {
    const add = make();
    return (key) => add(wrap(() => load(key)));
  };
  await queue(`${name} and Snapshot.wrap()`, adding, ["b", "grace"]);
  await leave(`${name} and Snapshot.wrap()`, adding, [CANCELLED, "c"]);
}

// A signal of the library stops the work.
const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
let stopped;
const queryFn = detached(({ signal }) => {
  const task = createTask(() => new Future(), { signal });
  task.addDoneCallback(() => stopped = task.cancelled());
  return task;
});
client.fetchQuery({ queryKey: ["k"], queryFn }).catch(() => {});
await hostTurn();
await client.cancelQueries({ queryKey: ["k"] });
await until(() => stopped);
report("TanStack Query stops detached work by its signal", stopped, true);

// Work in the background that nobody awaits.
for (const [name, begin] of Object.entries({ createTask, detached: (fn) => detached(fn)() })) {
  const gate = new Future();
  let refreshed = false;
  const refresh = async () => {
    await gate;
    refreshed = true;
  };
  const first = createTask(async () => {
    begin(refresh);
    await new Promise(() => {});
  });
  await hostTurn();
  first.cancel("the first request is over");
  await hostTurn();
  if (!gate.done()) gate.setResult();
  await hostTurn();
  report(`${name}(): work in the background goes on`, refreshed, true);
}

report("nothing is unhandled", unhandled, []);
process.exit(0);
