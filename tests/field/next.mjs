/**
 * Checks Next.js in a folder that has it installed: routes of the edge runtime and of Node behind a
 * middleware, all of which use the module, and a task in a page that is prerendered.
 */
import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { report } from "./report.mjs";

const [folder] = process.argv.slice(2);
process.chdir(folder);
const NEXT = "node_modules/next/dist/bin/next";
const { version } = JSON.parse(readFileSync("node_modules/next/package.json", "utf8"));
const major = Number(version.split(".")[0]);
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };

/** The code of the routes and of the middleware; `work()` returns {@linkcode WORKED}. */
const work = `
import {
  AsyncContext, createTask, currentTask, getEventLoop, sleep, taskGroup, timeout,
} from "@asyncio/future";

const user = new AsyncContext.Variable();

export async function work() {
  const seen = [];
  await sleep(1);
  seen.push(await timeout(5, () => sleep(60_000)).catch((error) => error.name));
  const task = createTask(async () => await sleep(60_000));
  await sleep(1);
  task.cancel();
  seen.push(await task.catch((error) => error.name));
  seen.push(await createTask(function* () {
    let steps = 0;
    for (; steps < 3_000; steps++) yield;
    return steps;
  }));
  seen.push(await user.run("ada", () => createTask(async () => {
    await sleep(1);
    return user.get() + " in " + currentTask().getName();
  }, { name: "task" })));
  await taskGroup((group) => void group.createTask(() => sleep(1)));
  const failed = getEventLoop().createFuture();
  failed.setException(new RangeError("nobody looks at this yet"));
  seen.push(failed.exception().name);
  return seen.join(", ");
}`;
const WORKED = "TimeoutError, CancelledError, 3000, ada in task, RangeError";

const route = (runtime) => `
import { work } from "../../work.js";
export const runtime = "${runtime}";
export const dynamic = "force-dynamic";
export const GET = async () => new Response(await work());`;

const layout = "export default ({ children }) => <html><body>{children}</body></html>;";

/** Builds an app of some files, and returns "ok" or the output of a build that failed. */
async function build(config, files) {
  for (const path of ["app", ".next", "middleware.js"]) {
    rmSync(path, { recursive: true, force: true });
  }
  const all = { ...files, "app/layout.jsx": layout };
  for (const [path, text] of Object.entries(all)) {
    if (path.includes("/")) mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
    writeFileSync(path, text);
  }
  writeFileSync("next.config.mjs", `export default ${JSON.stringify(config)};\n`);
  return await promisify(execFile)(process.execPath, [NEXT, "build"], { env }).then(
    () => "ok",
    ({ stdout, stderr }) => `${stderr}${stdout}`.slice(0, 2_000),
  );
}

const built = await build({}, {
  "work.js": work,
  "app/page.jsx": "export default () => <p>plain</p>;",
  "app/edge/route.js": route("edge"),
  "app/node/route.js": route("nodejs"),
  "middleware.js": `
import { NextResponse } from "next/server";
import { work } from "./work.js";
export async function middleware() {
  const response = NextResponse.next();
  response.headers.set("x-middleware", await work());
  return response;
}`,
});
report(`Next.js ${major} builds routes of both runtimes and a middleware`, built);

if (built === "ok") {
  const port = 20_000 + process.pid % 20_000;
  const server = spawn(process.execPath, [NEXT, "start", "-p", String(port), "-H", "127.0.0.1"], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    await new Promise((resolve, reject) => {
      server.stdout.on("data", (text) => /Ready|started/i.test(text) && resolve());
      server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    });
    for (const path of ["edge", "node", ""]) {
      const ask = () => fetch(`http://127.0.0.1:${port}/${path}`);
      const responses = await Promise.all(Array.from({ length: 20 }, ask));
      const texts = new Set(await Promise.all(responses.map((response) => response.text())));
      const headers = new Set(responses.map(({ headers }) => headers.get("x-middleware")));
      if (path) report(`Next.js ${major} answers 20 requests to /${path}`, [...texts], [WORKED]);
      report(`Next.js ${major} runs its middleware before /${path}`, [...headers], [WORKED]);
    }
  } finally {
    server.kill();
  }
}

if (major >= 16) {
  const prerendered = await build({ cacheComponents: true }, {
    "app/page.jsx": `
import { createTask, gather } from "@asyncio/future";
export default async () => {
  const [one, two] = await gather(
    createTask(async () => { await null; return 1; }),
    createTask(function* () { yield; return 2; }),
  );
  return <p>{one + two}</p>;
};`,
  });
  report(`Next.js ${major} prerenders tasks with cacheComponents`, prerendered);
}
process.exit(0);
