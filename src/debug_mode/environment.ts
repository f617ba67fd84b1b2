/**
 * The variable of the environment that switches debug mode on.
 *
 * @module
 */

import { attempt, globalOf } from "../base/engine.ts";

/** The parts of Deno that this file uses. */
interface DenoEnvironment {
  readonly env: { get(name: string): string | undefined };
  readonly permissions: {
    querySync(wanted: { name: "env"; variable: string }): { readonly state: string };
  };
}

/**
 * Returns a variable of the environment; `undefined` if there is none, or if Deno would have to ask
 * the user for leave to read it.
 */
export function readVariable(name: string): string | undefined {
  const deno = globalOf<DenoEnvironment>("Deno");
  return attempt(() => {
    if (!deno) return globalOf<{ env?: Record<string, string> }>("process")?.env?.[name];
    const { state } = deno.permissions.querySync({ name: "env", variable: name });
    return state === "granted" ? deno.env.get(name) : undefined;
  });
}
