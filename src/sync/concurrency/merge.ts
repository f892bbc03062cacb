import { createWakeUp } from './wake-up.ts'

/**
 * Yields the sources' values as they come, with `limit` sources under way at a time. Each of these works on its next
 * value while its last one is being used. When several are ready, they take turns. The first error ends all.
 */
export async function* merge<T>(
  sources: Iterable<AsyncGenerator<T, void, void>>,
  limit = Infinity,
): AsyncGenerator<T, void, void> {
  const waiting = sources[Symbol.iterator]()
  /** In the order in which they came. */
  const ready: Ready<T>[] = []
  const isReady = createWakeUp()
  let underWay = 0

  async function advance(source: AsyncGenerator<T, void, void>): Promise<void> {
    try {
      ready.push({ source, result: await source.next() })
    } catch (error) {
      ready.push({ error })
    }
    isReady.give()
  }

  function startNext(): boolean {
    const next = waiting.next()
    if (next.done) return false
    underWay++
    void advance(next.value)
    return true
  }

  for (let started = 0; started < limit; started++) if (!startNext()) break
  while (underWay > 0) {
    const first = ready.shift()
    if (!first) await isReady.next()
    else if ('error' in first) throw first.error
    else if (first.result.done) {
      underWay--
      startNext()
    } else {
      void advance(first.source)
      yield first.result.value
    }
  }
}

type Ready<T> = { source: AsyncGenerator<T, void, void>; result: IteratorResult<T, void> } | { error: unknown }
