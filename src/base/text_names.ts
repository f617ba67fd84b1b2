/**
 * Names for functions that have none, from their source texts.
 *
 * @module
 */

import { ANONYMOUS } from "./inspect.ts";

/** How much of the source text of a function is looked at, in characters. */
const MAX_TEXT = 1_000;

/** Words that stand before a parenthesis, or before a call, and are no names. */
const WORDS = "async|await|catch|for|function|if|new|return|switch|typeof|void|while|yield";

/** A call, such as `await client.load(`, with the name of what is called. */
const CALL = String.raw`(?:(?:await|new|return|void|yield\s*\*)\s+)*(?:this\.)?` +
  String.raw`(?!(?:${WORDS})\b)([\w$]+(?:\??\.#?[\w$]+)*)\s*\(`;

/** The call that is the whole body of an arrow function, in braces or not. */
const CALL_AS_BODY = new RegExp(
  String.raw`^(?:async\b\s*)?(?:\([^()]*\)|[\w$]+)\s*=>\s*(?:\{(?=[^;{}]*;?\s*\}$)\s*)?` + CALL,
);

const WAITS = /\b(?:await|yield\s*\*)\s/g;

/** A call that the function waits for. */
const AWAITED_CALL = new RegExp(String.raw`\b(?:await|yield\s*\*)\s+` + CALL);

/** Stands for the name of a generator: no engine tells which function has made it. */
export const GENERATOR = "<generator>";

/** The source text of a function that has no name of its own. */
const NAMELESS = /^(?:async\b\s*)?(?:(?:function|class)\b|\(|[\w$]+\s*=>)/;

/**
 * Returns what a function without a name calls, by its source text: `() => load(url)` is `load`.
 *
 * @returns `undefined` if the text is a name.
 */
export function nameInText(text: string): string | undefined {
  if (text === GENERATOR) return text;
  if (!NAMELESS.test(text)) return undefined;
  const start = text.slice(0, MAX_TEXT);
  // The first of several calls would name what the function does worse than its place.
  const awaited = start.match(WAITS)?.length === 1 ? AWAITED_CALL : undefined;
  return start.match(CALL_AS_BODY)?.[1] ?? (awaited && start.match(awaited)?.[1]) ?? ANONYMOUS;
}
