/**
 * Runs `work` for each item, at most `limit` at a time, and yields the results in the items' order. The first error
 * ends the iteration; work that is still under way is left to its signal.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const underWay: Promise<Result>[] = []
  const waiting = items[Symbol.iterator]()
  const startNext = () => {
    const next = waiting.next()
    if (next.done) return
    const result = work(next.value)
    // The error is reported when the item's turn comes; until then it must not count as unhandled.
    result.catch(() => undefined)
    underWay.push(result)
  }
  for (let started = 0; started < limit; started++) startNext()
  for (let first = underWay.shift(); first; first = underWay.shift()) {
    const result = await first
    startNext()
    yield result
  }
}
