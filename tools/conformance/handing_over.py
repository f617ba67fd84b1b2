"""Locks, conditions, semaphores, barriers and queues of asyncio that hand over as this module does.

Where a program meets a difference of sync_objects.py, the program runs once more with these in
place of asyncio's own, and must end as in this module. Tasks, timeouts and events are asyncio's.
"""

import asyncio
import bisect


class Place(asyncio.Future):
    """What waits in a line."""

    def __init__(self, baggage):
        super().__init__(loop=asyncio.get_event_loop())
        self.baggage = baggage


class Line:
    """Those who wait, first come, first served."""

    def __init__(self):
        self.places = []

    def pending(self):
        self.places = [each for each in self.places if not each.done()]
        return self.places

    async def wait(self, baggage=None, give_back=lambda place: None):
        place = Place(baggage)
        self.places.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if not place.cancelled() and not place.exception():
                give_back(place)
            raise


class Lock:
    def __init__(self):
        self.holder = None
        # What the latest acquire() has given to its caller.
        self.given = None
        self.line = Line()

    def locked(self):
        return self.holder is not None

    async def acquire(self):
        token = object()
        if self.holder is None:
            self.holder = token
        else:
            await self.line.wait(token, lambda place: self.leave(token))
        self.given = token
        return True

    def rejoin(self, place):
        """Lets a place wait for the lock, which holds it as before."""
        if self.holder is None:
            self.holder = place.baggage
            place.set_result(True)
        else:
            self.line.places.append(place)

    def leave(self, token):
        if self.holder is token:
            self.release()

    def release(self):
        if self.holder is None:
            raise RuntimeError
        self.holder = None
        if places := self.line.pending():
            self.holder = places[0].baggage
            places[0].set_result(True)


class ConditionPlace(Place):
    """A wait for a condition, and then for the lock. Requests wait until the lock is held again."""

    def __init__(self, condition):
        super().__init__(condition.lock.holder)
        self.condition = condition
        self.is_woken = self.is_notified = False
        self.request = None

    def wake(self):
        self.is_woken = True
        self.condition.lock.rejoin(self)

    def notify(self):
        self.is_notified = True
        self.wake()

    def cancel(self, msg=None):
        if self.done():
            return False
        self.request = self.request or [msg]
        if not self.is_woken:
            self.wake()
        return True

    def set_result(self, result):
        if not self.request:
            return super().set_result(result)
        if self.is_notified:
            self.condition.wake(1)
        super().cancel(*self.request)


class Condition:
    def __init__(self, lock):
        self.lock = lock
        self.waiting = []
        self.acquire, self.release, self.locked = lock.acquire, lock.release, lock.locked

    def check(self):
        if not self.locked():
            raise RuntimeError

    async def wait(self):
        self.check()
        place = ConditionPlace(self)
        self.waiting.append(place)
        self.release()
        try:
            return await place
        except asyncio.CancelledError as error:
            error.is_late = not place.cancelled()
            if error.is_late:
                self.wake(1)
            raise

    async def wait_for(self, predicate):
        self.check()
        if result := predicate():
            return result
        while True:
            try:
                await self.wait()
            except RuntimeError:
                await asyncio.sleep(0)
                raise
            except asyncio.CancelledError as error:
                if error.is_late:
                    await pause()
                raise
            # The predicate is asked in a turn before the code goes on.
            if result := predicate():
                try:
                    await asyncio.sleep(0)
                except asyncio.CancelledError:
                    self.wake(1)
                    raise
                return result

    def notify(self, n=1):
        self.check()
        self.wake(n)

    def notify_all(self):
        self.notify(len(self.waiting))

    def wake(self, n):
        self.waiting = [each for each in self.waiting if not each.is_woken]
        for each in self.waiting[:n]:
            each.notify()


async def pause():
    """Takes a turn, whatever comes."""
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        pass


class Semaphore:
    bound = float("inf")

    def __init__(self, value):
        self.value = value
        self.line = Line()

    def locked(self):
        return self.value == 0

    async def acquire(self):
        if self.value == 0:
            return await self.line.wait(None, lambda place: self.give_back())
        self.value -= 1
        return True

    def give_back(self):
        if self.value < self.bound:
            self.release()

    def release(self):
        if self.value >= self.bound:
            raise RuntimeError
        if places := self.line.pending():
            places[0].set_result(True)
        else:
            self.value += 1


class BoundedSemaphore(Semaphore):
    def __init__(self, value):
        super().__init__(value)
        self.bound = value


class Barrier:
    def __init__(self, parties):
        self.parties = parties
        self.line = Line()
        self.broken = False

    @property
    def n_waiting(self):
        return len(self.line.pending())

    async def wait(self):
        if self.broken:
            raise asyncio.BrokenBarrierError
        last = self.parties - 1
        if self.n_waiting < last:
            return await self.line.wait()
        for index, place in enumerate(self.line.pending()):
            place.set_result(index)
        return last

    def reset(self):
        self.broken = False
        self.fail_all()

    def abort(self):
        self.broken = True
        self.fail_all()

    def fail_all(self):
        for place in self.line.pending():
            place.set_exception(asyncio.BrokenBarrierError())


class Entry:
    """An item, when it arrived, and whether somebody has taken it."""

    def __init__(self, item):
        self.item = item
        self.order = None
        self.is_taken = False


class Queue:
    def __init__(self, meet, maxsize=0):
        self.meet = meet
        self.maxsize = maxsize
        self.entries = []
        self.arrived = 0
        self.getters, self.putters, self.joiners = Line(), Line(), Line()
        self.unfinished = 0
        self.is_shut_down = self.drops = False

    def qsize(self):
        return len(self.entries)

    def empty(self):
        return not self.entries

    def full(self):
        return 0 < self.maxsize <= len(self.entries)

    def check(self):
        if self.is_shut_down:
            raise asyncio.QueueShutDown

    async def put(self, item):
        self.check()
        if not self.full():
            return self.add(Entry(item))
        entry = Entry(item)
        try:
            await self.putters.wait(entry, lambda place: self.take_back(entry))
        except asyncio.CancelledError as error:
            if not entry.is_taken:
                raise
            # The request meets the next wait.
            asyncio.current_task().uncancel()
            asyncio.current_task().cancel(*error.args)

    def put_nowait(self, item):
        self.check()
        if self.full():
            raise asyncio.QueueFull
        self.add(Entry(item))

    def add(self, entry):
        self.append(entry)
        self.serve()

    def append(self, entry):
        entry.order = self.arrived
        self.arrived += 1
        self.entries.append(entry)
        self.unfinished += 1

    async def get(self):
        if self.entries:
            return self.take().item
        self.check()
        return (await self.getters.wait(None, lambda place: self.put_back(place.result()))).item

    def get_nowait(self):
        if not self.entries:
            self.check()
            raise asyncio.QueueEmpty
        return self.take().item

    def take(self):
        entry = self.pop()
        self.admit()
        return entry

    def next(self):
        return self.entries[0]

    def pop(self):
        entry = self.next()
        self.entries.remove(entry)
        entry.is_taken = True
        return entry

    def serve(self):
        while self.entries and (places := self.getters.pending()):
            places[0].set_result(self.pop())

    def admit(self):
        while not self.full() and (places := self.putters.pending()):
            places[0].set_result(None)
            self.append(places[0].baggage)
        self.serve()

    def put_back(self, entry):
        if self.drops:
            return self.unfinished and self.finish()
        bisect.insort(self.entries, entry, key=lambda one: one.order)
        self.serve()

    def take_back(self, entry):
        if entry in self.entries:
            self.entries.remove(entry)
            self.finish()
            self.admit()

    def task_done(self):
        if self.unfinished == 0:
            raise RuntimeError
        self.finish()

    def finish(self):
        self.unfinished -= 1
        if self.unfinished == 0:
            for place in self.joiners.pending():
                place.set_result(None)

    async def join(self):
        if self.unfinished:
            await self.joiners.wait()

    def shutdown(self, immediate=False):
        self.is_shut_down = True
        if immediate:
            self.drops = True
            while self.entries:
                self.pop()
                if self.unfinished:
                    self.finish()
        for place in [*self.putters.pending(), *self.getters.pending()]:
            place.set_exception(asyncio.QueueShutDown())


class PriorityQueue(Queue):
    def next(self):
        return min(self.entries, key=lambda entry: entry.item)


class LifoQueue(Queue):
    def next(self):
        return self.entries[-1]
