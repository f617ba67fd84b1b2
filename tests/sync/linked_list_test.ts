import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Element, LinkedList } from "../../src/base/linked_list.ts";

class Value<T> implements Element<Value<T>> {
  readonly value: T;
  previous: Value<T> | undefined = undefined;
  next: Value<T> | undefined = undefined;
  isListed = false;

  constructor(value: T) {
    this.value = value;
  }
}

function push<T>(list: LinkedList<Value<T>>, value: T): Value<T> {
  const element = new Value(value);
  list.push(element);
  return element;
}

function insertAfter<T>(
  list: LinkedList<Value<T>>,
  previous: Value<T> | undefined,
  value: T,
): Value<T> {
  const element = new Value(value);
  list.insertAfter(previous, element);
  return element;
}

function valuesOf<T>(list: LinkedList<Value<T>>): T[] {
  return [...list].map(({ value }) => value);
}

Deno.test("LinkedList.push() and insertAfter() add elements anywhere", () => {
  const list = new LinkedList<Value<string>>();
  const b = push(list, "b");
  push(list, "d");
  insertAfter(list, b, "c");
  insertAfter(list, undefined, "a");
  insertAfter(list, list.last, "e");
  assertEquals(valuesOf(list), ["a", "b", "c", "d", "e"]);
  assertEquals([list.size, list.first?.value, list.last?.value], [5, "a", "e"]);
});

Deno.test("LinkedList.remove() removes an element once, which keeps no neighbours", () => {
  const list = new LinkedList<Value<number>>();
  const elements = [1, 2, 3].map((value) => push(list, value));
  assertEquals([list.remove(elements[1]!), list.remove(elements[1]!)], [true, false]);
  assertEquals([elements[1]!.previous, elements[1]!.next], [undefined, undefined]);
  assertEquals([valuesOf(list), list.size], [[1, 3], 2]);
});

Deno.test("LinkedList of which all is removed is as new, and takes elements again", () => {
  const list = new LinkedList<Value<number>>();
  const element = push(list, 1);
  list.remove(element);
  assertEquals([list.first, list.last, list.size, [...list]], [undefined, undefined, 0, []]);
  list.push(element);
  assertEquals([list.first, list.last, list.size], [element, element, 1]);
});

Deno.test("LinkedList is as an array after random operations", () => {
  const operation = fc.record({ does: fc.constantFrom("push", "insert", "remove"), at: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const list = new LinkedList<Value<number>>();
      const model: Value<number>[] = [];
      for (const [value, { does, at }] of operations.entries()) {
        const i = model.length > 0 ? at % model.length : 0;
        if (does === "push") model.push(push(list, value));
        else if (does === "insert") model.splice(i, 0, insertAfter(list, model[i - 1], value));
        else for (const element of model.splice(i, 1)) list.remove(element);
        assertEquals(valuesOf(list), model.map((element) => element.value));
        assertEquals([list.first, list.last, list.size], [model[0], model.at(-1), model.length]);
      }
    }),
    { seed: 20_261_202 },
  );
});
