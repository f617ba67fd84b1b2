/**
 * Checks by programs of `tests/package/`, which use the package in Node.
 *
 * @module
 */

import { installedBun, installedNode, type Node, ROOT, run } from "../install.ts";
import { type Check, expectSame, type Project } from "./project.ts";

/** A program that takes longer counts as hung: something keeps the process alive. */
const TIMEOUT_MS = 30_000;

/** A runtime that programs run on. */
type Runtime = Node | "Bun";

/** The versions of Node that differ in how they require and import a package. */
const NODES: Node[] = ["oldest Node 20", "Node 20", "oldest Node 22", "Node 22", "Node 24"];

/**
 * Runs a program in a project.
 *
 * @param runtime The runtime.
 * @param project The project.
 * @param program The program, with its arguments.
 * @returns The text that the program prints.
 * @throws {Error} If the program fails or does not end.
 */
export async function runProgram(
  runtime: Runtime,
  { folder }: Project,
  program: string[],
): Promise<string> {
  const executable = runtime === "Bun" ? await installedBun() : await installedNode(runtime);
  return await run(executable, program, { cwd: folder, timeout: TIMEOUT_MS });
}

/**
 * Runs a program of `tests/package/`, and checks the lines that it prints.
 *
 * @param runtime The runtime.
 * @param project The project in which the program runs.
 * @param program The program, with its arguments.
 * @param expected The expected lines.
 * @throws {Error} If the program prints something else, fails or does not end.
 */
export async function checkProgram(
  runtime: Runtime,
  project: Project,
  program: [file: string, ...args: string[]],
  expected: string[],
): Promise<void> {
  await copyProgram(project, program[0]);
  const printed = await runProgram(runtime, project, program);
  expectSame("what is printed", printed, expected.join("\n"));
}

/** Copies a program of `tests/package/` into a project. */
export async function copyProgram({ folder }: Project, file: string): Promise<void> {
  await Deno.copyFile(new URL(`tests/package/${file}`, ROOT), new URL(file, folder));
}

/** The checks that run a program. */
export const PROGRAM_CHECKS: Check[] = [
  {
    name: "JavaScript imports it, on Node 20",
    run: (project) =>
      checkProgram("Node 20", project, ["import.mjs"], [
        "<Future pending cb=[await]>",
        "answer: 42",
        '<Task finished name="adder" coro=add result=3>',
        "AggregateError: RangeError: no such host",
        "cleaned up",
        "CancelledError: enough",
      ]),
  },
  ...NODES.map((version) => ({
    name: `JavaScript requires it and imports the same, on ${version}`,
    run: (project: Project) =>
      checkProgram(version, project, ["require.cjs"], [
        "the same classes",
        '<Task pending name="adder" coro=add>',
        "required: 42",
      ]),
  })),
  ...[...NODES, "Bun" as const].map((runtime) => ({
    name: `./debug and the module are one copy, required or imported, on ${runtime}`,
    async run(project: Project) {
      for (const main of ["require", "import"]) {
        for (const debug of ["require", "import"]) {
          await checkProgram(runtime, project, ["debug.cjs", main, debug], [
            "without ./debug, listeners: 0",
            "in debug mode, listeners: 1",
            "otherwise, listeners: 0",
            "afterwards, listeners: 0",
            "the same functions",
          ]);
        }
      }
    },
  })),
  ...[...NODES, "Bun" as const].map((runtime) => ({
    name: `./testing and the others are one copy, required or imported, on ${runtime}`,
    async run(project: Project) {
      for (const main of ["require", "import"]) {
        for (const testing of ["require", "import"]) {
          await checkProgram(runtime, project, ["testing.cjs", main, testing], [
            "after an hour: 3600000",
            "DeadlockError: waiter, Future, listeners: 0",
            "the same functions",
            "with ./debug, listeners: 1",
          ]);
        }
      }
    },
  })),
  ...NODES.map((version) => ({
    name: `debug mode knows the places of a program, and not its own, on ${version}`,
    run: (project: Project) =>
      checkProgram(version, project, ["places.mjs"], [
        "loader load, pending: <Future pending>",
        "  at load (places.mjs:7), made at main (places.mjs:11)",
      ]),
  })),
  {
    name: "importing it starts nothing and listens to nothing",
    run: (project) =>
      checkProgram("Node 20", project, ["import_only.mjs"], [
        "new globals: none",
        "new listeners: none",
        "new resources: none",
      ]),
  },
];
