/**
 * Starts PostgreSQL and Redis, each with a folder of its own for its data and its socket, and no
 * port. They end with the program. `tools/field.ts` finds or installs the programs, and names them in
 * the environment.
 */
import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a server may take to start. */
const TIMEOUT_MS = 30_000;

// When this program takes too long, the listeners of `exit` have to run as well.
process.once("SIGTERM", () => process.exit(1));

/** Starts PostgreSQL, and returns the option `host` of pg, for the user `postgres`. */
export async function startPostgres() {
  const bin = process.env.POSTGRES_BIN;
  // PostgreSQL refuses to run as root.
  const user = process.getuid() === 0 ? idsOf("postgres") : {};
  const host = makeFolder(user);
  const data = join(host, "data");
  const init = ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"];
  execFileSync(join(bin, "initdb"), init, { ...user, cwd: host, stdio: "ignore" });
  const socket = ["-k", host, "-c", "listen_addresses="];
  const args = ["-D", data, ...socket, "-c", "fsync=off", "-c", "max_connections=50"];
  await start(join(bin, "postgres"), args, host, ".s.PGSQL.5432", user);
  return host;
}

/** Starts Redis, and returns the option `path` of ioredis. */
export async function startRedis() {
  const folder = makeFolder({});
  const path = join(folder, "redis");
  const args = ["--port", "0", "--unixsocket", path, "--save", "", "--dir", folder];
  await start(process.env.REDIS_SERVER, args, folder, "redis", {});
  return path;
}

/** Starts a server, and waits for its socket. */
async function start(program, args, folder, socket, user) {
  const server = spawn(program, args, { ...user, cwd: folder, stdio: "ignore" });
  let hasEnded = false;
  for (const event of ["exit", "error"]) server.once(event, () => hasEnded = true);
  process.once("exit", () => {
    server.kill("SIGQUIT");
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  const end = performance.now() + TIMEOUT_MS;
  while (!existsSync(join(folder, socket))) {
    if (hasEnded || performance.now() > end) {
      throw new Error(`Cannot start the server as it makes no socket: received ${program}`);
    }
    await sleep(20);
  }
}

/** Makes a folder with a short path, as that of a socket may have 107 bytes. */
function makeFolder({ uid, gid }) {
  const folder = mkdtempSync(join(tmpdir(), "field-"));
  if (uid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

function idsOf(name) {
  const id = (flag) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
