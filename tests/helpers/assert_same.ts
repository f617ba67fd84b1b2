import { assertEquals, assertStrictEquals } from "@std/assert";

/** Asserts that both hold the same objects: for `assertEquals`, all futures are equal. */
export function assertSame(actual: Iterable<unknown>, expected: Iterable<unknown>): void {
  const [objects, expectedObjects] = [[...actual], [...expected]];
  assertEquals(objects.length, expectedObjects.length);
  objects.forEach((object, i) => assertStrictEquals(object, expectedObjects[i]));
}
