/**
 * Errors like those that libraries reject with when the signal that they were given aborts, as they
 * were seen in 2026. `tests/field/aborts.mjs` asks the libraries themselves.
 *
 * @module
 */

/** Makes an error with a name, and with further properties. */
export function makeError(name: string, properties: object = {}, options?: ErrorOptions): Error {
  return Object.assign(new Error("stopped", options), { name, ...properties });
}

/** Makes an error of a class with a name, which leaves the name of its errors as it is. */
function makeErrorOfClass(name: string): Error {
  class ForeignError extends Error {}
  // Bundlers may change the names of classes in the source.
  Object.defineProperty(ForeignError, "name", { value: name });
  return new ForeignError("stopped");
}

/** Makes the error that a library throws, given the reason of the signal. */
export type MakeError = (reason: unknown) => unknown;

/** Each convention, the libraries that follow it, and their errors. */
export const foreignAborts: [convention: string, MakeError][] = [
  ["the reason (fetch, ky, p-queue, MongoDB)", (reason) => reason],
  [
    "an error with the reason as its cause (ofetch)",
    (cause) => makeError("FetchError", {}, { cause }),
  ],
  ["an error with the reason as its cause (execa)", (cause) => {
    return makeError("ExecaError", { isCanceled: true, exitCode: undefined }, { cause });
  }],
  ["an error with the reason as a cause further down (a client around ofetch)", (reason) => {
    return makeError("LoadError", {}, { cause: makeError("FetchError", {}, { cause: reason }) });
  }],
  ["an AbortError (browsers)", () => new DOMException("stopped", "AbortError")],
  ["an AbortError (node-fetch, Azure)", () => makeError("AbortError", { type: "aborted" })],
  [
    "an AbortError (Node, AWS)",
    (cause) => makeError("AbortError", { code: "ABORT_ERR" }, { cause }),
  ],
  ["an error with an AbortError as its cause (tRPC)", () => {
    const cause = new DOMException("stopped", "AbortError");
    return makeError("TRPCClientError", {}, { cause });
  }],
  [
    "an error of a class named AbortError (node-redis)",
    () => makeErrorOfClass("AbortError"),
  ],
  ["a CanceledError (Axios)", () => makeError("CanceledError", { code: "ERR_CANCELED" })],
  ["an APIUserAbortError (Anthropic)", () => makeError("APIUserAbortError")],
  ["an error of the class APIUserAbortError (OpenAI)", () => makeErrorOfClass("APIUserAbortError")],
  [
    "an error of a class named CancelledError (TanStack Query)",
    () => makeErrorOfClass("CancelledError"),
  ],
  ["a RequestAbortedError (Elasticsearch)", () => makeError("RequestAbortedError")],
  [
    "an error with the code ERR_ABORTED (got)",
    () => makeError("RequestError", { code: "ERR_ABORTED" }),
  ],
  [
    "an error with the code ABORT_ERR (Node)",
    () => makeError("RequestError", { code: "ABORT_ERR" }),
  ],
  [
    "an error with the code ERR_CANCELED (Axios)",
    () => makeError("Cancel", { code: "ERR_CANCELED" }),
  ],
  [
    "an error with the status 1 (gRPC)",
    () => makeError("Error", { code: 1, details: "", metadata: {} }),
  ],
  [
    "an error with the status 1 (Connect)",
    () => makeError("ConnectError", { code: 1, metadata: {} }),
  ],
  ["an AggregateError of abort errors (Promise.any)", (reason) => {
    return new AggregateError([reason, new DOMException("stopped", "AbortError")]);
  }],
];

/** Rejects, when the signal aborts, with an error that is made of its reason. */
export function untilAborted(signal: AbortSignal, make: MakeError): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(make(signal.reason)));
  });
}
