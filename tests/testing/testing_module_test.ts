import { assertEquals } from "@std/assert";
import * as testing from "../../testing.ts";

Deno.test("testing.ts exports what tests need to control time and order, and no others", () => {
  assertEquals(Object.keys(testing).sort(), [
    "DeadlockError",
    "ExplorationError",
    "LeftoverError",
    "NondeterminismError",
    "RunLimitError",
    "chance",
    "delay",
    "explore",
    "real",
    "replay",
    "runVirtual",
  ]);
});
