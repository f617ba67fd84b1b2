/**
 * Pages of Markdown: the text that a program writes between the markers `<!-- name -->` and
 * `<!-- /name -->`, and the anchors of the headings.
 *
 * @module
 */

/**
 * Finds the text between the markers of a page.
 *
 * @throws {Error} If the page lacks a marker.
 */
export function textBetween(page: string, name: string): string {
  const [from, to] = placeOf(page, name);
  return page.slice(from, to).trim();
}

/**
 * Replaces the text between the markers of a page.
 *
 * @returns The page with the new text.
 * @throws {Error} If the page lacks a marker.
 */
export function replaceBetween(page: string, name: string, text: string): string {
  const [from, to] = placeOf(page, name);
  return `${page.slice(0, from)}\n\n${text}\n\n${page.slice(to)}`;
}

/** Finds where the text between two markers begins and ends. */
function placeOf(page: string, name: string): [from: number, to: number] {
  const begin = `<!-- ${name} -->`;
  const from = page.indexOf(begin) + begin.length;
  const to = page.indexOf(`<!-- /${name} -->`, from);
  if (from < begin.length || to < 0) {
    throw new Error(`Cannot find the text as the page lacks a marker: ${name}`);
  }
  return [from, to];
}

/** Returns the anchors that GitHub gives to the headings of a page. */
export function anchorsOf(page: string): Set<string> {
  const text = page.replaceAll(/^```[\s\S]*?^```/gm, "");
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return new Set(headings.map((heading) => {
    return heading.replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
  }));
}

/** Returns a program without the comment at its head. */
export function withoutHeader(source: string): string {
  return source.replace(/^\/\*\*[\s\S]*?\*\/\n+/, "");
}

/** Makes a block of code in Markdown. */
export function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
