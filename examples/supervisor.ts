/**
 * A supervisor: services run in a task group, and a service that fails is started again. If a
 * service fails too often, the whole group fails.
 *
 * Run it with `deno run examples/supervisor.ts`.
 *
 * @module
 */

import { run, sleep, type TaskGroup, taskGroup } from "@asyncio/future";

interface Service {
  name: string;
  /** Runs until it fails or is cancelled. */
  run(attempt: number): Promise<void>;
}

/** The failure with this number fails the group. */
const MAX_FAILURES = 3;

/** How long to wait before the first restart, in milliseconds; twice as long each further time. */
const BACKOFF_MS = 5;

/** Keeps a service running, as a task of the group. */
function supervise(group: TaskGroup, service: Service): void {
  group.createTask(async () => {
    for (let attempt = 1;; attempt++) {
      try {
        console.log(`${service.name}: starts`);
        await service.run(attempt);
        return;
      } catch (error) {
        // The group is ending, and cancels its services: a CancelledError is not a failure.
        if (group.signal.aborted) throw error;
        console.log(`${service.name}: ${String(error)}`);
        if (attempt === MAX_FAILURES) {
          throw new Error(`${service.name} failed ${attempt} times`, { cause: error });
        }
      }
      await sleep(BACKOFF_MS * 2 ** (attempt - 1));
    }
  }, { name: service.name });
}

const services: Service[] = [
  {
    name: "cache",
    async run() {
      try {
        await sleep(60_000);
      } finally {
        await sleep(1);
        console.log("cache: is saved");
      }
    },
  },
  {
    name: "import",
    async run(attempt) {
      await sleep(1);
      if (attempt < 2) throw new Error("the file is locked");
      console.log("import: is done");
    },
  },
  {
    name: "feed",
    async run() {
      await sleep(200);
      throw new Error("connection reset");
    },
  },
];

async function main() {
  try {
    await taskGroup((group) => {
      for (const service of services) supervise(group, service);
    });
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    console.log(`main: ${error.errors.join(", ")}`);
  }
}

if (import.meta.main) await run(main);
