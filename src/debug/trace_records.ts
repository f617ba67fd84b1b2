/**
 * What a trace has recorded: a bounded list that drops the oldest records.
 *
 * Records are kept in columns of numbers, since an object for each would keep the garbage collector
 * busy in the program that is traced.
 *
 * @module
 */

/** A step of a task, with the wait before it. */
export const STEP = 0;
/** A wait that no step followed. */
export const WAIT = 1;
/** A whole task. */
export const TASK = 2;
/** The cancellation of a task was requested. */
export const CANCEL = 3;
/** The number of timers, in place of the number of the row. */
export const TIMERS = 4;

/** What a record is about. */
export type Kind = typeof STEP | typeof WAIT | typeof TASK | typeof CANCEL | typeof TIMERS;

/** Facts about a span, by name. */
export type Facts = Record<string, string | number>;

/** What a task waits on, or how it ended. */
export interface Words {
  /** The name of the span. */
  readonly name: string;
  readonly facts: Facts | undefined;
}

/** A record. Times are whole nanoseconds since the trace began. */
export interface TraceRecord {
  readonly kind: Kind;
  /** The number of the row. */
  readonly row: number;
  /** The row of the task that woke or cancelled this one; 0 if no task is known to have done so. */
  readonly from: number;
  /** When the span began. */
  readonly begin: number;
  /** When the span ended. */
  readonly end: number;
  /** When the wait before a step began. */
  readonly waited: number;
  /** When a task was woken for a step; 0 if nobody told. */
  readonly woken: number;
  /** The words for the span or, for a step, for the wait before it, if there was one. */
  readonly words: Words | undefined;
}

/** How many records there is place for at first. */
const FIRST_SIZE = 1_024;

/** How many times a record has. */
const TIMES = 4;

/** The latest records. */
export class TraceRecords {
  readonly #limit: number;
  #size: number;
  #kinds: Uint8Array;
  #rows: Uint32Array;
  #froms: Uint32Array;
  #times: Float64Array;
  readonly #words: (Words | undefined)[] = [];
  /** How many records were added. */
  #added = 0;
  /** The place of the next record. */
  #next = 0;

  /** @param limit How many records are kept. */
  constructor(limit: number) {
    this.#limit = limit;
    const size = this.#size = Math.min(limit, FIRST_SIZE);
    this.#kinds = new Uint8Array(size);
    this.#rows = new Uint32Array(size);
    this.#froms = new Uint32Array(size);
    this.#times = new Float64Array(size * TIMES);
  }

  /** How many records were dropped. */
  get dropped(): number {
    return Math.max(0, this.#added - this.#limit);
  }

  /** Adds a record, in the place of the oldest one if there are too many. */
  add(
    kind: Kind,
    row: number,
    begin: number,
    end: number,
    words: Words | undefined,
    from: number,
    waited: number,
    woken: number,
  ): void {
    if (this.#next === this.#size) this.#makePlace();
    const place = this.#next++;
    this.#added++;
    this.#kinds[place] = kind;
    this.#rows[place] = row;
    this.#froms[place] = from;
    this.#words[place] = words;
    const times = this.#times;
    const first = place * TIMES;
    times[first] = begin;
    times[first + 1] = end;
    times[first + 2] = waited;
    times[first + 3] = woken;
  }

  #makePlace(): void {
    if (this.#size === this.#limit) {
      this.#next = 0;
      return;
    }
    const size = this.#size = Math.min(2 * this.#size, this.#limit);
    this.#kinds = copy(this.#kinds, new Uint8Array(size));
    this.#rows = copy(this.#rows, new Uint32Array(size));
    this.#froms = copy(this.#froms, new Uint32Array(size));
    this.#times = copy(this.#times, new Float64Array(size * TIMES));
  }

  /** The records, the oldest first. */
  *[Symbol.iterator](): Generator<TraceRecord> {
    const count = Math.min(this.#added, this.#limit);
    const oldest = this.#added > this.#limit ? this.#next : 0;
    for (let i = 0; i < count; i++) {
      const place = (oldest + i) % this.#size;
      const [begin, end, waited, woken] = this.#times.subarray(place * TIMES);
      yield {
        kind: this.#kinds[place] as Kind,
        row: this.#rows[place]!,
        from: this.#froms[place]!,
        begin: begin!,
        end: end!,
        waited: waited!,
        woken: woken!,
        words: this.#words[place],
      };
    }
  }
}

/** Copies a column into a longer one. */
function copy<C extends Uint8Array | Uint32Array | Float64Array>(from: C, to: C): C {
  to.set(from);
  return to;
}
