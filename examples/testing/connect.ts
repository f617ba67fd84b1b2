/**
 * A double connect: a client that has lost its connection connects again when it is to send
 * something. Two tasks that send at the same time make two connections, and one is never closed.
 *
 * Run it with `deno run examples/testing/explore.ts connect`.
 *
 * @module
 */

import { createTask, gather, sleep } from "@asyncio/future";
import { runVirtual } from "@asyncio/future/testing";

/** A made-up server, which counts its connections. */
class Server {
  connections = 0;
  readonly received: string[] = [];
}

class Client {
  readonly server: Server;
  protected isConnected = false;

  constructor(server: Server) {
    this.server = server;
  }

  async send(message: string): Promise<void> {
    if (!this.isConnected) await this.connect();
    this.server.received.push(message);
  }

  protected async connect(): Promise<void> {
    await sleep(5); // the handshake
    this.isConnected = true;
    this.server.connections++;
  }

  close(): void {
    if (this.isConnected) this.server.connections--;
    this.isConnected = false;
  }
}

class MendedClient extends Client {
  #connecting: Promise<void> | undefined = undefined;

  protected override async connect(): Promise<void> {
    this.#connecting ??= super.connect().finally(() => this.#connecting = undefined);
    await this.#connecting;
  }
}

/** A heartbeat and an order are sent, the order when the heartbeat should have connected. */
async function sendBoth(client: Client): Promise<void> {
  async function heartbeat(): Promise<void> {
    await client.send("heartbeat");
  }
  async function order(): Promise<void> {
    await sleep(5); // the user decides
    await client.send("order");
  }
  await gather(createTask(heartbeat), createTask(order));
  client.close();
  const { connections, received } = client.server;
  if (connections !== 0) throw new Error(`${connections} connections are left open`);
  if (received.length !== 2) throw new Error(`the server has received ${received}`);
}

/** Passes, as the connection is made by the time the order comes. */
export const usualTest = () => runVirtual(() => sendBoth(new Client(new Server())));

/** Is to be explored. */
export const test = () => sendBoth(new Client(new Server()));

/** Passes in every order. */
export const mendedTest = () => sendBoth(new MendedClient(new Server()));
