/**
 * The cancellation of one line of code: the coroutine of a task, or the body of a scope in a task.
 * `Cancellation` owns the requests to cancel that code, and the futures that it waits on.
 *
 * A request is in one of three states until it is answered. It is *pending* if nothing took it: the
 * code runs, waits on something foreign, or is about to go on with an outcome. It is *passed* if a
 * future that the code waits on took it. Otherwise there is no request to answer.
 *
 * | event                        | no request        | pending               | passed              |
 * | ---------------------------- | ----------------- | --------------------- | ------------------- |
 * | `cancel(R)`, a target of the | passed            | passed                | passed ¹            |
 * | code takes R                 |                   |                       |                     |
 * | `cancel(R)`, none takes R    | pending; merged ¹ | pending ¹             | pending; merged ¹   |
 * |                              | if a              |                       | if a CancelledError |
 * |                              | CancelledError is |                       | is on its way       |
 * |                              | on its way        |                       |                     |
 * | `beginWait(f)`               | –                 | passed if `f` takes   | –                   |
 * |                              |                   | it                    |                     |
 * | `endWait(f)`, the code is    | gets the outcome  | is thrown the request | gets the outcome,   |
 * | about to go on               |                   | ²                     | which answers the   |
 * |                              |                   |                       | request ³           |
 * | the code returns             | has the result    | is cancelled ⁴        | –                   |
 * | the code throws              | has the exception | has the exception;    | –                   |
 * |                              |                   | unanswered ⁵          |                     |
 * | `uncancel()` of the last one | –                 | no request            | –                   |
 *
 * 1. Of several requests before one is thrown, the first one counts, but one from outside counts
 *    before one of a scope or a time limit.
 * 2. Unless `f` is delivered first, such as the end of a scope: then the code gets the outcome, and
 *    the request stays pending.
 * 3. Unless `f` ended before it could be thrown the request, and so left it unanswered: then the
 *    code is thrown the request; if `f` is delivered first, or the request comes from a scope or a
 *    time limit, the request is pending.
 * 4. Unless the request comes from a scope or a time limit, which never discard a result, or the
 *    code is the body of a scope: then it has the result, and leaves the request unanswered.
 * 5. Whoever passed the request on answers it instead, by footnote 3.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { observer } from "../base/observer.ts";
import { type CancelTarget, cancelTarget } from "../future/cancel_target.ts";
import { endsInCancellation } from "../future/outcome.ts";
import { noteLoopOfTask } from "../loop/running.ts";
import { isDeliveredFirst, noteUndelivered } from "./delivery.ts";
import { currentPass, passOn, unanswered } from "./passing.ts";
import { type Request, stronger } from "./request.ts";
import type { Task } from "./task.ts";

/** The requests to cancel one line of code, and the futures that the code waits on. */
export class Cancellation {
  /** The code in which the scope was opened, if this is the code of a scope's body. */
  #parent: Cancellation | undefined;
  /** The task that runs the code; `undefined` once it is done, as contexts would keep it alive. */
  #runner: Task<unknown> | undefined;
  /** How many requests were made, less those that `uncancel()` took back. */
  requests = 0;
  /** How many of them the scope made itself, if this is the code of a scope's body. */
  ownRequests = 0;
  /** How many scopes were opened in this code and have not ended. */
  openScopes = 0;
  /** The bodies of scopes that were opened in this code and have not ended. */
  bodies: Set<Cancellation> | undefined = undefined;
  /** `undefined`: nothing; a target: that one; a set: any number, even none. */
  #waitedOn: CancelTarget | Set<CancelTarget> | undefined = undefined;
  /** The target of a generator. Async code that it left running may wait on those above. */
  #stepTarget: CancelTarget | undefined = undefined;
  #pending: Request | undefined = undefined;
  #passed: Request | undefined = undefined;
  /** The pass in which this code was cancelled last. */
  #pass = 0;
  /** What a trace knows of the code: see `src/debug/trace_rows.ts`. */
  traced: object | undefined = undefined;
  /** How many of the requests were passed on by the code in which the scope was opened. */
  #fromParent = 0;

  constructor(runner: Task<unknown>, parent: Cancellation | undefined) {
    // The contexts that this code runs in lead to that loop.
    noteLoopOfTask(runner.getLoop());
    this.#runner = runner;
    this.#parent = parent;
    if (parent) (parent.bodies ??= new Set()).add(this);
  }

  /** The code in which the scope was opened, if this is the code of a scope's body. */
  get parent(): Cancellation | undefined {
    return this.#parent;
  }

  /** The task that the code belongs to; `undefined` if that is done. */
  get task(): Task<unknown> | undefined {
    return this.outermost.#runner;
  }

  /** The code of the coroutine, out of all those in which scopes were opened. */
  get outermost(): Cancellation {
    return Cancellation.#outermost(this);
  }

  static #outermost(code: Cancellation): Cancellation {
    while (code.#parent) code = code.#parent;
    return code;
  }

  /** This code and those in which its scopes were opened, the innermost first. */
  #around(): Cancellation[] {
    const codes: Cancellation[] = [this];
    for (let code = this.#parent; code; code = code.#parent) codes.push(code);
    return codes;
  }

  /**
   * Notes that the code has ended.
   *
   * @returns The tasks that run bodies of scopes which the code left behind. Each body belongs to
   * its own task from now on.
   */
  close(): Task<unknown>[] {
    this.#runner = undefined;
    this.#parent?.bodies?.delete(this);
    if (!this.bodies) return [];
    const left = [...this.bodies];
    this.bodies = undefined;
    return left.map((body) => {
      body.#parent = this.#parent;
      if (this.#parent) (this.#parent.bodies ??= new Set()).add(body);
      return body.#parent ? undefined : body.#runner;
    }).filter((task) => task !== undefined);
  }

  /** Notes that the code waits on `target`, which is not done. A pending request goes to it. */
  beginWait(target: CancelTarget): void {
    observer?.waitBegan(this, target);
    const others = this.#waitedOn;
    if (others === undefined) this.#waitedOn = target;
    else if (others instanceof Set) others.add(target);
    else this.#waitedOn = new Set([others, target]);
    if (this.#pending !== undefined) this.#passPendingTo(target, this.#pending);
  }

  #passPendingTo(target: CancelTarget, pending: Request): void {
    const isTaken = passOn(() => {
      this.#pass = currentPass();
      return cancelTarget(target, pending.reason);
    }, pending.fromScope);
    if (!isTaken) return;
    this.#passed = { ...stronger(this.#passed, pending), pass: currentPass() };
    this.#pending = undefined;
  }

  /**
   * Notes that the code is about to go on with the outcome of `target`, which is done.
   *
   * @returns A request that the caller has to throw in place of the outcome.
   */
  endWait(target: CancelTarget): Request | undefined {
    observer?.waitEnded(this, target);
    const all = this.#waitedOn;
    let waited = true;
    if (all === target) this.#waitedOn = undefined;
    else waited = all instanceof Set && all.delete(target);
    if (this.#pending === undefined && this.#passed === undefined) return undefined;
    return this.#answer(target, waited);
  }

  /** @param waited Whether the code began to wait before the target was done. */
  #answer(target: CancelTarget, waited: boolean): Request | undefined {
    const passed = this.#passed;
    const isCancelled = endsInCancellation(target as Future<unknown>);
    if (isCancelled || this.#isWaitingNoMore) this.#passed = undefined;
    if (isCancelled) {
      const pending = this.takePending();
      return passed?.fromScope && pending?.fromScope === false ? pending : undefined;
    }
    const isPostponed = isDeliveredFirst(target, this) || (!this.#pending && passed?.fromScope);
    if (passed && (unanswered.get(target) ?? Infinity) <= passed.pass) {
      this.#pending = this.#pending ? stronger(passed, this.#pending) : passed;
    }
    const request = isPostponed ? undefined : this.takePending();
    if (request) noteUndelivered(target as Future<unknown>, this, waited);
    return request;
  }

  get #isWaitingNoMore(): boolean {
    const all = this.#waitedOn;
    const isEmpty = all === undefined || (all instanceof Set && all.size === 0);
    return isEmpty && this.#stepTarget === undefined;
  }

  /** Does the work of {@linkcode beginWait} for a generator, which waits on one target at a time. */
  beginStepWait(target: CancelTarget): void {
    observer?.waitBegan(this, target);
    this.#stepTarget = target;
    if (this.#pending !== undefined) this.#passPendingTo(target, this.#pending);
  }

  /** Does the work of {@linkcode endWait} for a generator, also after a bare `yield`. */
  resume(): Request | undefined {
    const target = this.#stepTarget;
    if (target === undefined) return this.takePending();
    observer?.waitEnded(this, target);
    this.#stepTarget = undefined;
    if (this.#pending === undefined && this.#passed === undefined) return undefined;
    return this.#answer(target, true);
  }

  /** Cancels the targets that the code waits on; the request is pending if all refuse it. */
  cancel(request: Request): void {
    // Tasks that wait on each other in a circle, or share what they wait on, come here again. Test:
    // "Task.cancel() interrupts an inner task once, even if several tasks wait for it".
    const isPassedOn = this.#pass === request.pass;
    const parent = this.#parent;
    if (parent && parent.#pass === request.pass && !request.isOwn) this.#fromParent++;
    this.#pass = request.pass;
    let isTaken = false;
    let isOnItsWay = isPassedOn;
    for (const target of isPassedOn ? [] : [...this]) {
      if (cancelTarget(target, request.reason)) isTaken = true;
      else if (endsInCancellation(target as Future<unknown>)) isOnItsWay = true;
    }
    const passed = this.#passed;
    if (isTaken) this.#passed = { ...stronger(passed, request), pass: request.pass };
    else if (!isOnItsWay || (passed?.fromScope && !request.fromScope)) this.postpone(request);
  }

  /** Throws a request at the code's next wait. */
  postpone(request: Request): void {
    this.#pending = stronger(this.#pending, request);
  }

  /** Removes the pending request, and returns it to the caller, who has to deliver it. */
  takePending(): Request | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  /** Takes back one request, here and in the bodies of scopes that it was passed on to. */
  takeBack(): void {
    this.requests--;
    const isLast = this.requests === 0;
    if (isLast) this.#pending = undefined;
    const codes: Cancellation[] = [this];
    const own = new Map<Cancellation, number>([[this, 0]]);
    // The bodies of bodies are added meanwhile.
    for (const code of codes) {
      for (const body of code.bodies ?? []) {
        codes.push(body);
        const ofScopes = own.get(code)! + body.ownRequests;
        own.set(body, ofScopes);
        if (body.#fromParent > 0) {
          body.#fromParent--;
          body.requests--;
        }
        if (isLast && ofScopes === 0 && body.requests === 0) body.#pending = undefined;
      }
    }
  }

  /** Takes back one request that the innermost scope around the code has made. */
  takeBackOwn(): void {
    const code = this.#around().find(({ ownRequests }) => ownRequests > 0);
    if (!code) return;
    code.ownRequests--;
    code.requests--;
    if (code.visibleRequests === 0) code.#pending = undefined;
  }

  /** How many requests the code can know of: those to its task, and those of the scopes around. */
  get visibleRequests(): number {
    if (!this.#parent) return this.requests;
    const [coroutine, ...bodies] = this.#around().reverse();
    return bodies.reduce((count, { ownRequests }) => count + ownRequests, coroutine!.requests);
  }

  /** Whether a request is pending or passed. */
  get hasRequest(): boolean {
    return this.#pending !== undefined || this.#passed !== undefined;
  }

  /** Whether a request is pending. */
  get hasPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The targets that the code waits on. */
  *[Symbol.iterator](): Generator<CancelTarget> {
    const all = this.#waitedOn;
    const step = this.#stepTarget;
    if (all instanceof Set) yield* all;
    else if (all) yield all;
    if (step && step !== all && !(all instanceof Set && all.has(step))) yield step;
  }
}
