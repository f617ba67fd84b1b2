import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import {
  CancelledError,
  Future,
  gather,
  InvalidStateError,
  taskGroup,
  timeout,
  waitFor,
} from "../../mod.ts";

Deno.test("Future of gather(), waitFor(), timeout() and taskGroup() cannot be settled by hand", async () => {
  const child = new Future<number>();
  const futures: Future<unknown>[] = [
    gather(child),
    waitFor(child, null),
    timeout(null, () => child),
    taskGroup(() => child),
  ];
  for (const future of futures) {
    assertThrows(
      () => future.setResult(1),
      InvalidStateError,
      "from what it waits for: <Future pending",
    );
    assertThrows(() => future.setException(new Error("x")), InvalidStateError, "the exception");
    assertFalse(future.done());
  }
  child.setResult(5);
  assertEquals(await Promise.all(futures), [[5], 5, 5, 5]);
});

Deno.test("gather() and waitFor() nested 20,000 deep have the result, and are cancelled to the bottom", async () => {
  const length = 20_000;
  const chain = (inner: Future<unknown>) => {
    let outer = inner;
    for (let i = 0; i < length; i++) outer = i % 2 ? waitFor(outer, null) : gather(outer);
    return outer;
  };
  const settled = new Future<number>();
  const last = chain(settled);
  settled.setResult(1);
  let value: unknown = await last;
  for (let depth = 0; depth < length / 2; depth++) value = (value as unknown[])[0];
  assertEquals(value, 1);

  const cancelled = new Future<number>();
  const outermost = chain(cancelled);
  outermost.cancel("all of it");
  await assertRejects(async () => await outermost, CancelledError, "all of it");
  assert(cancelled.cancelled());
});

Deno.test("waitFor() nested 20,000 deep has the result of the innermost future", async () => {
  const first = new Future<number>();
  let last: Future<number> = first;
  for (let i = 0; i < 20_000; i++) last = waitFor(last, null);
  first.setResult(1);
  assertEquals(await last, 1);
});
