import { assert, assertEquals } from "@std/assert";
import { type Cell, functionOf, listCells, nameOf, runCell } from "./outcomes.ts";
import { readTable, runInFakeTime } from "./outcomes_table.ts";

const table = await readTable();
const cells = listCells();

Deno.test("outcomes.txt has each cell, and no other", () => {
  assertEquals([...table.keys()], cells.map(nameOf));
});

for (const name of new Set(cells.map(functionOf))) {
  const cellsOfFunction = cells.filter((cell) => functionOf(cell) === name);
  Deno.test(`${name}() in generators ends as outcomes.txt says, for each cell`, () => {
    for (const cell of cellsOfFunction) {
      const { outcome, events } = table.get(nameOf(cell))!;
      assertEquals(runCell(cell), { outcome, events }, nameOf(cell));
    }
  });

  Deno.test(`${name}() in async functions ends as outcomes.txt says, for each cell`, async () => {
    for (const cell of cellsOfFunction) {
      const { outcome, asyncOutcome } = table.get(nameOf(cell))!;
      assertEquals(await runInFakeTime(cell, outcome), asyncOutcome, nameOf(cell));
    }
  });
}

Deno.test("Async functions end as generators do, unless two events meet in a turn", () => {
  // An async function resumes with the outcome that has arrived, and is thrown a CancelledError
  // that came meanwhile at its next await. Its own outcome arrives turns later than that of a
  // generator.
  const meet = ({ when, event }: Cell) => when.includes("turn") || event.includes(",");
  const alike = cells.filter((cell) => !meet(cell));
  assert(alike.length > 400);
  for (const cell of alike) assertEquals(table.get(nameOf(cell))!.asyncOutcome, "same");
});
