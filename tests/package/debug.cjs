// Uses both entry points, each by the way that an argument names (`require` or `import`), and by the
// other way too; tools/package.ts runs it.
const process = require("node:process");

const ways = { require: (name) => require(name), import: (name) => import(name) };
const [wayOfMain, wayOfDebug] = process.argv.slice(2);
const MAIN = "@asyncio/future";
const DEBUG = "@asyncio/future/debug";

async function main() {
  const { run } = await ways[wayOfMain](MAIN);
  const listening = () => `listeners: ${process.listenerCount("SIGQUIT")}`;
  console.log(`without ./debug, ${await run(listening, { debug: true })}`);
  const debug = await ways[wayOfDebug](DEBUG);
  // Only the copy of the module whose `run()` this is can tell `run()` to listen.
  console.log(`in debug mode, ${await run(listening, { debug: true })}`);
  console.log(`otherwise, ${await run(listening, { debug: false })}`);
  console.log(`afterwards, ${listening()}`);
  const others = [await import(DEBUG), require(DEBUG)];
  const names = Object.keys(debug).filter((name) => !/^(module.exports|default)$/.test(name));
  const areSame = names.length > 0 &&
    names.every((name) => others.every((other) => other[name] === debug[name]));
  console.log(areSame ? "the same functions" : "other functions");
}

main();
