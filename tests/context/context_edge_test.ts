import { AsyncLocalStorage } from "node:async_hooks";
import { testContext } from "./context_cases.ts";

// Edge runtimes have AsyncLocalStorage as a global, and no built-in modules.
const { process } = globalThis as unknown as { process?: object };
if (process) Object.defineProperty(process, "getBuiltinModule", { value: undefined });
Object.assign(globalThis, { AsyncLocalStorage });

const module = await import("../../mod.ts");

testContext("a global AsyncLocalStorage", module, true, "asyncLocalStorage");
