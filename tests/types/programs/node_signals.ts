/** Signals in Node's own functions, and Node's callbacks as futures. */

import { Buffer } from "node:buffer";
import { EventEmitter, once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { setTimeout } from "node:timers/promises";
import { createTask, ensureFuture, Future, gather, timeout } from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

/** The next event of an emitter. */
function next<T>(emitter: EventEmitter, name: string) {
  const found = new Future<T>();
  const listener = (value: T) => found.setResult(value);
  emitter.once(name, listener);
  found.addDoneCallback(() => emitter.off(name, listener));
  return found;
}

export async function main(path: string) {
  const copy = createTask(async (signal) => {
    const text = await readFile(path, { encoding: "utf8", signal });
    assertSameType<typeof text, string>();
    await writeFile(`${path}.copy`, text, { signal });
    return await readFile(path, { signal });
  });
  const bytes = await copy;
  console.log(Buffer.from(bytes).length);
  const ready = await timeout(5, ({ signal }) => setTimeout(1, "ready" as const, { signal }));
  assertSameType<typeof ready, "ready">();
  const [text, late] = await gather(
    readFile(path, "utf8"),
    ensureFuture(setTimeout(1, 42), { onLate: (value) => console.log(value.toFixed()) }),
  );
  assertSameType<typeof text, string>();
  assertSameType<typeof late, number>();
  const emitter = new EventEmitter();
  const closed = createTask((signal) => once(emitter, "close", { signal }));
  const error = await next<Error>(emitter, "error");
  assertSameType<typeof error, Error>();
  await closed;
  const server = createServer();
  const request = await next<IncomingMessage>(server, "request");
  assertSameType<typeof request.url, string | undefined>();
}
