import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import { type Version, versions } from './versions.ts'

type Signal = 'SIGTERM' | 'SIGKILL'

/** Which workers there are until the jobs have come so much further, and how the ones before make place for them. */
export interface Phase {
  workers: readonly Version[]
  /** How those that are wanted no longer end. */
  signal: Signal
  /** Whether those that are new start before that. */
  startsFirst: boolean
  /** Messages of all jobs together, at least. */
  messages: number
}

/** The API that a live reader reads from is replaced when it has read so many messages. */
export interface Replacement {
  after: number
  signal: Signal
}

/** What happens in one round. */
export interface RoundPlan {
  number: number
  seed: number
  /** Asked first; its calls are repeated at the other one. */
  first: Version
  phases: readonly Phase[]
  replacements: readonly Replacement[]
  /** How much of the first job's messages a client stores before it goes on with the next job, 0 to 1. */
  stored: { keeper: number; connected: number }
  /** So many records are updated, made and deleted with each hand-over. */
  changes: number
  contacts: number
  conversations: number
  /** 0 in most rounds: a scroll that a worker was killed over is open for another minute. */
  companies: number
  pageSize: number
  lanes: number
}

/** Draws a round: the same seed and number give the same round. @param seed of the run */
export function planRound(seed: number, number: number): RoundPlan {
  const random = createRandom(seed, 0x317 + number)
  const signal = (): Signal => pick(random, ['SIGTERM', 'SIGTERM', 'SIGTERM', 'SIGKILL'])
  const phases: Phase[] = [{ ...drawPhase(pick(random, [...alone, both])), signal: 'SIGTERM' }]
  function drawPhase(workers: readonly Version[]): Phase {
    return { workers, signal: signal(), startsFirst: random() < 0.5, messages: integerBetween(random, 5, 120) }
  }
  for (let more = integerBetween(random, 2, 6); more > 0; more--)
    phases.push(drawPhase(pick(random, following(phases.at(-1)?.workers ?? both))))
  const replacements = Array.from({ length: integerBetween(random, 1, 4) }, (_, place) => ({
    after: 10 + place * integerBetween(random, 20, 90),
    signal: signal(),
  }))
  const share = () => pick(random, [0, random(), random(), 1])
  return {
    number,
    seed: integerBetween(random, 0, 1_000_000),
    first: pick(random, versions),
    phases,
    replacements,
    stored: { keeper: share(), connected: share() },
    changes: pick(random, [0, 0, integerBetween(random, 1, 8)]),
    contacts: integerBetween(random, 60, 250),
    conversations: integerBetween(random, 20, 60),
    companies: pick(random, [0, 0, 0, 30]),
    pageSize: integerBetween(random, 3, 12),
    lanes: integerBetween(random, 1, 6),
  }
}

const alone: readonly (readonly Version[])[] = [['old'], ['new']]
const both: readonly Version[] = versions

/** Mostly the other version alone: then it is sure who goes on. */
function following(workers: readonly Version[]): readonly (readonly Version[])[] {
  if (workers.length > 1) return alone
  const others = alone.filter(([version]) => version !== workers[0])
  return [...others, ...others, ...others, both]
}
