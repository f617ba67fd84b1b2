/**
 * Writes the table of how the functions that wait end, which the tests compare
 * with.
 *
 * @module
 */

import { writeTable } from "../tests/waiting/outcomes_table.ts";

console.log(`${await writeTable()} cells written`);
