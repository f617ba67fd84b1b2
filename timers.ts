/**
 * The timers of a loop: a heap with one host timer armed for the earliest.
 *
 * @module
 */

import { hostTurned } from "./pacing.ts";

/** Something to be done at a time. */
export interface Timer {
  /** When it is due, in milliseconds of {@linkcode Timers.time}. */
  readonly due: number;
  /** A number that grows with every timer added, so that ties come in that order. */
  order: number;
  cancelled(): boolean;
  /** Called when it is due; it must not throw. */
  fire(): void;
}

/** The host's functions, as they were at one moment. */
interface Host {
  readonly setTimeout: typeof globalThis.setTimeout;
  readonly clearTimeout: typeof globalThis.clearTimeout;
  readonly Date: typeof globalThis.Date;
  readonly now: (() => number) | undefined;
}

/** The longest delay that the host's `setTimeout` takes without wrapping. */
const MAX_DELAY = 2 ** 31 - 1;

/** Up to this many cancelled timers stay in a heap until they come up. */
const MAX_CANCELLED = 64;

/** Keeps the rounding of `(now + delay) - now` from costing a millisecond. */
const ROUNDING = 1e-3;

const imported = lookUpHost();

function lookUpHost(): Host {
  const { setTimeout, clearTimeout, Date, performance } = globalThis;
  return { setTimeout, clearTimeout, Date, now: performance?.now };
}

/** Whether fake timers (`FakeTime`) replaced `Date` but left `performance` real. */
function fakesDateOnly({ Date, now }: Host): boolean {
  return Date !== imported.Date && now === imported.now;
}

/** How many timers were added, to any loop. */
let added = 0;

/** All timers of one loop. */
export class Timers {
  readonly #pending = new Set<TimerQueue>();
  #queue = new TimerQueue(imported, this.#pending);

  /** The time in milliseconds, by the clock that the host's timers go by. */
  time(): number {
    return this.#currentQueue().time();
  }

  /**
   * Adds a timer.
   *
   * @returns The queue that is to hear of the timer's cancellation.
   */
  add(timer: Timer): TimerQueue {
    timer.order = added++;
    const queue = this.#currentQueue();
    queue.add(timer);
    return queue;
  }

  /** Forgets every timer. */
  clear(): void {
    for (const queue of this.#pending) queue.clear();
  }

  /**
   * The queue on the functions that the host has now. A timer stays with those
   * it was made on, so that fake timers neither hold nor fire the real ones.
   */
  #currentQueue(): TimerQueue {
    if (this.#queue.isOn(globalThis)) return this.#queue;
    const host = lookUpHost();
    // FakeTime installs the same functions each time and forgets the timers of
    // the time before; a queue shared with those would wait for them for ever.
    if (fakesDateOnly(host)) return new TimerQueue(host, this.#pending);
    for (const queue of this.#pending) {
      if (queue.isOn(globalThis)) return this.#queue = queue;
    }
    return this.#queue = new TimerQueue(host, this.#pending);
  }
}

/** A heap of timers on one set of the host's functions. */
export class TimerQueue {
  readonly #host: Host;
  /** The queues that hold timers, this one among them while it does. */
  readonly #pending: Set<TimerQueue>;
  #heap: Timer[] = [];
  #cancelled = 0;
  #hostTimer: ReturnType<typeof setTimeout> | undefined;
  #armedFor = 0;
  /** The latest time that a host timer has shown to be reached. */
  #reached = -Infinity;

  constructor(host: Host, pending: Set<TimerQueue>) {
    this.#host = host;
    this.#pending = pending;
  }

  isOn({ setTimeout, Date, performance }: typeof globalThis): boolean {
    const host = this.#host;
    return setTimeout === host.setTimeout && Date === host.Date && performance?.now === host.now;
  }

  time(): number {
    const { now, Date } = this.#host;
    const time = now === undefined || fakesDateOnly(this.#host)
      ? Date.now()
      : now.call(performance);
    // A fake setTimeout may come without a fake clock, and Node's may fire up
    // to a millisecond early: then the host timer knows better.
    return Math.max(time, this.#reached);
  }

  add(timer: Timer): void {
    const heap = this.#heap;
    heap.push(timer);
    this.#siftUp(heap.length - 1);
    if (heap.length === 1) this.#pending.add(this);
    if (heap[0] === timer) this.#arm();
  }

  /** Takes note that a timer of this queue was cancelled before it fired. */
  noteCancelled(timer: Timer): void {
    this.#cancelled++;
    const heap = this.#heap;
    if (timer === heap[0]) {
      this.#dropCancelledHeads();
      this.#arm();
    } else if (this.#cancelled > MAX_CANCELLED && this.#cancelled * 2 > heap.length) {
      this.#heap = heap.filter((timer) => !timer.cancelled());
      this.#cancelled = 0;
      for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#siftDown(i);
    }
  }

  clear(): void {
    this.#heap = [];
    this.#cancelled = 0;
    this.#arm();
  }

  /** Arms the host timer for the earliest timer, or disarms it. */
  #arm(): void {
    const { setTimeout, clearTimeout } = this.#host;
    const head = this.#heap[0];
    if (this.#hostTimer !== undefined) {
      if (head?.due === this.#armedFor) return;
      try {
        clearTimeout(this.#hostTimer);
      } catch {
        // That of FakeTime throws when the fake time is over.
      }
      this.#hostTimer = undefined;
    }
    if (head === undefined) {
      this.#pending.delete(this);
      return;
    }
    const now = this.time();
    const delay = Math.max(0, Math.ceil(head.due - now - ROUNDING));
    this.#armedFor = delay > MAX_DELAY ? now + MAX_DELAY : head.due;
    this.#hostTimer = setTimeout(() => this.#onHostTimer(), Math.min(delay, MAX_DELAY));
  }

  /** Fires all that is due, whatever the clock says. */
  #onHostTimer(): void {
    hostTurned();
    this.#hostTimer = undefined;
    this.#reached = Math.max(this.#reached, this.#armedFor);
    const now = this.time();
    for (let head = this.#heap[0]; head && head.due <= now; head = this.#heap[0]) {
      this.#pop();
      head.fire();
      this.#dropCancelledHeads();
    }
    this.#arm();
  }

  #dropCancelledHeads(): void {
    while (this.#heap[0]?.cancelled()) {
      this.#pop();
      this.#cancelled--;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    this.#siftDown(0);
  }

  #siftUp(index: number): void {
    const heap = this.#heap;
    const timer = heap[index]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  #siftDown(index: number): void {
    const heap = this.#heap;
    const timer = heap[index]!;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, timer)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = timer;
  }
}

/** The order of a heap; ties come in the order of creation. */
function isBefore(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
