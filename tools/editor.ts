/**
 * Writes `tests/types/editor.txt`, which has what an editor shows of the module, and checks what
 * must hold of it, as `deno task test:package` does.
 *
 * @module
 */

import { runChecks } from "./package/checks.ts";
import { RULE_CHECKS, writeEditorRecord } from "./package/editor.ts";
import { makeProject } from "./package/project.ts";

const writing = { name: "tests/types/editor.txt is written", run: writeEditorRecord };
Deno.exit(await runChecks([writing, ...RULE_CHECKS], await makeProject()) ? 0 : 1);
