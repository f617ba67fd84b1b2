/**
 * Names for functions that have none, from their source texts.
 *
 * @module
 */

/** How much of the source text of a function is looked at, in characters. */
const MAX_TEXT = 1_000;

/** A call, such as `await client.load(`, with the name of what is called. */
const CALL = String.raw`(?:(?:await|new|return|yield\s*\*)\s+)*(?:this\.)?` +
  String.raw`(?!(?:async|for|function|if|switch|while)\b)([\w$]+(?:\??\.#?[\w$]+)*)\s*\(`;

/** The calls that give a name, the best one first. */
const NAMING_CALLS = [
  // The whole body of an arrow function, in braces or not.
  String.raw`^(?:async\b\s*)?(?:\([^()]*\)|[\w$]+)\s*=>\s*(?:\{(?=[^;{}]*;?\s*\}$)\s*)?` + CALL,
  // The first call that the function waits for.
  String.raw`\b(?:await|yield\s*\*)\s+` + CALL,
];

/** Returns what a function without a name calls, by its source text: `() => load(url)` is `load`. */
export function nameInText(text: string): string | undefined {
  const start = text.slice(0, MAX_TEXT);
  return NAMING_CALLS.map((call) => start.match(call)?.[1]).find(Boolean);
}
