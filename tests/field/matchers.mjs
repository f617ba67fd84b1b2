/**
 * Gives futures to matchers, renderers and clones, which look into what they are given: nothing
 * throws, a future equals itself only, and an exception stays unretrieved.
 */
import { Future, getEventLoop } from "@asyncio/future";
import { expect as chaiExpect } from "chai";
import { expect } from "expect";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import sinon from "sinon";
import { report } from "./report.mjs";

const reports = [];
getEventLoop().setExceptionHandler((_loop, context) => reports.push(context.exception.message));

const kinds = {
  pending: () => new Future(),
  finished() {
    const future = new Future();
    future.setResult({ a: 1 });
    return future;
  },
  failed() {
    const future = new Future();
    future.setException(new RangeError("unheard"));
    return future;
  },
};

/** Whether `check` passes; the message of an error that is not a finding of the matcher. */
function holds(check) {
  try {
    check();
    return true;
  } catch (error) {
    const isFinding = /Assert(ion)?Error/.test(error.name) || error.matcherResult ||
      /expect\(/.test(error.message);
    return isFinding ? false : `${error.name}: ${error.message}`;
  }
}

for (const [kind, make] of Object.entries(kinds)) {
  (() => {
    const future = make();
    const other = make();
    const spy = sinon.spy();
    spy(future);
    const questions = {
      "Jest toEqual()": (value) => expect({ value: future }).toEqual({ value }),
      "Jest toStrictEqual()": (value) => expect([future]).toStrictEqual([value]),
      "Jest toMatchObject()": (value) => expect({ value: future, n: 1 }).toMatchObject({ value }),
      "Jest toContainEqual()": (value) => expect([1, future]).toContainEqual(value),
      "Jest toBe()": (value) => expect(future).toBe(value),
      "sinon calledWith()": (value) => sinon.assert.calledWith(spy, value),
      "chai deep equal": (value) => chaiExpect({ value: future }).to.deep.equal({ value }),
    };
    for (const [name, check] of Object.entries(questions)) {
      report(`${kind}: ${name}, itself`, holds(() => check(future)), true);
      report(`${kind}: ${name}, another`, holds(() => check(other)), false);
    }
    // This matcher does not look into iterables, and takes two promises for equal as well.
    const containing = expect.objectContaining({ value: future });
    report(
      `${kind}: Jest objectContaining(), itself`,
      holds(() => expect({ value: future, n: 1 }).toEqual(containing)),
      true,
    );
    const warn = console.error;
    console.error = () => {};
    report(
      `${kind}: React renders it as nothing`,
      renderToString(createElement("p", null, future)),
      "<p></p>",
    );
    console.error = warn;
    report(`${kind}: structuredClone()`, structuredClone(future), {});
  })();
}

// The module reports what failed when the process ends. Its listener is older than this one.
process.on("exit", () => report("exceptions stay unretrieved", reports, ["unheard", "unheard"]));
