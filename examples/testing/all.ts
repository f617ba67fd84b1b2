/**
 * The examples of this folder.
 *
 * @module
 */

import type { ExploreOptions, TestMain } from "@asyncio/future/testing";
import * as bank from "./bank.ts";
import * as cache from "./cache.ts";
import * as connect from "./connect.ts";
import * as exponential from "./exponential.ts";
import * as limiter from "./limiter.ts";
import * as locks from "./locks.ts";
import * as pool from "./pool.ts";
import * as queue from "./queue.ts";
import * as retry from "./retry.ts";

/** The functions that the file of each example exports. */
export interface Example {
  /** A test that misses the fault. */
  readonly usualTest: () => Promise<void>;
  /** A test that finds the fault if it is explored. */
  readonly test: TestMain<void>;
  /** The same test of the mended program. */
  readonly mendedTest: TestMain<void>;
  readonly options?: ExploreOptions;
}

/** The examples, by the names of their files. */
export const examples: Record<string, Example> = {
  bank,
  cache,
  connect,
  exponential,
  limiter,
  locks,
  pool,
  queue,
  retry,
};
