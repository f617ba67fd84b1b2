/**
 * Shortens random programs that differ. fast-check can shorten them as well, but does not put the
 * body of a scope in place of the scope.
 *
 * @module
 */

import type { Body, Statement } from "./programs.ts";

/** Programs that are a little shorter or simpler. */
export function* shorten(body: Body): Iterable<Body> {
  for (const [i, statement] of body.entries()) {
    const replace = (...others: Statement[]) => body.toSpliced(i, 1, ...others);
    yield replace();
    for (const inner of statement.filter(isBody)) if (inner.length > 0) yield replace(...inner);
    for (const simpler of simplifyArguments(statement)) yield replace(simpler as Statement);
  }
}

/** Gives the tasks and futures names in the order of their appearance. */
export function rename(program: Body): Body {
  const names = new Map([["t0", "t0"]]);
  const counts: Record<string, number> = { t: 1, f: 0, g: 0 };
  const text = JSON.stringify(program).replaceAll(/"([tfg])\d+"/g, (quoted, kind) => {
    const name = quoted.slice(1, -1);
    if (!names.has(name)) names.set(name, `${kind}${counts[kind]!++}`);
    return `"${names.get(name)}"`;
  });
  return JSON.parse(text);
}

function isBody(part: unknown): part is Body {
  return Array.isArray(part) && part.every(Array.isArray);
}

function* simplifyArguments(part: unknown[]): Iterable<unknown[]> {
  for (let i = 1; i < part.length; i++) {
    for (const simpler of simplify(part[i])) yield part.with(i, simpler);
  }
}

function* simplify(part: unknown): Iterable<unknown> {
  if (isBody(part)) {
    yield* shorten(part);
  } else if (Array.isArray(part)) {
    if (isName(part[0])) {
      if (part.length > 1) yield* part.map((_, i) => part.toSpliced(i, 1));
      return;
    }
    // Waits for what a wait waits for, such as for the task of a `shield`.
    if (WAITS.includes(part[0])) yield* [part[1]].flat().filter(isName);
    if (part[0] === "waitFor" && !isName(part[1])) yield part[1];
    yield* simplifyArguments(part);
  } else if (typeof part === "number" && part > 0) {
    yield part - 1;
  } else if (part === "a" || part === "b" || part === true) {
    yield part === true ? false : null;
  } else if (part === "run" || part === "guard") {
    yield part === "run" ? "guard" : "release";
  }
}

const WAITS = ["gather", "shield", "waitFor", "wait"];

function isName(part: unknown): boolean {
  return typeof part === "string" && /^[tfg]\d+$/.test(part);
}
