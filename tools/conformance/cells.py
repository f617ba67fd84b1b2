"""Runs the cells of tests/waiting/outcomes.ts in asyncio.

The cells come as JSON on the standard input, and what came of each goes as JSON
to the standard output: null for a cell that this version of Python cannot do.
"""

import asyncio
import json
import sys

from virtual_loop import Loop

CALL, BEFORE, LATE_TIMER, EVENT, AFTER, LATE = 5, 10, 12, 20, 30, 40

# What has another name there.
NAMES = {"ExceptionGroup": "AggregateError"}


class Play:
    """A run of a cell."""

    def __init__(self, cell, loop):
        self.target = cell["target"]
        self.kind = cell["child"]
        self.when = cell["when"]
        self.event = cell["event"]
        self.loop = loop
        self.events = []
        self.outcome = "none"
        self.names = {}
        self.child = self.sibling = None
        loop.set_exception_handler(self.on_report)
        self.gate = loop.create_future()
        self.set_timers()
        if not self.target.startswith("taskGroup"):
            self.child = self.watch("child", self.make_child())
            if self.target not in ("waitFor", "shield", "timeout"):
                self.sibling = self.watch("sibling", loop.create_task(self.run_sibling()))
        self.caller = self.watch("caller", loop.create_task(self.run_caller()))

    def end(self):
        pending = sorted(self.names[task] for task in asyncio.all_tasks(self.loop))
        if pending:
            self.log(f"pending: {', '.join(pending)}")
        return {"outcome": self.outcome, "events": self.events}

    def set_timers(self):
        def at(time, made, callback):
            if made == 0:
                self.loop.call_later(time, callback)
            else:
                self.loop.call_later(made, lambda: self.loop.call_later(time - made, callback))

        if self.when == "before call":
            at(1, 0, self.let_go)
        elif self.when == "before":
            at(BEFORE, 0, self.let_go)
        elif self.when == "after":
            at(AFTER, 0, self.let_go)
        else:
            at(EVENT, LATE_TIMER if self.when == "same turn, after" else 0, self.let_go)

        if "cancel" not in self.event:
            return
        turns = int(self.when[0]) if self.when[0].isdigit() else 0
        made = LATE_TIMER if self.event == "timeout, cancel" else 0
        at(EVENT, made, lambda: self.call_after(turns, self.cancel))

    def call_after(self, turns, callback):
        if turns == 0:
            callback()
        else:
            self.loop.call_soon(lambda: self.call_after(turns - 1, callback))

    def cancel(self):
        self.log(f"cancel() returns {str(self.caller.cancel('stop')).lower()}")

    def let_go(self):
        if not self.kind.startswith("future"):
            if not self.gate.done():
                self.gate.set_result(None)
        elif not self.child.done():
            if self.kind == "future result":
                self.child.set_result("value")
            elif self.kind == "future cancelled":
                self.child.cancel("own")
            else:
                self.child.set_exception(ValueError("boom"))

    def make_child(self):
        if self.kind.startswith("future"):
            return self.loop.create_future()
        return self.loop.create_task(self.run_child())

    async def run_child(self):
        try:
            await self.gate
        except asyncio.CancelledError as error:
            self.log(f"child is thrown {describe(error)}")
            if self.kind != "swallows":
                raise
            await asyncio.sleep(0)
            return "swallowed"
        if self.kind == "exception":
            raise ValueError("boom")
        if self.kind == "cancelled":
            raise asyncio.CancelledError("own")
        return "value"

    async def run_sibling(self):
        await asyncio.sleep(LATE - self.loop.time())
        return "late"

    async def run_caller(self):
        await asyncio.sleep(CALL)
        failure = None
        try:
            self.outcome = show(await self.call_with_limit())
        except BaseException as error:
            failure = error
            self.outcome = describe(error)
        self.log(f"caller gets {self.outcome}")
        try:
            await asyncio.sleep(0)
            self.log("caller goes on")
        except asyncio.CancelledError as error:
            self.log(f"caller is thrown {describe(error)}")
        if failure:
            raise failure
        return "end"

    async def call_with_limit(self):
        limit = EVENT - CALL if "timeout" in self.event else None
        if limit is None or not self.target.startswith(("gather", "shield", "taskGroup")):
            return await self.call(limit)
        async with asyncio.timeout(limit):
            return await self.call(None)

    async def call(self, limit):
        child, sibling = self.child, self.sibling
        if self.target == "gather":
            return await self.watch("future", asyncio.gather(child, sibling))
        if self.target == "gather returnExceptions":
            return await self.watch(
                "future", asyncio.gather(child, sibling, return_exceptions=True)
            )
        if self.target.startswith("wait "):
            return await self.wait(limit, self.target.split()[1])
        if self.target == "wait":
            return await self.wait(limit, "ALL_COMPLETED")
        if self.target == "waitFor":
            return await asyncio.wait_for(child, limit)
        if self.target == "shield":
            return await self.watch("future", asyncio.shield(child))
        if self.target == "asCompleted, for":
            return await self.iterate(limit)
        if self.target == "asCompleted, for await":
            return await self.iterate_async(limit)
        if self.target == "timeout":
            async with asyncio.timeout(limit):
                return await child
        async with asyncio.TaskGroup() as group:
            result = await self.group_body(group)
        return result

    async def wait(self, limit, return_when):
        done, pending = await asyncio.wait(
            [self.child, self.sibling], timeout=limit, return_when=return_when
        )
        names = [sorted(self.names[future] for future in futures) for futures in (done, pending)]
        return f"done {show(names[0])} pending {show(names[1])}"

    async def iterate(self, limit):
        taken = []
        for next_one in asyncio.as_completed([self.child, self.sibling], timeout=limit):
            try:
                taken.append(await next_one)
            except ValueError as error:
                taken.append(describe(error))
            self.log(f"caller takes {taken[-1]}")
        return taken

    async def iterate_async(self, limit):
        taken = []
        async for future in asyncio.as_completed([self.child, self.sibling], timeout=limit):
            taken.append(f"{self.names[future]} ({state_of(future)})")
            self.log(f"caller takes {taken[-1]}")
        return taken

    async def group_body(self, group):
        child = self.watch("child", group.create_task(self.run_child()))
        self.watch("sibling", group.create_task(self.run_sibling()))
        if self.target == "taskGroup":
            return "body"
        try:
            if self.target == "taskGroup, body sleeps":
                await asyncio.sleep(LATE - CALL)
                return "body"
            return f"body with {await child}"
        except BaseException as error:
            self.log(f"body is thrown {describe(error)}")
            raise

    def watch(self, name, future):
        self.names.setdefault(future, name)
        future.add_done_callback(lambda _: self.log(f"{name}: {state_of(future)}"))
        return future

    def on_report(self, _loop, context):
        # When what nobody looks at is reported depends on the garbage collection,
        # or on the version.
        message = context["message"]
        if "never retrieved" not in message and "in shielded future" not in message:
            self.log(f"reported: {message} ({describe(context.get('exception'))})")

    def log(self, text):
        self.events.append(f"{self.loop.time():.0f} {text}")


def state_of(future):
    if future.cancelled():
        return "cancelled"
    exception = future.exception()
    if exception is None:
        return f"result {show(future.result())}"
    return f"exception {describe(exception)}"


def show(value):
    if isinstance(value, list):
        return f"[{', '.join(map(show, value))}]"
    return describe(value) if isinstance(value, BaseException) else str(value)


def describe(error):
    name = NAMES.get(type(error).__name__, type(error).__name__)
    if isinstance(error, BaseExceptionGroup):
        return f"{name} {show(list(error.exceptions))}"
    return f"{name}: {error}" if str(error) else name


def run_cell(cell):
    if cell["target"] == "asCompleted, for await" and sys.version_info < (3, 13):
        return None
    loop = Loop()
    asyncio.set_event_loop(loop)
    try:
        play = Play(cell, loop)
        loop.run_forever()
        return play.end()
    finally:
        asyncio.set_event_loop(None)
        loop.close()


if __name__ == "__main__":
    print("[" + ",\n".join(json.dumps(run_cell(cell)) for cell in json.load(sys.stdin)) + "]")
