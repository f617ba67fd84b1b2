// Imports the package and does nothing with it; tools/package.ts runs it.
import process from "node:process";

function look() {
  return {
    globals: Reflect.ownKeys(globalThis).map(String),
    listeners: process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`),
    resources: process.getActiveResourcesInfo(),
  };
}

look();
const before = look();
await import("@asyncio/future");
await import("@asyncio/future/debug");
const after = look();
for (const [name, items] of Object.entries(after)) {
  for (const item of before[name]) {
    if (items.includes(item)) items.splice(items.indexOf(item), 1);
  }
  console.log(`new ${name}: ${items.join(", ") || "none"}`);
}
