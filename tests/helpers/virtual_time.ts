/**
 * Tests in virtual time.
 *
 * @module
 */

import type { Coroutine } from "../../mod.ts";
import { runVirtual } from "../../testing.ts";

/** Tests in virtual time, to be registered as those of `Deno.test()` are. */
export const virtual = {
  /**
   * Registers a test whose body is a task in virtual time.
   *
   * There, `await sleep(1)` waits until nothing can run any more, and then for a millisecond.
   */
  test(name: string, main: Coroutine<unknown>): void {
    Deno.test(name, async () => void await runVirtual(main));
  },
};
