/**
 * Checks what is published, as somebody has it who uses it: which files there
 * are, and whether the package for npm, installed into an empty project, runs in
 * Node, type-checks, reads well in an editor, can be bundled in part and is small, and whether
 * linters find a forgotten `await` of its futures.
 *
 * The programs come from npm, in fixed versions.
 * Each check is a line; the last line is how many passed.
 *
 * @module
 */

import { BUNDLE_CHECKS } from "./package/bundles.ts";
import { runChecks } from "./package/checks.ts";
import { EDITOR_CHECKS } from "./package/editor.ts";
import { FILE_CHECKS } from "./package/files.ts";
import { LINT_CHECKS } from "./package/lint.ts";
import { PROGRAM_CHECKS } from "./package/programs.ts";
import { makeProject } from "./package/project.ts";
import { TYPE_CHECKS } from "./package/types.ts";

const checks = [
  ...FILE_CHECKS,
  ...PROGRAM_CHECKS,
  ...TYPE_CHECKS,
  ...EDITOR_CHECKS,
  ...LINT_CHECKS,
  ...BUNDLE_CHECKS,
];
Deno.exit(await runChecks(checks, await makeProject()) ? 0 : 1);
