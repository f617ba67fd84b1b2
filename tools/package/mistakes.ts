/**
 * Compares what TypeScript says of the mistakes in `tests/types/mistakes/` with what the comments
 * there expect.
 *
 * @module
 */

/** A comment before a line with a mistake; the text after the colon is a part of the message. */
const EXPECTATION = /^ *\/\/ @ts-expect-error: (.+)$/;

/** The beginning of an error: its file and its line. */
const ERROR = /^(\S+\(\d+),\d+\): error /;

/** The parts of messages that the comments in a file expect, with the places of the mistakes. */
export function expectationsIn(file: string, text: string): [place: string, part: string][] {
  return text.split("\n").flatMap((line, i) => {
    const part = EXPECTATION.exec(line)?.[1];
    // Lines are numbered from 1, and the mistake is in the next one.
    return part === undefined ? [] : [[`${file}(${i + 2}`, part]];
  });
}

/** Makes the compiler see the mistakes of a file. */
export function withoutExpectations(text: string): string {
  return text.replaceAll("// @ts-expect-error: ", "// mistake: ");
}

/** The messages in what a compiler prints, by their places. */
function messagesIn(output: string): Map<string, string> {
  const messages = new Map<string, string>();
  let place: string | undefined;
  for (const line of output.split("\n")) {
    place = ERROR.exec(line)?.[1] ?? place;
    if (place !== undefined) messages.set(place, `${messages.get(place) ?? ""}${line}\n`);
  }
  return messages;
}

/**
 * Compares what a compiler prints with the parts of messages that are expected, by their places.
 *
 * @throws {Error} If a message is missing or is another one, or if there are others.
 */
export function compareMessages(output: string, expected: Map<string, string>): void {
  const found = messagesIn(output);
  const problems = Array.from(expected)
    .filter(([place, part]) => !found.get(place)?.includes(part))
    .map(([place, part]) => `${place}) has no "${part}", but ${found.get(place) ?? "no error\n"}`);
  for (const [place, message] of found) if (!expected.has(place)) problems.push(message);
  if (problems.length > 0) throw new Error(`\n${problems.join("")}`);
}
