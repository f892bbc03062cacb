/**
 * Yields the sources' values as they come, with `limit` sources under way at a time. Each of these works on its next
 * value while its last one is being used. When several are ready, they take turns. The first error ends all.
 */
export async function* merge<T>(
  sources: Iterable<AsyncGenerator<T, void, void>>,
  limit = Infinity,
): AsyncGenerator<T, void, void> {
  const waiting = sources[Symbol.iterator]()
  const underWay = new Map<AsyncGenerator<T, void, void>, Promise<Ready<T>>>()

  const advance = (source: AsyncGenerator<T, void, void>) => {
    const next = source.next().then((result) => ({ source, result }))
    // The race below reports the error; without this an abandoned source would raise an unhandled rejection.
    next.catch(() => {})
    // Deleted and set again, so that the source goes to the end of the queue.
    underWay.delete(source)
    underWay.set(source, next)
  }
  const startNext = () => {
    const next = waiting.next()
    if (!next.done) advance(next.value)
  }

  for (let started = 0; started < limit; started++) {
    const before = underWay.size
    startNext()
    if (underWay.size === before) break
  }
  while (underWay.size > 0) {
    const { source, result } = await Promise.race(underWay.values())
    if (result.done) {
      underWay.delete(source)
      startNext()
    } else {
      advance(source)
      yield result.value
    }
  }
}

interface Ready<T> {
  source: AsyncGenerator<T, void, void>
  result: IteratorResult<T, void>
}
