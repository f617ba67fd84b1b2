/**
 * Objects that misbehave.
 *
 * @module
 */

/** Makes an object that throws whatever it is asked. */
export function revokedProxy(target: object = {}): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** A branded future whose `addDoneCallback()` stores the callback and throws. */
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
