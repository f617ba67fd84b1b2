/**
 * Checks of what an editor shows to somebody who uses the package: texts, completions and hints, by
 * the servers of TypeScript 5 and 7.
 *
 * @module
 */

import { versionOf } from "../install.ts";
import programs from "../programs/package.json" with { type: "json" };
import { startLanguageServer } from "./editor/language_server.ts";
import { type Program, writeProgram } from "./editor/program.ts";
import { makeRecord, RECORD } from "./editor/record.ts";
import { RULES } from "./editor/rules.ts";
import { show, type Shown } from "./editor/shown.ts";
import { startTsserver } from "./editor/tsserver.ts";
import type { Check, Project } from "./project.ts";

const { typescript, typescript7 } = programs.dependencies;

/** What the editors show of the program. */
interface Answers {
  program: Program;
  shown: Shown[];
}

/** The answers in a project, which take seconds, and which each check needs. */
const answersIn = new WeakMap<Project, Promise<Answers>>();

function answersOf(project: Project): Promise<Answers> {
  const answers = answersIn.get(project) ?? askEditors(project);
  answersIn.set(project, answers);
  return answers;
}

async function askEditors(project: Project): Promise<Answers> {
  const program = await writeProgram(project);
  const editors = [
    show(typescript, startTsserver(program), program),
    show(versionOf(typescript7), startLanguageServer(program), program),
  ];
  // If one fails, the other still has to end before the process does.
  await Promise.allSettled(editors);
  return { program, shown: await Promise.all(editors) };
}

async function makeText(project: Project): Promise<string> {
  const { program, shown } = await answersOf(project);
  return makeRecord(program, shown);
}

/** Writes `tests/types/editor.txt` anew. */
export async function writeEditorRecord(project: Project): Promise<void> {
  await Deno.writeTextFile(RECORD, await makeText(project));
}

/** The check of what an editor shows against what is recorded. */
const RECORD_CHECK: Check = {
  name: "an editor shows what tests/types/editor.txt says",
  async run(project) {
    const lines = (await makeText(project)).split("\n");
    const recorded = (await Deno.readTextFile(RECORD)).split("\n");
    const longest = Math.max(lines.length, recorded.length);
    const first = Array.from({ length: longest }).findIndex((_, i) => lines[i] !== recorded[i]);
    if (first < 0) return;
    throw new Error(
      `line ${first + 1} is\n${recorded[first]}\nand not\n${lines[first]}\n` +
        "(deno task editor writes the file)",
    );
  },
};

/** The checks of what an editor shows, whatever is recorded. */
export const RULE_CHECKS: Check[] = RULES.map(({ name, findProblems }) => ({
  name: `in an editor, ${name}`,
  async run(project) {
    const { shown } = await answersOf(project);
    const found = shown.flatMap((shown) =>
      findProblems(shown).map((problem) => ({ problem, version: shown.version }))
    );
    const lines = [...Map.groupBy(found, ({ problem }) => problem)].map(([problem, by]) =>
      `${problem} (TypeScript ${by.map(({ version }) => version).join(", ")})`
    );
    if (lines.length > 0) throw new Error(`\n${lines.join("\n")}`);
  },
}));

/** All checks of what an editor shows. */
export const EDITOR_CHECKS: Check[] = [RECORD_CHECK, ...RULE_CHECKS];
