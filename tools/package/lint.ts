/**
 * Whether linters report a forgotten `await` of a future, with the settings of the README and of
 * `docs/linting.md`, and nothing that is right.
 *
 * The settings come from these pages: a block is found by the comment in its first line.
 *
 * @module
 */

import { biome, denoLint, eslint, oxlint } from "./linters.ts";
import { type Finding, type LintProject, lintProject, namedBlock } from "./lint_project.ts";
import type { Check } from "./project.ts";

/** The rules by which oxlint reports lines of the programs. */
const OXLINT = [
  "no-floating-promises",
  "no-misused-promises",
  "no-unused-expressions",
  "restrict-template-expressions",
];

/** The rules by which the configurations of typescript-eslint do. */
const RECOMMENDED = [...OXLINT, "require-await"];
const STRICT = [...RECOMMENDED, "no-unnecessary-condition"];

/** The rule of the plugins. */
const PLUGIN = "forgotten-await";

/**
 * What the strict configuration forbids and the examples do, none of it with a future: `!` after an
 * index, numbers in templates, `while (true)`.
 */
const STYLE = `
"@typescript-eslint/no-non-null-assertion": "off",
"@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
"@typescript-eslint/restrict-template-expressions": ["error", {
  allowBoolean: true, allowNullish: true, allowNumber: true,
}],
`;

/** The checks of the linters. */
export const LINT_CHECKS: Check[] = [
  {
    name: "typescript-eslint reports forgotten awaits, and nothing in the examples",
    async run(project) {
      const lint = await lintProject(project);
      await write(lint, "eslint.config.js");
      return expectFindings(lint, await eslint(lint), RECOMMENDED);
    },
  },
  {
    name: "typescript-eslint reports forgotten awaits when it is strict, and nothing else",
    async run(project) {
      const lint = await lintProject(project);
      const recommended = await namedBlock("eslint.config.js");
      const rules = await namedBlock("eslint.config.js, strict") + STYLE;
      const strict = recommended.replace("recommendedTypeChecked", "strictTypeChecked")
        .replace("rules: {\n", (start) => start + rules);
      await write(lint, "eslint.config.js", strict);
      return expectFindings(lint, await eslint(lint), STRICT);
    },
  },
  {
    name: "oxlint reports forgotten awaits, and nothing in the examples",
    async run(project) {
      const lint = await lintProject(project);
      await write(lint, ".oxlintrc.json");
      return expectFindings(lint, await oxlint(lint), OXLINT);
    },
  },
  {
    name: "Biome reports forgotten awaits of promises, and of functions by their names",
    async run(project) {
      const lint = await lintProject(project);
      await write(lint, "biome.jsonc");
      await write(lint, "forgotten_await.grit");
      // The other rules of Biome are not about futures.
      const findings = (await biome(lint))
        .map((found) => found.rule === "plugin" ? { ...found, rule: PLUGIN } : found)
        .filter(({ rule }) => [PLUGIN, "noFloatingPromises"].includes(rule));
      return expectFindings(lint, findings, [PLUGIN, "noFloatingPromises"]);
    },
  },
  {
    name: "deno lint reports forgotten awaits of functions that are imported",
    async run(project) {
      const lint = await lintProject(project);
      await write(lint, "lint_futures.ts");
      const config = { lint: { plugins: ["./lint_futures.ts"], rules: { tags: [] } } };
      await write(lint, "deno.json", JSON.stringify(config));
      return expectFindings(lint, await denoLint(lint), [PLUGIN]);
    },
  },
];

/** Writes a file of settings, by default the block of the pages that has the file's name. */
async function write({ folder }: LintProject, file: string, text?: string): Promise<void> {
  await Deno.writeTextFile(new URL(file, folder), text ?? await namedBlock(file));
}

/** Throws unless the findings are the lines that the programs mark with one of the rules. */
function expectFindings({ marks }: LintProject, findings: Finding[], rules: string[]): string {
  const show = ({ file, line, rule }: Finding) => `${file}:${line} ${rule}`;
  const expected = new Set(marks.filter(({ rule }) => rules.includes(rule)).map(show));
  const actual = new Set(findings.map(show));
  const problems = [
    ...[...expected.difference(actual)].map((line) => `${line} is not reported`),
    ...[...actual.difference(expected)].map((line) => `${line} is reported`),
  ];
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return `${actual.size} findings`;
}
