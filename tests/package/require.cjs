// Uses the package from CommonJS; tools/package.ts runs it.
const required = require("@asyncio/future");

async function main() {
  const imported = await import("@asyncio/future");
  if (imported.Future === required.Future) console.log("the same classes");
  return await required.sleep(1, { result: 42 });
}

required.run(main).then((result) => console.log(`required: ${result}`));
