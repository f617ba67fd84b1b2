/**
 * Uses everything that the module exports, outside of tasks and in tasks, for checks of what that
 * does to other code. It throws if it does not know an export.
 */

/** What is done with each export, in a task and outside of one. */
function usesOf(m) {
  const failed = () => {
    const future = new m.Future();
    future.setException(new RangeError("x"));
    return future;
  };
  const soon = (value) => {
    const future = new m.Future();
    queueMicrotask(() => future.done() || future.setResult(value));
    return future;
  };
  const quietly = (awaitable) => awaitable.then(() => {}, () => {});
  const generator = function* () {
    return yield* soon(1);
  };
  return {
    AsyncContext: () => new m.AsyncContext.Variable().run(1, () => new m.AsyncContext.Snapshot()),
    async Barrier() {
      const barrier = new m.Barrier(2);
      await Promise.all([barrier.wait(), barrier.wait()]);
    },
    BoundedSemaphore: async () => await new m.BoundedSemaphore(1).run(async () => await soon(1)),
    BrokenBarrierError: () => new m.BrokenBarrierError("x"),
    async Condition() {
      const condition = new m.Condition();
      await condition.acquire();
      const waiting = condition.wait();
      await condition.run(() => condition.notifyAll());
      await waiting;
      await condition.waitFor(() => true);
      condition.release();
    },
    async Event() {
      const event = new m.Event();
      setTimeout(() => event.set());
      await event.wait();
    },
    async Lock() {
      const lock = new m.Lock();
      const held = await lock.acquire();
      const waiting = lock.acquire();
      lock.release();
      await waiting;
      lock.release();
      await lock.run(generator);
      void [held, String(lock)];
    },
    async LifoQueue() {
      const queue = new m.LifoQueue();
      await queue.put(1);
      await queue.get();
    },
    async PriorityQueue() {
      const queue = new m.PriorityQueue();
      for (const item of [2, 1, 3]) queue.putNowait(item);
      await queue.get();
    },
    async Queue() {
      const queue = new m.Queue({ maxsize: 1 });
      const worker = m.createTask(async () => {
        for await (const _ of queue) queue.taskDone();
      });
      for (let i = 0; i < 3; i++) await queue.put(i);
      await queue.join();
      queue.shutdown();
      await worker;
    },
    QueueEmpty: () => new m.QueueEmpty("x"),
    QueueFull: () => new m.QueueFull("x"),
    QueueShutDown: () => new m.QueueShutDown("x"),
    async Semaphore() {
      const semaphore = new m.Semaphore(1);
      await semaphore.acquire();
      setTimeout(() => semaphore.release());
      await semaphore.acquire();
    },
    abortErrors: () => m.abortErrors.has("AbortError"),
    CancelledError: () => new m.CancelledError("x"),
    InvalidStateError: () => new m.InvalidStateError("x"),
    TimeoutError: () => new m.TimeoutError("x"),
    LookupError: () => new m.LookupError("x"),
    async ContextVar() {
      const variable = new m.ContextVar("x", { defaultValue: 1 });
      await m.createTask(async () => {
        const token = variable.set(2);
        await soon(1);
        variable.reset(token);
        void [variable.get(), String(variable)];
      });
    },
    Token: () => String(m.Token.MISSING),
    copyContext: () => m.copyContext().run(() => new m.ContextVar("x").set(1)),
    async Future() {
      const { signal } = new AbortController();
      for (const make of [soon, failed, () => new m.Future({ signal }), () => soon(soon(1))]) {
        const future = make();
        future.addDoneCallback(() => {});
        const derived = future.then((value) => value);
        const all = [
          future,
          derived,
          derived.then(),
          future.catch(() => {}),
          future.finally(() => {}),
          Promise.race([derived, 1]),
          (async () => await future)(),
          (async () => derived)(),
          (async () => future)(),
        ];
        void [future.done(), future.cancelled(), String(future), future.signal, [...future]];
        setTimeout(() => future.cancel());
        await Promise.all(all.map(quietly));
      }
    },
    async Task() {
      const task = new m.Task(async (signal) => {
        await soon(signal);
        await new m.Future();
      });
      task.addDoneCallback(() => {});
      setTimeout(() => task.cancel());
      await quietly(task);
      await new m.Task(generator);
      await quietly(new m.Task(() => failed(), { eagerStart: true }));
    },
    allTasks: () => m.allTasks(),
    async asCompleted() {
      for await (const _ of m.asCompleted([soon(1), soon(2)]));
      for (const next of m.asCompleted([soon(1), soon(2)], { timeout: 1000 })) await next;
    },
    async cancelAndWait() {
      const task = m.createTask(async () => await new m.Future());
      setTimeout(() => quietly(m.cancelAndWait(task)));
      await quietly(task);
    },
    createTask: async () => await Promise.all([m.createTask(generator), m.createTask(soon)]),
    currentTask: () => String(m.currentTask()),
    detached: async () => await m.detached(soon)(1),
    ensureFuture: async () => await m.ensureFuture(Promise.resolve(1)),
    gather: async () => await m.gather(soon(1), Promise.resolve(2), m.createTask(generator)),
    getEventLoop: () => m.getEventLoop().callSoon(() => {}),
    getRunningLoop: () => m.currentTask() && m.getRunningLoop().callLater(0, () => {}),
    isFuture: () => m.isFuture(soon(1)),
    moveOnAfter: async () => await m.moveOnAfter(1, async () => await new m.Future()),
    moveOnAt: async () => await m.moveOnAt(null, async () => await soon(1)),
    newEventLoop: () => m.newEventLoop().close(),
    async pooledMap() {
      for await (const _ of m.pooledMap(2, [1, 2, 3], soon));
    },
    race: async () => await m.race([soon(1), new m.Future()]),
    async run() {
      if (!m.currentTask()) await m.run(async () => await soon(1));
    },
    shield: async () => await m.shield(soon(1)),
    shielded: async () => await m.shielded(async () => await soon(1)),
    sleep: async () => await m.sleep(0),
    taskGroup: async () =>
      await m.taskGroup(async (group) => {
        group.createTask(generator);
        await group.createTask(async () => await soon(1));
      }),
    timeout: async () => await quietly(m.timeout(1, async () => await new m.Future())),
    timeoutAt: async () => await m.timeoutAt(null, async () => await soon(1)),
    wait: async () => await m.wait([soon(1), soon(2)]),
    waitFor: async () => await quietly(m.waitFor(new m.Future(), 1)),
    async wrapFuture() {
      const job = {
        addDoneCallback: (callback) => callback(job),
        cancel: () => false,
        cancelled: () => false,
        exception: () => null,
        result: () => 1,
      };
      await m.wrapFuture(job);
    },
  };
}

/** Uses all exports of a module object. */
export async function useEverything(m) {
  const uses = usesOf(m);
  const unknown = Object.keys(m).filter((name) => !(name in uses));
  if (unknown.length > 0) throw new Error(`Cannot use what is not known: received ${unknown}`);
  const useAll = async () => {
    for (const use of Object.values(uses)) await use();
  };
  await useAll();
  await m.createTask(useAll);
}
