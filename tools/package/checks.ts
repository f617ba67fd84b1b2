/**
 * Runs checks of the package.
 *
 * @module
 */

import type { Check, Project } from "./project.ts";

/**
 * Runs checks, one after the other, and removes the project. Each check is a line; the last line is
 * how many passed.
 *
 * @returns Whether all passed.
 */
export async function runChecks(checks: Check[], project: Project): Promise<boolean> {
  let failed = 0;
  for (const check of checks) {
    try {
      const figures = await check.run(project);
      console.log(`ok      ${check.name}${figures ? `: ${figures}` : ""}`);
    } catch (error) {
      console.log(`FAILED  ${check.name}: ${(error as Error).message}`);
      failed++;
    }
  }
  await Deno.remove(project.folder, { recursive: true });
  console.log(`${checks.length - failed} checks of the package passed, ${failed} failed`);
  return failed === 0;
}
