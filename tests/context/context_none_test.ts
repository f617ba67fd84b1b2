import { assertEquals } from "@std/assert";
import { hostTurn } from "../helpers/turns.ts";
import { testContext } from "./context_cases.ts";
import { testContextVar } from "./context_var_cases.ts";

// A browser has none of these. Each test file has globals of its own.
const { process } = globalThis as unknown as { process?: object };
if (process) Object.defineProperty(process, "getBuiltinModule", { value: undefined });
Object.assign(globalThis, { AsyncLocalStorage: undefined, setImmediate: undefined });

const module = await import("../../mod.ts");

testContext("the module itself", module, false);
testContextVar("the module itself", module);

const { AsyncContext, createTask, Future } = module;

Deno.test("await on a future takes one microtask where no context is set", async () => {
  const future = new Future<void>();
  const order: string[] = [];
  (async () => {
    await future;
    order.push("await");
  })();
  await Promise.resolve();
  queueMicrotask(() => order.push("before"));
  future.setResult();
  queueMicrotask(() => order.push("after"));
  await hostTurn();
  assertEquals(order, ["before", "await", "after"]);
});

Deno.test("await on a future keeps its context from the code that runs next", async () => {
  const user = new AsyncContext.Variable<string>();
  const future = new Future<void>();
  const seen: unknown[] = [];
  const task = user.run("ada", () =>
    createTask(async () => {
      await future;
      seen.push(user.get());
    }));
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  future.setResult();
  // The task goes on a microtask after the one that decides whether it is thrown a request.
  queueMicrotask(() => queueMicrotask(() => seen.push(user.get())));
  await task;
  await hostTurn();
  assertEquals(seen, ["ada", undefined]);
});
