import fc from 'fast-check'
import t from 'tap'
import { createPermitQueue } from '../../src/intercom/budget/permit-queue.ts'

const turns = ['contacts', 'conversations', 'tickets', 'tags'] as const

/** What happens to a queue: somebody comes, one is served, somebody leaves, all are sent away. */
const step = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      isUrgent: fc.integer({ min: 0, max: 5 }).map((drawn) => drawn === 0),
      turn: fc.constantFrom(...turns),
    }),
  },
  { weight: 15, arbitrary: fc.record({ kind: fc.constant('next' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), place: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drain' as const) }) },
)

interface Waiting {
  isUrgent: boolean
  turn: string
  /** How often another turn was served since this one is the first of its own. */
  passedOver: number
}

t.test('urgent requests go first, and no turn waits for more than one request of each other turn', async (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const queue = createPermitQueue<Waiting>()
      /** Those that wait, in the order in which they came. */
      let waiting: Waiting[] = []
      const firstOf = (turn: string) => waiting.find((one) => !one.isUrgent && one.turn === turn)
      const serve = () => {
        const served = queue.next()
        const urgent = waiting.find(({ isUrgent }) => isUrgent)
        if (urgent) equal(served, urgent, 'the urgent one that came first')
        else {
          equal(served, served && firstOf(served.turn), 'the one of its turn that came first')
          equal(served === undefined, waiting.length === 0, 'somebody is served if anybody waits')
          for (const turn of turns) {
            const first = firstOf(turn)
            if (!first || first === served) continue
            first.passedOver++
            equal(first.passedOver < turns.length, true, `${turn} starves`)
          }
        }
        waiting = waiting.filter((one) => one !== served)
      }
      for (const taken of steps) {
        if (taken.kind === 'add') {
          const one = { isUrgent: taken.isUrgent, turn: taken.turn, passedOver: 0 }
          waiting.push(one)
          queue.add(one, taken.isUrgent, taken.turn)
        } else if (taken.kind === 'next') {
          serve()
        } else if (taken.kind === 'remove') {
          const [leaving] = waiting.splice(waiting.length === 0 ? 0 : taken.place % waiting.length, 1)
          if (leaving) queue.remove(leaving)
        } else {
          equal(new Set(queue.drain()).size, waiting.length, 'all are sent away')
          waiting = []
        }
        equal(queue.isEmpty(), waiting.length === 0, 'empty')
        equal(queue.urgent(), waiting.filter(({ isUrgent }) => isUrgent).length, 'urgent ones')
      }
      while (waiting.length > 0) serve()
      equal(queue.next(), undefined, 'nobody is left')
    }),
    { numRuns: 500 },
  )
  t.pass('500 drawn queues')
})

function equal(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
}
