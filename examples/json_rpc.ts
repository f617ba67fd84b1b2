/**
 * A JSON-RPC client over a WebSocket: one Future for each request.
 *
 * Each request has a timeout and can be cancelled with an `AbortSignal`. In both cases the client
 * tells the server to stop its work. When the socket drops, every pending request fails. The server
 * is in this file, too: it runs a task for each request, and cancels the task when told to.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/json_rpc.ts`.
 *
 * @module
 */

import {
  CancelledError,
  createTask,
  Future,
  getEventLoop,
  run,
  sleep,
  type Task,
  TimeoutError,
} from "@asyncio/future";

/** An error that the server answered instead of a result. */
class RpcError extends Error {
  override readonly name = "RpcError";

  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** The socket is closed, or never opened. */
class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** A message of the client. A request to cancel has no id of its own. */
interface Call {
  id?: number;
  method: string;
  params: number[];
}

/** A message of the server. */
interface Answer {
  id: number;
  result?: unknown;
  error?: { code: number; message: string };
}

interface CallOptions {
  /** How long to wait for the answer, in milliseconds. */
  timeout?: number;
  /** A signal that cancels the request. */
  signal?: AbortSignal;
}

class JsonRpcClient {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Future<unknown>>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = (event) => this.#onMessage(JSON.parse(String(event.data)) as Answer);
    socket.onclose = () => this.#onClose();
  }

  /** Connects to a server. */
  static async connect(url: string): Promise<JsonRpcClient> {
    const socket = new WebSocket(url);
    const opened = new Future<void>();
    socket.onopen = () => opened.setResult();
    socket.onclose = () => opened.setException(new ConnectionError(`Cannot connect to ${url}`));
    await opened;
    return new JsonRpcClient(socket);
  }

  /** The number of requests without an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Calls a method of the server. The returned future can be cancelled. */
  call(method: string, params: number[], options: CallOptions = {}): Future<unknown> {
    const { timeout = 5_000, signal } = options;
    const reply = new Future<unknown>({ signal });
    if (reply.done()) return reply;
    if (this.#socket.readyState !== WebSocket.OPEN) {
      reply.setException(new ConnectionError(`Cannot call ${method} on a closed socket`));
      return reply;
    }

    const id = ++this.#lastId;
    this.#pending.set(id, reply);
    let answered = true;
    const timer = getEventLoop().callLater(timeout, () => {
      if (reply.done()) return;
      answered = false;
      reply.setException(new TimeoutError(`${method} took more than ${timeout} ms`));
    });
    reply.addDoneCallback(() => {
      timer.cancel();
      this.#pending.delete(id);
      if (!answered || reply.cancelled()) this.#send({ method: "$/cancel", params: [id] });
    });
    this.#send({ id, method, params });
    return reply;
  }

  /** Closes the socket. */
  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = new Future<void>();
    this.#socket.addEventListener("close", () => closed.setResult());
    this.#socket.close();
    await closed;
  }

  #send(message: Call): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
    }
  }

  #onMessage(message: Answer) {
    const reply = this.#pending.get(message.id);
    // The request may have been cancelled, or have timed out, while the answer was under way.
    if (!reply || reply.done()) return;

    const { error } = message;
    if (error) reply.setException(new RpcError(error.code, error.message));
    else reply.setResult(message.result);
  }

  #onClose(): void {
    for (const reply of this.#pending.values()) {
      if (!reply.done()) reply.setException(new ConnectionError("The socket was closed"));
    }
  }
}

/** The methods of the server. */
const methods: Record<string, (socket: WebSocket, ...params: number[]) => unknown> = {
  add: (_socket, a, b) => a + b,
  sleep: (_socket, ms) => sleep(ms, { result: "slept" }),
  fail: () => {
    throw new RangeError("no such host");
  },
  drop: (socket) => socket.close(),
};

/** Answers the requests of one socket, each in a task of its own. */
function serve(socket: WebSocket): void {
  const tasks = new Map<number, Task<void>>();

  async function answer(id: number, method: string, params: number[]): Promise<void> {
    const respond = (response: object) => socket.send(JSON.stringify({ id, ...response }));
    try {
      const call = methods[method];
      if (!call) {
        respond({ error: { code: -32601, message: `No method ${method}` } });
        return;
      }
      const result = await call(socket, ...params);
      if (socket.readyState === WebSocket.OPEN) respond({ result });
    } catch (error) {
      if (error instanceof CancelledError) {
        console.log(`server: ${method} #${id} was stopped`);
        throw error;
      }
      respond({ error: { code: -32603, message: String(error) } });
    } finally {
      tasks.delete(id);
    }
  }

  socket.onmessage = (event) => {
    const { id, method, params } = JSON.parse(String(event.data)) as Call;
    if (id !== undefined) tasks.set(id, createTask(() => answer(id, method, params)));
    else if (method === "$/cancel") tasks.get(params[0]!)?.cancel();
  };
  socket.onclose = () => {
    for (const task of tasks.values()) task.cancel();
  };
}

/** Waits for the answer to a request, and prints how the request ended. */
async function report(name: string, reply: Future<unknown>): Promise<void> {
  try {
    console.log(`client: ${name} returned ${String(await reply)}`);
  } catch (error) {
    console.log(`client: ${name} threw ${String(error)}`);
  }
}

async function main() {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    serve(socket);
    return response;
  });
  const client = await JsonRpcClient.connect(`ws://127.0.0.1:${server.addr.port}/`);

  await report("add", client.call("add", [2, 3]));
  await report("subtract", client.call("subtract", [2, 3]));
  await report("fail", client.call("fail", []));
  await report("sleep with a timeout", client.call("sleep", [60_000], { timeout: 50 }));

  const controller = new AbortController();
  const aborted = client.call("sleep", [60_000], { signal: controller.signal });
  await report("add meanwhile", client.call("add", [20, 22]));
  controller.abort("the user left");
  await report("sleep with a signal", aborted);
  await report("add after that", client.call("add", [1, 1]));

  const lost = [client.call("sleep", [60_000]), client.call("sleep", [60_000])];
  client.call("drop", []).catch(() => {});
  for (const reply of lost) await report("sleep on a dropped socket", reply);
  await report("add on a closed socket", client.call("add", [1, 1]));
  await sleep(0);
  console.log(`client: ${client.pending} requests are pending`);

  await client.close();
  await server.shutdown();
}

if (import.meta.main) await run(main);
