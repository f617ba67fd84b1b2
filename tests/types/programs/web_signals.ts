/** Signals of the web, in and out. */

import { CancelledError, createTask, Future, sleep, timeout } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

const load = async (url: string, signal: AbortSignal) => {
  const response = await fetch(url, { signal });
  signal.throwIfAborted();
  return await response.text();
};

/** Cancels the request before, as search fields do. */
export class Search {
  #controller = new AbortController();

  query(text: string) {
    this.#controller.abort();
    this.#controller = new AbortController();
    return createTask((signal) => load(`/search?${text}`, signal), {
      signal: this.#controller.signal,
    });
  }
}

/** An event as a future. */
export function once<K extends keyof WindowEventMap>(type: K, signal?: AbortSignal) {
  const event = new Future<WindowEventMap[K]>({ signal });
  addEventListener(type, (found) => event.setResultUnlessDone(found), {
    once: true,
    signal: event.signal,
  });
  return event;
}

export async function main(parent: AbortSignal) {
  const text = await new Search().query("ada");
  assertSameType<typeof text, string>();
  const event = await once("error");
  assertSameType<typeof event, ErrorEvent>();
  const signal = AbortSignal.timeout(5_000);
  const page = await timeout(5, (scope) => load("/", scope.signal), { signal });
  assertSameType<typeof page, string>();
  const task = createTask((signal) => load("/", signal), { signal: parent });
  task.signal.addEventListener("abort", () => console.log(task.signal.reason));
  try {
    await sleep(1, { signal: AbortSignal.timeout(1) });
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    assertSameType<typeof error.cause, unknown>();
  }
  return await task.then((text) => new Blob([text], { type: "text/plain" }));
}
