/**
 * Checks zone.js in a page, as in Angular: in which zone code runs, and which timers a zone hears
 * of.
 */
import { bundle, runPages } from "./pages.mjs";
import { reportPage } from "./report.mjs";

const page = (when) => {
  const imports = ['import "zone.js";', 'import * as module from "@asyncio/future";'];
  if (when === "after") imports.reverse();
  return `${imports.join("\n")}
const { AsyncContext, createTask, Future, getEventLoop, run, sleep, timeout } = module;
const seen = {};
const nameOf = () => Zone.current.get("name") ?? "none";
const makeZone = (name) => {
  const hasTask = [];
  const zone = Zone.root.fork({
    name,
    properties: { name },
    onHasTask(delegate, current, target, state) {
      delegate.hasTask(target, state);
      if (state.change === "macroTask") hasTask.push(state.macroTask);
    },
  });
  return { zone, hasTask };
};

async function main() {
  const [one, two] = [makeZone("one"), makeZone("two")];
  const loop = getEventLoop();

  const future = new Future();
  const callback = new Promise((resolve) => {
    one.zone.run(() => future.addDoneCallback(() => resolve(nameOf())));
  });
  two.zone.run(() => future.setResult());
  seen["a done callback runs in the zone that registered it"] = [await callback, "one"];

  const timers = ["one", "two"].map((name, i) => new Promise((resolve) => {
    // The second timer is due first: a single host timer for both would run in its zone.
    [one, two][i].zone.run(() => loop.callLater(20 - 10 * i, () => resolve(nameOf())));
  }));
  seen["timers run in the zones that registered them"] = [String(await Promise.all(timers)), "one,two"];

  const soon = new Promise((resolve) => one.zone.run(() => loop.callSoon(() => resolve(nameOf()))));
  seen["callSoon() runs in the zone that called it"] = [await soon, "one"];

  const steps = [];
  await one.zone.run(() => createTask(function* () {
    steps.push(nameOf());
    yield* sleep(5);
    steps.push(nameOf());
    yield;
    steps.push(nameOf());
  }));
  seen["a generator stays in its zone"] = [String(steps), "one,one,one"];

  const handlers = [];
  const source = new Future();
  const derived = one.zone.run(() => source.then(() => handlers.push(nameOf())));
  two.zone.run(() => source.setResult());
  await derived;
  seen["a handler of then() runs in the zone that registered it"] = [String(handlers), "one"];

  const heard = makeZone("heard");
  const asleep = heard.zone.run(() => sleep(20));
  const whileAsleep = String(heard.hasTask);
  await asleep;
  await new Promise((resolve) => setTimeout(resolve, 5));
  seen["a zone hears of a sleep, and of its end"] = [whileAsleep + " " + heard.hasTask, "true true,false"];

  const cancelled = makeZone("cancelled");
  cancelled.zone.run(() => sleep(60_000)).cancel();
  seen["a zone hears that a sleep was cancelled"] = [String(cancelled.hasTask), "true,false"];

  const unheard = makeZone("unheard");
  heard.zone.run(() => sleep(60_000));
  unheard.zone.run(() => sleep(1));
  await new Promise((resolve) => setTimeout(resolve, 30));
  seen["a zone is not kept busy by the sleep of another"] = [String(unheard.hasTask), "true,false"];

  const limited = makeZone("limited");
  await limited.zone.run(() => timeout(60_000, async () => await sleep(1)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  seen["a zone hears when a limit is no longer needed"] = [String(limited.hasTask.at(-1)), "false"];

  const user = new AsyncContext.Variable();
  const snapshot = one.zone.run(() => user.run("ada", () => new AsyncContext.Snapshot()));
  seen["a snapshot has the zone, too"] = [snapshot.run(() => nameOf() + " " + user.get()), "one ada"];

  seen["run()"] = [await one.zone.run(() => run(async () => {
    await sleep(1);
    return "ran";
  })), "ran"];
  return seen;
}
main().catch((error) => ({ main: [String(error), "no error"] })).then((seen) => globalThis.outcome = seen);`;
};

const scripts = {};
for (const when of ["before", "after"]) {
  scripts[`zone.js ${when} the module`] = await bundle(page(when), { logLevel: "error" });
}
await runPages(scripts, reportPage);
process.exit(0);
