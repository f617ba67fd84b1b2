/**
 * Replaces `@std/testing/mock` where JSR cannot be reached, as far as the tests use it.
 *
 * @module
 */

// deno-lint-ignore-file no-explicit-any

export interface SpyCall {
  args: any[];
  self?: any;
  returned?: any;
  error?: Error;
}

export interface Stub extends Disposable {
  (...args: any[]): any;
  calls: SpyCall[];
  restored: boolean;
  restore(): void;
}

export function stub<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
  func: Self[Prop] extends (...args: any[]) => any ? (
      this: Self,
      ...args: Parameters<Self[Prop]>
    ) => ReturnType<Self[Prop]>
    : never = (() => {}) as never,
): Stub {
  const original = Object.getOwnPropertyDescriptor(self, property);
  const fake = func as (...args: any[]) => any;
  const calls: SpyCall[] = [];
  const stub = function (this: any, ...args: any[]): any {
    const call: SpyCall = { args, self: this };
    calls.push(call);
    try {
      return call.returned = fake.apply(this, args);
    } catch (error) {
      call.error = error as Error;
      throw error;
    }
  } as Stub;
  stub.calls = calls;
  stub.restored = false;
  stub.restore = () => {
    if (original) Object.defineProperty(self, property, original);
    else delete self[property];
    stub.restored = true;
  };
  stub[Symbol.dispose] = () => stub.restore();
  Object.defineProperty(self, property, { configurable: true, writable: true, value: stub });
  return stub;
}
