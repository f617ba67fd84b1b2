/**
 * What must hold of all that an editor shows, whatever its texts are.
 *
 * @module
 */

import type { Shown } from "./shown.ts";

/** A rule. */
export interface Rule {
  /** What must hold. */
  name: string;
  /** Returns what breaks the rule. */
  findProblems(shown: Shown): string[];
}

/** A sentence about a class begins with an article, one about a function with what the function does. */
const SENTENCE = /^(?:An?|The|[A-Z][a-z]{2,}s) [^]*\.$/;

/** With fewer words, a description says no more than the name. */
const MIN_WORDS = 6;

const PYTHON = /\]\(https:\/\/docs\.python\.org\/3\.\d+\/library\/[\w.-]+\.html#[\w.-]+\)/;

/** The functions that take a time, all of which the program calls. */
const TIMED = ["sleep", "waitFor", "timeout", "callLater"];

/** The methods of a future that a task has, but does not let anybody call. */
const SETTERS = ["setResult", "setException"];

/** The rules. */
export const RULES: Rule[] = [
  {
    name: "each name has a description of its own, in sentences",
    findProblems: ofHovers(({ texts: [description = ""] }) => {
      const paragraphs = description.split("\n\n").filter((text) => !text.startsWith("Source: "));
      const [summary = ""] = paragraphs;
      if (!SENTENCE.test(summary)) return [`the summary is not a sentence: ${summary}`];
      const words = paragraphs.join(" ").split(/\s+/).length;
      return words < MIN_WORDS ? [`the description is too short: ${summary}`] : [];
    }),
  },
  {
    name: "each parameter is described",
    findProblems: ofHovers(({ texts, parameters }) => {
      // A parameter `...values` that is a tuple is shown as `values_0`, `values_1`.
      const names = new Set(parameters.map((name) => name.replace(/_\d+$/, "")));
      const described = texts.map((text) => text.match(/^\*@param\* `(\w+)` — \S/)?.[1]);
      return [...names].filter((name) => !described.includes(name))
        .map((name) => `there is no @param ${name}`);
    }),
  },
  {
    name: "each name has a link to Python's documentation",
    findProblems: ofHovers(({ texts }) =>
      texts.some((text) => PYTHON.test(text)) ? [] : ["there is no link"]
    ),
  },
  {
    name: "no link runs into the next word",
    // TypeScript drops the end of the line after a link at the end of a line of a tag.
    findProblems: ofHovers(({ texts }) =>
      texts.join("\n").match(/\]\([^)]*\)\w+/g)?.map((link) => `[…${link}`) ?? []
    ),
  },
  {
    name: "each example is a block of code, with its indentation",
    findProblems: ofHovers(({ texts }) =>
      texts.filter((text) => text.startsWith("*@example*")).flatMap(problemsOfExample)
    ),
  },
  {
    name: "completions are names for users",
    findProblems: ({ completions }) =>
      completions.flatMap(({ place, offered }) => {
        // Some versions offer `[Symbol]` for members such as `[Symbol.iterator]`.
        const names = offered.map(({ name }) => name).filter((name) => name !== "Symbol");
        const wrong = names.filter((name) => !/^[a-z][A-Za-z]*$/.test(name));
        if (names.length === 0) wrong.push("nothing");
        return wrong.map((name) => `${place.name}… offers ${name}`);
      }),
  },
  {
    name: "setResult and setException are deprecated on a task, and nothing is elsewhere",
    findProblems: ({ completions }) =>
      completions.flatMap(({ place, offered }) => {
        const found = offered.filter(({ isDeprecated }) => isDeprecated).map(({ name }) => name);
        return place.name === "task."
          ? SETTERS.filter((name) => !found.includes(name)).map((name) => `task.${name} is not so`)
          : found.map((name) => `${place.name}${name} is so`);
      }),
  },
  {
    name: "hints show the unit of each time",
    findProblems({ lines }) {
      const times = lines.flatMap((line) => {
        const call = line.match(/(\w+)\((?:[^()]*, )?(\w+: )?\d/);
        return call ? [{ line, name: call[1], hint: call[2] }] : [];
      });
      return [
        ...times.filter(({ hint }) => hint !== "ms: ").map(({ line }) => line.trim()),
        ...TIMED.filter((name) => !times.some((time) => time.name === name))
          .map((name) => `there is no call of ${name}`),
      ];
    },
  },
];

/** Makes a search through all hovers of a search through one. */
function ofHovers(
  findProblems: (hover: Shown["hovers"][number]) => string[],
): (shown: Shown) => string[] {
  return ({ hovers }) =>
    hovers.flatMap((hover) =>
      findProblems(hover).map((problem) => {
        const { name, code } = hover.place;
        return `${name} in \`${code}\`: ${problem}`;
      })
    );
}

/**
 * Finds the faults of an example that has text before its block: the code loses its indentation
 * (microsoft/TypeScript#43955), and TypeScript 7 puts it all into one more block.
 */
function problemsOfExample(text: string): string[] {
  const block = text.match(/^\*@example\*\n```ts\n(.*?)\n```$/s);
  if (!block) {
    const words = text.match(/\n(?!`)(.*)/)?.[1];
    return [`an example is not one block of code: ${words}`];
  }
  const lines = block[1]!.split("\n");
  if (lines.some((line) => line.startsWith("```"))) return ["an example has a block in its block"];
  const indentOf = (line: string) => line.search(/\S|$/);
  const flat = lines.find((line, index) => {
    const next = lines[index + 1] ?? "";
    return /[[({]$/.test(line) && !/^ *[\])}]/.test(next) && indentOf(next) <= indentOf(line);
  });
  return flat === undefined ? [] : [`an example has lost its indentation: ${flat.trim()}`];
}
