/**
 * A program with a race, for each test runner: two requests load one key, unless the second one
 * begins when the first one has ended.
 */
export function makeRace({ createTask, gather, sleep }) {
  return async ({ random }) => {
    const cache = new Map();
    let loads = 0;
    const get = async (key) => {
      if (!cache.has(key)) {
        loads++;
        await sleep(60_000);
        cache.set(key, random());
      }
      return cache.get(key);
    };
    const first = createTask(() => get("key"), { name: "first" });
    const second = createTask(async () => {
      await first;
      await get("key");
    }, { name: "second" });
    const third = createTask(async () => {
      await sleep(60_000);
      await get("key");
    }, { name: "third" });
    await gather(first, second, third);
    if (loads > 1) throw new Error(`loaded ${loads} times`);
  };
}
