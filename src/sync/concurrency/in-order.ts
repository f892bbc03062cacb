import { createWakeUp } from './wake-up.ts'

/**
 * Runs `work` for each item, at most `limit` at a time, and yields the results in the items' order. The first error
 * ends the iteration; work that is still under way is left to its signal.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  yield* inOrderWhile(items, (underWay) => underWay < limit, work)
}

/**
 * The same for items that come one after the other. An item that has to be waited for holds up no earlier result. One
 * item is taken ahead of the room for it.
 *
 * @param hasRoom whether work may begin beside so much that is under way or waits for its turn; asked again after each
 *   result
 */
export async function* inOrderWhile<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  hasRoom: (underWay: number) => boolean,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const underWay: Promise<Result>[] = []
  let hasAll = false
  const begun = createWakeUp()
  const taken = createWakeUp()

  function add(result: Promise<Result>): void {
    // The error is reported when the item's turn comes; until then it must not count as unhandled.
    result.catch(() => undefined)
    underWay.push(result)
    begun.give()
  }

  async function beginAll(): Promise<void> {
    for await (const item of items) {
      while (underWay.length > 0 && !hasRoom(underWay.length)) await taken.next()
      add(work(item))
    }
  }

  beginAll()
    .catch((error: unknown) => add(Promise.reject(error)))
    .finally(() => {
      hasAll = true
      begun.give()
    })
  for (;;) {
    const [first] = underWay
    if (first) {
      const result = await first
      underWay.shift()
      yield result
      taken.give()
    } else if (hasAll) return
    else await begun.next()
  }
}
