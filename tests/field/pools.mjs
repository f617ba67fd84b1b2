/**
 * Checks pools of connections under 1,000 random cancellations: no connection is lost, and no
 * rejection is reported that the program has handled. The pools are those of pg, on PostgreSQL, and
 * of generic-pool, for connections of ioredis and for plain objects.
 */
import { createTask, ensureFuture, getEventLoop, sleep, wait, waitFor } from "@asyncio/future";
import genericPool from "generic-pool";
import Redis from "ioredis";
import pg from "pg";
import { report } from "./report.mjs";
import { startPostgres, startRedis } from "./databases.mjs";

/** How many connections each pool has. */
const MAX = 10;
const TASKS = 1_000;

const unhandled = [];
getEventLoop().setExceptionHandler((_loop, { message, exception }) =>
  unhandled.push(`${message}: ${exception}`)
);
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

/** Random numbers from 0 to 1, the same in each run. */
let seed = 1;
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;

/** The ways to wait for a connection. */
const ways = {
  "ensureFuture()": ({ acquire, release }) => ensureFuture(acquire(), { onLate: release }),
  "waitFor()": ({ acquire, release }) => waitFor(acquire(), random() * 400, { onLate: release }),
};

/**
 * Runs tasks that use a pool, and cancels them at random times.
 *
 * @param pool Its name; `acquire()`, `release(client)`; `run(client)`, which begins some work and
 * returns its promise; and `stop(client)`, which has that promise rejected.
 */
async function check({ name, stop, run, ...pool }) {
  for (const [way, connect] of Object.entries(ways)) {
    const counts = { connecting: 0, running: 0, completed: 0 };
    const work = async () => {
      let state = "connecting";
      try {
        const client = await connect(pool);
        try {
          state = "running";
          const result = run(client);
          try {
            await ensureFuture(result);
            state = "completed";
          } finally {
            if (state === "running") {
              await stop(client);
              await result.catch(() => {});
            }
          }
        } finally {
          await pool.release(client);
        }
      } finally {
        counts[state]++;
      }
    };
    const tasks = Array.from({ length: TASKS }, () => createTask(work));
    for (const task of tasks) setTimeout(() => task.cancel(), random() * 800);
    await wait(tasks);
    const failures = tasks.filter((task) => !task.cancelled() && task.exception());
    const others = failures.map(String).filter((text) => !text.includes("TimeoutError"));
    report(`${name}, ${way}: no task fails otherwise`, others, []);
    const ends = Object.keys(counts).filter((state) => counts[state] > 0);
    report(`${name}, ${way}: tasks end in each state`, ends, Object.keys(counts));
    report(`${name}, ${way}: all connections are left`, await countLeft(pool), MAX);
    report(`${name}, ${way}: nothing is reported`, unhandled.splice(0), []);
  }
}

/** How many connections a pool gives out at the same time. */
async function countLeft({ acquire, release }) {
  const clients = await Promise.all(
    Array.from(
      { length: MAX },
      () => waitFor(acquire(), 5_000, { onLate: release }).catch(() => {}),
    ),
  );
  const left = clients.filter((client) => client !== undefined);
  for (const client of left) await release(client);
  return left.length;
}

/** What `check()` takes, for a pool of generic-pool. */
function fromGenericPool(name, pool, rest) {
  const release = (client) => pool.release(client);
  return { name, acquire: () => pool.acquire(), release, ...rest };
}

async function checkObjects() {
  const pool = genericPool.createPool(
    { create: async () => ({}), destroy: async () => {} },
    { max: MAX },
  );
  await check(fromGenericPool("generic-pool", pool, {
    run: (client) =>
      new Promise((resolve, reject) => {
        client.stop = () => reject(new Error("the work was stopped"));
        setTimeout(resolve, 5);
      }),
    stop: (client) => client.stop(),
  }));
}

async function checkPostgres() {
  const options = { host: await startPostgres(), user: "postgres", database: "postgres" };
  // The server may not take connections yet when its socket is there.
  const admin = new pg.Pool({ ...options, max: MAX });
  for (let i = 0; i < 100; i++) {
    if (await admin.query("select 1").catch(() => undefined)) break;
    await sleep(50);
  }
  const pool = new pg.Pool({ ...options, max: MAX });
  await check({
    name: "pg",
    acquire: () => pool.connect(),
    release: (client) => client.release(),
    run: (client) => client.query("select pg_sleep(0.005)"),
    stop: (client) => admin.query("select pg_cancel_backend($1)", [client.processID]),
  });
  report("pg: the pool knows of all connections", [pool.totalCount, pool.idleCount], [MAX, MAX]);
}

async function checkRedis() {
  const path = await startRedis();
  const admin = new Redis({ path });
  const pool = genericPool.createPool({
    async create() {
      const client = new Redis({ path });
      client.number = await client.client("ID");
      return client;
    },
    destroy: (client) => client.quit(),
  }, { max: MAX });
  await check(fromGenericPool("ioredis", pool, {
    run: (client) => client.blpop("a list that stays empty", 0.005),
    stop: (client) => admin.client("UNBLOCK", client.number, "ERROR"),
  }));
  report("ioredis: the pool knows of all connections", [pool.size, pool.borrowed], [MAX, 0]);
}

await checkObjects();
if (process.env.POSTGRES_BIN) await checkPostgres();
else console.log("skip  pg: there is no PostgreSQL");
if (process.env.REDIS_SERVER) await checkRedis();
else console.log("skip  ioredis: there is no Redis");
report("nothing is reported at the end", unhandled, []);
// The servers end with the program, before the pools notice.
process.exit();
