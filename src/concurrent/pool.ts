/**
 * The calls and the workers of a pool.
 *
 * @module
 */

import { CancelledError } from "../../errors.ts";
import { show } from "../base/inspect.ts";
import type { ContextVar } from "../context/context_var.ts";
import {
  type Call,
  keepArguments,
  makeCall,
  readVariables,
  type Submit,
  type WorkerOfPool,
} from "./calls.ts";
import { type ConcurrentFuture, endCancelled, onEnd } from "./concurrent_future.ts";
import { brokenCall, BrokenExecutor, brokenPool, decodeThrown } from "./errors.ts";
import type { Answer } from "./messages.ts";
import { PoolWorker, type WorkerModule } from "./pool_worker.ts";

/** The options of a pool, with their defaults. */
export interface PoolSettings {
  readonly maxWorkers: number;
  readonly initializer: readonly [name: string, ...args: unknown[]] | undefined;
  readonly idleTimeout: number;
  readonly terminate: number;
  readonly variables: readonly ContextVar<unknown>[];
}

/** After how many milliseconds without a call a worker does not hold the process any more. */
const REST_MS = 20;

/** Hands calls to workers, each of which runs one at a time. */
export class Pool {
  readonly #module: WorkerModule;
  readonly #settings: PoolSettings;
  readonly #workers = new Set<WorkerOfPool>();
  readonly #idle: WorkerOfPool[] = [];
  /** The calls that no worker has begun with, in their order. */
  readonly #queue = new Set<Call>();
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer fires. */
  #idleDue = Infinity;
  /** How many references to loops are not closed. */
  #openWays = 0;
  #lastNumber = 0;
  #isClosed = false;
  /** Why no call can run any more: the initializer has failed. */
  #broken: unknown = undefined;
  #resolveEnded!: () => void;
  readonly #ended = new Promise<void>((resolve) => this.#resolveEnded = resolve);

  constructor(module: WorkerModule, settings: PoolSettings) {
    this.#module = module;
    this.#settings = settings;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes no more calls. The promise is fulfilled once all workers have ended. */
  close(cancelFutures: boolean): Promise<void> {
    this.#isClosed = true;
    if (cancelFutures) { for (const call of [...this.#queue]) call.future.cancel(); }
    for (const idle of this.#idle.splice(0)) this.#endWorker(idle);
    this.#endIfDone();
    return this.#ended;
  }

  /** Sends a call to a worker, or lets it wait. */
  submit(name: string, args: readonly unknown[], submit: Submit): ConcurrentFuture<unknown> {
    if (this.#broken !== undefined) throw brokenPool(this.#broken);
    const call: Call = makeCall(++this.#lastNumber, name, args, {
      submit,
      variables: readVariables(this.#settings.variables),
      cancelRunning: () => this.#cancel(call),
    });
    const { future } = call;
    const worker = this.#findWorker();
    try {
      if (worker) this.#start(worker, call);
      else {
        keepArguments(call);
        this.#queue.add(call);
        onEnd(future, () => this.#queue.delete(call));
      }
    } catch (error) {
      if (worker) this.#next(worker);
      const why = "an argument cannot be cloned";
      throw new TypeError(`Cannot submit a call as ${why}: received ${name}${show(args)}`, {
        cause: error,
      });
    }
    for (const { closed } of call.ways) this.#waitFor(closed);
    return future;
  }

  /** Returns a worker that has nothing to do, starts one, or returns `undefined` if all are busy. */
  #findWorker(): WorkerOfPool | undefined {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#workers.size === this.#settings.maxWorkers) return undefined;
    const worker = this.#startWorker();
    if (!this.#settings.initializer) return worker;
    // The worker takes its first call from the queue, once it is ready.
    this.#initialize(worker, this.#settings.initializer);
    return undefined;
  }

  /** Calls the initializer, without which no worker runs anything. */
  #initialize(worker: WorkerOfPool, [name, ...args]: readonly [name: string, ...unknown[]]): void {
    const call = makeCall(++this.#lastNumber, name, args, { submit: makeCall, initializes: true });
    call.future.addDoneCallback((future) => {
      const error = future.exception();
      if (error !== null) this.#break(error);
    });
    this.#start(worker, call);
  }

  /** Fails all calls that wait, as no worker can be made ready for them. */
  #break(why: unknown): void {
    this.#broken = why;
    for (const call of this.#queue) call.future.setException(brokenPool(this.#broken));
    for (const worker of this.#workers) if (!worker.call) this.#endWorker(worker);
    this.#endIfDone();
  }

  /** @throws {BrokenExecutor} If the host starts no worker. */
  #startWorker(): WorkerOfPool {
    let worker: PoolWorker;
    try {
      worker = new PoolWorker(this.#module, {
        onAnswer: (answer) => this.#receive(own, answer),
        onDeath: (why) => this.#replace(own, why),
      });
    } catch (error) {
      throw new BrokenExecutor(
        `Cannot start a worker as the host refuses: received ${show(error)}`,
        { cause: error },
      );
    }
    const own: WorkerOfPool = { worker, call: undefined, idleSince: 0 };
    this.#workers.add(own);
    return own;
  }

  /** Sends a call to a worker that has nothing to do, unless the call is done. */
  #start(worker: WorkerOfPool, call: Call): void {
    if (call.future.done()) return;
    worker.worker.call(call.message!, call.list);
    call.future.setRunningOrNotifyCancel();
    call.message = undefined;
    call.list = [];
    call.worker = worker;
    worker.call = call;
  }

  #receive(worker: WorkerOfPool, answer: Answer): void {
    const { call } = worker;
    if (!call || answer.call !== call.number) return;
    worker.call = undefined;
    call.isAnswered = true;
    // A callback of the future may block the thread for another call: the worker begins with that first.
    if (!call.initializes) this.#next(worker);
    this.#settle(call, answer);
    if (call.initializes && this.#workers.has(worker)) this.#next(worker);
  }

  /** Gives a future the outcome of its call, unless the program has settled the future by itself. */
  #settle({ future, place }: Call, answer: Answer): void {
    if (future.done()) return;
    if ("result" in answer) return future.setResult(answer.result);
    const thrown = "thrown" in answer ? answer.thrown : answer.cancelled;
    const error = decodeThrown(thrown, `a worker of ${this.#title()}`, place);
    if ("thrown" in answer) future.setException(error);
    else endCancelled(future, error as CancelledError);
  }

  /** Gives a worker its next call, lets it rest, or ends it. */
  #next(worker: WorkerOfPool): void {
    for (const call of this.#queue) {
      this.#queue.delete(call);
      this.#start(worker, call);
      if (worker.call) return;
    }
    if (this.#isClosed) {
      this.#endWorker(worker);
      this.#endIfDone();
      return;
    }
    worker.idleSince = performance.now();
    this.#idle.push(worker);
    this.#lookAfter(REST_MS);
  }

  /** Looks later for workers that have nothing to do: one timer for all, as calls come and go fast. */
  #lookAfter(ms: number): void {
    const due = performance.now() + ms;
    if (due >= this.#idleDue) return;
    clearTimeout(this.#idleTimer);
    this.#idleDue = due;
    this.#idleTimer = setTimeout(() => {
      this.#idleDue = Infinity;
      this.#endIdle();
    }, ms);
    (this.#idleTimer as { unref?(): void }).unref?.();
  }

  /** Lets workers rest that have nothing to do, and ends those that had nothing for long. */
  #endIdle(): void {
    const now = performance.now();
    let next = Infinity;
    for (const worker of this.#idle.splice(0)) {
      const left = worker.idleSince + this.#settings.idleTimeout - now;
      if (left <= 0) this.#endWorker(worker);
      else {
        this.#idle.push(worker);
        worker.worker.rest();
        next = Math.min(next, left);
      }
    }
    this.#lookAfter(next);
  }

  #endWorker(worker: WorkerOfPool): void {
    this.#workers.delete(worker);
    if (this.#workers.size === 0) {
      clearTimeout(this.#idleTimer);
      this.#idleDue = Infinity;
    }
    worker.worker.end();
  }

  #endIfDone(): void {
    const isInUse = this.#workers.size > 0 || this.#queue.size > 0 || this.#openWays > 0;
    if (this.#isClosed && !isInUse) this.#resolveEnded();
  }

  /** Lets the pool end only once a reference to a loop is closed. */
  #waitFor(closed: Promise<void>): void {
    this.#openWays++;
    closed.then(() => {
      this.#openWays--;
      this.#endIfDone();
    });
  }

  /** Fails the call of a worker that has died, and goes on without that worker. */
  #replace(worker: WorkerOfPool, why: unknown): void {
    const { call } = worker;
    this.#endWorker(worker);
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    if (call && !call.future.done()) call.future.setException(brokenCall(call, why));
    this.#goOn();
  }

  /** Starts a worker for the first call that waits. */
  #goOn(): void {
    try {
      for (const call of this.#queue) {
        const worker = this.#findWorker();
        if (!worker) return;
        this.#queue.delete(call);
        this.#start(worker, call);
      }
    } catch (error) {
      if (this.#workers.size > 0) return;
      for (const call of this.#queue) call.future.setException(error);
    }
    this.#endIfDone();
  }

  /** Asks a running call to end. */
  #cancel(call: Call): void {
    const { worker } = call;
    if (!worker || worker.call !== call) return;
    worker.worker.cancel(call.number);
    if (this.#settings.terminate === Infinity) return;
    const timer = setTimeout(() => {
      if (worker.call !== call) return;
      this.#endWorker(worker);
      endCancelled(
        call.future,
        new CancelledError(
          `The worker of ${call.name} was ended ${this.#settings.terminate} ms after cancel()`,
        ),
      );
      this.#goOn();
    }, this.#settings.terminate);
    onEnd(call.future, () => clearTimeout(timer));
  }

  #title(): string {
    return typeof this.#module === "function" ? "the pool" : String(this.#module);
  }
}
