/**
 * A connection pool that swallows a cancellation, ported from psycopg's pool 3.3.0 and the report
 * {@link https://github.com/psycopg/psycopg/issues/1275 psycopg #1275}: a client who waits is given a
 * connection, and is cancelled before going on. The client notes the cancellation, but looks for the
 * connection first, and goes on as if nothing had been.
 *
 * Run it with `deno run examples/testing/explore.ts pool`.
 *
 * @module
 */

import {
  Condition,
  createTask,
  shielded,
  sleep,
  TimeoutError,
  wait,
  waitFor,
} from "@asyncio/future";
import { runVirtual } from "@asyncio/future/testing";

class Connection {}

class PoolTimeout extends Error {
  override readonly name = "PoolTimeout";
}

/** Somebody who waits for a connection. */
class WaitingClient {
  readonly #cond = new Condition();
  protected conn: Connection | undefined = undefined;
  protected error: unknown = undefined;

  async wait(timeout: number): Promise<Connection> {
    await this.#cond.run(async () => {
      if (this.conn || this.error) return;
      try {
        await waitFor(this.#cond.wait(), timeout);
      } catch (error) {
        const isLate = error instanceof TimeoutError;
        this.error = isLate ? new PoolTimeout(`no connection within ${timeout} ms`) : error;
      }
    });
    return this.outcome();
  }

  protected outcome(): Connection {
    // The fault: the error may be a cancellation, which nobody hears of then.
    if (this.conn) return this.conn;
    throw this.error;
  }

  /** Gives a connection to the client. Returns whether the client has taken it. */
  async set(conn: Connection): Promise<boolean> {
    return await this.#cond.run(() => {
      if (this.conn || this.error) return false;
      this.conn = conn;
      this.#cond.notifyAll();
      return true;
    });
  }

  /** Notes that the client does not wait any more. Returns the connection that it has not taken. */
  leave(error: unknown): Connection | undefined {
    this.error ??= error;
    return this.conn;
  }
}

class MendedClient extends WaitingClient {
  protected override outcome(): Connection {
    if (this.error) throw this.error;
    return this.conn!;
  }
}

class Pool {
  readonly #ClientClass: typeof WaitingClient;
  readonly #free = [new Connection()];
  readonly #waiting: WaitingClient[] = [];

  constructor(ClientClass: typeof WaitingClient) {
    this.#ClientClass = ClientClass;
  }

  get available(): number {
    return this.#free.length;
  }

  async getconn(timeout: number): Promise<Connection> {
    const free = this.#free.shift();
    if (free) return free;
    const client = new this.#ClientClass();
    this.#waiting.push(client);
    try {
      return await client.wait(timeout);
    } catch (error) {
      const conn = client.leave(error);
      if (conn) await shielded(() => this.putconn(conn));
      throw error;
    }
  }

  async putconn(conn: Connection): Promise<void> {
    for (let client; (client = this.#waiting.shift());) {
      if (await client.set(conn)) return;
    }
    this.#free.push(conn);
  }
}

/** Two requests want the one connection. A request that has been cancelled must not go on. */
async function serve(ClientClass: typeof WaitingClient): Promise<void> {
  const pool = new Pool(ClientClass);
  let isWrong = false;
  async function request(signal: AbortSignal): Promise<void> {
    const conn = await pool.getconn(30_000);
    try {
      await sleep(1); // the query
      isWrong ||= signal.aborted;
    } finally {
      await shielded(() => pool.putconn(conn));
    }
  }
  await wait([createTask(request), createTask(request)]);
  if (isWrong) throw new Error("a request made its query although it was cancelled before");
  if (pool.available !== 1) throw new Error("the connection is lost");
}

/** Passes, as no request is cancelled at the wrong moment. */
export const usualTest = () => runVirtual(() => serve(WaitingClient));

/** Is to be explored. */
export const test = () => serve(WaitingClient);

/** Passes: an error comes before a connection, which goes back to the pool. */
export const mendedTest = () => serve(MendedClient);

/** The requests are cancelled at each of their waits. */
export const options = { cancelAnywhere: "request" };
