"""asyncio's loop with a virtual clock, without input and output.

The clock jumps to the next timer. A second stands for a millisecond there.
"""

import asyncio
import itertools
import random


class Clock:
    """In place of a selector: time passes when there is nothing to do."""

    def __init__(self, loop):
        self.loop = loop
        self.now = 0

    def select(self, timeout):
        if timeout is None:
            self.loop.stop()
        else:
            self.now += timeout
        return []


class Task(asyncio.Task):
    """A task with a hash that makes sets of up to four tasks keep their order."""

    def __hash__(self):
        return 0


class Future(asyncio.Future):
    """A future with such a hash."""

    def __hash__(self):
        return 0

    def cancel(self, msg=None):
        is_cancelled = super().cancel(msg)
        if is_cancelled:
            self.scheduled = self.get_loop().scheduled
        return is_cancelled


# The futures of gather() have such a hash, too.
asyncio.tasks._GatheringFuture.__hash__ = Future.__hash__


class Loop(asyncio.BaseEventLoop):
    """The loop. Its `run_forever()` returns when there is nothing left to do."""

    def __init__(self):
        super().__init__()
        self._selector = Clock(self)
        self._clock_resolution = 1e-3
        self._ties = itertools.count()
        self.turn = 0
        # How many callbacks were scheduled so far.
        self.scheduled = 0
        self.set_task_factory(lambda loop, coro, **kwargs: Task(coro, loop=loop, **kwargs))

    def _run_once(self):
        self.turn += 1
        super()._run_once()

    def call_soon(self, callback, *args, context=None):
        self.scheduled += 1
        return super().call_soon(callback, *args, context=context)

    def time(self):
        return round(self._selector.now, 3)

    def call_at(self, when, callback, *args, context=None):
        # Timers for the same time are called in the order in which they were made.
        when += next(self._ties) * 1e-6
        return super().call_at(when, callback, *args, context=context)

    def create_future(self):
        future = Future(loop=self)
        future.turn = self.turn
        return future

    def _process_events(self, events):
        pass


class Slowest(random.Random):
    """In place of random numbers: everything takes more turns, in the usual order."""

    def random(self):
        return 0

    def randrange(self, stop):
        return stop - 1


class ShuffledLoop(Loop):
    """A loop that calls what is ready in a random order."""

    def __init__(self, random):
        super().__init__()
        self._random = random

    def call_soon(self, callback, *args, context=None):
        handle = super().call_soon(callback, *args, context=context)
        self._ready.insert(self._random.randrange(len(self._ready)), self._ready.pop())
        return handle
