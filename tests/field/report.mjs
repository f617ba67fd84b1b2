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

/** What comes of a promise, or that nothing does in so many milliseconds. */
export function endOf(promise, ms = 5_000) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms, `no end in ${ms} ms`);
  });
  return Promise.race([promise, late]).then(
    (value) => value,
    (error) => error?.name ?? String(error),
  ).finally(() => clearTimeout(timer));
}
