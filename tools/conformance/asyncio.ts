/**
 * A Python that runs random programs, one after the other.
 *
 * @module
 */

import type { Event, Trace } from "./play.ts";
import type { Body } from "./programs.ts";

/** The trace of a program in asyncio. */
export interface Answer extends Trace {
  /** The known differences that were met, and the events before each. */
  met: Record<string, Event[]>;
  /** Whether what the tasks saw depends on the order of what is ready at the same time. */
  isRace: boolean;
  /** If such a difference was met: the trace with locks and queues that hand over as those here. */
  handedOver?: Trace & Pick<Answer, "met">;
}

/** The process. */
export class Asyncio {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(python: string) {
    this.#process = new Deno.Command(python, {
      args: ["tools/conformance/programs.py"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Runs a program once, and `shuffles` more times in other orders. */
  async run(program: Body, shuffles: number): Promise<Answer> {
    const line = JSON.stringify({ program, shuffles }) + "\n";
    await this.#writer.write(new TextEncoder().encode(line));
    let end;
    while ((end = this.#text.indexOf("\n")) < 0) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`Python has ended: it ran ${line}`);
      this.#text += value;
    }
    const answer = JSON.parse(this.#text.slice(0, end));
    this.#text = this.#text.slice(end + 1);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#process.status;
  }
}
