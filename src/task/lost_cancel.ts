/**
 * The warning of a request to cancel that cancels nothing, where a library replaced `Promise`: this
 * module may not see what an async function awaits there.
 *
 * @module
 */

import { requestHostTurn } from "../loop/host.ts";
import { print } from "../loop/reports.ts";

/** Whether the warning was printed; never reset. */
let hasWarned = false;

/**
 * Warns, once per program, of a request that stays pending.
 *
 * @param task The task, for the text.
 * @param coro What it runs. A function with a parameter may use the signal: no warning then.
 * @param isPending Whether the request still waits for a wait of the task.
 */
export function warnIfLost(task: object, coro: unknown, isPending: () => boolean): void {
  if (typeof coro === "function" && coro.length > 0) return;
  // Perhaps a result is being delivered to the code, whose next wait then takes the request. Some
  // libraries take a turn of the host for each handler.
  let turnsLeft = 5;
  const warnOrWait = () => {
    if (hasWarned || !isPending()) return;
    if (turnsLeft-- > 0) return void requestHostTurn(warnOrWait);
    hasWarned = true;
    print(
      "warn",
      `Cannot cancel what ${task} waits for as it is not a Future: ` +
        "write await ensureFuture(promise), or use the task's signal",
    );
  };
  warnOrWait();
}
