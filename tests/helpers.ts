/**
 * What several test files use, and tools that run where `@std` does not: nothing here imports it.
 *
 * @module
 */

import {
  type EventLoop,
  type ExceptionContext,
  type ExceptionHandler,
  Future,
  getEventLoop,
  type ScheduleOptions,
  Task,
  type TaskFactory,
} from "../mod.ts";

export { importCopy } from "./copy.ts";

/** Waits until `count` microtasks have passed. */
export async function microtasks(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

// Fake timers and foreign promises must not hold the tests themselves.
const { clearTimeout, Promise, setTimeout } = globalThis;

/** Waits for one turn of the host, or for one in so many milliseconds. */
export function hostTurn(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something holds, for a second at most. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i++) await hostTurn(5);
}

/** What comes of a promise of any kind: its result, its error, or that there is none in a second. */
export function endOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 1_000, "no end");
    const end = (outcome: unknown) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    promise.then(end, end);
  });
}

/** Makes an object that throws whatever it is asked. */
export function revokedProxy(target: object = {}): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/**
 * Measures until the figure is below `limit`, at most five times: other
 * processes of the machine only ever make things slower.
 *
 * @returns The least figure.
 */
export async function leastOf(limit: number, measure: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 5 && least >= limit; i++) least = Math.min(least, await measure());
  return least;
}

/** How many milliseconds a host timer of 10 ms takes from now to fire. */
export function hostTimerMs(): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => setTimeout(() => resolve(performance.now() - start), 10));
}

/** `Promise.withResolvers()`, which Node 20 does not have. */
export function withResolvers<T>(): PromiseWithResolvers<T> {
  const resolvers = {} as PromiseWithResolvers<T>;
  resolvers.promise = new Promise((resolve, reject) =>
    Object.assign(resolvers, { resolve, reject })
  );
  return resolvers;
}

/** Collects what a loop's exception handler is told, until the end of the block. */
export function collectReports(
  loop: EventLoop = getEventLoop(),
): ExceptionContext[] & Disposable {
  const previous = loop.getExceptionHandler();
  const reports: ExceptionContext[] = [];
  loop.setExceptionHandler((_loop, context) => reports.push(context));
  return Object.assign(reports, {
    [Symbol.dispose]: () => loop.setExceptionHandler(previous),
  });
}

/** A branded future that takes note of its callback, throws, and can call it all the same. */
export class ThrowingFuture {
  #callback: ((future: unknown) => void) | undefined;

  get [Symbol.for("asyncio.Future")](): boolean {
    return true;
  }

  addDoneCallback(callback: (future: unknown) => void): void {
    this.#callback = callback;
    throw new RangeError("full");
  }

  callBack(): void {
    this.#callback!(this);
  }

  cancelled(): boolean {
    return false;
  }
}

/**
 * Collects what nobody handles, until the end of the block, and keeps the host
 * from ending for it. Some hosts have an event for it, others ask the process.
 */
export function collectUnhandled(
  kind: "error" | "unhandledrejection",
): { all(): unknown[] } & Disposable {
  const unhandled = new Set<unknown>();
  const onEvent = (event: Event) => {
    event.preventDefault();
    unhandled.add("reason" in event ? event.reason : (event as ErrorEvent).error);
  };
  const onThrown = (thrown: unknown) => void unhandled.add(thrown);
  const event = kind === "error" ? "uncaughtException" : "unhandledRejection";
  const host: { process?: Partial<NodeJS.Process> } & Partial<typeof globalThis> = globalThis;
  host.addEventListener?.(kind, onEvent);
  host.process?.on?.(event as "uncaughtException", onThrown);
  return {
    all: () => [...unhandled],
    [Symbol.dispose]() {
      host.removeEventListener?.(kind, onEvent);
      host.process?.off?.(event, onThrown);
    },
  };
}

/** Collects the garbage until `isDone`, at most so many times. */
export async function collectGarbage(isDone: () => boolean, times = 200): Promise<void> {
  const { gc } = globalThis as unknown as { gc(): void };
  // A collector that looks at the stack finds there what calls and reactions left behind.
  const overwrite = (depth: number): number => depth === 0 ? 0 : 1 + overwrite(depth - 1);
  for (let i = 0; i < times && !isDone(); i++) {
    // What a WeakRef has shown is kept alive until then.
    await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.resolve({}).then((value) => value);
    overwrite(100);
    gc();
  }
}

/** How many bytes are in use once the garbage is collected. */
export async function heapUsed(): Promise<number> {
  const { gc } = globalThis as unknown as { gc(): void };
  await hostTurn();
  gc();
  return Deno.memoryUsage().heapUsed;
}

/** Starts a server that answers a request only when the client has gone. */
export function serveNothing(): { url: string } & AsyncDisposable {
  const server = Deno.serve({ port: 0, onListen() {} }, ({ signal }) => {
    return new Promise((resolve) => signal.onabort = () => resolve(new Response()));
  });
  return {
    url: `http://localhost:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/**
 * Runs `deno` with the arguments given, and interrupts it at each of some lines
 * that it prints.
 *
 * @returns What it printed, and the signal that it ended by, if any.
 */
export async function interrupt(
  atLines: string[],
  ...args: string[]
): Promise<{ lines: string[]; signal: Deno.Signal | null }> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  const lines: string[] = [];
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    for (const line of chunk.trimEnd().split("\n")) {
      lines.push(line);
      if (atLines.includes(line)) child.kill("SIGINT");
    }
  }
  const { signal } = await child.status;
  return { lines, signal };
}

/** A loop that the test drives by hand. */
export interface ManualLoop extends EventLoop {
  /** What is to be called, in order. */
  readonly ready: (() => void)[];
  /** The contexts that were given to `callSoon`. */
  readonly contexts: unknown[];
  /** Calls what is ready, and what becomes ready meanwhile. */
  drain(): void;
  /** Moves the clock and makes ready what is due. */
  advance(ms: number): void;
}

/**
 * Makes a plain object that implements `EventLoop`, with as little as possible.
 *
 * @param heedsContext Whether `callSoon` enters the context it is given.
 */
export function makeManualLoop({ heedsContext = true } = {}): ManualLoop {
  interface Entry {
    callback: () => void;
    when: number;
    cancelled: boolean;
  }
  const ready: (() => void)[] = [];
  const contexts: unknown[] = [];
  let timers: Entry[] = [];
  let now = 0;
  let closed = false;
  let debug = false;
  let handler: ExceptionHandler | null = null;
  let factory: TaskFactory | null = null;

  function add(callback: () => void, when: number, options?: ScheduleOptions): Entry {
    if (closed) throw new Error("Event loop is closed");
    const { context } = options ?? {};
    contexts.push(context);
    return {
      callback: heedsContext && context ? () => context.run(callback) : callback,
      when,
      cancelled: false,
    };
  }
  function handleOf(entry: Entry) {
    return {
      cancel: () => void (entry.cancelled = true),
      cancelled: () => entry.cancelled,
      when: () => entry.when,
    };
  }
  function makeReady(entry: Entry): void {
    ready.push(() => entry.cancelled || entry.callback());
  }

  const loop: ManualLoop = {
    ready,
    contexts,
    drain() {
      while (ready.length > 0) ready.shift()!();
    },
    advance(ms) {
      now += ms;
      const due = timers.filter(({ when }) => when <= now).sort((a, b) => a.when - b.when);
      timers = timers.filter(({ when }) => when > now);
      due.forEach(makeReady);
    },
    callSoon(callback, options) {
      const entry = add(callback, now, options);
      makeReady(entry);
      return handleOf(entry);
    },
    callLater: (delay, callback, options) => loop.callAt(now + delay, callback, options),
    callAt(when, callback, options) {
      const entry = add(callback, when, options);
      timers.push(entry);
      return handleOf(entry);
    },
    time: () => now,
    createFuture: (options) => new Future({ ...options, loop }),
    createTask: (coro, options) =>
      factory ? factory(loop, coro, options ?? {}) : new Task(coro, { ...options, loop }),
    setTaskFactory: (value) => void (factory = value),
    getTaskFactory: () => factory,
    setExceptionHandler: (value) => void (handler = value),
    getExceptionHandler: () => handler,
    callExceptionHandler: (context) => handler?.(loop, context),
    defaultExceptionHandler() {},
    getDebug: () => debug,
    setDebug: (enabled) => void (debug = enabled),
    isRunning: () => false,
    isClosed: () => closed,
    close: () => void (closed = true),
  };
  return loop;
}

/** Moves the clock of a loop, and drains it until promises, too, have had their turn. */
export async function drainInTurns(loop: ManualLoop, ms = 0): Promise<void> {
  loop.advance(ms);
  for (let i = 0; i < 5; i++) {
    loop.drain();
    await hostTurn();
  }
}

/**
 * The two kinds of coroutine: the same body, which waits on `wait(future)`, as
 * an async function and as a generator.
 */
export type Wait = <T>(future: Future<T>) => Generator<unknown, T>;
export const kinds: [
  string,
  <A, T>(
    body: (wait: Wait, argument: A) => Generator<unknown, T>,
  ) => (argument: A) => Generator<unknown, T> | Promise<T>,
][] = [
  ["generator", (body) => (argument) => body(waitIn, argument)],
  ["async function", (body) => (argument) => driveAsync(body(passOn, argument))],
];

export function* waitIn<T>(future: Future<T>): Generator<unknown, T> {
  return yield* future;
}

function* passOn<T>(future: Future<T>): Generator<unknown, T> {
  return (yield future) as T;
}

/** Drives a generator with `await`, so that the engine drives its task. */
async function driveAsync<T>(generator: Generator<unknown, T>): Promise<T> {
  let step = generator.next();
  while (!step.done) {
    try {
      const value = await (step.value as Future<unknown>);
      step = generator.next(value);
    } catch (error) {
      step = generator.throw(error);
    }
  }
  return step.value;
}

/** A signal that counts its listeners. */
export function makeCountingSignal(): {
  controller: AbortController;
  signal: AbortSignal;
  listeners: Set<unknown>;
  added: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  let added = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: never) => {
    listeners.add(listener);
    added++;
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  return { controller, signal, listeners, added: () => added };
}

/** Counts the host timers that are armed. */
export function countHostTimers(): { armed: Set<unknown>; set: number } & Disposable {
  const { setTimeout, clearTimeout } = globalThis;
  const counts = {
    armed: new Set<unknown>(),
    set: 0,
    [Symbol.dispose]: () => Object.assign(globalThis, { setTimeout, clearTimeout }),
  };
  globalThis.setTimeout = ((callback: () => void, delay?: number) => {
    counts.set++;
    const id = setTimeout(() => {
      counts.armed.delete(id);
      callback();
    }, delay);
    counts.armed.add(id);
    return id;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((id: ReturnType<typeof setTimeout>) => {
    counts.armed.delete(id);
    clearTimeout(id);
  }) as typeof clearTimeout;
  return counts;
}

/** The host timers that are armed while `fn` runs, when it has run. */
export async function leftOver(fn: () => unknown): Promise<number> {
  using host = countHostTimers();
  await fn();
  return host.armed.size;
}

/** Starts a task that takes so many steps, none of which waits for anything. */
export function takeSteps(
  { createTask }: Pick<typeof import("../mod.ts"), "createTask">,
  count: number,
  onStep?: () => void,
): Task<number> {
  return createTask(function* () {
    let steps = 0;
    for (; steps < count; steps++) {
      onStep?.();
      yield;
    }
    return steps;
  });
}
