// Uses the package where the runtime does not know Symbol.dispose, as in Safari;
// tools/package.ts bundles it, whereby `using` becomes older syntax, and runs it.
import { createTask, Future, sleep, Task } from "@asyncio/future";

async function main() {
  console.log(`Symbol.dispose: ${Symbol.dispose}`);
  let reply, task;
  {
    using future = new Future();
    reply = future;
  }
  {
    await using sleeper = createTask(() => sleep(60_000), { name: "sleeper" });
    task = sleeper;
  }
  console.log(String(reply));
  console.log(String(task));
  const names = [Future, Task].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype));
  console.log(`a method called undefined: ${names.includes("undefined")}`);
}

main();
