import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { needs } from "../helpers/capabilities.ts";
import { makeRandomCalls } from "../helpers/pool_calls.ts";

Deno.test("WorkerPoolExecutor loses no call and runs none twice, whatever dies or is cancelled", async () => {
  needs("workers");
  for (const seed of [1, 2]) {
    const { timeouts: _, ...counts } = await makeRandomCalls(1_000, seed, 5);
    const sum = Object.values(counts).reduce((a, b) => a + b);
    assertEquals(sum, 1_000);
    for (const each of Object.values(counts)) assertGreaterOrEqual(each, 1);
  }
});
