/**
 * Checks that every entry point of `deno.json` has a module doc, every symbol that
 * it exports has docs and a category, every function and class a runnable example as well, every
 * member has docs, and every `{@linkcode …}` among them leads somewhere.
 *
 * Prints each problem. `deno doc --lint` looks at the types, and
 * `deno test --doc` runs the examples.
 *
 * @module
 */

interface JsDoc {
  doc?: string;
  tags?: { kind: string; doc?: string }[];
}

/** An object with members. */
type Members = { [K in typeof MEMBERS[number]]?: Member[] };

interface Member {
  name?: string;
  isStatic?: boolean;
  jsDoc?: JsDoc;
  tsType?: { value?: Members };
}

interface Declared {
  name: string;
  /** More than one for overloads, and for a variable that is a namespace, too. */
  declarations: {
    kind: string;
    jsDoc?: JsDoc;
    def?: Members & { elements?: Declared[]; tsType?: { value?: Members } };
  }[];
}

const MEMBERS = ["constructors", "properties", "methods", "indexSignatures"] as const;

/** The start of a block that `deno test --doc` runs. */
const EXAMPLE = /^```ts$/m;

/** The kinds that need a runnable example. */
const SHOWN = ["class", "function"];

/** The groups of the symbols, in the order of the entry points. */
const CATEGORIES = [
  "Futures",
  "Tasks",
  "Waiting",
  "Scopes",
  "Synchronisation",
  "Queues",
  "Errors",
  "Context",
  "Event loop",
  "Concurrent futures",
  "Executors",
  "Debugging",
  "Testing",
];

const problems: string[] = [];
/** The names that links may point to. */
const names = new Set<string>();
const links: { from: string; to: string }[] = [];

const { exports } = JSON.parse(await Deno.readTextFile("deno.json"));
const entryPoints: string[] = typeof exports === "string" ? [exports] : Object.values(exports);
for (const entryPoint of entryPoints) {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", entryPoint],
    stderr: "inherit",
  }).output();
  if (!success) Deno.exit(1);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const [page] = Object.values(nodes) as { module_doc?: JsDoc; symbols: Declared[] }[];
  checkDocs(entryPoint, [page?.module_doc]);
  for (const symbol of page?.symbols ?? []) {
    checkSymbol(symbol, symbol.name);
    checkTags(symbol);
  }
}
for (const { from, to } of links) {
  if (!names.has(to)) problems.push(`${from} has a link to ${to}, which is not there`);
}

for (const problem of problems) console.error(problem);
console.log(`Problems with the documentation of ${entryPoints.join(", ")}: ${problems.length}`);
Deno.exit(problems.length > 0 ? 1 : 0);

/** Checks a symbol. */
function checkSymbol({ declarations }: Declared, name: string): void {
  const texts = checkDocs(name, declarations.map(({ jsDoc }) => jsDoc));
  const isShown = declarations.some(({ kind }) => SHOWN.includes(kind));
  if (isShown && !texts.some((text) => EXAMPLE.test(text))) {
    problems.push(`${name} has no runnable example`);
  }
  for (const { kind, def } of declarations) {
    checkMembers(def, name, kind === "class");
    checkMembers(def?.tsType?.value, name);
    for (const element of def?.elements ?? []) checkSymbol(element, `${name}.${element.name}`);
  }
}

/** Checks that a symbol belongs to one group, and that no example has a title. */
function checkTags({ name, declarations }: Declared): void {
  const tags = declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? []);
  const [category, ...others] = tags.filter(({ kind }) => kind === "category");
  if (!CATEGORIES.includes(category?.doc?.trim() ?? "") || others.length > 0) {
    problems.push(`${name} is not in one of the categories ${CATEGORIES.join(", ")}`);
  }
  // Editors take the column of a title for the margin, and strip that much of the code's indentation.
  if (tags.some(({ kind, doc }) => kind === "example" && !doc?.startsWith("```"))) {
    problems.push(`${name} has an example with a title`);
  }
}

/** Checks the members of what `owner` names; those of the same name are overloads. */
function checkMembers(members: Members | undefined, owner: string, isClass = false): void {
  for (const kind of MEMBERS) {
    const byName = Map.groupBy(members?.[kind] ?? [], (member) => {
      const path = isClass && !member.isStatic && kind !== "constructors" ? ".prototype." : ".";
      return `${owner}${path}${member.name ?? kind.slice(0, -1)}`;
    });
    for (const [name, overloads] of byName) {
      checkDocs(name, overloads.map(({ jsDoc }) => jsDoc));
      for (const { tsType } of overloads) checkMembers(tsType?.value, name);
    }
  }
}

/** Checks the docs of what `name` names, which may stand at any of its declarations. */
function checkDocs(name: string, docs: (JsDoc | undefined)[]): string[] {
  if (!docs.some((jsDoc) => jsDoc?.doc)) problems.push(`${name} has no docs`);
  const parts = docs.flatMap((jsDoc) => [jsDoc, ...jsDoc?.tags ?? []]);
  const texts = parts.map((part) => part?.doc ?? "");
  names.add(name);
  for (const [, to] of texts.join("\n").matchAll(/\{@link(?:code|plain)? ([\w.]+)(?=[\s|}])/g)) {
    links.push({ from: name, to: to! });
  }
  return texts;
}
