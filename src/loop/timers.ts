/**
 * The timers of a loop, with one host timer armed for the earliest.
 *
 * @module
 */

import { belongToWhoArms, clockReader, hidesItsClock, imported, lookUpHost } from "./clock.ts";
import { holdBack, noteHostTurn } from "./turns.ts";

/** Something to be done at a time. */
export interface Timer {
  /** When it is due, in milliseconds of {@linkcode TimerQueue.time}. */
  readonly due: number;
  /** A number that grows with every timer added, so that ties come in that order. */
  order: number;
  /** Its place in the heap, or -1, -2, … in the row; or the one that it had. */
  index: number;
  /** Called when it is due, to enqueue what is to be done then. */
  fire(): void;
  /** Called if it can never be due, as the host's timers are gone. */
  abandon(): void;
}

/** The longest delay that the host's `setTimeout` takes without wrapping. */
const MAX_DELAY = 2 ** 31 - 1;

/** Keeps the rounding of `(now + delay) - now` from costing a millisecond. */
const ROUNDING = 1e-3;

/** How many timers were added, to any loop. */
let added = 0;

/** A row may have so many empty places, and one more for each timer in it. */
const SPARE = 64;

/**
 * How many timers stand below each in the heap: with two, cancelling one of a million
 * took a third longer (Node 24, Deno 2.9).
 */
const CHILDREN = 8;

/** A page, whose timers end when it is in a frame that is removed. */
interface Page {
  readonly parent?: unknown;
  readonly closed?: boolean;
  addEventListener?(type: "pagehide", listener: (event: { persisted: boolean }) => void): void;
}

/** Why `sleep()` throws, and why sleeps are cancelled, once the frame is removed. */
export const FRAME_REMOVED = "Cannot wait for a time as the frame of the page was removed";

/** In a frame of a page: the queues that hold timers, which its removal makes void. */
let queuesInFrame: Set<TimerQueue> | undefined;

/** The timers of one loop that are on one set of the host's functions. */
export class TimerQueue {
  readonly #host = lookUpHost();
  /** Whether each timer needs a queue, and with it a host timer, of its own. */
  readonly #serveOne = hidesItsClock(this.#host);
  readonly #readClock = clockReader(this.#host);
  /** The queues of the loop that hold timers, this one among them while it does. */
  readonly #pending: Set<TimerQueue>;
  /**
   * Those that were made in the order in which they are due, as timers of the same
   * delay are: to add or to take out one costs the same, however many there are. One
   * that is due before the last goes to the heap. A place is empty when its timer is gone.
   */
  #sortedRun: (Timer | undefined)[] = [];
  /** The place of the earliest in the row, and how many there are. */
  #first = 0;
  #inRun = 0;
  /** All others. */
  #heap: Timer[] = [];
  #hostTimer: ReturnType<typeof setTimeout> | undefined;
  #armedFor = 0;
  /** How often a host timer was armed: one that could not be cleared is not the latest. */
  #armings = 0;
  /** The latest time that a host timer has shown to be reached. */
  #reached = -Infinity;

  constructor(pending = new Set<TimerQueue>()) {
    this.#pending = pending;
  }

  /**
   * The queue on the functions that the host has now. A timer stays with those
   * it was made on, so that fake timers neither hold nor fire the real ones.
   */
  current(): TimerQueue {
    if (this.#isCurrent()) return this;
    const made = new TimerQueue(this.#pending);
    // One that must not be shared is not current either, nor is any other then.
    if (!made.#isCurrent()) return made;
    for (const queue of this.#pending) {
      if (queue.#isCurrent()) return queue;
    }
    return made;
  }

  #isCurrent(): boolean {
    const { setTimeout, Date, performance } = globalThis;
    const host = this.#host;
    return setTimeout === host.setTimeout && Date === host.Date && performance?.now === host.now &&
      // FakeTime installs the same functions each time and forgets the timers of
      // the time before; a queue shared with those would wait for them for ever.
      !this.#serveOne && !belongToWhoArms();
  }

  /** The time in milliseconds, by the clock that the host's timers go by. */
  time(): number {
    // A fake setTimeout may come without a fake clock, and Node's may fire up
    // to a millisecond early: then the host timer knows better.
    return Math.max(this.#readClock(), this.#reached);
  }

  /**
   * Adds a timer.
   *
   * @param now The time that its delay counts from, if the caller has read the clock: by a
   * later time, the host timer would come too early.
   * @returns A queue that it can be taken out by.
   */
  add(timer: Timer, now?: number): this {
    if (added === 0) TimerQueue.#watchFrame();
    if (queuesInFrame && (globalThis as Page).closed) throw new Error(FRAME_REMOVED);
    timer.order = added++;
    const last = this.#sortedRun.at(-1);
    const comesBefore = last !== undefined && timer.due < last.due;
    if (comesBefore && this.#inRun > 1) {
      this.#raise(timer, this.#heap.length);
    } else {
      if (comesBefore) {
        // One that is far off and alone leaves the row to those to come.
        this.#take(last);
        this.#raise(last, this.#heap.length);
      }
      timer.index = -this.#sortedRun.push(timer);
      this.#inRun++;
    }
    // Where the stack ended, the host was not asked for the one that is the earliest.
    if (this.#hostTimer === undefined || this.#earliest() === timer) this.#arm(now);
    return this;
  }

  /**
   * Takes a timer out of the queue of the loop that it is in, if it is in one. It may not
   * know which: a field more made each of a million take a sixth longer (Bun 1.4).
   */
  delete(timer: Timer): void {
    if (this.#holds(timer)) return this.#drop(timer);
    for (const queue of this.#pending) {
      if (queue.#holds(timer)) return queue.#drop(timer);
    }
  }

  #holds(timer: Timer): boolean {
    const { index } = timer;
    return (index < 0 ? this.#sortedRun[-1 - index] : this.#heap[index]) === timer;
  }

  #drop(timer: Timer): void {
    const isEarliest = this.#earliest() === timer;
    this.#take(timer);
    if (isEarliest) this.#arm();
  }

  /** Forgets every timer of the loop. */
  clear(): void {
    for (const queue of this.#pending) queue.#clear();
  }

  #clear(): void {
    this.#heap = [];
    this.#sortedRun = [];
    this.#first = this.#inRun = 0;
    this.#arm();
  }

  /** In a frame, abandons all timers when it is removed, not when a cache of pages keeps it. */
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

  /** Arms the host timer for the earliest timer, or disarms it. */
  #arm(time?: number): void {
    const { setTimeout, clearTimeout } = this.#host;
    const head = this.#earliest();
    if (this.#hostTimer !== undefined) {
      if (head?.due === this.#armedFor) return;
      // One that comes too early, as its timer was cancelled, costs less than a new one;
      // but those who step through fake timers would see it.
      const isFake = setTimeout !== imported.setTimeout;
      if (head && head.due > this.#armedFor && !isFake) return;
      try {
        clearTimeout(this.#hostTimer);
      } catch {
        // That of FakeTime throws when the fake time is over.
      }
      this.#hostTimer = undefined;
    }
    if (!head) {
      this.#pending.delete(this);
      queuesInFrame?.delete(this);
      return;
    }
    this.#pending.add(this);
    queuesInFrame?.add(this);
    const now = time ?? this.time();
    this.#armedFor = Math.min(head.due, now + MAX_DELAY);
    const delay = Math.max(0, Math.ceil(this.#armedFor - now - ROUNDING));
    const arming = ++this.#armings;
    this.#hostTimer = setTimeout(() => {
      if (arming === this.#armings) this.#onHostTimer();
    }, delay);
  }

  /** Fires all that is due, whatever the clock says. */
  #onHostTimer(): void {
    const isHolding = noteHostTurn();
    this.#hostTimer = undefined;
    this.#reached = Math.max(this.#reached, this.#armedFor);
    const now = this.time();
    for (let head; (head = this.#earliest()) && head.due <= now;) {
      this.#take(head);
      if (isHolding) holdBack(head.fire.bind(head));
      else head.fire();
    }
    this.#arm();
  }

  /** Takes out a timer. */
  #take({ index }: Timer): void {
    if (index < 0) this.#takeFromRun(-1 - index);
    else this.#takeFromHeap(index);
  }

  /** Empties a place; neither the first place nor the last one stays empty. */
  #takeFromRun(place: number): void {
    const row = this.#sortedRun;
    row[place] = undefined;
    if (--this.#inRun === 0 || row.length > SPARE + 2 * this.#inRun) {
      this.#sortedRun = row.filter((timer) => timer !== undefined);
      this.#sortedRun.forEach((timer, place) => timer!.index = -1 - place);
      this.#first = 0;
    } else {
      while (!row.at(-1)) row.pop();
      while (!row[this.#first]) this.#first++;
    }
  }

  /** Takes out the timer at `gap`, and has the last one fill the gap. */
  #takeFromHeap(gap: number): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (gap === heap.length) return;
    for (let child; (child = CHILDREN * gap + 1) < heap.length; gap = child) {
      const end = Math.min(child + CHILDREN, heap.length);
      for (let other = child + 1; other < end; other++) {
        if (isBefore(heap[other]!, heap[child]!)) child = other;
      }
      this.#put(heap[child]!, gap);
    }
    this.#raise(last, gap);
  }

  /** Puts `timer` at `gap` or, if it is due before those above, higher up. */
  #raise(timer: Timer, gap: number): void {
    while (gap > 0) {
      const parent = Math.floor((gap - 1) / CHILDREN);
      const above = this.#heap[parent]!;
      if (!isBefore(timer, above)) break;
      this.#put(above, gap);
      gap = parent;
    }
    this.#put(timer, gap);
  }

  #put(timer: Timer, index: number): void {
    this.#heap[index] = timer;
    timer.index = index;
  }
}

/** The order of a heap; ties come in the order of creation. */
function isBefore(a: Timer, b: Timer): boolean {
  return a.due === b.due ? a.order < b.order : a.due < b.due;
}
