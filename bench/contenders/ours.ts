/**
 * The contenders of this module, for all scenarios.
 *
 * @module
 */

import * as module from "@asyncio/future";
import { contendersOf } from "./module.ts";

/** The contender of each scenario. */
export const contenders = contendersOf(module);
