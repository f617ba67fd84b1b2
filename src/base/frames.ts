/**
 * Stacks in reports: without the frames of this module, which tell a reader nothing about the
 * program.
 *
 * @module
 */

import { attempt } from "./engine.ts";

/** The place of a frame in a stack: a file, or an address, with line and column. */
const PLACE = /([^/\\()@\s?:]+)(?:\?[^\s:]*)?:(\d+)(?::\d+)?\)?$/;

/**
 * The files of this module, in its folder: those in `src/`, those at the top, and those of the build
 * for CommonJS.
 */
const OWN_FILE = /^(?:(?:src|cjs)[\\/][\w\\/]+|debug|errors|future|loop|mod|testing)\.\w+:\d/;

/** The frames of the host, which have no file of the program. */
const HOST_FILE = /(?:^|[\s(@])(?:node|ext|native|bun):/;

/** The folder of this module, as stacks name it; an empty text until it is known. */
let folder = "";

/**
 * Returns the folder of this module. The text is empty in a bundle, where the files of this module
 * are not apart from those of the program, and as long as `Error.stackTraceLimit` is 0.
 */
function ownFolder(): string {
  const frame = /(?:\(|@|at )((?:\w+:|[/\\]).*)(?:src[\\/]base[\\/]frames|cjs[\\/]shared)\.\w+:\d/;
  return folder ||= String(attempt(() => new Error().stack)).match(frame)?.[1] ?? "";
}

/** Whether a line of a stack is a frame of this module. */
export function isOwn(line: string): boolean {
  const own = ownFolder();
  const start = own ? line.indexOf(own) : -1;
  return start >= 0 && OWN_FILE.test(line.slice(start + own.length));
}

/**
 * Returns a stack in which a line with their number stands for frames of this module. A stack
 * without any other frame stays as it is.
 */
export function withoutOwnFrames(stack: string): string {
  const lines = stack.split("\n");
  if (!lines.some((line) => isOwn(line))) return stack;
  if (!lines.some((line) => PLACE.test(line) && !isOwn(line))) return stack;
  const shown: string[] = [];
  let count = 0;
  /** Frames of the host after own ones, which are own as well if more of these follow. */
  let ofHost: string[] = [];
  for (const line of [...lines, undefined]) {
    if (line !== undefined && isOwn(line)) {
      count += ofHost.length + 1;
      ofHost = [];
      continue;
    }
    if (line !== undefined && count > 0 && HOST_FILE.test(line)) {
      ofHost.push(line);
      continue;
    }
    if (count > 0) shown.push(`    … ${count} frame${count > 1 ? "s" : ""} of @asyncio/future`);
    shown.push(...ofHost);
    count = 0;
    ofHost = [];
    if (line !== undefined) shown.push(line);
  }
  return shown.join("\n");
}

/**
 * Returns the first frame of the program in a stack that this module took, such as
 * `at main (file:///crawler.ts:31:7)`; `undefined` if there is none, or in a bundle.
 */
export function userFrame(stack: string | undefined): string | undefined {
  if (!stack || !ownFolder()) return undefined;
  const isOfUser = (line: string) => PLACE.test(line) && !isOwn(line) && !HOST_FILE.test(line);
  const frame = stack.split("\n").find(isOfUser)?.trim();
  // Engines other than V8 write `main@file:///crawler.ts:31:7`.
  const [, name, place] = frame?.match(/^([^@\s]*)@(.+)$/) ?? [];
  return place ? `at ${name ? `${name} (${place})` : place}` : frame;
}

/** Returns the place of the first frame of the program, such as `crawler.ts:31`. */
export function placeOf(stack: string | undefined): string | undefined {
  const [, file, line] = userFrame(stack)?.match(PLACE) ?? [];
  return file && `${file}:${line}`;
}
