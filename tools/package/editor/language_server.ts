/**
 * The server of TypeScript 7, a native program that speaks the Language Server Protocol.
 *
 * @module
 */

import { installedTypeScript7 } from "../../install.ts";
import type { Editor } from "./shown.ts";
import { nameOfFile, type Position, type Program } from "./program.ts";
import { type Message, Server } from "./server.ts";

interface Hover {
  contents: { value: string };
}

interface SignatureHelp {
  signatures: { parameters: { label: string }[] }[];
  activeSignature: number;
}

interface CompletionList {
  items: { label: string; tags?: number[] }[];
}

interface InlayHint {
  position: Position;
  label: string | { value: string }[];
}

/** What the editor can do: the server leaves out the rest. */
const CAPABILITIES = {
  workspace: { configuration: true },
  textDocument: {
    hover: { contentFormat: ["markdown"] },
    completion: { completionItem: { deprecatedSupport: true, tagSupport: { valueSet: [1] } } },
  },
};

/** The protocol's number for what is deprecated. */
const DEPRECATED = 1;

const SETTINGS = { inlayHints: { parameterNames: { enabled: "all" } } };

/** Starts the server, and opens a program in it. */
export async function startLanguageServer({ folder, file, lines }: Program): Promise<Editor> {
  await using resources = new AsyncDisposableStack();
  const program = await installedTypeScript7();
  const server = resources.use(
    new Server(folder, program, ["--lsp", "--stdio"], {
      write(message) {
        const json = JSON.stringify({ jsonrpc: "2.0", ...message });
        return `Content-Length: ${new TextEncoder().encode(json).length}\r\n\r\n${json}`;
      },
      answers: ({ id, method }) => method === undefined ? id as number : undefined,
      onOther({ id, method, params }) {
        // The server waits for the answers to its own questions.
        if (id === undefined) return;
        const isAboutSettings = method === "workspace/configuration";
        const { items } = isAboutSettings ? params as { items: unknown[] } : {};
        server.send({ id, result: items?.map(() => SETTINGS) ?? null });
      },
    }),
  );
  let last = 0;
  const ask = async <T>(method: string, params: object): Promise<T> => {
    const message: Message = { id: ++last, method, params };
    const { error, result } = await server.request(last, message);
    if (error || !result) {
      const why = JSON.stringify(error ?? result);
      throw new Error(`TypeScript 7 has no ${method} for ${JSON.stringify(params)}: ${why}`);
    }
    return result as T;
  };
  const textDocument = { uri: file.href };

  await ask("initialize", {
    processId: Deno.pid,
    rootUri: folder.href,
    capabilities: CAPABILITIES,
    initializationOptions: { disablePushDiagnostics: true },
  });
  server.send({ method: "initialized", params: {} });
  const document = { ...textDocument, languageId: "typescript", version: 1 };
  const text = lines.join("\n");
  server.send({ method: "textDocument/didOpen", params: { textDocument: { ...document, text } } });
  const opened = resources.move();
  return {
    async hover(position) {
      const { contents } = await ask<Hover>("textDocument/hover", { textDocument, position });
      const [, declaration, text] = contents.value.match(/^```\w+\n(.*?)\n```\n?(.*)$/s)!;
      return { signature: signatureOf(declaration!), text: withShortLinks(text!) };
    },
    async parameters(position) {
      const place = { textDocument, position };
      const help = await ask<SignatureHelp>("textDocument/signatureHelp", place);
      const { parameters } = help.signatures[help.activeSignature]!;
      return parameters.map(({ label }) => label.match(/^(?:\.\.\.)?(\w+)/)![1]!);
    },
    async completions(position) {
      const place = { textDocument, position };
      const { items } = await ask<CompletionList>("textDocument/completion", place);
      // The label of what is optional ends with a question mark.
      return items.map(({ label, tags }) => (
        { name: label.replace(/\?$/, ""), isDeprecated: tags?.includes(DEPRECATED) ?? false }
      ));
    },
    async hints() {
      const range = { start: { line: 0, character: 0 }, end: { line: lines.length, character: 0 } };
      const hints = await ask<InlayHint[]>("textDocument/inlayHint", { textDocument, range });
      return hints.map(({ position, label }) => {
        const parts = typeof label === "string" ? [{ value: label }] : label;
        return { at: position, label: parts.map(({ value }) => value).join("") };
      });
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Returns the signature in the form that tsserver gives it, without the kind of the name. */
function signatureOf(declaration: string): string {
  return declaration.replace(/^\(alias\) /, "").replace(/^function /, "").replace(
    /^constructor /,
    "new ",
  );
}

/** Replaces the address that a link has on this machine by the file's path in the package. */
function withShortLinks(text: string): string {
  return text.replaceAll(
    /\]\((file:[^)#]*)[^)]*\)/g,
    (_, address: string) => `](${nameOfFile(address)})`,
  );
}
