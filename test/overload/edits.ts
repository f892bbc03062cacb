import fc from 'fast-check'

/** Changes of a right value that make it one that nobody would send. */

const names = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'config',
    'streams',
    'state',
    'type',
    'stream',
    'states',
    'slices',
    'v',
    '',
    '/',
    '~1',
    '0',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
const smallJunk: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, true, -1, 1e308, 2 ** 53, '', '**********', 'contacts', '2026-02-30', [], {}),
  fc.string({ unit: 'binary', maxLength: 60 }),
)
/** From one to as many as a body may hold, small numbers more often. */
const amount = fc.integer({ min: 0, max: 17 }).map((exponent) => 2 ** exponent)
/** What takes little room in a body, and much elsewhere. */
const largeJunk = fc.oneof(
  fc.tuple(smallJunk, amount).map(([item, count]) => Array.from({ length: count }, () => item)),
  fc
    .tuple(smallJunk, amount)
    .map(([item, count]) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, item]))),
  fc.tuple(fc.constantFrom('x', '\u0001', 'é', '/', '~', '"'), amount).map(([letter, count]) => letter.repeat(count)),
  fc
    .integer({ min: 1, max: 200 })
    .map((depth) => Array.from({ length: depth }).reduce((inner) => [inner], 0 as unknown)),
)
const junk = fc.oneof({ arbitrary: smallJunk, weight: 3 }, { arbitrary: largeJunk, weight: 1 })

/** Where to go from the root, as shares of what is there, and what to put in place of what is found. */
export const edit = fc.record({
  path: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 7 }),
  value: junk,
  name: fc.option(names),
})
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never

/** The value with an edit made in it. */
export function edited(value: unknown, { path: [share, ...path], value: replacement, name }: Edit): unknown {
  if (share === undefined || typeof value !== 'object' || value === null) return replacement
  const members = Object.entries(value)
  const at = Math.floor(share * members.length)
  const changed = members.map(([key, member], place): [string, unknown] =>
    place === at ? [name ?? key, edited(member, { path, value: replacement, name })] : [key, member],
  )
  return Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed)
}
