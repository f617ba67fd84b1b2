/**
 * Returns tasks from the handlers of servers, as the README shows: each must answer with the result,
 * and handle the failure as its own. Deno and Bun run this file again, with their names as argument.
 */
import { spawnSync } from "node:child_process";
import { createTask, detached, sleep } from "@asyncio/future";
import { report } from "./report.mjs";

const hello = () =>
  createTask(async () => {
    await sleep(1);
    return "hello";
  });

const fail = () =>
  createTask(async () => {
    await sleep(1);
    throw new Error("no");
  });

const respond = () =>
  createTask(async () => {
    await sleep(1);
    return new Response("hello");
  });

/** What each server must answer to `/` and to `/fail`. */
const EXPECTED = [[200, "hello"], [418, "handled no"]];

/** Asks a server both questions. */
async function check(name, ask) {
  for (const [i, path] of ["/", "/fail"].entries()) {
    report(`${name} ${path}`, await ask(path).catch(String), EXPECTED[i]);
  }
}

/** A function that asks a server at a port of this machine. */
function asker(port) {
  return async (path) => {
    const response = await fetch(`http://localhost:${port}${path}`);
    return [response.status, await response.text()];
  };
}

async function onNode() {
  const { Hono } = await import("hono");
  const { Elysia } = await import("elysia");
  const { default: express } = await import("express");
  const { default: fastify } = await import("fastify");
  const { default: Koa } = await import("koa");
  const { createStaticHandler } = await import("react-router");
  const { decode, encode } = await import("turbo-stream");
  const warnings = [];
  process.on("warning", ({ message }) => warnings.push(message));

  const hono = new Hono()
    .get("/", respond)
    .get("/fail", fail)
    .onError((error, c) => c.text(`handled ${error.message}`, 418));
  await check("Hono", async (path) => {
    const response = await hono.request(path);
    return [response.status, await response.text()];
  });
  const middleware = new Hono()
    .use((_c, next) => createTask(async () => await next()))
    .get("/", (c) => c.text("hello"));
  report("Hono, a task as middleware", await (await middleware.request("/")).text(), "hello");

  const elysia = new Elysia()
    .onError(({ error, set }) => {
      set.status = 418;
      return `handled ${error.message}`;
    })
    .get("/", () => hello())
    .get("/fail", () => fail());
  await check("Elysia", async (path) => {
    const response = await elysia.handle(new Request(`http://localhost${path}`));
    return [response.status, await response.text()];
  });

  const app = express()
    .get("/", (_, response) => hello().then((text) => response.send(text)))
    .get("/fail", () => fail())
    // Express tells the handlers of errors by their four parameters.
    .use((error, _request, response, _next) =>
      response.status(418).send(`handled ${error.message}`)
    );
  const listening = app.listen(0);
  await check("Express", asker(listening.address().port));
  listening.close();
  report("Express makes no warning", warnings, []);

  const server = fastify()
    .get("/", hello)
    .get("/fail", fail)
    .setErrorHandler((error, _request, reply) => reply.code(418).send(`handled ${error.message}`));
  await check("Fastify", async (url) => {
    const { statusCode, body } = await server.inject(url);
    return [statusCode, body];
  });

  const koa = new Koa()
    .use((context, next) =>
      createTask(async () => {
        try {
          await next();
        } catch (error) {
          context.status = 418;
          context.body = `handled ${error.message}`;
        }
      })
    )
    .use((context) =>
      createTask(async () => {
        context.body = await (context.path === "/" ? hello() : fail());
      })
    );
  const koaServer = koa.listen(0);
  await check("Koa", asker(koaServer.address().port));
  koaServer.close();

  const { query } = createStaticHandler([
    { path: "/", loader: () => hello() },
    { path: "/fail", loader: () => fail() },
  ]);
  const loaded = await query(new Request("http://localhost/"));
  report("React Router, a loader", Object.values(loaded.loaderData), ["hello"]);
  const failed = await query(new Request("http://localhost/fail"));
  report("React Router, a loader that fails", String(Object.values(failed.errors)), "Error: no");
  const { value } = await decode(encode({ later: hello() }));
  report("React Router's stream of a task", await value.later, "hello");
  const { value: broken } = await decode(
    encode({ later: fail() }),
  );
  report(
    "React Router's stream of a task that fails",
    await broken.later.catch(String),
    "Error: no",
  );

  for (const name of ["deno", "bun"]) {
    const command = process.env[name.toUpperCase()];
    const args = name === "deno"
      ? ["run", "-A", "--no-lock", "--node-modules-dir=manual"]
      : ["run"];
    const { stdout, stderr, status } = spawnSync(command, [...args, import.meta.filename, name], {
      encoding: "utf8",
    });
    process.stdout.write(stdout);
    report(`${name} ends`, [status, status === 0 ? "" : stderr], [0, ""]);
  }
}

async function onDeno() {
  const onError = ({ message }) => new Response(`handled ${message}`, { status: 418 });
  const server = Deno.serve(
    { port: 0, onListen() {}, onError },
    ({ url }) => url.endsWith("/fail") ? fail() : respond(),
  );
  await check("Deno.serve", asker(server.addr.port));
  await server.shutdown();
}

/** `Bun.serve` asks the engine whether it was given a promise, which `detached()` returns. */
async function onBun() {
  const server = Bun.serve({
    port: 0,
    fetch: detached(({ url }) => url.endsWith("/fail") ? fail() : respond()),
    error: ({ message }) => new Response(`handled ${message}`, { status: 418 }),
  });
  await check("Bun.serve", asker(server.port));
  await server.stop(true);
}

const run = { deno: onDeno, bun: onBun }[process.argv[2]] ?? onNode;
await run();
process.exit();
