/**
 * Keeps loop callbacks from starving the host.
 *
 * A loop callback is a microtask, and the host's timers and sockets wait until
 * no microtask is left. So that a callback which keeps scheduling callbacks does
 * not shut them out, the callbacks after a long run without a turn of the host
 * go through a macrotask, order kept. asyncio polls for I/O between iterations
 * to the same end.
 *
 * @module
 */

/** After this many callbacks the host is asked to say when it turns … */
const ASK_AFTER = 128;
/** … and after this many without an answer the next ones wait for it. */
const WAIT_AFTER = 256;

/** Callbacks that ran since the host's last turn, as far as that is known. */
let ran = 0;
let asked = false;
let waiting: (() => void)[] = [];

// As they are at import: fake timers must not stop the loop's callbacks.
const { setImmediate, setTimeout, MessageChannel } = globalThis as typeof globalThis & {
  setImmediate?: (callback: () => void) => unknown;
};

let channel: MessageChannel | undefined;

function askForTurn(): void {
  if (setImmediate) {
    setImmediate(onTurn);
  } else if (MessageChannel) {
    // Browsers make a nested setTimeout(0) wait for 4 ms.
    if (!channel) {
      channel = new MessageChannel();
      channel.port1.onmessage = onTurn;
    }
    channel.port2.postMessage(undefined);
  } else {
    setTimeout(onTurn, 0);
  }
}

function onTurn(): void {
  asked = false;
  ran = 0;
  const ready = waiting;
  waiting = [];
  for (const enqueue of ready) enqueue();
}

/** Counts a loop callback that starts to run. */
export function callbackRuns(): void {
  if (++ran >= ASK_AFTER && !asked) {
    asked = true;
    askForTurn();
  }
}

/** Takes note of a turn of the host. */
export function hostTurned(): void {
  ran = 0;
}

/** Whether the next callbacks have to wait for a turn of the host. */
export function mustWait(): boolean {
  return ran >= WAIT_AFTER || waiting.length > 0;
}

/** Has `enqueue` called when the host turns. */
export function waitForTurn(enqueue: () => void): void {
  waiting.push(enqueue);
}
