/**
 * Tests that control time and order.
 *
 * @module
 */

export { DeadlockError, RunLimitError } from "./src/testing/errors.ts";
export { real } from "./src/testing/real.ts";
export { runVirtual, type RunVirtualOptions } from "./src/testing/run_virtual.ts";
