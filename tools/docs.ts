/**
 * Checks that every entry point of `deno.json` has a module doc, every symbol that
 * it exports has docs and a runnable example, and every member of those has docs.
 *
 * It names what lacks any. `deno doc --lint` looks at the types, and
 * `deno test --doc` runs the examples.
 *
 * @module
 */

interface JsDoc {
  doc?: string;
  tags?: { doc?: string }[];
}

/** What has members: a class, an interface, an object type. */
type Members = { [K in typeof MEMBERS[number]]?: Member[] };

interface Member {
  name?: string;
  jsDoc?: JsDoc;
  tsType?: { value?: Members };
}

interface Declared {
  name: string;
  /** More than one for overloads, and for a variable that is a namespace, too. */
  declarations: {
    jsDoc?: JsDoc;
    def?: Members & { elements?: Declared[]; tsType?: { value?: Members } };
  }[];
}

const MEMBERS = ["constructors", "properties", "methods", "indexSignatures"] as const;

/** The start of a block that `deno test --doc` runs. */
const EXAMPLE = /^```ts$/m;

const problems: string[] = [];
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
  if (!page?.module_doc?.doc) problems.push(`${entryPoint} has no module doc`);
  for (const symbol of page?.symbols ?? []) checkSymbol(symbol, symbol.name);
}
for (const problem of problems) console.error(problem);
console.log(`Problems with the documentation of ${entryPoints.join(", ")}: ${problems.length}`);
Deno.exit(problems.length > 0 ? 1 : 0);

/** Checks a symbol, whose docs may stand at any of its declarations. */
function checkSymbol({ declarations }: Declared, name: string): void {
  const docs = declarations.map(({ jsDoc }) => jsDoc);
  if (!docs.some((jsDoc) => jsDoc?.doc)) problems.push(`${name} has no docs`);
  const tags = docs.flatMap((jsDoc) => jsDoc?.tags ?? []);
  if (![...docs, ...tags].some((part) => EXAMPLE.test(part?.doc ?? ""))) {
    problems.push(`${name} has no runnable example`);
  }
  for (const { def } of declarations) {
    checkMembers(def, name);
    checkMembers(def?.tsType?.value, name);
    for (const element of def?.elements ?? []) checkSymbol(element, `${name}.${element.name}`);
  }
}

/** Checks the members of what `owner` names; those of the same name are overloads. */
function checkMembers(members: Members | undefined, owner: string): void {
  for (const kind of MEMBERS) {
    const byName = Map.groupBy(members?.[kind] ?? [], ({ name }) => name ?? kind.slice(0, -1));
    for (const [name, overloads] of byName) {
      if (!overloads.some(({ jsDoc }) => jsDoc?.doc)) problems.push(`${owner}.${name} has no docs`);
      for (const { tsType } of overloads) checkMembers(tsType?.value, `${owner}.${name}`);
    }
  }
}
