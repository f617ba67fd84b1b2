/**
 * The functions by which the module knows a compiled `await`.
 *
 * @module
 */

import { assert, assertFalse } from "@std/assert";
import { isCompiledAwait } from "../../src/base/engine.ts";

const generator = (function* (): Generator<unknown, void, unknown> {})();
const step = (_result: unknown) => {};
const reject = (_error: unknown) => {};

// deno-fmt-ignore
const compiled = {
  "of TypeScript": [
    function fulfilled(value: unknown) { try { step(generator.next(value)); } catch (e) { reject(e); } },
    function rejected(value: unknown) { try { step(generator["throw"](value)); } catch (e) { reject(e); } },
  ],
  "of esbuild": [
    (value: unknown) => {
      try {
        step(generator.next(value));
      } catch (e) {
        reject(e);
      }
    },
    (value: unknown) => {
      try {
        step(generator.throw(value));
      } catch (e) {
        reject(e);
      }
    },
  ],
  "minified": [
    function h(n: unknown){try{step(generator.next(n))}catch(r){reject(r)}},
    function l(n: unknown){try{step(generator.throw(n))}catch(r){reject(r)}},
  ],
};

for (const [name, handlers] of Object.entries(compiled)) {
  Deno.test(`isCompiledAwait() knows the functions ${name}`, () => {
    assert(isCompiledAwait(...handlers), String(handlers));
    assertFalse(isCompiledAwait(handlers[1], handlers[0]));
    assertFalse(isCompiledAwait(handlers[0]));
    assertFalse(isCompiledAwait(handlers[0], reject));
    assertFalse(isCompiledAwait(step, handlers[1]));
  });
}
