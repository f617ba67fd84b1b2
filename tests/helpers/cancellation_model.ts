/**
 * A model of the cancellation of tasks: the table at the head of `src/task/cancellation.ts`, in as
 * few words as possible. Nothing runs by itself: `run()` does what a loop does in a turn.
 *
 * @module
 */

import { CancelledError, type Future, TimeoutError } from "../../mod.ts";

/** A future, real or of the model. */
export type Target = Pick<Future<unknown>, "setResult" | "setException" | "cancel" | "done">;

/** Code that is the same for the module and for the model. */
export type Code = (
  wait: (target: Target) => Generator<unknown, unknown>,
) => Generator<unknown, unknown>;

interface Request {
  error: CancelledError;
  /** Whether the scope whose body is cancelled made the request. */
  isOwn: boolean;
  /** Whether a failing group renewed the request. */
  isRenewed?: boolean | undefined;
}

interface Outcome {
  state: "result" | "error" | "cancelled";
  value: unknown;
}

/** The outcome that code gets at its start and after a step. */
const NOTHING: Outcome = { state: "result", value: undefined };

/** The error of a request of a scope or a time limit. */
export class LimitError extends CancelledError {}

function isLimit(error: unknown): boolean {
  return error instanceof LimitError;
}

/** Footnote 1. */
function merge(one: Request | undefined, other: Request | undefined): Request | undefined {
  if (!one || !other) return one ?? other;
  const { error } = isLimit(one.error) && !isLimit(other.error) ? other : one;
  return { error, isOwn: one.isOwn && other.isOwn, isRenewed: one.isRenewed };
}

/** A plain future, or one that refuses to be cancelled. */
export class ModelFuture implements Target {
  outcome: Outcome | undefined;
  /** Footnote 2. */
  isFirst = false;
  /** Footnote 3. */
  isUnanswered = false;

  constructor(readonly refuses = false) {}

  done = () => this.outcome !== undefined;
  setResult = (value: unknown) => this.settle("result", value);
  setException = (value: unknown) => this.settle("error", value);
  cancel = (text?: string) => this.take({ error: new CancelledError(text), isOwn: false });

  settle(state: Outcome["state"], value: unknown): void {
    this.outcome = { state, value };
  }

  /** Takes a request, or refuses it. */
  take({ error }: Request): boolean {
    if (this.refuses || this.done()) return false;
    this.settle("cancelled", error);
    return true;
  }

  /** Does what the loop does when the events of a turn are over. */
  run(): void {}
}

/** The code that runs now. */
let running: ModelTask | undefined;

/** A task or the body of a scope. */
export class ModelTask extends ModelFuture {
  requests = 0;
  /** Whether the code ended before it was thrown a request that a failing group renewed. */
  leavesRenewed = false;
  /** The request that counts of all that were made. */
  reason: CancelledError | undefined;
  pending: Request | undefined;
  #passed: Request | undefined;
  #waited: ModelFuture | undefined;
  /** How many requests the scope made itself, if this is the body of a scope. */
  #own = 0;
  readonly #bodies: ModelTask[] = [];
  readonly #generator: Generator<unknown, unknown>;
  #hasStarted = false;

  /**
   * @param form 0 for a generator, 1 for an async function.
   * @param parent The code around, if this is the body of a scope.
   */
  constructor(code: Code, readonly form: number, readonly parent?: ModelTask) {
    super();
    if (parent) parent.#bodies.push(this);
    this.#generator = code(function* (target) {
      return yield target;
    });
  }

  get cancelling(): number {
    return this.parent ? this.parent.cancelling + this.#own : this.requests;
  }

  get isCancelledByOthers(): boolean {
    return this.requests > this.#own;
  }

  override take(request: Request): boolean {
    if (this.done()) return false;
    if (this.requests === 0 || (isLimit(this.reason) && !isLimit(request.error))) {
      this.reason = request.error;
    }
    this.requests++;
    if (request.isOwn) this.#own++;
    const isPassed = this.#waited?.take({ ...request, isOwn: false });
    if (isPassed) this.#passed = merge(this.#passed, request);
    else this.pending = merge(this.pending, request);
    return true;
  }

  uncancel(): void {
    if (this.requests > this.#own) this.requests--;
    else if (!this.parent) return;
    if (this.cancelling === 0) this.pending = undefined;
    for (const body of this.#bodies) body.uncancel();
  }

  override run(): void {
    const isNew = !this.#hasStarted;
    this.#hasStarted = true;
    if (isNew && this.pending) this.settle("cancelled", this.pending.error);
    while (!this.done()) {
      this.#waited?.run();
      if (this.#waited?.done() === false) return;
      this.resume(this.#waited ? this.#endWait(this.#waited) : this.#endStep());
    }
  }

  /** Runs the code until it waits or ends. */
  resume({ state, value } = NOTHING): void {
    this.#hasStarted = true;
    const outer = running;
    running = this;
    try {
      const step = state === "result" ? this.#generator.next(value) : this.#generator.throw(value);
      if (step.done) this.#return(step.value);
      else if (step.value) this.#beginWait(step.value as ModelFuture);
    } catch (error) {
      this.#throw(error);
    } finally {
      running = outer;
    }
  }

  #beginWait(target: ModelFuture): void {
    this.#waited = target;
    if (!this.pending || !target.take({ ...this.pending, isOwn: false })) return;
    this.#passed = this.pending;
    this.pending = undefined;
  }

  #endWait({ outcome, isFirst, isUnanswered }: ModelFuture): Outcome {
    const passed = this.#passed;
    this.#passed = this.#waited = undefined;
    if (outcome!.state === "cancelled") {
      this.pending = merge({ error: outcome!.value as CancelledError, isOwn: true }, this.pending);
      return this.#endStep(true);
    }
    const isLater = isFirst || (!this.pending && isLimit(passed?.error));
    if (isUnanswered) this.pending = merge(passed, this.pending);
    return this.pending && !isLater ? this.#endStep(true) : outcome!;
  }

  /** Throws a pending request, but not at a step of an async function. */
  #endStep(isWait = this.form === 0): Outcome {
    const { pending } = this;
    if (!pending || !isWait) return NOTHING;
    this.pending = undefined;
    return { state: "cancelled", value: pending.error };
  }

  #return(value: unknown): void {
    const { pending } = this;
    if (pending && !isLimit(pending.error) && !this.parent) {
      return this.settle("cancelled", pending.error);
    }
    this.#leave();
    this.settle("result", value);
  }

  /** Leaves a pending request to the code around. */
  #leave(): void {
    this.isUnanswered = this.pending?.isOwn === false;
    this.leavesRenewed = this.pending?.isRenewed === true;
  }

  #throw(error: unknown): void {
    if (!(error instanceof CancelledError)) {
      this.#leave();
      return this.settle("error", error);
    }
    // A request of a scope never shows if there is one from outside.
    this.settle(
      "cancelled",
      isLimit(error) && !isLimit(this.reason) ? this.reason ?? error : error,
    );
  }
}

/** `timeout()` or `taskGroup()`. */
export class ModelScope extends ModelFuture {
  readonly #parent = running!;
  readonly #body: ModelTask;
  #isOver = false;

  constructor(readonly kind: string, form: number, code: Code, readonly task: ModelTask) {
    super();
    this.isFirst = true;
    this.#body = new ModelTask(code, form, this.#parent);
    this.#body.resume();
  }

  override take(request: Request): boolean {
    return this.#body.take(request);
  }

  /** Cancels the body on behalf of the scope. */
  end(): void {
    if (!this.#isOver) this.take({ error: new LimitError(), isOwn: true });
    this.#isOver = true;
  }

  override run(): void {
    const body = this.#body;
    body.run();
    if (!body.done()) return;
    this.isUnanswered = body.isUnanswered;
    const { state, value } = this.outcome = body.outcome!;
    const isEnd = state === "cancelled" && this.#isOver && !body.isCancelledByOthers;
    if (this.kind === "timeout") {
      if (isEnd) this.settle("error", new TimeoutError());
    } else if (isEnd) {
      this.settle("result", undefined);
    } else if (state === "error") {
      this.settle("error", new AggregateError([value], "Unhandled errors in a task group"));
      this.#renew();
    }
    if (body.leavesRenewed) this.#renew();
  }

  /** Throws a request at the next wait of the code around, if that was cancelled. */
  #renew(): void {
    if (this.#parent.cancelling === 0) return;
    const error = this.task.requests > 0 ? this.task.reason! : new LimitError();
    this.#parent.pending = merge(this.#parent.pending, { error, isOwn: false, isRenewed: true });
  }
}

/** `gather(one, other)`, where `other` does not fail. */
export class ModelGather extends ModelFuture {
  #request: Request | undefined;
  #isAsked = false;

  constructor(readonly one: ModelFuture, readonly other: ModelFuture) {
    super();
  }

  override take(request: Request): boolean {
    const isAsked = this.one.take(request);
    const isTaken = this.other.take(request) || isAsked;
    this.#isAsked ||= isAsked;
    if (isTaken) this.#request = merge(this.#request, request);
    return isTaken;
  }

  override run(): void {
    const { one, other } = this;
    one.run();
    if (!one.done()) return;
    const { state, value } = one.outcome!;
    if (!other.done() && (this.#request || state === "result")) return;
    if (state === "error") {
      this.outcome = one.outcome;
      this.isFirst = one.isFirst;
      this.isUnanswered = !this.#isAsked || one.isUnanswered;
    } else if (this.#request) this.settle("cancelled", this.#request.error);
    else if (state === "cancelled") this.outcome = one.outcome;
    else this.settle("result", [value, other.outcome!.value]);
  }
}

/** `shield(inner)`. */
export class ModelShield extends ModelFuture {
  constructor(readonly inner: ModelFuture) {
    super();
  }

  override run(): void {
    this.outcome ??= this.inner.outcome;
  }
}
