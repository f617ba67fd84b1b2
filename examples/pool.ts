/**
 * A pool of connections: whoever wants one waits until one is free. A user who is cancelled while
 * waiting takes no connection, and one who is cancelled while working gives it back.
 *
 * Run it with `deno run examples/pool.ts`.
 *
 * @module
 */

import {
  Condition,
  createTask,
  gather,
  run,
  shielded,
  sleep,
  TimeoutError,
  waitFor,
} from "@asyncio/future";

/** A made-up connection. */
class Connection {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  async query(text: string): Promise<string> {
    await sleep(20);
    return `${text} by connection ${this.id}`;
  }
}

class Pool {
  readonly #free: Connection[];
  readonly #changed = new Condition();

  constructor(size: number) {
    this.#free = Array.from({ length: size }, (_, i) => new Connection(i + 1));
  }

  get free(): number {
    return this.#free.length;
  }

  /** Calls a function with a connection, which is given back when the function has ended. */
  async use<T>(fn: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#changed.run(async () => {
      await this.#changed.waitFor(() => this.#free.length > 0);
      return this.#free.shift()!;
    });
    try {
      return await fn(connection);
    } finally {
      // Even if the user is cancelled a second time meanwhile.
      await shielded(() => this.#giveBack(connection));
    }
  }

  async #giveBack(connection: Connection): Promise<void> {
    await this.#changed.run(() => {
      this.#free.push(connection);
      this.#changed.notify();
    });
  }
}

async function main() {
  const pool = new Pool(2);
  const query = (text: string) =>
    createTask(() => pool.use((connection) => connection.query(text)));
  console.log((await gather(query("a"), query("b"), query("c"))).join(", "));

  const [first, second, third] = [query("d"), query("e"), query("f")];
  await sleep(1);
  first.cancel("the user left"); // works
  third.cancel("the user left"); // waits
  console.log(await second);
  try {
    await waitFor(createTask(() => pool.use(() => sleep(60_000))), 10);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    console.log("out of time");
  }
  console.log(`free: ${pool.free} of 2`);
}

await run(main);
