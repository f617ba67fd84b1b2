/**
 * Runs tests in workers of workerd, the runtime of Cloudflare Workers.
 *
 * @module
 */

import { BUILD } from "./bundle.ts";
import type { Counts } from "./counts.ts";
import { runProgram } from "./program.ts";

/** The date whose runtime is asked for: later changes of behaviour are left out. */
const COMPATIBILITY_DATE = "2026-11-01";

/** As many copies of the module as one file of tests imports, at most. */
const COPIES = 20;

/** Runs a file of tests in a worker of its own, until `limit` aborts. */
export async function runWorker(
  workerd: string,
  file: string,
  limit: AbortSignal,
): Promise<Counts> {
  await Deno.mkdir(new URL("./", new URL(`workerd/${file}`, BUILD)), { recursive: true });
  const code = await Deno.readTextFile(new URL(file, BUILD));
  // A worker may do nothing but inside a handler, so the file becomes a function.
  const [imports, ...rest] = code.replaceAll("import.meta.url", `"file:///${file}"`).split("\n");
  await write(file, `${imports}\nexport default async () => {\n${rest.join("\n")}\n};\n`);
  await write(
    "main.mjs",
    `import { runTests } from "./harness.mjs";
    import register from "./${file}";
    export default {
      async test() {
        await register();
        await runTests();
      },
    };`,
  );
  const modules = [
    ["main.mjs", "main.mjs"],
    ["harness.mjs", "../harness.mjs"],
    [file, file],
    ...Array.from({ length: COPIES }, (_, i) => [`mod.ts.mjs?copy=${i}`, "../mod.ts.mjs"]),
  ].map(([name, path]) => `(name = "${name}", esModule = embed "${path}")`);
  await write(
    "config.capnp",
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [(name = "tests", worker = (
        modules = [${modules.join(", ")}],
        compatibilityDate = "${COMPATIBILITY_DATE}",
      ))],
      v8Flags = ["--expose-gc"],
    );`,
  );
  return await runProgram(workerd, ["test", "workerd/config.capnp"], limit);
}

async function write(name: string, text: string): Promise<void> {
  await Deno.writeTextFile(new URL(`workerd/${name}`, BUILD), text);
}
