import { assertEquals, assertGreaterOrEqual, assertLess, assertMatch } from "@std/assert";
import { interrupt } from "./helpers/programs.ts";
import { needs } from "./helpers/capabilities.ts";

/** Runs an example with the permissions given, and returns what it prints. */
async function runExample(name: string, ...permissions: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, `examples/${name}.ts`],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout).trimEnd().split("\n");
}

Deno.test("examples/future.ts prints hello, waits a second and prints world", async () => {
  needs("programs");
  const start = performance.now();
  assertEquals(await runExample("future"), ["hello ...", "... world"]);
  assertGreaterOrEqual(performance.now() - start, 1_000);
});

Deno.test("examples/manual_loop.ts runs a minute and a half in no time", async () => {
  needs("programs");
  const start = performance.now();
  assertEquals(await runExample("manual_loop"), [
    '<Task pending name="asker" coro=ask wait_for=<Future pending cb=[asker]>>',
    "TimeoutError: Timed out after 30000 ms: <Future pending cb=[waitFor]>",
  ]);
  assertLess(performance.now() - start, 60_000);
});

Deno.test("examples/done_callback.ts calls its callbacks", async () => {
  needs("programs");
  assertEquals(await runExample("done_callback"), [
    "<Future pending cb=[onReply]>",
    "result set",
    "done: pong",
    "done: pong",
    "removed: 1",
    "failed: RangeError: no such host",
  ]);
});

Deno.test("examples/cancelled.ts catches a CancelledError", async () => {
  needs("programs");
  assertEquals(await runExample("cancelled"), [
    "reply was cancelled: the user left",
    "a request: true",
    "task has cleaned up",
    "task was cancelled: true CancelledError: too slow",
  ]);
});

Deno.test("examples/parameters.ts passes parameters to callbacks", async () => {
  needs("programs");
  assertEquals(await runExample("parameters"), [
    "Future: <Future finished result=42>",
    "first saw 42",
    "second saw 42",
  ]);
});

Deno.test("examples/context.ts calls callbacks in their contexts", async () => {
  needs("programs");
  assertEquals(await runExample("context"), [
    "hello nobody",
    "hello ada",
    "hello grace",
    "hello mary",
  ]);
});

Deno.test("examples/json_rpc.ts calls, times out, cancels and loses its socket", async () => {
  needs("programs", "webSocketServers");
  const lines = await runExample("json_rpc", "--allow-net=127.0.0.1");
  const of = (side: string) => lines.filter((line) => line.startsWith(`${side}: `));
  assertEquals(of("client"), [
    "client: add returned 5",
    "client: subtract threw RpcError: No method subtract",
    "client: fail threw RpcError: RangeError: no such host",
    "client: sleep with a timeout threw TimeoutError: sleep took more than 50 ms",
    "client: add meanwhile returned 42",
    "client: sleep with a signal threw CancelledError: the user left",
    "client: add after that returned 2",
    "client: sleep on a dropped socket threw ConnectionError: The socket was closed",
    "client: sleep on a dropped socket threw ConnectionError: The socket was closed",
    "client: add on a closed socket threw ConnectionError: Cannot call add on a closed socket",
    "client: 0 requests are pending",
  ]);
  assertEquals(of("server").sort(), [
    "server: sleep #4 was stopped",
    "server: sleep #5 was stopped",
    "server: sleep #8 was stopped",
    "server: sleep #9 was stopped",
  ]);
});

Deno.test("examples/mirrors.ts takes the first mirror that has the file", async () => {
  needs("programs");
  assertEquals(await runExample("mirrors"), [
    "broken: ends",
    "broken: Error: connection reset",
    "near: ends",
    "main: the file from near",
    "far: ends",
    "asleep: ends",
    "main: no mirror answers within 5 ms",
    "far: ends",
    "broken: ends",
    "near: ends",
    "asleep: ends",
  ]);
});

Deno.test("examples/supervisor.ts restarts services until one fails too often", async () => {
  needs("programs");
  assertEquals(await runExample("supervisor"), [
    "cache: starts",
    "import: starts",
    "feed: starts",
    "import: Error: the file is locked",
    "import: starts",
    "import: is done",
    "feed: Error: connection reset",
    "feed: starts",
    "feed: Error: connection reset",
    "feed: starts",
    "feed: Error: connection reset",
    "cache: is saved",
    "main: Error: feed failed 3 times",
  ]);
});

Deno.test("examples/queue.ts shares twenty jobs among three workers", async () => {
  needs("programs");
  const lines = await runExample("queue");
  const [elapsed, total] = lines.slice(-2).map((line) => Number(line.match(/(\d+) ms$/)![1]));
  const workers = lines.slice(0, -2).map((line) => line.match(/^worker-([123]) has slept$/)![1]);
  assertEquals([workers.length, new Set(workers).size], [20, 3]);
  assertLess(elapsed!, total!);
});

Deno.test("examples/pool.ts loses no connection", async () => {
  needs("programs");
  assertEquals(await runExample("pool"), [
    "a by connection 1, b by connection 2, c by connection 1",
    "e by connection 1",
    "out of time",
    "free: 2 of 2",
  ]);
});

Deno.test("examples/request_logger.ts keeps a thousand requests apart", async () => {
  needs("programs");
  assertEquals(await runExample("request_logger", "--allow-net=127.0.0.1"), [
    "1000 of 1000 answers are right",
    "3000 of 3000 lines are of their own request",
    "outside: no request",
  ]);
});

Deno.test("examples/telemetry.ts makes a span for each task, and children in it", async () => {
  needs("programs");
  const lines = await runExample("telemetry", "-A");
  assertEquals(lines.sort(), [
    "crawl, child of nobody: ended",
    "home, child of crawl: ended",
    "load home, child of home: ended",
    "load missing, child of missing: ended",
    "missing, child of crawl: failed",
    "slow, child of crawl: was cancelled",
  ]);
});

Deno.test("examples/rate_limiter.ts begins three calls in any tenth of a second", async () => {
  needs("programs");
  const [line] = await runExample("rate_limiter");
  const tenths = line!.match(/\d+/g)!.map(Number);
  assertEquals(tenths.length, 8);
  tenths.forEach((tenth, i) => assertGreaterOrEqual(tenth, Math.floor(i / 3), line));
});

Deno.test("examples/crawler.ts crawls the whole site, with a bounded number of requests", async () => {
  needs("programs");
  assertEquals(await runExample("crawler", "--allow-net=127.0.0.1"), [
    "crawling",
    "all done: 40 pages, at most 4 requests at once",
  ]);
});

Deno.test("examples/crawler.ts stops at its deadline, and on Ctrl-C", async () => {
  needs("programs");
  const args = ["run", "--allow-net=127.0.0.1", "examples/crawler.ts"];
  const late = await interrupt([], ...args, "30");
  assertMatch(
    late.lines.join("\n"),
    /^crawling\nout of time: \d pages, at most \d requests at once$/,
  );
  const { lines, signal } = await interrupt(["crawling"], ...args, "60000", "500");
  assertMatch(lines.join("\n"), /^crawling\ninterrupted: \d+ pages, at most \d requests at once$/);
  assertEquals(signal, null);
});
