/**
 * Replaces `@std/testing/time` where JSR cannot be reached, on top of `@sinonjs/fake-timers`. Like
 * the original, `FakeTime` always installs the same functions, leaves `performance` real, and
 * forgets its timers when time is restored.
 *
 * @module
 */

import { type Clock, createClock } from "@sinonjs/fake-timers";

const real = { Date, setTimeout, clearTimeout, setInterval, clearInterval };
const yieldToHost = globalThis.setTimeout;

/** The fake clock: set by the constructor of {@linkcode FakeTime}, and reset by `restore()`. */
let clock: Clock | undefined;

function faked(): Clock {
  if (!clock) throw new Error("Cannot use fake timers: time is not faked");
  return clock;
}

type Timer = (callback: () => void, delay?: number) => number;

const fake = {
  Date: new Proxy(Date, {
    construct: (target, args) => Reflect.construct(target, args.length > 0 ? args : [faked().now]),
    get: (target, name) => name === "now" ? () => faked().now : Reflect.get(target, name),
  }),
  setTimeout: ((callback, delay = 0) => Number(faked().setTimeout(callback, delay))) as Timer,
  clearTimeout: (id: number) => faked().clearTimeout(id as never),
  setInterval: ((callback, delay = 0) => Number(faked().setInterval(callback, delay))) as Timer,
  clearInterval: (id: number) => faked().clearInterval(id as never),
};

export class FakeTime implements Disposable {
  constructor(start: number = real.Date.now()) {
    if (clock) throw new Error("Cannot construct FakeTime: time is already faked");
    clock = createClock(start);
    Object.assign(globalThis, fake);
  }

  get now(): number {
    return faked().now;
  }

  tick(ms = 0): void {
    faked().tick(ms);
  }

  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    faked().tick(ms);
  }

  async runMicrotasks(): Promise<void> {
    await new Promise<void>((resolve) => yieldToHost(resolve, 0));
  }

  restore(): void {
    clock = undefined;
    Object.assign(globalThis, real);
  }

  [Symbol.dispose](): void {
    this.restore();
  }
}
