"""Measures CPython's asyncio on the work of the scenarios.

It prints JSON: for each scenario, nanoseconds per operation, one figure per
round. The arguments are how many rounds, and the scenarios by name.
"""

import asyncio
import gc
import json
import sys
import time

BATCH = 1_000
CONSUMERS = 100


async def await_each(count):
    loop = asyncio.get_running_loop()
    total = 0
    for i in range(count):
        future = loop.create_future()
        loop.call_soon(future.set_result, i)
        total += await future
    return total


async def call(count):
    loop = asyncio.get_running_loop()
    total = 0

    def callback(future):
        nonlocal total
        total += future.result()

    for start in range(0, count, BATCH):
        for i in range(start, min(start + BATCH, count)):
            future = loop.create_future()
            future.add_done_callback(callback)
            future.set_result(i)
        await asyncio.sleep(0)
    return total


async def settle(count):
    loop = asyncio.get_running_loop()
    total = 0
    for i in range(count):
        future = loop.create_future()
        future.set_result(i)
        total += future.result()
    return total


async def run_tasks(count):
    async def run(i):
        await asyncio.sleep(0)
        return i

    tasks = [asyncio.create_task(run(i)) for i in range(count)]
    total = 0
    for task in tasks:
        total += await task
    return total


async def sleep(count):
    sleeps = [asyncio.ensure_future(asyncio.sleep(0.001, i)) for i in range(count)]
    total = 0
    for future in sleeps:
        total += await future
    return total


async def gather(count):
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(count)]
    start = time.perf_counter()
    gathered = asyncio.gather(*futures)
    for i, future in enumerate(futures):
        future.set_result(i)
    total = sum(await gathered)
    return total, time.perf_counter() - start


async def lock_each(count):
    lock = asyncio.Lock()
    total = 0
    for i in range(count):
        await lock.acquire()
        total += i
        lock.release()
    return total


async def lock_by_many(count):
    lock = asyncio.Lock()
    await lock.acquire()
    total = 0

    async def add(i):
        nonlocal total
        await lock.acquire()
        total += i
        lock.release()

    tasks = [asyncio.create_task(add(i)) for i in range(count)]
    # After the first turn, all tasks wait.
    await asyncio.sleep(0)
    lock.release()
    for task in tasks:
        await task
    return total


async def consume(count, consumers=1):
    queue = asyncio.Queue(BATCH)
    total = 0

    async def get_items():
        nonlocal total
        for _ in range(count // consumers):
            item = await queue.get()
            total += item

    tasks = [asyncio.create_task(get_items()) for _ in range(consumers)]
    for i in range(count):
        await queue.put(i)
    for task in tasks:
        await task
    return total


async def consume_by_many(count):
    return await consume(count, CONSUMERS)


# Each scenario with its coroutine function and how many operations a round is.
SCENARIOS = {
    "awaitingInTask": (await_each, 20_000),
    "calling": (call, 50_000),
    "settling": (settle, 200_000),
    "tasks": (run_tasks, 20_000),
    "sleeping": (sleep, 50_000),
    "gathering": (gather, 50_000),
    "locking": (lock_each, 200_000),
    "lockingByMany": (lock_by_many, 10_000),
    "consuming": (consume, 100_000),
    "consumingByMany": (consume_by_many, 100_000),
    "consumingInGenerator": (consume, 100_000),
    "consumingByManyInGenerators": (consume_by_many, 100_000),
}


async def measure(work, count):
    gc.collect()
    start = time.perf_counter()
    total = await work(count)
    seconds = time.perf_counter() - start
    if isinstance(total, tuple):
        # What it needs is made before the work that counts.
        total, seconds = total
    assert total == count * (count - 1) // 2, total
    return seconds * 1e9 / count


async def main(rounds, names):
    samples = {}
    for name in names:
        if name not in SCENARIOS:
            continue
        await measure(*SCENARIOS[name])
        samples[name] = [await measure(*SCENARIOS[name]) for _ in range(rounds)]
    print(json.dumps(samples))


asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
