/**
 * The frames of a stack, for call graphs: those of the user's code.
 *
 * @module
 */

import { attempt } from "../base/engine.ts";
import { isOwn } from "../base/frames.ts";

/**
 * A frame of a call stack. Only a function whose task is not in debug mode has no place.
 *
 * Source: [`asyncio.FrameCallGraphEntry`](https://docs.python.org/3.14/library/asyncio-graph.html#asyncio.FrameCallGraphEntry).
 *
 * @category Debugging
 */
export interface FrameCallGraphEntry {
  /** The name of the function; an empty text if it has none. */
  readonly function: string;
  /** The address of the file, as the engine gives it; `undefined` if it is not known. */
  readonly file: string | undefined;
  /** The line, from 1 on; `undefined` if it is not known. */
  readonly line: number | undefined;
  /** The column, from 1 on; `undefined` if it is not known. */
  readonly column: number | undefined;
}

/** The most frames that are asked for, where an engine has a limit. */
const MAX_FRAMES = 100;

/** `    at async load (file:///crawler.ts:31:5)` in V8; the name and "async" may be missing. */
const V8 = /^\s*at (?:async )?(?:(.*?) \()?((?:[^():]+:)?[^()]*?):(\d+):(\d+)\)?$/;

/** `load@file:///crawler.ts:31:5` elsewhere; the name may be missing. */
const OTHERS = /^(?:async\*)?([^@]*)@(.+?):(\d+)(?::(\d+))?$/;

/** Returns the frames of a stack that belong to the user's code, the innermost first. */
export function userFrames(stack: string | undefined): FrameCallGraphEntry[] {
  return (stack ?? "").split("\n").filter((line) => !isOwn(line))
    .flatMap((line) => parse(line) ?? []).filter(isUsers);
}

function parse(text: string): FrameCallGraphEntry | undefined {
  const match = text.match(V8) ?? text.match(OTHERS);
  if (!match) return undefined;
  const [, name, file, line, column] = match;
  return {
    function: name ?? "",
    file,
    line: Number(line),
    column: column === undefined ? undefined : Number(column),
  };
}

function isUsers({ file }: FrameCallGraphEntry): boolean {
  // The engine's own functions, and those of the host.
  return Boolean(file) && !/^(native|node:|ext:|internal:|\[native code\])/.test(file!);
}

/** Returns the frames of the code that runs now, the innermost first. */
export function currentFrames(): FrameCallGraphEntry[] {
  const stackTraceLimit = attempt(() => (Error as { stackTraceLimit?: number }).stackTraceLimit);
  const isLimited = typeof stackTraceLimit === "number";
  if (isLimited) attempt(() => Reflect.set(Error, "stackTraceLimit", MAX_FRAMES));
  try {
    return userFrames(attempt(() => String(new Error().stack)));
  } finally {
    if (isLimited) attempt(() => Reflect.set(Error, "stackTraceLimit", stackTraceLimit));
  }
}

/** Shows a frame in one line, such as `load (file:///crawler.ts:31:5)`. */
export function showPlace(frame: FrameCallGraphEntry | undefined): string {
  if (!frame) return "";
  const { function: name, file, line, column } = frame;
  if (file === undefined) return name;
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return name ? `${name} (${place})` : place;
}
