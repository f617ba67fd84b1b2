// Uses the package from CommonJS; tools/package.ts runs it.
const required = require("@asyncio/future");

async function add() {
  await required.sleep(1);
  return 41 + 1;
}

async function main() {
  const imported = await import("@asyncio/future");
  const names = Object.keys(imported).filter((name) => name !== "module.exports");
  const areSame = names.length > 30 && names.every((name) => imported[name] === required[name]);
  if (areSame) console.log("the same classes");
  const task = required.createTask(add, { name: "adder" });
  console.log(String(task));
  return await task;
}

required.run(main).then((result) => console.log(`required: ${result}`));
