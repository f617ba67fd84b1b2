// Uses ./testing with the main entry point, each by the way that an argument names (`require` or
// `import`), and by the other way too; tools/package.ts runs it.
const process = require("node:process");

const ways = { require: (name) => require(name), import: (name) => import(name) };
const [wayOfMain, wayOfTesting] = process.argv.slice(2);
const MAIN = "@asyncio/future";
const TESTING = "@asyncio/future/testing";

async function main() {
  const { Future, createTask, getRunningLoop, run, sleep } = await ways[wayOfMain](MAIN);
  const testing = await ways[wayOfTesting](TESTING);
  const { DeadlockError, runVirtual } = testing;
  // Only the `sleep()` of the same copy takes virtual time.
  const anHour = async () => {
    await sleep(3_600_000);
    return getRunningLoop().time();
  };
  console.log(`after an hour: ${await runVirtual(anHour)}`);
  const listening = () => `listeners: ${process.listenerCount("SIGQUIT")}`;
  const error = await runVirtual(async () => {
    await createTask(async () => await new Future(), { name: "waiter" });
  }).catch((error) => error);
  if (!(error instanceof DeadlockError)) throw error;
  const waiter = error.tasks.find(({ name }) => name === "waiter");
  const waitsOn = /\w+/.exec(waiter?.waitsOn)?.[0];
  const counted = await run(listening, { debug: true });
  console.log(`${error.name}: ${waiter?.name}, ${waitsOn}, ${counted}`);
  const others = [await import(TESTING), require(TESTING)];
  const names = Object.keys(testing).filter((name) => !/^(module.exports|default)$/.test(name));
  const areSame = names.length > 0 &&
    names.every((name) => others.every((other) => other[name] === testing[name]));
  console.log(areSame ? "the same functions" : "other functions");
  await ways[wayOfTesting]("@asyncio/future/debug");
  console.log(`with ./debug, ${await run(listening, { debug: true })}`);
}

main();
