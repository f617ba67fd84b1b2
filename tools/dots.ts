/**
 * Dots that show that something still goes on.
 *
 * @module
 */

/** How long nothing is printed before a dot is. */
const SILENCE_MS = 4_000;

/** Prints dots while nothing else is printed. */
export interface Dots extends Disposable {
  /** Says that something else was printed. */
  reset(): void;
}

/** Prints a dot for each four seconds in which nothing else is printed, and ends their line. */
export function dots(): Dots {
  let printed = false;
  const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));
  const tick = () => {
    print(".");
    printed = true;
  };
  let timer = setInterval(tick, SILENCE_MS);
  return {
    reset() {
      clearInterval(timer);
      timer = setInterval(tick, SILENCE_MS);
      printed = false;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      if (printed) print("\n");
    },
  };
}
