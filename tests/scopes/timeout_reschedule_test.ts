import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { Future, getEventLoop, sleep, type Timeout, timeout, timeoutAt } from "../../mod.ts";
import { passTime } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome, TIMED_OUT } from "../helpers/outcome.ts";
import { hostTurn } from "../helpers/turns.ts";

// Deadline
// --------

for (const [kind, coroutine] of kinds) {
  Deno.test(`Timeout.reschedule() moves the deadline from inside the body (${kind})`, async () => {
    using time = new FakeTime();
    const start = getEventLoop().time();
    const future = timeout(
      10,
      coroutine(function* (wait, scope: Timeout) {
        assertEquals(scope.when(), start + 10);
        scope.reschedule(start + 20);
        assertEquals(scope.when(), start + 20);
        yield* wait(sleep(15));
        scope.reschedule(start + 30);
        yield* wait(new Future<void>());
      }),
    );
    await passTime(time, 15);
    await passTime(time, 14);
    assertEquals(outcome(future), "pending");
    await passTime(time, 1);
    assertEquals(outcome(future), TIMED_OUT);
  });

  Deno.test(`Timeout.reschedule() moves the deadline from outside the body (${kind})`, async () => {
    using time = new FakeTime();
    const start = getEventLoop().time();
    let scope!: Timeout;
    const future = timeout(
      null,
      coroutine(function* (wait, timeout: Timeout) {
        scope = timeout;
        yield* wait(new Future<void>());
      }),
    );
    assertEquals(scope.when(), null);
    await passTime(time, 1_000);
    assertEquals(outcome(future), "pending");
    scope.reschedule(start + 1_010);
    assertEquals(scope.when(), start + 1_010);
    await passTime(time, 9);
    assertEquals(outcome(future), "pending");
    assertFalse(scope.expired());
    await passTime(time, 1);
    assertEquals(outcome(future), TIMED_OUT);
    assertEquals(scope.when(), start + 1_010);
  });

  for (const past of ["now", "one millisecond ago", "-Infinity"]) {
    Deno.test(`Timeout.reschedule() to ${past} expires in the next turn (${kind})`, async () => {
      using _ = new FakeTime();
      const now = getEventLoop().time();
      const when = past === "now" ? now : past === "-Infinity" ? -Infinity : now - 1;
      let scope!: Timeout;
      const future = timeout(
        60_000,
        coroutine(function* (wait, timeout: Timeout) {
          scope = timeout;
          yield* wait(new Future<void>());
        }),
      );
      await hostTurn();
      scope.reschedule(when);
      assertEquals(scope.when(), when);
      assertFalse(scope.expired(), "not within the call");
      assertEquals(outcome(future), "pending");
      await hostTurn();
      assertEquals(outcome(future), TIMED_OUT);
    });
  }

  Deno.test(`Timeout.reschedule() to the past and back at once does not expire (${kind})`, async () => {
    using time = new FakeTime();
    const future = timeout(
      60_000,
      coroutine(function* (wait, scope: Timeout) {
        scope.reschedule(0);
        scope.reschedule(null);
        yield* wait(sleep(100));
        scope.reschedule(getEventLoop().time() + 1);
        scope.reschedule(Infinity);
        assertEquals(scope.when(), Infinity);
        yield* wait(sleep(100));
        return "no limit";
      }),
    );
    await passTime(time, 100);
    await passTime(time, 100);
    assertEquals(outcome(future), "result no limit");
  });
}

// Misuse
// ------

Deno.test("Timeout.reschedule() refuses what is not a time and changes nothing", async () => {
  using time = new FakeTime();
  const when = getEventLoop().time() + 10;
  let scope!: Timeout;
  const future = timeoutAt(when, (timeout) => {
    scope = timeout;
    return new Future<void>();
  });
  for (const bad of [NaN, "1", undefined, 1n, {}]) {
    assertThrows(
      () => scope.reschedule(bad as number),
      TypeError,
      "Cannot move the deadline as the time is no number of milliseconds: received ",
    );
  }
  assertEquals(scope.when(), when);
  await passTime(time, 10);
  assertEquals(outcome(future), TIMED_OUT);
  assertThrows(() => scope.reschedule(NaN), TypeError, "received NaN");
});
