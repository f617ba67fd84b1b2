/** Servers: tasks that say when they are ready, handlers, work that is not cancelled. */

import {
  createTask,
  detached,
  type Future,
  shield,
  shielded,
  sleep,
  type Task,
  taskGroup,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

type Handler = (request: Request) => Response | Promise<Response>;

async function answer(request: Request) {
  await sleep(1, { signal: request.signal });
  return new Response(request.url);
}

function serve(handler: Handler) {
  return handler;
}

class Store {
  readonly #rows = new Map<string, string>();

  /** A method that nobody's cancellation reaches. */
  readonly save = detached(this.#save);

  async #save(key: string, row: string) {
    await sleep(1);
    this.#rows.set(key, row);
    return this.#rows.size;
  }
}

export async function main() {
  serve(detached(answer));
  const load = detached(async (id: number) => ({ id }));
  assertSameType<typeof load, (this: unknown, id: number) => Promise<{ id: number }>>();
  const count = detached(function* (to: number) {
    yield* sleep(to);
    return to;
  });
  assertSameType<ReturnType<typeof count>, Promise<number>>();
  const size = await new Store().save("a", "1");
  assertSameType<typeof size, number>();

  await taskGroup(async (group) => {
    const address = group.start<{ port: number }>(async (started, signal) => {
      started({ port: 8080 });
      while (!signal.aborted) await sleep(1);
    });
    assertSameType<typeof address, Future<{ port: number }>>();
    const { port } = await address;
    const ready = await group.start<void>(async (started) => started());
    assertSameType<typeof ready, void>();
    const client = group.createTask(async () => (await fetch(`http://localhost:${port}`)).text());
    assertSameType<typeof client, Task<string>>();
    group.cancel();
  });

  const saved = await shield(createTask(() => load(1)));
  assertSameType<typeof saved, { id: number }>();
  const whole = await shielded(async () => saved.id);
  assertSameType<typeof whole, number>();
}
