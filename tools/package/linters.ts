/**
 * Runs the linters over a {@linkcode LintProject}, and reads what they report.
 *
 * @module
 */

import { installed, installedNode } from "../install.ts";
import type { Finding, LintProject } from "./lint_project.ts";

/** No linter takes as long. */
const TIMEOUT_MS = 120_000;

/** A place in a file, as several linters write it. */
interface Place {
  line: number;
}

/** Runs ESLint, whose settings are in `eslint.config.js`. */
export async function eslint(lint: LintProject): Promise<Finding[]> {
  type Result = {
    filePath: string;
    messages: (Place & { ruleId: string | null; message: string })[];
  };
  const output = await runInNode(lint, "eslint/bin/eslint.js", ["--format=json"]);
  return (JSON.parse(output) as Result[]).flatMap(({ filePath, messages }) =>
    messages.map(({ line, ruleId, message }) => findingIn(lint, filePath, line, ruleId ?? message))
  );
}

/** Runs oxlint, whose settings are in `.oxlintrc.json`. */
export async function oxlint(lint: LintProject): Promise<Finding[]> {
  type Result = {
    diagnostics: { filename: string; code: string; labels: { span: Place }[] }[];
  };
  // Otherwise oxlint looks for the program in the folders above.
  const env = { OXLINT_TSGOLINT_PATH: await installed(".bin/tsgolint") };
  const output = await runInNode(lint, "oxlint/bin/oxlint", ["--format=json"], env);
  return (JSON.parse(output) as Result).diagnostics.map(({ filename, code, labels }) =>
    findingIn(lint, filename, labels[0]?.span.line ?? 0, code)
  );
}

/** Runs Biome, whose settings are in `biome.jsonc`. */
export async function biome(lint: LintProject): Promise<Finding[]> {
  type Result = {
    diagnostics: { code: { value: string }; location: { path: string; range: { start: Place } } }[];
  };
  const args = ["lint", "--reporter=rdjson", "--max-diagnostics=none"];
  const output = await runInNode(lint, "@biomejs/biome/bin/biome", args);
  return (JSON.parse(output) as Result).diagnostics.map(({ code, location: { path, range } }) =>
    findingIn(lint, path, range.start.line, code.value)
  );
}

/** Runs `deno lint`, whose settings are in `deno.json`. */
export async function denoLint(lint: LintProject): Promise<Finding[]> {
  type Result = { diagnostics: { filename: string; code: string; range: { start: Place } }[] };
  const output = await runLinter(lint, Deno.execPath(), ["lint", "--json"]);
  return (JSON.parse(output) as Result).diagnostics.map(({ filename, code, range }) =>
    findingIn(lint, filename, range.start.line, code)
  );
}

/** Leaves only the names of the file and of the rule: `typescript(no-floating-promises)`. */
function findingIn({ folder }: LintProject, path: string, line: number, rule: string): Finding {
  const file = path.replace(/^file:\/\//, "").replace(folder.pathname, "");
  return { file, line, rule: rule.match(/^\S*?([\w-]+)\)?$/)?.[1] ?? rule };
}

/** Runs a linter that is a program for Node. */
async function runInNode(
  lint: LintProject,
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  // ESLint needs a later version of Node than the package.
  const node = await installedNode("Node 24");
  return await runLinter(lint, node, [await installed(program), ...args], env);
}

/**
 * Runs a linter over the files, and returns what it prints.
 *
 * @throws {Error} If it prints nothing, as it could not run.
 */
async function runLinter(
  { folder, files }: LintProject,
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  // A linter that has something to report fails, and has printed it.
  const { stdout, stderr } = await new Deno.Command(program, {
    args: [...args, ...files],
    cwd: folder,
    env: { ...env, NO_COLOR: "1" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  if (!output.trim().match(/^[[{]/)) throw new Error(output + decoder.decode(stderr));
  return output;
}
