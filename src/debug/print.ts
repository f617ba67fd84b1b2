/**
 * The tasks of the program as text, and their way to the console.
 *
 * @module
 */

import { allRunningLoops } from "../loop/running.ts";
import { allTasks } from "../task/current.ts";

/** Returns a line for each task of each running loop. */
export function formatTasks(): string {
  const tasks = [...allRunningLoops].flatMap((loop) => [...allTasks(loop)]);
  return tasks.length === 0 ? "no tasks" : tasks.join("\n");
}
