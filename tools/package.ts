/**
 * Checks what is published, as somebody has it who uses it: which files there
 * are, and whether the package for npm, installed into an empty project, runs in
 * Node, type-checks, can be bundled in part and is small, and whether linters find a forgotten
 * `await` of its futures.
 *
 * The programs come from npm, in fixed versions.
 * Each check is a line; the last line is how many passed.
 *
 * @module
 */

import { BUNDLE_CHECKS } from "./package/bundles.ts";
import { FILE_CHECKS } from "./package/files.ts";
import { LINT_CHECKS } from "./package/lint.ts";
import { PROGRAM_CHECKS } from "./package/programs.ts";
import { makeProject } from "./package/project.ts";
import { TYPE_CHECKS } from "./package/types.ts";

const project = await makeProject();
let passed = 0;
let failed = 0;
for (
  const check of [
    ...FILE_CHECKS,
    ...PROGRAM_CHECKS,
    ...TYPE_CHECKS,
    ...LINT_CHECKS,
    ...BUNDLE_CHECKS,
  ]
) {
  try {
    const figures = await check.run(project);
    console.log(`ok      ${check.name}${figures ? `: ${figures}` : ""}`);
    passed++;
  } catch (error) {
    console.log(`FAILED  ${check.name}: ${(error as Error).message}`);
    failed++;
  }
}
await Deno.remove(project.folder, { recursive: true });
console.log(`${passed} checks of the package passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);
