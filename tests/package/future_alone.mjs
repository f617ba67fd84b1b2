// Uses a bundle of Future alone, the file that is its argument; tools/package.ts runs it.
import process from "node:process";

const { Future } = await import(process.argv[2]);

const answer = new Future();
answer.addDoneCallback((future) => console.log(String(future)));
setTimeout(() => answer.setResult(42), 1);
console.log(`answer: ${await answer}`);

const failing = new Future();
failing.setException(new RangeError("no such host"));
console.log(`failed: ${await failing.catch((error) => error.message)}`);

const controller = new AbortController();
const reply = new Future({ signal: controller.signal });
controller.abort("the user left");
console.log(`cancelled: ${reply.cancelled()}, aborted: ${reply.signal.aborted}`);

const loop = answer.getLoop();
const later = loop.createFuture();
loop.callLater(1, () => later.setResult("a timer"));
console.log(`later: ${await later}`);
try {
  loop.createTask(() => 42);
} catch (error) {
  console.log(`no task: ${error.message}`);
}

// Nobody looks at it.
loop.setExceptionHandler((_, { message }) => console.log(message));
new Future().setException(new RangeError("lost"));
