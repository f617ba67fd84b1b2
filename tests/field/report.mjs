/**
 * How the programs of this folder say what they found: a line for each question, which begins
 * with `ok` or `FAULT`. `tools/field.ts` counts them.
 */

/** Prints whether something was seen as expected. */
export function report(question, seen, expected = "ok") {
  const isRight = JSON.stringify(seen) === JSON.stringify(expected);
  const shown = typeof seen === "string" ? seen : JSON.stringify(seen);
  console.log(`${isRight ? "ok   " : "FAULT"} ${question}${isRight ? "" : `: ${shown}`}`);
}

/**
 * Reports what a page found: `[seen, expected]` for each question, or a text that says what went
 * wrong with the page.
 */
export function reportPage(page, outcome) {
  if (typeof outcome === "string") return report(page, outcome);
  for (const [question, [seen, expected]] of Object.entries(outcome)) {
    report(`${page}: ${question}`, seen, expected);
  }
}
