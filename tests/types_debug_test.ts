/**
 * The types of `./debug`: the tests do not compile if a type changes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type DumpListener, dumpTasksOn } from "../debug.ts";
import { assertSameType } from "./helpers/same_type.ts";

Deno.test("dumpTasksOn() takes the name of a signal or nothing, and has a listener", () => {
  const listen = (signal?: string) => dumpTasksOn(signal);
  assertSameType<ReturnType<typeof listen>, DumpListener>();
  assertSameType<Parameters<typeof dumpTasksOn>, [signal?: string | undefined]>();
  // @ts-expect-error: a signal has a name.
  const misuse = () => dumpTasksOn(3);
  assertEquals([listen.length, misuse.length], [1, 0]);
});
