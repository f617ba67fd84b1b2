/**
 * The options of `Future`.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";

/**
 * Options of {@linkcode Future}.
 *
 * @category Futures
 */
export interface FutureOptions {
  /** The loop that calls the future's callbacks. Default: {@linkcode getEventLoop}. */
  loop?: EventLoop | undefined;
  /** Cancels the future when it aborts, or has; {@linkcode CancelledError} tells of its reason. */
  signal?: AbortSignal | undefined;
}
