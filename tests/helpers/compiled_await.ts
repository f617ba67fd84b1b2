/**
 * Runs a generator as an async function that TypeScript compiled to ES2016 or lower.
 *
 * @module
 */

/**
 * Does what the helper `__awaiter` of TypeScript does: an `await` of an instance of `Promise` calls
 * the method `then` of the instance, with two functions that resume the generator.
 */
export function compiledAsync<R>(body: () => Generator<unknown, R, never>): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const generator = body();
    function fulfilled(value: unknown) {
      try {
        step(generator.next(value as never));
      } catch (error) {
        reject(error);
      }
    }
    function rejected(value: unknown) {
      try {
        step(generator["throw"](value));
      } catch (error) {
        reject(error);
      }
    }
    const adopt = (value: unknown) =>
      value instanceof Promise ? value : new Promise((resolve) => resolve(value));
    function step({ done, value }: IteratorResult<unknown, R>) {
      if (done) resolve(value as R);
      else adopt(value).then(fulfilled, rejected);
    }
    step(generator.next());
  });
}
