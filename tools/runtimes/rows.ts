/**
 * Tables of text.
 *
 * @module
 */

/** Pads the cells such that those of a column are equally wide. */
export function alignRows(rows: string[][]): string[][] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)));
}
