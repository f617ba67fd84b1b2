/**
 * A retry with backoff, which takes up to an hour: a payment whose answer was lost is made again, and
 * paid twice.
 *
 * Run it with `deno run examples/testing/explore.ts retry`.
 *
 * @module
 */

import { getRunningLoop, sleep } from "@asyncio/future";
import { chance, runVirtual } from "@asyncio/future/testing";

const MINUTE = 60_000;

/** The times of waiting add up to 63 minutes. */
const ATTEMPTS = 7;

class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** A made-up server of a bank. */
class Server {
  readonly #paid: string[] = [];
  readonly #isLost: () => boolean;

  /** @param isLost Whether a request, or an answer, is lost on its way. */
  constructor(isLost: () => boolean) {
    this.#isLost = isLost;
  }

  get paid(): number {
    return this.#paid.length;
  }

  /** @param key If there is one, what has it is paid once. */
  async pay(key?: string): Promise<void> {
    await sleep(100);
    if (this.#isLost()) throw new ConnectionError("the request was lost");
    if (key === undefined || !this.#paid.includes(key)) this.#paid.push(key ?? "");
    await sleep(100);
    if (this.#isLost()) throw new ConnectionError("the answer was lost");
  }
}

async function retry(fn: () => Promise<void>): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await fn();
    } catch (error) {
      if (!(error instanceof ConnectionError) || attempt === ATTEMPTS) throw error;
      await sleep(2 ** (attempt - 1) * MINUTE);
    }
  }
}

const pay = (server: Server) => retry(() => server.pay());

const mendedPay = (server: Server) => retry(() => server.pay("invoice 4711"));

async function payOnce(pay: (server: Server) => Promise<void>): Promise<void> {
  const server = new Server(() => chance(0.1));
  try {
    await pay(server);
  } catch (error) {
    // The bank could not be reached for more than an hour: that is no fault of the program.
    if (!(error instanceof ConnectionError)) throw error;
  }
  if (server.paid > 1) throw new Error(`the invoice was paid ${server.paid} times`);
}

/** Passes, as the server of this test loses requests and no answers. The hour takes no time. */
export const usualTest = () =>
  runVirtual(async () => {
    let failures = 0;
    const server = new Server(() => ++failures < ATTEMPTS);
    await pay(server);
    if (server.paid !== 1) throw new Error(`the invoice was paid ${server.paid} times`);
    if (getRunningLoop().time() < 60 * MINUTE) throw new Error("the program has not waited");
  });

/** Is to be explored. */
export const test = () => payOnce(pay);

/** Passes whatever is lost. */
export const mendedTest = () => payOnce(mendedPay);
