/** The next number in [0, 1). */
export type Random = () => number

/** Scatters the bits of a 32-bit integer, so that neighbouring keys give unrelated sequences. */
function scatter(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** A sequence that depends only on its integer keys: the same keys give the same numbers on every machine. */
export function createRandom(...keys: number[]): Random {
  let state = keys.reduce((mixed, key) => scatter(mixed + 0x9e3779b9 + scatter(key)), 0)
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** An integer in [from, to). */
export function integerBetween(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * Math.max(0, to - from))
}

/** One element of a list that is not empty. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new RangeError('There is nothing to pick from')
  return item
}
