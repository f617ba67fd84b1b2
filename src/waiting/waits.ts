/**
 * What the code of a task waits on, for those who look inside a program. Nothing is tracked for
 * that: a task knows its targets, and a future what settles it.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { attempt } from "../base/engine.ts";
import { isFuture } from "../future/brand.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import { internals, type Source } from "../future/internals.ts";
import { PENDING } from "../future/states.ts";
import type { Cancellation } from "../task/cancellation.ts";
import { taskInternals } from "../task/internals.ts";
import type { Task } from "../task/task.ts";
import { sourceOf } from "./sources.ts";

/** The operations that wait for several futures. All others pass on what one future does. */
const OF_SEVERAL = new Set([
  "asCompleted",
  "cancelAndWait",
  "gather",
  "pool",
  "race",
  "taskGroup",
  "wait",
]);

/** The most steps from a future to the one that settles it; a subclass could make a circle. */
const MAX_STEPS = 10_000;

/** A scope or a function such as `waitFor()`, and what is around it. */
export interface Around {
  readonly source: Source;
  readonly outer: Around | undefined;
}

/** What a future comes down to: the one that others only pass on. */
export interface Bottom {
  readonly target: CancelTarget;
  /** What settles `target`. */
  readonly source: Source | undefined;
  /** The scopes, and the functions such as `waitFor()`, that pass `target` on. */
  readonly around: Around | undefined;
}

/** A wait of the code of a task. */
export interface Wait extends Bottom {
  /** The code that waits: of the task, or of the body of a scope in it. */
  readonly code: Cancellation;
  /** What the code itself waits on. */
  readonly awaited: CancelTarget;
}

/** Whether a value is a task of this copy of the module. Without tasks in a bundle, none is. */
export function isTask(value: object): value is Task<unknown> {
  return taskInternals?.isTask(value) === true;
}

/** The code of a task, if the task is the body of a scope in another one. */
export function codeOfBody(task: object | undefined): Cancellation | undefined {
  if (!task || !isTask(task)) return undefined;
  const code = taskInternals.cancellationOf(task);
  return code.parent && code;
}

/** Whether a target is not done, as far as it tells. */
export function isPending(target: CancelTarget): boolean {
  const future = target as Future<unknown>;
  if (internals.isOfThisCopy(future)) return internals.stateOf(future) === PENDING;
  return attempt(() => !future.done()) ?? true;
}

/** Looks up what settles targets, each once: a future that many wait for is slow to ask. */
export class Sources {
  readonly #known = new Map<CancelTarget, Source | undefined>();

  /** What settles a target; `undefined` for a task, whose code does, and if nobody knows. */
  of(target: CancelTarget): Source | undefined {
    if (isTask(target)) return undefined;
    let source = this.#known.get(target);
    if (!source && !this.#known.has(target)) {
      source = isFuture(target) ? sourceOf(target as Future<unknown>) : undefined;
      this.#known.set(target, source);
    }
    return source;
  }
}

/** Whether an operation waits for several futures. */
export function isOfSeveral(source: Source | undefined): boolean {
  return source !== undefined && OF_SEVERAL.has(source.operation);
}

/** The futures that an operation waits for. */
export function futuresOf(source: Source): Iterable<Future<unknown>> {
  return attempt(() => source.futures) ?? [];
}

/**
 * Goes from a target to the one that it passes on.
 *
 * @param onStep Called with each of the futures on the way.
 */
export function bottomOf(
  target: CancelTarget,
  sources: Sources,
  around?: Around,
  onStep?: (future: CancelTarget) => void,
): Bottom {
  let source = sources.of(target);
  for (let steps = 0; source && !isOfSeveral(source) && steps < MAX_STEPS; steps++) {
    const { body } = source;
    // The body of a scope outside of tasks is a task of its own.
    const [next] = body && !codeOfBody(body) ? [body] : futuresOf(source);
    if (!next) break;
    onStep?.(target);
    around = { source, outer: around };
    target = next;
    source = sources.of(target);
  }
  return { target, source, around };
}

/** What the code of a task waits on, in all. */
export interface Waits {
  readonly waits: readonly Wait[];
  /** The groups of tasks that are open in the code. Their tasks run beside what the code does. */
  readonly groups: readonly Source[];
}

/** Returns what code waits on, with what the bodies of its scopes wait on. */
export function waitsOf(
  code: Cancellation,
  sources: Sources,
  onStep?: (future: CancelTarget) => void,
  around?: Around,
): Waits {
  const waits: Wait[] = [];
  const groups: Source[] = [];
  const codes: { code: Cancellation; around: Around | undefined; scope: Wait | undefined }[] = [
    { code, around, scope: undefined },
  ];
  // The bodies of bodies are added meanwhile.
  for (const { code, around, scope } of codes) {
    const bodies = new Set(code.bodies);
    let isIdle = bodies.size === 0;
    for (const awaited of code) {
      isIdle = false;
      const bottom = bottomOf(awaited, sources, around, onStep);
      const wait = { code, awaited, ...bottom };
      const { source } = bottom;
      const body = codeOfBody(source?.body);
      if (!source || !body || !bodies.delete(body)) {
        waits.push(wait);
        continue;
      }
      onStep?.(bottom.target);
      if (isOfSeveral(source)) groups.push(source);
      codes.push({ code: body, around: { source, outer: bottom.around }, scope: wait });
    }
    // Scopes in a gather() or the like are among the futures of that.
    if (bodies.size > 0) forgetListed(bodies, waits, sources);
    // Scopes that the code has opened and awaits by way of a promise, or not yet.
    for (const body of bodies) codes.push({ code: body, around, scope: undefined });
    // Nobody knows what the body waits on, so that the scope itself is all there is to tell.
    if (isIdle && scope) waits.push(scope);
  }
  return { waits, groups };
}

/** Removes the bodies of scopes that are among the futures of operations. */
function forgetListed(
  bodies: Set<Cancellation>,
  waits: readonly Wait[],
  sources: Sources,
): void {
  for (const { source } of waits) {
    if (!source || !isOfSeveral(source)) continue;
    for (const future of futuresOf(source)) {
      const body = codeOfBody(sources.of(future)?.body);
      if (body) bodies.delete(body);
    }
  }
}
