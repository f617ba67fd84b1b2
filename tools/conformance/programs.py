"""Runs the random programs of tools/conformance/programs.ts in asyncio.

Each line of the standard input is a program as JSON. For each goes a line to the
standard output: what happened, how everything ended, and which known differences
were met, with the number of events before each.

`play.ts` does the same, statement by statement.
"""

import asyncio
import json
import random
import sys

from show import describe, show, state_of
from sync_objects import HANDED_OVER, Objects
from virtual_loop import Loop, ShuffledLoop, Slowest

FUTURES = ["f0", "f1", "f2"]
ROUNDS = 3

def meet_differences():
    """Makes asyncio note where it is about to do what this module does not do."""
    timeout_class, completions_class = asyncio.Timeout, asyncio.tasks._AsCompletedIterator
    expire, complete_late = timeout_class._on_timeout, completions_class._handle_timeout

    def on_timeout(timeout):
        expire(timeout)
        task = timeout._task
        # The task has an outcome already, and has not gone on yet.
        if task._must_cancel and task._fut_waiter:
            Play.running.meet("late deadline")

    def handle_timeout(completions):
        if completions._todo:
            Play.running.meet("late end of a completion")
        if any(future.done() for future in completions._todo):
            Play.running.meet("late completion")
        complete_late(completions)

    gathering_class = asyncio.tasks._GatheringFuture
    cancel = gathering_class.cancel

    def cancel_gathered(gathered, msg=None):
        is_taken = cancel(gathered, msg=msg)
        if is_taken and len(gathered._children) > 1:
            Play.running.meet("early gather")
        return is_taken

    gathering_class.cancel = cancel_gathered
    timeout_class._on_timeout = on_timeout
    completions_class._handle_timeout = handle_timeout


class Place:
    """Where a statement stands."""

    def __init__(self, who, group=None, limit=None, limits=(), error=None):
        self.who = who
        self.group = group
        self.limit = limit
        self.limits = limits
        self.error = error

    def inside(self, **changes):
        return Place(**{**self.__dict__, **changes})


class Play:
    """A run of a program."""

    running = None

    def __init__(self, program, loop, random, hands_over):
        Play.running = self
        self.loop = loop
        self.random = random
        self.events = []
        self.met = {}
        self.watchers = {}
        self.objects = Objects(self.meet, hands_over)
        self.is_over = False
        loop.set_exception_handler(self.on_report)
        self.futures = {name: loop.create_future() for name in FUTURES}
        self.create("t0", Place(None), program)

    def play(self):
        for round in range(ROUNDS + 1):
            if round > 0 and not self.cancel_all():
                break
            self.loop.run_forever()
        self.is_over = True
        states = {name: state_of(future) for name, future in self.futures.items()}
        states |= self.objects.states()
        return {"events": self.events, "states": states, "met": self.met}

    def cancel_all(self):
        names = self.pending_tasks()
        if names:
            self.log("end", " ".join(names))
        for name in names:
            self.cancel(self.futures[name], "end")
        return bool(names)

    def pending_tasks(self):
        return [name for name, each in self.futures.items() if name[0] == "t" and not each.done()]

    def cancel(self, future, message):
        if getattr(future, "_must_cancel", False):
            self.meet("merged requests")
        waiter = getattr(future, "_fut_waiter", None)
        if waiter and getattr(waiter, "turn", 0) >= self.loop.turn - 1:
            self.meet("just begun")
        return future.cancel() if message is None else future.cancel(message)

    def log(self, who, what):
        self.events.append([round(self.loop.time()), who, what])

    def on_report(self, _loop, context):
        # When what nobody looks at is reported depends on the garbage collection,
        # or on the version.
        message = context["message"]
        hidden = ("never retrieved", "in shielded future", "was destroyed but it is pending")
        if not any(part in message for part in hidden):
            self.log("loop", f"reported: {message} ({describe(context.get('exception'))})")

    def meet(self, difference):
        """Notes that a known difference was met."""
        self.met.setdefault(difference, list(self.events))

    def meet_swallowed_request(self):
        """Called when a task fails in the step in which it was cancelled."""
        others = [self.futures[name] for name in self.pending_tasks()]
        if any(task.cancelling() for task in others if task is not asyncio.current_task()):
            self.meet("swallowed request")

    def create(self, name, place, body):
        coroutine = self.task(place.inside(who=name), body)
        try:
            self.futures[name] = (place.group or self.loop).create_task(coroutine)
        except RuntimeError:
            coroutine.close()
            raise

    async def task(self, place, body):
        try:
            value = await self.run(place, body)
            value = value and value[0]
            self.log(place.who, f"ends: {show(value)}")
            if asyncio.current_task()._must_cancel:
                self.meet("late end")
            await self.linger()
            return value
        except (Exception, asyncio.CancelledError) as error:
            if not self.is_over:
                self.log(place.who, f"ends: {describe(error)}")
                if asyncio.current_task()._must_cancel:
                    self.meet("late end")
                    if isinstance(error, Exception):
                        self.meet_swallowed_request()
                await self.linger()
            raise

    async def linger(self):
        """Takes a turn more if the order is to be another, as an await of what is done does."""
        if self.random and not asyncio.current_task()._must_cancel and self.random.random() < 0.5:
            await asyncio.sleep(0)

    async def scope(self, place, body):
        try:
            value = await self.run(place, body)
            await self.end_scope()
            return value and value[0]
        except (Exception, asyncio.CancelledError) as error:
            if not self.is_over:
                if isinstance(error, asyncio.CancelledError) and asyncio.current_task()._must_cancel:
                    self.meet("answered request")
                await self.end_scope()
            raise

    async def end_scope(self):
        if asyncio.current_task()._must_cancel:
            self.meet("late end")
        await self.linger()

    async def run(self, place, body):
        """Returns the value of a `return` in a tuple."""
        for statement in body:
            if statement[0] == "return":
                return (statement[1],)
            if statement[0] == "try":
                if ended := await self.run_try(place, *statement[1:]):
                    return ended
            else:
                await self.step(place, statement)

    async def run_try(self, place, body, caught, handler, cleanup):
        try:
            return await self.run(place, body)
        except (Exception, asyncio.CancelledError) as error:
            is_cancelled = isinstance(error, asyncio.CancelledError)
            if caught != "any" and is_cancelled != (caught == "cancelled"):
                raise
            self.log(place.who, f"catches {describe(error)}")
            return await self.run(place.inside(error=error), handler)
        finally:
            if not self.is_over:
                await self.run(place, cleanup)

    async def step(self, place, statement):
        match statement:
            case ["sleep", ms]:
                await self.wait(place.who, f"sleep {ms}", lambda: asyncio.sleep(ms))
            case ["await", awaited]:
                text = json.dumps(awaited, separators=(",", ":"))
                await self.wait(place.who, f"await {text}", lambda: self.future_of(awaited))
            case ["completed", form, names, ms]:
                await self.iterate(place.who, form, names, ms)
            case ["timeout", ms, body]:
                await self.wait(place.who, "timeout", lambda: self.timeout(place, ms, body))
            case ["group", body]:
                await self.wait(place.who, "group", lambda: self.group(place, body))
            case ["with", name, way, body]:
                await self.wait(
                    place.who, f"with {name}", lambda: self.hold(place, name, way, body)
                )
            case ["consume", name]:
                await self.wait(
                    place.who, f"consume {name}", lambda: self.consume(place.who, name)
                )
            case ["raise", number]:
                raise ValueError(f"e{number}")
            case ["raiseCancelled", message]:
                raise cancelled_error(message)
            case ["reraise"]:
                if place.error:
                    raise place.error
            case _:
                self.act(place, statement)

    def act(self, place, statement):
        """Does what takes no time."""

        def log(what):
            self.log(place.who, f"{' '.join(map(show, statement[:2]))}: {show(what)}")

        match statement:
            case ["later", ms, action]:
                call = lambda: self.act(Place(f"a callback of {place.who}"), action)
                if ms is None:
                    self.loop.call_soon(call)
                else:
                    self.loop.call_later(ms, call)
            case ["create", name, body]:
                self.create(name, place.inside(group=None), body)
            case ["spawn", name, body]:
                self.create(name, place, body)
            case ["cancelSelf", message]:
                log(self.cancel(asyncio.current_task(), message))
            case ["cancelling"]:
                log(asyncio.current_task().cancelling())
            case ["uncancel"]:
                if any(each._state is asyncio.timeouts._State.EXPIRING for each in place.limits):
                    self.meet("eaten request")
                log(asyncio.current_task().uncancel())
            case ["reschedule", ms]:
                if place.limit:
                    place.limit.reschedule(None if ms is None else self.loop.time() + ms)
            case ["count"]:
                self.objects.count += 1
            case ["call", *call]:
                self.log(place.who, f"{' '.join(map(show, call))}: {self.call(call)}")
            case ["let", name, combined]:
                if made := self.future_of(combined):
                    self.futures[name] = made
            case [_, name, *_] if name not in self.futures:
                log("missing")
            case ["set" | "fail" as action, name, number]:
                future = self.futures[name]
                if future.done():
                    return log("done")
                if action == "set":
                    future.set_result(number)
                else:
                    future.set_exception(ValueError(f"e{number}"))
                log("ok")
            case ["cancel", name, message]:
                log(self.cancel(self.futures[name], message))
            case ["watch", name]:
                self.futures[name].add_done_callback(self.watcher_of(name))
            case ["unwatch", name]:
                log(self.futures[name].remove_done_callback(self.watcher_of(name)))

    async def wait(self, who, what, start):
        """Waits, and logs how that ends."""
        if asyncio.current_task()._must_cancel:
            self.meet("await")
            if "waitFor" in what:
                self.meet("pending request")
        try:
            # An await begins to wait a microtask later.
            await self.linger()
            awaitable = start()
            value = "missing" if awaitable is None else await awaitable
            await self.linger()
            self.log(who, f"{what}: {self.show(value)}")
        except (Exception, asyncio.CancelledError) as error:
            if not self.is_over:
                self.log(who, f"{what}: {describe(error)}")
                await self.linger()
            raise

    async def timeout(self, place, ms, body):
        is_pending = asyncio.current_task()._must_cancel
        try:
            async with asyncio.timeout(ms) as limit:
                return await self.scope(place.inside(limit=limit, limits=(*place.limits, limit)), body)
        except TimeoutError:
            if is_pending:
                self.meet("pending request")
            raise

    async def group(self, place, body):
        async with asyncio.TaskGroup() as group:
            return await self.scope(place.inside(group=group), body)

    def call(self, call):
        """Calls a method of an object, and returns the result or the error as text."""
        try:
            return show(self.objects.act(*call))
        except Exception as error:
            return describe(error)

    async def hold(self, place, name, way, body):
        async def hold():
            await self.linger()
            self.log(place.who, f"holds {name}")
            return await self.scope(place, body)

        return await self.objects.hold(name, way, hold)

    async def consume(self, who, name):
        try:
            while True:
                item = await self.objects.wait(name, "get")
                await self.linger()
                self.log(who, f"gets {item}")
        except asyncio.QueueShutDown:
            await self.linger()

    def future_of(self, awaited):
        """Makes what a statement waits for, unless nobody has made its tasks yet."""
        match awaited:
            case str(name):
                return self.futures.get(name)
            case ["call", *call]:
                return self.objects.wait(*call)
            case ["waitFor", ["call", *_], 0]:
                self.meet("begun")
            case ["shield", inner]:
                future = self.future_of(inner)
                return future and asyncio.shield(future)
            case ["waitFor", inner, ms]:
                future = self.future_of(inner)
                return future and asyncio.wait_for(future, ms)
        futures = self.futures_of(awaited[1])
        if not futures:
            return None
        if awaited[0] == "gather":
            return self.gather(futures, awaited[2])
        return asyncio.wait(futures, timeout=awaited[2], return_when=awaited[3])

    def gather(self, futures, return_exceptions):
        def on_done(gathered):
            if getattr(gathered, "_cancel_requested", False):
                self.meet("cancelled gather")

        gathered = asyncio.gather(*futures, return_exceptions=return_exceptions)
        gathered.add_done_callback(on_done)
        return gathered

    def futures_of(self, names):
        return [self.futures[name] for name in names if name in self.futures]

    async def iterate(self, who, form, names, ms):
        if asyncio.current_task()._must_cancel:
            self.meet("await")
        completions = asyncio.as_completed(self.futures_of(names), timeout=ms)
        try:
            if form == "for await":
                async for future in completions:
                    self.log(who, f"takes {self.name_of(future)} {state_of(future)}")
                # The end of the iterator is awaited, too.
                await self.linger()
            else:
                for next_one in completions:
                    try:
                        self.log(who, f"takes {show(await next_one)}")
                    except ValueError as error:
                        self.log(who, f"takes {describe(error)}")
            self.log(who, "takes all")
        except (Exception, asyncio.CancelledError) as error:
            if not self.is_over:
                self.log(who, f"takes {describe(error)}")
            raise
        finally:
            # In this module, leaving the loop ends it.
            if completions._timeout_handle:
                completions._timeout_handle.cancel()

    def watcher_of(self, name):
        def watcher(future):
            self.log(f"a watcher of {name}", state_of(future))

        return self.watchers.setdefault(name, watcher)

    def name_of(self, future):
        return next((name for name, each in self.futures.items() if each is future), None)

    def show(self, value):
        """Shows a value, also one of `wait()`."""
        if not isinstance(value, tuple):
            return show(value)
        done, pending = [show(sorted(map(self.name_of, futures))) for futures in value]
        return f"done {done} pending {pending}"


def cancelled_error(message):
    return asyncio.CancelledError() if message is None else asyncio.CancelledError(message)


def play(program, random=None, hands_over=False):
    loop = ShuffledLoop(random) if random else Loop()
    asyncio.set_event_loop(loop)
    try:
        return Play(program, loop, random, hands_over).play()
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def by_task(trace):
    """What each task saw, and how everything ended."""
    return sorted(trace["events"], key=lambda event: event[1]), trace["states"]


def answer(program, shuffles):
    trace = play(program)
    trace["isRace"] = False
    for seed in range(shuffles):
        other = play(program, random.Random(seed) if seed else Slowest())
        if by_task(other) != by_task(trace):
            trace["isRace"] = True
            break
        # What is handed over in this order may be there without a wait in the usual one.
        for name in HANDED_OVER & other["met"].keys():
            trace["met"].setdefault(name, other["met"][name])
    if HANDED_OVER & trace["met"].keys():
        trace["handedOver"] = play(program, hands_over=True)
    return trace


if __name__ == "__main__":
    sys.unraisablehook = lambda _: None
    meet_differences()
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)
