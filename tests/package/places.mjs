// Prints what a task waits on and where; tools/package.ts runs it, with the package as an ES module
// and as CommonJS.
import { createTask, Future, run, sleep } from "@asyncio/future";
import { formatTasks } from "@asyncio/future/debug";

async function load() {
  await new Future();
}

async function main() {
  const task = createTask(load, { name: "loader" });
  await sleep(1);
  console.log(
    formatTasks().match(/loader.*\n.*/)[0].replaceAll(
      /(file:)?\/\S+\/|for \S+ ms, |:\d+(?=\))/g,
      "",
    ),
  );
  task.cancel();
}

await run(main, { debug: true });
