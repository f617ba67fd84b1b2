/**
 * Starts servers and other programs.
 *
 * @module
 */

import { withResolvers } from "./turns.ts";

/**
 * Starts a server that answers a request only when the client has gone.
 *
 * @returns Its address, and a promise that is fulfilled when there is a request.
 */
export function serveNothing(): { url: string; requested: Promise<void> } & AsyncDisposable {
  const { promise: requested, resolve: noteRequest } = withResolvers<void>();
  const server = Deno.serve({ port: 0, onListen() {} }, ({ signal }) => {
    noteRequest();
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(new Response()));
    });
  });
  return {
    url: `http://localhost:${server.addr.port}/`,
    requested,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Runs a program to its end, and returns what it printed and its exit code. */
export async function runProgram(
  source: string,
  ...options: string[]
): Promise<{ code: number; lines: string[]; errors: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", ...options, source],
    env: { NO_COLOR: "1" },
  }).output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, lines: output!.split("\n").slice(0, -1), errors: errors! };
}

/**
 * Runs `deno` with the arguments given, and sends it a signal at each of some lines that it prints.
 *
 * @param atLines The lines, if the signal is an interrupt, or else the signal by line.
 * @returns The output of the program, and the signal that ended it, if any.
 */
export async function interrupt(
  atLines: string[] | Record<string, Deno.Signal>,
  ...args: string[]
): Promise<{ lines: string[]; signal: Deno.Signal | null }> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  const lines: string[] = [];
  const signals = new Map<string, Deno.Signal>(
    Array.isArray(atLines) ? atLines.map((line) => [line, "SIGINT"]) : Object.entries(atLines),
  );
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    for (const line of chunk.trimEnd().split("\n")) {
      lines.push(line);
      const signal = signals.get(line);
      if (signal) child.kill(signal);
    }
  }
  const { signal } = await child.status;
  return { lines, signal };
}
