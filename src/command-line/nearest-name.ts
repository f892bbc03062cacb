/** A name with more wrong letters than this share of it is taken for another word. */
const mostWrong = 0.4

/** The one of `names` that somebody most likely meant by `given`; undefined when none is like it. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: name.startsWith(given) && given !== '' ? 0 : distanceBetween(given, name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, mostWrong * Math.max(name.length, given.length)))
    .toSorted((one, other) => one.distance - other.distance)
  return ranked[0]?.name
}

/** Letters to add, drop, replace, or exchange with their neighbour (optimal string alignment). */
function distanceBetween(one: string, other: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1]
      const replaced = (last[column - 1] ?? 0) + (isSame ? 0 : 1)
      const added = (current[column - 1] ?? 0) + 1
      const dropped = (last[column] ?? 0) + 1
      const isExchanged = row > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      const exchanged = isExchanged ? (beforeLast[column - 2] ?? 0) + 1 : Infinity
      current.push(Math.min(replaced, added, dropped, exchanged))
    }
    beforeLast = last
    last = current
  }
  return last[other.length] ?? 0
}
