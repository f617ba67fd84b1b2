import { assert, assertEquals, assertLess, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  CancelledError,
  Future,
  gather,
  shield,
  type Task,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import {
  type Code,
  LimitError,
  ModelFuture,
  ModelGather,
  ModelScope,
  ModelShield,
  ModelTask,
  type Target,
} from "../helpers/cancellation_model.ts";
import { kinds, type Wait } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { microtasks } from "../helpers/turns.ts";

// The program
// -----------

/** A target that code waits on. Children and the bodies of scopes are code that waits on `inner`. */
interface Spec {
  kind: "future" | "refusing" | "child" | "gather" | "shield" | "timeout" | "taskGroup";
  inner: Spec;
  /** The index in `kinds`. */
  form: number;
  isEager: boolean;
  /** How the code answers a CancelledError. */
  answer: "rethrow" | "return" | "fail";
  /** Who cancels the task in the last step of the code. */
  lastCancel: "nobody" | "outside" | "limit";
  failsLast: boolean;
}

const leaf = fc.record({ kind: fc.constantFrom("future", "refusing") }) as fc.Arbitrary<Spec>;
const { spec } = fc.letrec<{ spec: Spec }>((tie) => ({
  spec: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ kind: fc.constant("shield"), inner: leaf }) as fc.Arbitrary<Spec>,
    fc.record({
      kind: fc.constantFrom("child", "child", "gather", "timeout", "taskGroup"),
      inner: tie("spec"),
      form: fc.nat(1),
      isEager: fc.boolean(),
      answer: fc.constantFrom("rethrow", "return", "fail"),
      lastCancel: fc.constantFrom("nobody", "nobody", "outside", "limit"),
      failsLast: fc.boolean(),
    }) as fc.Arbitrary<Spec>,
  ),
}));
const targetEvents = ["result", "error", "side", "scope", "inner scope"] as const;
const event = fc.constantFrom("outside", "limit", "uncancel", ...targetEvents);
const wait = fc.record({
  target: fc.oneof({ weight: 6, arbitrary: spec }, fc.constant("step" as const)),
  cancelsItself: fc.boolean(),
});
const program = fc.record({
  form: fc.nat(1),
  waits: fc.array(wait, { minLength: 1, maxLength: 4 }),
  end: fc.constantFrom("returns", "throws", "rethrows"),
});
type Program = typeof program extends fc.Arbitrary<infer P> ? P : never;

/** A way to run a program: by the module, or by the model. */
interface World {
  future(refuses: boolean): Target;
  child(form: number, code: Code, isEager: boolean): Target;
  gather(one: Target, other: Target): Target;
  shield(inner: Target): Target;
  /** Returns the scope, and a function that has the scope cancel its body. */
  scope(kind: "timeout" | "taskGroup", form: number, code: Code): [Target, () => void];
  cancel(by: "outside" | "limit", text: string): void;
}

type OnEvent = (event: string, text: string) => void;

/** Returns what to wait on, and what an event does to that. */
function build(world: World, spec: Spec, path: string): [Target, OnEvent] {
  let inner: [Target, OnEvent] | undefined;
  const buildInner = () => (inner = build(world, spec.inner, `${path}.`))[0];
  const onInner: OnEvent = (event, text) => inner?.[1](event, text);
  const code: Code = function* (wait) {
    let value;
    try {
      value = yield* wait(buildInner());
    } catch (error) {
      if (spec.answer === "rethrow" || !(error instanceof CancelledError)) throw error;
      if (spec.answer === "fail") throw new RangeError(`cleanup ${path}`);
      value = `caught ${path}`;
    }
    if (spec.lastCancel !== "nobody") world.cancel(spec.lastCancel, `last ${path}`);
    if (spec.failsLast) throw new RangeError(`late ${path}`);
    return value;
  };
  if (spec.kind === "child") return [world.child(spec.form, code, spec.isEager), onInner];
  if (spec.kind === "shield") return [world.shield(buildInner()), onInner];
  if (spec.kind === "timeout" || spec.kind === "taskGroup") {
    const [scope, end] = world.scope(spec.kind, spec.form, code);
    return [scope, (event, text) => {
      if (event === "scope") end();
      else onInner(event === "inner scope" ? "scope" : event, text);
    }];
  }
  const future = world.future(spec.kind === "refusing");
  const onEvent: OnEvent = (event, text) => {
    if (future.done()) return;
    if (event === "result") future.setResult(text);
    else if (event === "error" && spec.kind !== "gather") future.setException(new RangeError(text));
    else if (event === "side" && spec.kind !== "gather") future.cancel(text);
  };
  if (spec.kind !== "gather") return [future, onEvent];
  return [world.gather(buildInner(), future), (event, text) => {
    onInner(event, text);
    onEvent(event, text);
  }];
}

/** The code of the task, which adds to `seen` what each wait ends with. */
function run(
  world: World,
  program: Program,
  seen: unknown[],
  now: { on?: OnEvent | undefined },
): Code {
  return function* (wait) {
    for (const { target, cancelsItself } of program.waits) {
      const path = `${seen.length}`;
      if (cancelsItself) world.cancel("outside", `self ${path}`);
      try {
        const [future, onEvent] = target === "step" ? [] : build(world, target, path);
        now.on = onEvent;
        seen.push(future ? yield* wait(future) : yield);
      } catch (error) {
        seen.push(error);
      }
    }
    const last = seen.at(-1);
    if (program.end === "rethrows" && last instanceof Error) throw last;
    if (program.end === "throws") throw new RangeError("the end");
    return "the end";
  };
}

// The two worlds
// --------------

class Model implements World {
  readonly seen: unknown[] = [];
  readonly now: { on?: OnEvent | undefined } = {};
  readonly task: ModelTask;

  constructor(program: Program) {
    this.task = new ModelTask(run(this, program, this.seen, this.now), program.form);
  }

  future = (refuses: boolean) => new ModelFuture(refuses);
  gather = (one: Target, other: Target) => new ModelGather(one as never, other as never);
  shield = (inner: Target) => new ModelShield(inner as never);

  child(form: number, code: Code, isEager: boolean): Target {
    const child = new ModelTask(code, form);
    if (isEager) child.resume();
    return child;
  }

  scope(kind: string, form: number, code: Code): [Target, () => void] {
    const scope = new ModelScope(kind, form, code, this.task);
    return [scope, () => scope.end()];
  }

  cancel(by: string, text: string): void {
    if (by === "outside") this.task.cancel(text);
    else this.task.take({ error: new LimitError(), isOwn: false });
  }
}

class Refusing extends Future<unknown> {
  override cancel(): boolean {
    return false;
  }
}

class Module implements World {
  readonly seen: unknown[] = [];
  readonly now: { on?: OnEvent | undefined } = {};
  readonly loop = makeManualLoop();
  readonly task: Task<unknown>;

  constructor(program: Program) {
    const code = run(this, program, this.seen, this.now);
    this.task = this.child(program.form, code, false) as Task<unknown>;
  }

  future = (refuses: boolean) => new (refuses ? Refusing : Future<unknown>)({ loop: this.loop });
  gather = (one: Target, other: Target) => gather(one as Task<unknown>, other as Task<unknown>);
  shield = (inner: Target) => shield(inner as Task<unknown>);

  child(form: number, code: Code, eagerStart: boolean): Target {
    return this.loop.createTask(() => inForm(form, code), { eagerStart });
  }

  scope(kind: string, form: number, code: Code): [Target, () => void] {
    if (kind === "taskGroup") {
      let group!: TaskGroup;
      const future = taskGroup((it) => inForm(form, code, group = it));
      return [future, () => group.cancel()];
    }
    let scope!: Timeout;
    const future = timeout(null, (it) => inForm(form, code, scope = it));
    return [future, () => {
      if (scope.expired() || future.done()) return;
      scope.reschedule(-1);
      this.loop.ready.pop()!();
    }];
  }

  cancel(by: string, text: string): void {
    if (by === "outside") this.task.cancel(text);
    else waitFor(this.task, 0).addDoneCallback((end) => end.cancelled() || end.exception());
  }

  /** Calls what is ready, and lets the microtasks run that follow. */
  async run(): Promise<void> {
    do {
      this.loop.ready.shift()?.();
      await microtasks(30);
    } while (this.loop.ready.length > 0);
  }
}

function inForm(form: number, code: Code, _scope?: unknown): Generator | Promise<unknown> {
  return kinds[form]![1]((wait: Wait) => code(wait as never))(undefined);
}

/** An outcome as text. */
function show(value: unknown): string {
  if (value instanceof AggregateError) return `${value.name} [${value.errors.map(show)}]`;
  return value instanceof TimeoutError ? value.name : String(value);
}

/** Checks that the first request from outside is answered, once, by the very error of the signal. */
function checkAnswers({ signal }: Task<unknown>, outcomes: unknown[], program: string): void {
  if (!signal.aborted || signal.reason.message === new CancelledError().message) return;
  const answers = outcomes.slice(0, -1).filter((outcome) => show(outcome) === show(signal.reason));
  for (const answer of answers) assertStrictEquals(answer, signal.reason);
  // A group that fails renews a request.
  const isRenewed = outcomes.some((outcome) => outcome instanceof AggregateError);
  if (!isRenewed) assertLess(answers.length, 2);
  // Code below may answer, and a failing task may leave the request unanswered.
  if (/"(return|fail|uncancel|side)"/.test(program) || outcomes.at(-1) instanceof RangeError) {
    return;
  }
  if (!isRenewed) assert(outcomes.some((outcome) => outcome instanceof CancelledError));
}

Deno.test("Task and its scopes are cancelled as the table says, whatever happens in a turn", async () => {
  needs("contextOfPromises");
  using _ = collectReports();
  const turns = fc.array(fc.array(event, { maxLength: 4 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(program, turns, async (program, turns) => {
      const [module, model] = [new Module(program), new Model(program)];
      const results = Array<["result"]>(8).fill(["result"]);
      for (const [turn, events] of [[], ...turns, ...results].entries()) {
        for (const [i, event] of events.entries()) {
          const text = `${event} ${turn}.${i}`;
          for (const world of [module, model]) {
            if (event === "uncancel") world.task.done() || world.task.uncancel();
            else if (event === "outside" || event === "limit") world.cancel(event, text);
            else world.now.on?.(event, text);
          }
        }
        await module.run();
        model.task.run();
      }
      const { task, seen } = module;
      assertEquals(seen.map(show), model.seen.map(show));
      const end = await task.catch((error) => error);
      assertEquals(show(end), show(model.task.outcome!.value));
      assertEquals(task.cancelled(), model.task.outcome!.state === "cancelled");
      assertEquals(task.cancelling(), model.task.cancelling);
      checkAnswers(task, [...seen, end], JSON.stringify([program, turns]));
    }),
    { numRuns: 3_000, seed: 20_261_130 },
  );
});
