import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LinkedList, type Node } from "../../src/base/linked_list.ts";

Deno.test("LinkedList.push() and insertAfter() add values anywhere", () => {
  const list = new LinkedList<string>();
  const b = list.push("b");
  list.push("d");
  list.insertAfter(b, "c");
  list.insertAfter(undefined, "a");
  list.insertAfter(list.last, "e");
  assertEquals([...list], ["a", "b", "c", "d", "e"]);
  assertEquals([list.size, list.first?.value, list.last?.value], [5, "a", "e"]);
});

Deno.test("LinkedList.remove() removes an element once, which keeps no neighbours", () => {
  const list = new LinkedList<number>();
  const nodes = [1, 2, 3].map((value) => list.push(value));
  assertEquals([list.remove(nodes[1]!), list.remove(nodes[1]!)], [true, false]);
  assertEquals([nodes[1]!.previous, nodes[1]!.next], [undefined, undefined]);
  assertEquals([[...list], list.size], [[1, 3], 2]);
});

Deno.test("LinkedList of which all is removed is as new", () => {
  const list = new LinkedList<number>();
  list.remove(list.push(1));
  assertEquals([list.first, list.last, list.size, [...list]], [undefined, undefined, 0, []]);
  list.push(2);
  assertEquals([list.first, list.size], [list.last, 1]);
});

Deno.test("LinkedList is as an array after random operations", () => {
  const operation = fc.record({ does: fc.constantFrom("push", "insert", "remove"), at: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const list = new LinkedList<number>();
      const model: Node<number>[] = [];
      for (const [value, { does, at }] of operations.entries()) {
        const i = model.length > 0 ? at % model.length : 0;
        if (does === "push") model.push(list.push(value));
        else if (does === "insert") model.splice(i, 0, list.insertAfter(model[i - 1], value));
        else for (const node of model.splice(i, 1)) list.remove(node);
        assertEquals([...list], model.map((node) => node.value));
        assertEquals([list.first, list.last, list.size], [model[0], model.at(-1), model.length]);
      }
    }),
    { seed: 20_261_202 },
  );
});
