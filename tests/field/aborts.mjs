/**
 * Checks libraries that reject with an error of their own when the signal that they were given
 * aborts. After a request to cancel, the task is cancelled, `timeout()` fails with its TimeoutError,
 * and a group has only the error of the sibling. Without a request, the error is an error.
 */
import { createServer } from "node:http";
import { createServer as createSilentServer } from "node:net";
import { credentials, makeGenericClientConstructor } from "@grpc/grpc-js";
import { createTRPCClient, httpLink } from "@trpc/client";
import { createTask, getEventLoop, taskGroup, timeout } from "@asyncio/future";
import axios from "axios";
import { execa } from "execa";
import { Redis } from "ioredis";
import OpenAI from "openai";
import { report } from "./report.mjs";

/** Called when the work of a library has reached the other side. */
let onBegun = () => {};

/** Listens on some port, and never answers. */
async function listen(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${server.address().port}`;
}

const url = `http://${await listen(createServer(() => onBegun()))}/`;
const silent = await listen(createSilentServer((socket) => {
  socket.on("error", () => {}).on("data", () => onBegun());
}));
const trpc = createTRPCClient({ links: [httpLink({ url })] });
const openai = new OpenAI({ apiKey: "none", baseURL: url });
const toBytes = () => Buffer.of();
const Grpc = makeGenericClientConstructor({
  call: { path: "/a/call", requestSerialize: toBytes, responseDeserialize: toBytes },
});

const libraries = {
  "fetch": (signal) => fetch(url, { signal }),
  "Axios": (signal) => axios.get(url, { signal }),
  "execa": (signal) => execa(process.execPath, ["-e", `fetch("${url}")`], { cancelSignal: signal }),
  "tRPC": (signal) => trpc.anything.query(undefined, { signal }),
  "OpenAI": (signal) => openai.models.list({ signal }),
  "gRPC": (signal) =>
    new Promise((resolve, reject) => {
      const client = new Grpc(silent, credentials.createInsecure(), {
        // Otherwise, the next client waits with this one for its connection.
        "grpc.use_local_subchannel_pool": 1,
      });
      const call = client.call({}, (error, reply) => error ? reject(error) : resolve(reply));
      signal.addEventListener("abort", () => call.cancel());
    }),
  // Says only that the connection is closed.
  "ioredis": async (signal) => {
    const redis = new Redis(`redis://${silent}`, { enableReadyCheck: false, retryStrategy: null });
    signal.addEventListener("abort", () => redis.disconnect());
    try {
      return await redis.blpop("jobs", 0);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};

const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(String(error)));
process.on("uncaughtException", (error) => unhandled.push(String(error)));

/** Waits until the work that begins next has reached the other side. */
const begun = () => new Promise((resolve) => onBegun = resolve);

const errorOf = (future) => future.then(() => "no error", (error) => error);

for (const [name, work] of Object.entries(libraries)) {
  const task = createTask(work);
  await begun();
  task.cancel("the user left");
  const thrown = await errorOf(task);
  report(
    `${name}: the task is cancelled`,
    `${task.cancelled()} ${thrown}`,
    "true CancelledError: the user left",
  );

  const limited = timeout(null, async (scope) => {
    const reply = work(scope.signal);
    await begun();
    scope.reschedule(getEventLoop().time());
    return await reply;
  });
  report(`${name}: a timeout`, (await errorOf(limited)).name, "TimeoutError");

  const group = taskGroup(async (group) => {
    group.createTask(work);
    await begun();
    throw new RangeError("sibling");
  });
  report(`${name}: a group`, (await errorOf(group)).errors?.map(String), ["RangeError: sibling"]);

  const controller = new AbortController();
  const unasked = createTask(() => work(controller.signal));
  await begun();
  controller.abort(new RangeError("not the task"));
  await errorOf(unasked);
  report(`${name}: an abort that nobody asked the task for`, unasked.cancelled(), false);
}
report("nothing is unhandled", unhandled, []);
process.exit();
