import { AsyncLocalStorage } from "node:async_hooks";
import { testContext } from "./context_cases.ts";

// Edge runtimes have AsyncLocalStorage as a global, and no built-in modules.
const { process } = globalThis as unknown as { process: object };
Object.defineProperty(process, "getBuiltinModule", { value: undefined });
Object.assign(globalThis, { AsyncLocalStorage });

testContext("a global AsyncLocalStorage", await import("../mod.ts"), true);
