/**
 * Finds PostgreSQL and Redis, and installs them from Debian if they are not there.
 *
 * @module
 */

import { installDebian, run } from "./install.ts";

/** Where Debian has the programs of PostgreSQL, in a folder for each version. */
const POSTGRES = "/usr/lib/postgresql/";

/**
 * The servers for the programs of `tests/field/`, as variables of the environment:
 * `POSTGRES_BIN`, the folder with `initdb`, and `REDIS_SERVER`. A server that can neither be found
 * nor installed is left out, and the reason is printed.
 */
export async function findDatabases(): Promise<Record<string, string>> {
  const found = {
    POSTGRES_BIN: await findOrInstall(findPostgres, "postgresql"),
    REDIS_SERVER: await findOrInstall(() => run("which", ["redis-server"]), "redis-server"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, path]) => path)) as typeof found;
}

async function findPostgres(): Promise<string> {
  for await (const { name } of Deno.readDir(POSTGRES)) {
    const folder = `${POSTGRES}${name}/bin`;
    if (await run(`${folder}/postgres`, ["--version"]).catch(() => "")) return folder;
  }
  throw new Error(`Cannot find PostgreSQL as it is not there: received ${POSTGRES}`);
}

/** Returns what `find` finds, at once or when the package is installed; an empty text if nothing. */
async function findOrInstall(find: () => Promise<string>, name: string): Promise<string> {
  try {
    return await find().catch(async () => {
      await installDebian(name);
      return await find();
    });
  } catch (error) {
    console.log(`Cannot install ${name}: ${error}`);
    return "";
  }
}
