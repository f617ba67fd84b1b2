/**
 * Records a trace of a program that runs to its end:
 * `TRACE=trace.json deno run -A --preload tools/record_trace.ts PROGRAM`.
 *
 * @module
 */

import { startTrace } from "../debug.ts";

const trace = startTrace();
globalThis.addEventListener("unload", () => {
  Deno.writeTextFileSync(Deno.env.get("TRACE")!, JSON.stringify(trace.stop()));
});
