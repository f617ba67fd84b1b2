/**
 * Runs tests in programs that run a file: Node, Bun, and what is left of Node
 * when it is stripped to the engine.
 *
 * @module
 */

import { BUILD } from "./bundle.ts";
import { Counts } from "./counts.ts";

/** How long a program may stay when its tests are over, with a failure to come. */
const GRACE_MS = 1_000;

/**
 * Runs a program that prints what the harness says, and counts the tests.
 *
 * @param program The program.
 * @param args Its arguments.
 * @param limit Kills it when it aborts.
 */
export async function runProgram(
  program: string,
  args: string[],
  limit: AbortSignal,
): Promise<Counts> {
  const counts = new Counts();
  const child = new Deno.Command(program, {
    args,
    cwd: BUILD,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // The program has just ended by itself.
    }
  };
  limit.addEventListener("abort", kill);
  let grace: ReturnType<typeof setTimeout> | undefined;
  const rest: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const line of linesOf(stream)) {
      if (!counts.note(line)) rest.push(line);
      if (counts.complete) grace ??= setTimeout(kill, GRACE_MS);
    }
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)]);
  const { code, signal } = await child.status;
  clearTimeout(grace);
  limit.removeEventListener("abort", kill);
  await reading;
  if (!counts.complete || (code !== 0 && signal !== "SIGKILL")) {
    const end = limit.aborted ? "was not over in time" : `ended early, by ${signal ?? code}`;
    counts.failed.push(`${args.join(" ")} ${end}:\n${rest.slice(-40).join("\n")}`);
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
