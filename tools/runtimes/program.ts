/**
 * Runs tests in programs that run a file: Node, Bun, and what is left of Node
 * when it is stripped to the engine.
 *
 * @module
 */

import { BUILD } from "./bundle.ts";
import { Counts } from "./counts.ts";

/** No file of tests takes as long. */
const TIMEOUT_MS = 300_000;

/** How long a program may stay when its tests are over, with a failure to come. */
const GRACE_MS = 1_000;

/** Runs a program that prints what the harness says, and counts the tests. */
export async function runProgram(program: string, args: string[], cwd = BUILD): Promise<Counts> {
  const counts = new Counts();
  const child = new Deno.Command(program, {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = () => child.kill("SIGKILL");
  let timer = setTimeout(kill, TIMEOUT_MS);
  const rest: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const line of linesOf(stream)) {
      if (!counts.note(line)) rest.push(line);
      if (!counts.complete) continue;
      clearTimeout(timer);
      timer = setTimeout(kill, GRACE_MS);
    }
  };
  await Promise.all([read(child.stdout), read(child.stderr)]);
  const { code, signal } = await child.status;
  clearTimeout(timer);
  if (!counts.complete || (code !== 0 && signal !== "SIGKILL")) {
    counts.failed.push(
      `${args.at(-1)} ended early, by ${signal ?? code}:\n${rest.slice(-40).join("\n")}`,
    );
  }
  return counts;
}

/** The lines of what a program prints. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}
