/**
 * The program of `docs/testing.md`: puts it, and what is found in it, into the page anew.
 *
 * A block of the page is between markers: `<!-- bank.ts -->` for the program, and
 * `<!-- bank.ts prints -->` for what exploring it prints.
 *
 * @module
 */

import { block, replaceBetween, withoutHeader } from "./markers.ts";

const ROOT = new URL("../", import.meta.url);
const PAGE = new URL("docs/testing.md", ROOT);

/** Reads the page. */
export function readPage(): Promise<string> {
  return Deno.readTextFile(PAGE);
}

/** Explores an example without permissions, and returns the page with it and with what it prints. */
export async function renew(page: string, name: string): Promise<string> {
  const source = await Deno.readTextFile(new URL(`examples/testing/${name}.ts`, ROOT));
  const program = withoutHeader(source);
  const command = ["run", "examples/testing/explore.ts", name];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: command,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const printed = `$ deno ${command.join(" ")}\n${new TextDecoder().decode(stdout)}`;
  // The program exports its tests, which is nothing for an example that is run as it is.
  const withProgram = replaceBetween(page, `${name}.ts`, block("ts ignore", program));
  return replaceBetween(withProgram, `${name}.ts prints`, block("text", printed));
}

if (import.meta.main) await Deno.writeTextFile(PAGE, await renew(await readPage(), "bank"));
