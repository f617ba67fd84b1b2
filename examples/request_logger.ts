/**
 * A logger that knows which request it logs for: a context variable, under a server with 1,000
 * requests at once. Each request sees its own value only, whatever it waits for.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/request_logger.ts`.
 *
 * @module
 */

import { ContextVar, createTask, detached, gather, run, sleep } from "@asyncio/future";

const REQUESTS = 1_000;

const requestId = new ContextVar<string>("requestId", { defaultValue: "no request" });
const lines: string[] = [];

/** Logs a line, with the request that the code works for. */
function log(message: string): void {
  lines.push(`${requestId.get()}: ${message}`);
}

async function loadUser(name: string): Promise<string> {
  await sleep(Math.random() * 20);
  log(`loaded ${name}`);
  return name;
}

async function answer(request: Request): Promise<Response> {
  const id = new URL(request.url).pathname.slice(1);
  requestId.set(id);
  log("begins");
  // A task has the values of the task that made it.
  const [user] = await gather(createTask(() => loadUser(`user ${id}`)), sleep(Math.random() * 20));
  log("ends");
  return new Response(user);
}

async function main() {
  // A detached function is a task of its own for each request.
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    detached(answer),
  );
  const fetchText = async (id: number) => {
    const response = await fetch(`http://127.0.0.1:${server.addr.port}/${id}`);
    return await response.text();
  };
  const texts = await Promise.all(Array.from({ length: REQUESTS }, (_, id) => fetchText(id)));
  await server.shutdown();

  const isRight = (text: string, id: number) => text === `user ${id}`;
  console.log(`${texts.filter(isRight).length} of ${REQUESTS} answers are right`);
  const own = lines.filter((line) => /^(\d+): (begins|loaded user \1|ends)$/.test(line));
  console.log(`${own.length} of ${lines.length} lines are of their own request`);
  console.log(`outside: ${requestId.get()}`);
}

await run(main);
