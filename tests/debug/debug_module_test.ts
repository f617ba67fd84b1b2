import { assertEquals } from "@std/assert";
import * as debug from "../../debug.ts";

Deno.test("debug.ts exports what looks into a program, and no others", () => {
  assertEquals(Object.keys(debug).sort(), [
    "captureCallGraph",
    "captureTasks",
    "dumpTasksOn",
    "formatCallGraph",
    "formatTasks",
    "printCallGraph",
    "printTasks",
    "startTrace",
  ]);
});
