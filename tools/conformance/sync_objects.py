"""The objects that the tasks of a random program share, as asyncio has them.

They note where asyncio is about to do what this module does not do: see
tools/conformance/differences.ts. `sync_objects.ts` makes those of this module.
"""

import asyncio
import collections
import re
from asyncio.locks import _BarrierState

import handing_over

# The differences that the classes of handing_over.py have as well.
HANDED_OVER = {
    "hand-over",
    "cancelled waiter",
    "lock of a condition",
    "one a turn",
    "predicate",
    "unlocked condition",
    "spurious notification",
    "free permit",
    "bound",
    "place",
    "guard",
}


class Waiters(collections.deque):
    """Futures of those who wait, each with its task."""

    def __init__(self):
        super().__init__()
        self.of_task = {}

    def append(self, future):
        future.owner = asyncio.current_task()
        self.of_task[future.owner] = future
        super().append(future)


def is_woken(future):
    """Whether who waits has been woken, or cancelled, and has not gone on yet."""
    return future.done() and future.owner._fut_waiter is future


class Lock(asyncio.Lock):
    def __init__(self, meet):
        super().__init__()
        self._waiters = Waiters()
        self.meet = meet
        self.conditions = []
        # The tasks that wait for a condition.
        self.rejoining = set()
        # A new object for each time that the lock is held.
        self.holder = None
        # The turn in which the lock was released last.
        self.released = None

    def woken(self):
        """Those who wait for a condition, and are about to wait for the lock."""
        return [each for condition in self.conditions for each in condition._waiters if each.done()]

    def is_promised(self):
        """Whether the lock is free, and held by somebody in this module."""
        waiters = (not each.cancelled() or each.owner in self.rejoining for each in self._waiters)
        return not self._locked and (any(waiters) or bool(self.woken()))

    def locked(self):
        if self.is_promised():
            self.meet("hand-over")
        return super().locked()

    def release(self):
        if self.is_promised():
            self.meet("hand-over")
        waiters = self._waiters
        if waiters and waiters[0].cancelled() and not all(each.done() for each in waiters):
            self.meet("cancelled waiter")
        loop = asyncio.get_event_loop()
        if any(each.scheduled < loop.scheduled for each in self.woken()):
            # In this module, what was scheduled since then comes first.
            self.meet("one a turn")
        super().release()
        self.holder = None
        self.released = loop.turn

    async def acquire(self):
        task = asyncio.current_task()
        rejoins = task in self.rejoining
        if not rejoins and self.woken():
            self.meet("lock of a condition")
        if any(each.cancelled() and each.owner in self.rejoining for each in self._waiters):
            self.meet("lock of a condition")
        if rejoins and not self._locked and self.released == asyncio.get_event_loop().turn:
            self.meet("one a turn")
        try:
            await super().acquire()
        except asyncio.CancelledError:
            if rejoins:
                self.meet("merged requests")
                if self._waiters:
                    self.meet("lock of a condition")
            raise
        self.given = self.holder = object()
        return True


class Condition(asyncio.Condition):
    def __init__(self, lock):
        super().__init__(lock)
        self._waiters = Waiters()
        self.lock = lock
        lock.conditions.append(self)

    async def wait(self):
        holder = self.lock.holder
        task = asyncio.current_task()
        self.lock.rejoining.add(task)
        try:
            return await super().wait()
        finally:
            self.lock.rejoining.discard(task)
            self.lock.holder = holder

    async def wait_for(self, predicate):
        if not self.locked() and predicate():
            self.lock.meet("unlocked condition")
        result = predicate()
        while not result:
            await self.wait()
            self.lock.meet("predicate")
            result = predicate()
        return result

    def _notify(self, n):
        task = asyncio.current_task()
        if task in self.lock.rejoining and self._waiters.of_task[task].cancelled():
            # A wait() that was cancelled, not notified.
            if not all(each.done() for each in self._waiters):
                self.lock.meet("spurious notification")
        super()._notify(n)
        for each in self._waiters:
            if each.done() and not hasattr(each, "scheduled"):
                each.scheduled = asyncio.get_event_loop().scheduled


class SemaphoreMixin:
    def watch(self, meet):
        self.meet = meet
        return self

    def locked(self):
        # Those who wait have been given permits, and have not gone on yet.
        if self._value > 0 and super().locked():
            self.meet("free permit")
        return super().locked()


class Semaphore(SemaphoreMixin, asyncio.Semaphore):
    pass


class BoundedSemaphore(SemaphoreMixin, asyncio.BoundedSemaphore):
    async def acquire(self):
        try:
            return await super().acquire()
        except asyncio.CancelledError:
            if self._value > self._bound_value:
                self.meet("bound")
            raise


class Barrier(asyncio.Barrier):
    def __init__(self, meet, parties):
        super().__init__(parties)
        self._cond = Condition(Lock(lambda name: name == "spurious notification" and meet(name)))
        self.meet = meet
        # The tasks that wait, in order. When all have come, others make another list.
        self.line = []

    def note_cancelled(self):
        if any(each.cancelled() for each in self._cond._waiters):
            self.meet("cancelled waiter")

    @property
    def n_waiting(self):
        self.note_cancelled()
        return super().n_waiting

    async def wait(self):
        self.note_cancelled()
        if self._state in (_BarrierState.DRAINING, _BarrierState.RESETTING):
            self.meet("hand-over")
        line, task = self.line, asyncio.current_task()
        line.append(task)
        if len(line) == self._parties:
            self.line = []
        try:
            index = await super().wait()
        except BaseException:
            if line is self.line:
                line.remove(task)
            raise
        if index != line.index(task):
            self.meet("place")
        return index

    async def reset(self):
        self.note_handed_over()
        await super().reset()

    async def abort(self):
        self.note_handed_over()
        await super().abort()

    def note_handed_over(self):
        if self._state is _BarrierState.DRAINING:
            self.meet("hand-over")


class QueueMixin:
    def watch(self, meet):
        self.meet = meet
        self._getters = Waiters()
        self._putters = Waiters()
        self.woken = []
        return self

    def _wakeup_next(self, waiters):
        candidates = [each for each in waiters if not each.done()]
        super()._wakeup_next(waiters)
        if candidates:
            self.woken.append((waiters, candidates[0]))

    def before(self, method, argument=None):
        """Notes whether a call does something else in this module.

        There, who waits for an item has it already, and the item of who waits for room is in the
        queue already.
        """
        self.woken = [each for each in self.woken if is_woken(each[1])]
        getters = sum(waiters is self._getters for waiters, _ in self.woken)
        putters = len(self.woken) - getters
        size = len(self._queue)
        other_size = size - getters + putters
        is_fifo = type(self) is Queue
        is_full = 0 < self._maxsize <= size
        # Those who wait behind, and for whom an item that is given back comes too late.
        others = any(not each.done() for each in self._getters)
        match method:
            case "qsize":
                differs = other_size != size
            case "empty":
                differs = (other_size == 0) != (size == 0)
            case "full":
                differs = (0 < self._maxsize <= other_size) != is_full
            case "get" | "get_nowait":
                differs = getters or (putters and (size == 0 or not is_fifo))
            case "put" | "put_nowait":
                differs = putters or (getters and (is_full or not is_fifo or others))
            case "task_done" | "join":
                differs = putters
            case "shutdown":
                differs = putters or (getters and (argument or others))
        if differs:
            self.meet("hand-over")


class Queue(QueueMixin, asyncio.Queue):
    pass


class PriorityQueue(QueueMixin, asyncio.PriorityQueue):
    pass


class LifoQueue(QueueMixin, asyncio.LifoQueue):
    pass


class Objects:
    """The objects of a program."""

    def __init__(self, meet, hands_over):
        self.meet = meet
        # What Condition.wait_for() asks for.
        self.count = 0
        self.objects = handing_over_objects(meet) if hands_over else asyncio_objects(meet)

    def act(self, name, method, *args):
        """Calls a method that does not wait, or reads a property."""
        try:
            result = self.call(name, method, *args)
        except ValueError as error:
            # Too many calls of release() or task_done().
            raise RuntimeError from error
        if not asyncio.iscoroutine(result):
            return result
        try:
            result.send(None)
        except StopIteration:
            return None
        raise AssertionError(f"{name}.{method}() waits")

    def wait(self, name, method, *args):
        """Calls a method that waits."""
        return self.call(name, method, *args)

    def call(self, name, method, *args):
        object = self.objects[name]
        method = re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", method)
        if isinstance(object, QueueMixin):
            object.before(method, *args)
        member = getattr(object, method)
        if method == "wait_for":
            return member(lambda: self.count >= args[0])
        return member(*args) if callable(member) else member

    async def hold(self, name, way, body):
        """Runs a body while something is held."""
        object = self.objects[name]
        lock = getattr(object, "lock", object)
        await object.acquire()
        given = getattr(lock, "given", None)
        try:
            return await body()
        finally:
            is_foreign = given and lock.holder is not given and way != "release"
            if is_foreign:
                self.meet("guard")
            if not is_foreign or isinstance(lock, Lock):
                self.act(name, "release")

    def states(self):
        return {name: state_of(object) for name, object in self.objects.items()}


def asyncio_objects(meet):
    lock = Lock(meet)
    return {
        "lock": Lock(meet),
        "condition": Condition(lock),
        "sibling": Condition(lock),
        "event": asyncio.Event(),
        "semaphore": Semaphore(2).watch(meet),
        "bounded": BoundedSemaphore(1).watch(meet),
        "pair": Barrier(meet, 2),
        "trio": Barrier(meet, 3),
        "slot": Queue(1).watch(meet),
        "queue": Queue().watch(meet),
        "heap": PriorityQueue(2).watch(meet),
        "stack": LifoQueue(2).watch(meet),
    }


def handing_over_objects(meet):
    lock = handing_over.Lock()
    return {
        "lock": handing_over.Lock(),
        "condition": handing_over.Condition(lock),
        "sibling": handing_over.Condition(lock),
        "event": asyncio.Event(),
        "semaphore": handing_over.Semaphore(2),
        "bounded": handing_over.BoundedSemaphore(1),
        "pair": handing_over.Barrier(2),
        "trio": handing_over.Barrier(3),
        "slot": handing_over.Queue(meet, 1),
        "queue": handing_over.Queue(meet),
        "heap": handing_over.PriorityQueue(meet, 2),
        "stack": handing_over.LifoQueue(meet, 2),
    }


def state_of(object):
    match object:
        case asyncio.Event():
            return "set" if object.is_set() else "unset"
        case asyncio.Barrier() | handing_over.Barrier():
            return "broken" if object.broken else f"{object.n_waiting} wait"
        case asyncio.Semaphore():
            return f"{object._value} free"
        case handing_over.Semaphore():
            return f"{object.value} free"
        case handing_over.Queue():
            items = [str(object.pop().item) for _ in range(object.qsize())]
            return f"[{','.join(items)}], {object.unfinished} unfinished"
        case asyncio.Queue():
            items = [str(object._get()) for _ in range(len(object._queue))]
            return f"[{','.join(items)}], {object._unfinished_tasks} unfinished"
    return "locked" if object.locked() else "unlocked"
