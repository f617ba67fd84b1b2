import { assert, assertEquals } from "@std/assert";
import { type Cell, functionOf, listCells, nameOf, runCell } from "./outcomes.ts";
import { readTable, runInFakeTime } from "./outcomes_table.ts";

const table = await readTable();
const cells = listCells();

Deno.test("the table of outcomes has each cell, and no other", () => {
  assertEquals([...table.keys()], cells.map(nameOf));
});

for (const name of new Set(cells.map(functionOf))) {
  const cellsOfFunction = cells.filter((cell) => functionOf(cell) === name);
  Deno.test(`${name}() ends as the table says, for each cell`, () => {
    for (const cell of cellsOfFunction) {
      const { outcome, events } = table.get(nameOf(cell))!;
      assertEquals(runCell(cell), { outcome, events }, nameOf(cell));
    }
  });

  Deno.test(`${name}() ends as the table says in async functions, for each cell`, async () => {
    for (const cell of cellsOfFunction) {
      const { outcome, asyncOutcome } = table.get(nameOf(cell))!;
      assertEquals(await runInFakeTime(cell, outcome), asyncOutcome, nameOf(cell));
    }
  });
}

Deno.test("async functions differ from generators only where two things meet in a turn", () => {
  // An async function goes on with what has arrived before it is thrown what came
  // in between, a CancelledError, at its next wait; and what it returns or throws
  // arrives turns later than with a generator.
  const meet = ({ when, event }: Cell) => when.includes("turn") || event.includes(",");
  const alike = cells.filter((cell) => !meet(cell));
  assert(alike.length > 400);
  for (const cell of alike) assertEquals(table.get(nameOf(cell))!.asyncOutcome, "same");
});
