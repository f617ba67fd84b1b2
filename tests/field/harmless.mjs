/**
 * Checks that native promises are as fast as before once everything that the module exports has been
 * used: by what V8 says of its own assumptions, and by the clock.
 */
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { useEverything } from "./everything.mjs";
import { report } from "./report.mjs";

const AMOUNT = 100_000;
const ROUNDS = 21;
/** How much longer promises may take afterwards. */
const LIMIT = 1.1;
const ATTEMPTS = 3;

const promise = Promise.resolve(1);
const one = async () => 1;
const same = async () => promise;
const SCENARIOS = {
  async await() {
    for (let i = 0; i < AMOUNT; i++) await promise;
  },
  then: () =>
    new Promise((resolve) => {
      let count = 0;
      const handler = () => ++count === AMOUNT && resolve();
      for (let i = 0; i < AMOUNT; i++) promise.then(handler);
    }),
  async "async call"() {
    for (let i = 0; i < AMOUNT; i++) await one();
  },
  async "returned promise"() {
    for (let i = 0; i < AMOUNT; i++) await same();
  },
};

const [role] = process.argv.slice(2);
if (role === undefined) await main();
else await measureForParent(role === "used");

async function main() {
  const traced = spawnSync(process.execPath, [
    "--trace-protector-invalidation",
    import.meta.filename,
    "used",
  ], {
    encoding: "utf8",
    input: "",
  });
  report("everything is used without an error", [traced.status, traced.stderr], [0, ""]);
  report("no assumption of V8 on promises is invalidated", traced.stdout, "");
  for (const name of Object.keys(SCENARIOS)) {
    let ratio;
    for (let i = 0; i < ATTEMPTS && !(ratio <= LIMIT); i++) ratio = await compare(name);
    report(`native promises afterwards: ${name}`, ratio <= LIMIT ? "ok" : ratio.toFixed(2));
  }
}

/** Measures a scenario in two processes in turn, and returns the median of used to unused. */
async function compare(name) {
  const [clean, used] = ["clean", "used"].map((role) => fork(import.meta.filename, [role]));
  const measure = async (child) => {
    child.send(name);
    return (await once(child, "message"))[0];
  };
  const ratios = [];
  for (let i = 0; i < ROUNDS; i++) {
    const before = await measure(clean);
    ratios.push(await measure(used) / before);
  }
  clean.disconnect();
  used.disconnect();
  return ratios.sort((a, b) => a - b)[ROUNDS >> 1];
}

/** Answers each name of a scenario with its time; the parent ends the process by leaving. */
async function measureForParent(isUsed) {
  const asyncio = await import("@asyncio/future");
  if (isUsed) await useEverything(asyncio);
  process.on("message", async (name) => {
    const start = performance.now();
    await SCENARIOS[name]();
    process.send(performance.now() - start);
  });
  // Not a child of `fork()`: nobody will ask.
  if (!process.send) process.exit();
}
