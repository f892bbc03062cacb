/**
 * Gives everything of a source to several readers. Each reads at its own pace, but none is ahead of the slowest by more
 * than `most` items, because these are held. The source is asked for one item at a time; its error ends every reader.
 */
export function broadcast<Item>(
  source: AsyncIterable<Item>,
  readers: number,
  most: number,
): AsyncGenerator<Item, void, void>[] {
  const items = source[Symbol.asyncIterator]()
  const held: Promise<IteratorResult<Item>>[] = []
  /** How many items have been dropped: all readers are done with them. */
  let dropped = 0
  const places = Array.from({ length: readers }, () => 0)
  let waiting: (() => void)[] = []

  function moveOn(reader: number): void {
    places[reader] = (places[reader] ?? 0) + 1
    const slowest = Math.min(...places)
    if (slowest === dropped) return
    held.splice(0, slowest - dropped)
    dropped = slowest
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }

  /** The reader's next item, once there is room for it. */
  async function next(reader: number): Promise<IteratorResult<Item>> {
    const place = places[reader] ?? 0
    while (place - dropped >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    const known = held[place - dropped]
    if (known) return known
    const asked = items.next()
    held.push(asked)
    return asked
  }

  async function* read(reader: number): AsyncGenerator<Item, void, void> {
    for (let step = await next(reader); !step.done; step = await next(reader)) {
      yield step.value
      moveOn(reader)
    }
  }

  return places.map((_, reader) => read(reader))
}
