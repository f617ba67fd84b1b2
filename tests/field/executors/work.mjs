/** What the pools of `executors.mjs` run: piscina and tinypool import it, workerpool by its own file. */
export const double = (n) => 2 * n;

export function fail(message) {
  throw new RangeError(message);
}

/** Blocks the thread for ever. */
export function spin() {
  for (;;);
}
