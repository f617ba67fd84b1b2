/**
 * The timers of a loop, with one timer of the host armed for the earliest.
 *
 * @module
 */

import { areTimersBound, clockReader, hidesItsClock, importedTimers, lookUpHost } from "./clock.ts";
import { keepProcess } from "./host.ts";
import type { Timers } from "./loop_timers.ts";
import { addToHeap, isBefore, removeFromHeap } from "./timer_heap.ts";
import { holdBack, noteHostTurn } from "./turns.ts";

/** Something to be done at a time. */
export interface Timer {
  /** When the timer is due, in milliseconds of {@linkcode TimerQueue.time}. */
  readonly due: number;
  /** A number that grows with every timer added: timers that tie fire in that order. */
  order: number;
  /**
   * The place of the timer, which stays when the timer is removed:
   *
   * - 0, 1, … → in the heap, at that index
   * - −1, −2, … → in the sorted run, at index 0, 1, …
   */
  index: number;
  /** Called when the timer is due, to enqueue what is to be done then. */
  fire(): void;
  /** Called if the timer can never fire, as its frame was removed from the page. */
  abandon(): void;
}

/** The longest delay that the host's `setTimeout` takes without wrapping. */
const MAX_DELAY = 2 ** 31 - 1;

/** Subtracted before a delay is rounded up, as `(now + delay) - now` can exceed `delay`. */
const ROUNDING = 1e-3;

/** The sorted run may have this many empty places, and one more for each timer in it. */
const SPARE = 64;

/** The message of what timers throw, and sleeps are cancelled with, in a removed frame. */
export const FRAME_REMOVED = "Cannot wait for a time as the frame of the page was removed";

/** The global object of a page. A frame that is removed from its page has no timers any more. */
interface Page {
  readonly parent?: unknown;
  readonly closed?: boolean;
  addEventListener?(type: "pagehide", listener: (event: { persisted: boolean }) => void): void;
}

/** In a frame of a page: the queues that hold timers. `undefined` elsewhere. */
let queuesInFrame: Set<TimerQueue> | undefined;

/** How many timers were added, to any loop. Never reset. */
let added = 0;

/** How many timers wait, on all loops. */
export const waiting = { timers: 0 };

/** The timers of one loop that are on one set of the host's functions. */
export class TimerQueue implements Timers {
  readonly #host = lookUpHost();
  readonly #readClock = clockReader(this.#host);
  /** Whether the queue takes a single timer, as the host's timers go by a clock that is hidden. */
  readonly #isForOneTimer = hidesItsClock(this.#host);
  /** The queues of the loop that hold timers. All queues of a loop share this set. */
  readonly #queuesInUse: Set<TimerQueue>;
  /**
   * Timers in the order in which they are due and were added; a removed one leaves an empty
   * place. See docs/performance.md#timers.
   */
  #sortedRun: (Timer | undefined)[] = [];
  /** The index of the earliest timer in the run. */
  #first = 0;
  /** The number of timers in the run. */
  #inRun = 0;
  /** Timers that were due before the last one in the run when they were added. */
  #heap: Timer[] = [];
  /** The host timer that is armed, if any. */
  #hostTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the host timer keeps the process running, where the host can tell. */
  #isHeld = true;
  /** The timers that do not keep the process running; `undefined` before there is one. */
  #idle: Set<Timer> | undefined;
  /** The time for which the host timer is armed. */
  #armedFor = 0;
  /** Counts the host timers armed: one that could not be cleared is then known to be outdated. */
  #armings = 0;
  /** The latest time that a host timer has shown to be reached. */
  #reached = -Infinity;

  constructor(pending = new Set<TimerQueue>()) {
    this.#queuesInUse = pending;
  }

  /**
   * Returns the loop's queue on the functions that the host has now. A timer stays with the
   * functions it was made on, so that fake timers neither hold nor fire real ones.
   */
  current(): TimerQueue {
    if (this.#isCurrent()) return this;
    const made = new TimerQueue(this.#queuesInUse);
    // On these functions, each timer needs a queue of its own.
    if (!made.#isCurrent()) return made;
    for (const queue of this.#queuesInUse) {
      if (queue.#isCurrent()) return queue;
    }
    return made;
  }

  /** Whether the queue is on the functions that the host has now, and takes further timers. */
  #isCurrent(): boolean {
    const { setTimeout, Date, performance } = globalThis;
    const host = this.#host;
    // FakeTime installs the same functions each time, but forgets the timers of the time before.
    // A shared queue would wait for its forgotten host timer for ever.
    return setTimeout === host.setTimeout && Date === host.Date && performance?.now === host.now &&
      !this.#isForOneTimer && !areTimersBound();
  }

  /** Returns the time in milliseconds, by the clock that the host's timers go by. */
  time(): number {
    // A host timer knows better than the clock if only setTimeout is fake, and on Node, whose
    // timers may fire up to a millisecond early.
    return Math.max(this.#readClock(), this.#reached);
  }

  /**
   * Adds a timer.
   *
   * @param now The time from which the caller counted the delay, if it read the clock: counted
   * from a later time, the host timer would fire too early.
   * @param persistent Whether the timer keeps the process running.
   */
  add(timer: Timer, now?: number, persistent = true): this {
    if (added === 0) TimerQueue.#watchFrame();
    if (queuesInFrame && (globalThis as Page).closed) throw new Error(FRAME_REMOVED);
    timer.order = added++;
    waiting.timers++;
    const last = this.#sortedRun.at(-1);
    const comesBefore = last !== undefined && timer.due < last.due;
    if (comesBefore && this.#inRun > 1) {
      addToHeap(this.#heap, timer);
    } else {
      if (comesBefore) {
        // A timer that is alone in the run and due later than this one would send all timers
        // until then to the heap.
        this.#take(last);
        waiting.timers++;
        addToHeap(this.#heap, last);
      }
      timer.index = -this.#sortedRun.push(timer);
      this.#inRun++;
    }
    // No host timer is armed, though timers wait, if a stack overflow cut off an earlier call.
    if (this.#hostTimer === undefined || this.#earliest() === timer) this.#arm(now);
    if (!persistent) (this.#idle ??= new Set()).add(timer);
    if (this.#idle) this.#hold();
    return this;
  }

  /** Deletes a timer from whichever queue of the loop holds it: see docs/performance.md#timers. */
  delete(timer: Timer): void {
    if (this.#holds(timer)) return this.#drop(timer);
    for (const queue of this.#queuesInUse) {
      if (queue.#holds(timer)) return queue.#drop(timer);
    }
  }

  /** Whether the queue holds a timer: at the index of a removed one is another timer, or none. */
  #holds(timer: Timer): boolean {
    const { index } = timer;
    return (index < 0 ? this.#sortedRun[-1 - index] : this.#heap[index]) === timer;
  }

  #drop(timer: Timer): void {
    const isEarliest = this.#earliest() === timer;
    this.#take(timer);
    if (isEarliest) this.#arm();
    this.#idle?.delete(timer);
    if (this.#idle) this.#hold();
  }

  /** Sets that the host timer keeps the process running while a timer of the queue needs that. */
  #hold(): void {
    const isHeld = this.#idle!.size < this.#inRun + this.#heap.length;
    if (isHeld === this.#isHeld || this.#hostTimer === undefined) return;
    this.#isHeld = isHeld;
    // The number of a fake timer may be that of somebody's real one.
    const isReal = this.#host.setTimeout === importedTimers.setTimeout;
    if (isReal) keepProcess(this.#hostTimer, isHeld);
  }

  /** Deletes every timer of the loop. */
  clear(): void {
    for (const queue of this.#queuesInUse) queue.#clear();
  }

  #clear(): void {
    waiting.timers -= this.#inRun + this.#heap.length;
    this.#heap = [];
    this.#sortedRun = [];
    this.#first = this.#inRun = 0;
    this.#idle = undefined;
    this.#arm();
  }

  /** In a frame, abandons all timers when it is removed, but not if the browser caches the page. */
  static #watchFrame(): void {
    const { parent, addEventListener } = globalThis as Page;
    if (!parent || parent === globalThis || !addEventListener) return;
    queuesInFrame = new Set();
    addEventListener("pagehide", ({ persisted }) => {
      if (persisted) return;
      for (const queue of queuesInFrame!) {
        const abandoned = [...queue.#sortedRun, ...queue.#heap];
        queue.#clear();
        for (const timer of abandoned) timer?.abandon();
      }
    });
  }

  #earliest(): Timer | undefined {
    const first = this.#sortedRun[this.#first];
    const top = this.#heap[0];
    return first && !(top && isBefore(top, first)) ? first : top;
  }

  /** Arms the host timer for the earliest timer, or disarms it if there is none. */
  #arm(time?: number): void {
    const { setTimeout, clearTimeout } = this.#host;
    const head = this.#earliest();
    if (this.#hostTimer !== undefined) {
      if (head?.due === this.#armedFor) return;
      // A host timer that was armed for a cancelled timer comes too early, which costs less than
      // arming another. A test that steps through fake timers would see it.
      const isFake = setTimeout !== importedTimers.setTimeout;
      if (head && head.due > this.#armedFor && !isFake) return;
      try {
        clearTimeout(this.#hostTimer);
      } catch {
        // FakeTime's clearTimeout throws once the fake time is over.
      }
      this.#hostTimer = undefined;
    }
    if (!head) {
      this.#queuesInUse.delete(this);
      queuesInFrame?.delete(this);
      return;
    }
    this.#queuesInUse.add(this);
    queuesInFrame?.add(this);
    const now = time ?? this.time();
    this.#armedFor = Math.min(head.due, now + MAX_DELAY);
    const delay = Math.max(0, Math.ceil(this.#armedFor - now - ROUNDING));
    const arming = ++this.#armings;
    this.#isHeld = true;
    this.#hostTimer = setTimeout(() => {
      if (arming === this.#armings) this.#onHostTimer();
    }, delay);
  }

  /** Fires all timers due at the time for which the host timer was armed, or by the clock. */
  #onHostTimer(): void {
    const isHolding = noteHostTurn();
    this.#hostTimer = undefined;
    this.#reached = Math.max(this.#reached, this.#armedFor);
    const now = this.time();
    for (let head; (head = this.#earliest()) && head.due <= now;) {
      this.#take(head);
      this.#idle?.delete(head);
      // Callbacks that are held back already come first.
      if (isHolding) holdBack(head.fire.bind(head));
      else head.fire();
    }
    this.#arm();
    if (this.#idle) this.#hold();
  }

  /** Removes a timer, and leaves the host timer armed. */
  #take({ index }: Timer): void {
    waiting.timers--;
    if (index < 0) this.#takeFromRun(-1 - index);
    else removeFromHeap(this.#heap, index);
  }

  /** Empties a place of the run; neither the first place nor the last one stays empty. */
  #takeFromRun(place: number): void {
    const run = this.#sortedRun;
    run[place] = undefined;
    if (--this.#inRun === 0 || run.length > SPARE + 2 * this.#inRun) {
      this.#sortedRun = run.filter((timer) => timer !== undefined);
      this.#sortedRun.forEach((timer, place) => timer!.index = -1 - place);
      this.#first = 0;
    } else {
      while (!run.at(-1)) run.pop();
      while (!run[this.#first]) this.#first++;
    }
  }
}
