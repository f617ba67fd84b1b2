/**
 * Prints the findings of the programs of this folder: a line for each question, which begins with
 * `ok` or `FAULT`. `tools/field.ts` counts the lines.
 */

/** Prints whether the answer to a question is as expected. */
export function report(question, seen, expected = "ok") {
  const isRight = JSON.stringify(seen) === JSON.stringify(expected);
  const shown = typeof seen === "string" ? seen : JSON.stringify(seen);
  console.log(`${isRight ? "ok   " : "FAULT"} ${question}${isRight ? "" : `: ${shown}`}`);
}

/**
 * Reports the outcome of a page.
 *
 * @param outcome A pair `[seen, expected]` for each question, or a text that tells why the page has
 * no answers.
 */
export function reportPage(page, outcome) {
  if (typeof outcome === "string") return report(page, outcome);
  for (const [question, [seen, expected]] of Object.entries(outcome)) {
    report(`${page}: ${question}`, seen, expected);
  }
}
