/**
 * What the two sides that run calls have in common: workers, and loops that workers call.
 *
 * @module
 */

import { cannot, isObject } from "../base/checks.ts";
import type { Task } from "../task/task.ts";
import { encodeThrown } from "./errors.ts";
import { type Answer, transferListOf } from "./messages.ts";

/** Functions by their names, as they are exposed to other threads. */
export type FunctionTable = ReadonlyMap<string, (...args: never[]) => unknown>;

/** Sends a message to the thread that has called, and moves what is in the list. */
export type Send = (message: Answer, list?: Transferable[]) => void;

/**
 * Checks functions that are to be exposed.
 *
 * @throws {TypeError} If they are not in an object, or one of them is not a function.
 */
export function tableOf(action: string, functions: object): FunctionTable {
  if (!isObject(functions)) throw cannot(action, "they are not in an object", functions);
  const table = new Map(Object.entries(functions));
  for (const [name, fn] of table) {
    if (typeof fn !== "function") throw cannot(action, `${name} is not a function`, fn);
  }
  return table;
}

/** The error for a call of a function that is not exposed. */
export function notExposed(table: FunctionTable, name: string): TypeError {
  const names = [...table.keys()].join(", ") || "nothing";
  return new TypeError(
    `Cannot call the function as the other side exposes only ${names}: received ${name}`,
  );
}

/** Answers a call of a function that is not exposed. */
export function refuse(send: Send, table: FunctionTable, number: number, name: string): void {
  send({ call: number, thrown: encodeThrown(notExposed(table, name)) });
}

/** Answers a call with the outcome of its task, which is done. */
export function answer(send: Send, number: number, name: string, task: Task<unknown>): void {
  if (task.cancelled()) {
    return send({ call: number, cancelled: encodeThrown(cancellationOf(task)) });
  }
  if (task.failed()) return send({ call: number, thrown: encodeThrown(task.exception()) });
  const result = task.result();
  try {
    send({ call: number, result }, transferListOf([result]));
  } catch (cause) {
    const why = "its result cannot be cloned";
    const error = new TypeError(`Cannot end a call as ${why}: received ${name}()`, { cause });
    send({ call: number, thrown: encodeThrown(error) });
  }
}

/** The error that a cancelled task throws. */
function cancellationOf(task: Task<unknown>): unknown {
  try {
    return task.result();
  } catch (error) {
    return error;
  }
}
