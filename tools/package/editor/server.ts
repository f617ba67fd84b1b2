/**
 * A server for editors: a program that is asked over its standard input and answers over its
 * standard output, in JSON.
 *
 * @module
 */

/** A server that has not answered by then hangs. */
const TIMEOUT_MS = 30_000;

/** A message of a server. Each protocol has its own fields. */
export type Message = Record<string, unknown>;

/** How a server is spoken to. */
export interface Protocol {
  /** Returns a message as the server reads it. */
  write(message: Message): string;
  /** Returns the number of the request that a message answers, or `undefined` for other messages. */
  answers(message: Message): number | undefined;
  /** Called with a message that is not an answer: a question of the server, or an event. */
  onOther?(message: Message): void;
}

/** A running server, which is ended by `await using`. */
export class Server implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #protocol: Protocol;
  readonly #waiting = new Map<number, PromiseWithResolvers<Message>>();

  /**
   * Starts a server.
   *
   * @param cwd The folder to start it in.
   * @param program The program.
   * @param args Its arguments.
   * @param protocol How it is spoken to.
   */
  constructor(cwd: URL, program: string, args: string[], protocol: Protocol) {
    const command = new Deno.Command(program, {
      args,
      cwd,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    });
    this.#child = command.spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#protocol = protocol;
    this.#readAll().catch(() => {}).then(() => this.#fail("the server has ended"));
  }

  /** Sends a message that needs no answer. */
  send(message: Message): void {
    const text = this.#protocol.write(message);
    // If the server has ended, requests fail with that.
    this.#input.write(new TextEncoder().encode(text)).catch(() => {});
  }

  /**
   * Sends a request, and waits for the answer.
   *
   * @param id The number of the request, which the message has in it.
   * @param message The request.
   * @returns The answer.
   * @throws {Error} If the server does not answer in time, or ends.
   */
  async request(id: number, message: Message): Promise<Message> {
    const answer = Promise.withResolvers<Message>();
    this.#waiting.set(id, answer);
    const timer = setTimeout(() => this.#fail(`there is none in ${TIMEOUT_MS} ms`), TIMEOUT_MS);
    try {
      this.send(message);
      return await answer.promise;
    } catch (error) {
      throw new Error(`Cannot get an answer as ${error}: received ${JSON.stringify(message)}`);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(why);
  }

  async #readAll(): Promise<void> {
    for await (const message of messagesOf(this.#child.stdout)) {
      const id = this.#protocol.answers(message);
      if (id === undefined) this.#protocol.onOther?.(message);
      else this.#waiting.get(id)?.resolve(message);
    }
  }

  /** Ends the server, whatever it is doing. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
  }
}

/** Reads messages, each of which follows a header that has its length in bytes. */
async function* messagesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  let bytes = new Uint8Array();
  for await (const chunk of stream) {
    const joined = new Uint8Array(bytes.length + chunk.length);
    joined.set(bytes);
    joined.set(chunk, bytes.length);
    bytes = joined;
    while (true) {
      const header = decoder.decode(bytes.subarray(0, 200)).match(/^[^{]*?(\d+)\r\n\r\n/);
      if (!header) break;
      const start = header[0].length;
      const end = start + Number(header[1]);
      if (bytes.length < end) break;
      yield JSON.parse(decoder.decode(bytes.subarray(start, end)));
      bytes = bytes.slice(end);
    }
  }
}
