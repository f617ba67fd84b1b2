/**
 * The server of TypeScript up to 6, `tsserver`, which has a protocol of its own. Its documentation
 * comes in parts, of which an editor makes Markdown.
 *
 * @module
 */

import { installed, installedNode } from "../../install.ts";
import type { Editor } from "./shown.ts";
import { nameOfFile, type Position, type Program } from "./program.ts";
import { Server } from "./server.ts";

/** A piece of a text. */
interface Part {
  text: string;
  kind: string;
  /** Where a link leads. */
  target?: { file: string };
}

interface QuickInfo {
  displayString: string;
  documentation: Part[];
  tags: { name: string; text?: Part[] }[];
}

interface SignatureHelp {
  items: { parameters: { name: string }[] }[];
  selectedItemIndex: number;
}

interface CompletionInfo {
  entries: { name: string; kindModifiers?: string }[];
}

interface InlayHint {
  position: { line: number; offset: number };
  text: string;
}

/** The settings of Visual Studio Code, but with inlay hints. */
const PREFERENCES = {
  displayPartsForJSDoc: true,
  includeCompletionsWithInsertText: true,
  includeInlayParameterNameHints: "all",
};

/** Starts the server, and opens a program in it. */
export async function startTsserver({ folder, file, lines }: Program): Promise<Editor> {
  const node = await installedNode("Node 20");
  // Without the option, the server installs types from npm.
  const args = [
    await installed("typescript/lib/tsserver.js"),
    "--disableAutomaticTypingAcquisition",
  ];
  const server = new Server(folder, node, args, {
    write: (message) => `${JSON.stringify(message)}\n`,
    answers: ({ type, request_seq }) => type === "response" ? request_seq as number : undefined,
  });
  let last = 0;
  const send = (command: string, args: object) =>
    server.send({ seq: ++last, type: "request", command, arguments: args });
  const ask = async <T>(command: string, args: object): Promise<T> => {
    const seq = ++last;
    const message = { seq, type: "request", command, arguments: { file: file.pathname, ...args } };
    const { success, message: why, body } = await server.request(seq, message);
    if (!success) throw new Error(`tsserver has no ${command} for ${JSON.stringify(args)}: ${why}`);
    return body as T;
  };
  const placeOf = ({ line, character }: Position) => ({ line: line + 1, offset: character + 1 });

  send("configure", { preferences: PREFERENCES });
  send("open", { file: file.pathname });
  return {
    async hover(at) {
      const info = await ask<QuickInfo>("quickinfo", placeOf(at));
      return { signature: signatureOf(info), text: textOf(info) };
    },
    async parameters(at) {
      const { items, selectedItemIndex } = await ask<SignatureHelp>("signatureHelp", placeOf(at));
      return items[selectedItemIndex]!.parameters.map(({ name }) => name);
    },
    async completions(at) {
      const { entries } = await ask<CompletionInfo>("completionInfo", placeOf(at));
      return entries.map(({ name, kindModifiers = "" }) => (
        { name, isDeprecated: kindModifiers.split(",").includes("deprecated") }
      ));
    },
    async hints() {
      const range = { start: 0, length: lines.join("\n").length };
      const hints = await ask<InlayHint[]>("provideInlayHints", range);
      return hints.map(({ position: { line, offset }, text }) => (
        { at: { line: line - 1, character: offset - 1 }, label: text }
      ));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Returns the signature without what says that the name was imported, and how many others there are. */
function signatureOf({ displayString }: QuickInfo): string {
  return displayString
    .replace(/\nimport \w+$/, "")
    .replace(/ \(\+\d+ overloads?\)$/, "")
    .replace(/^\(alias\) /, "");
}

/** Makes Markdown of the documentation, in the form that the server of TypeScript 7 gives it. */
function textOf({ documentation, tags }: QuickInfo): string {
  const texts = tags.map(({ name, text = [] }) => {
    // The parts of an example are not links: it is code.
    if (name === "example") return `*@example*\n${text.map(({ text }) => text).join("")}`;
    const [subject, ...rest] = name === "param" ? text : [undefined, ...text];
    const label = subject ? `*@${name}* \`${subject.text}\`` : `*@${name}*`;
    const body = markdownOf(rest as Part[]).trim();
    return body ? `${label} — ${body}` : label;
  });
  return [markdownOf(documentation), ...texts].join("\n\n");
}

/** Joins the parts of a text. A link has several: `{@linkcode `, its target, its text, `}`. */
function markdownOf(parts: Part[]): string {
  let opening = "";
  let target: Part | undefined;
  let label = "";
  return parts.map((part) => {
    const { kind, text } = part;
    if (kind === "linkName") target = part;
    else if (kind === "linkText") label = text;
    else if (kind !== "link") return text;
    else if (text !== "}") opening = text;
    else {
      const name = label.trim() || target?.text || "";
      const shown = opening.startsWith("{@linkcode") ? `\`${name}\`` : name;
      const file = target?.target?.file;
      [target, label] = [undefined, ""];
      return file ? `[${shown}](${nameOfFile(file)})` : shown;
    }
    return "";
  }).join("");
}
