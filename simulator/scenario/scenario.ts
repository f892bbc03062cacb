import type { Fault } from '../faults/fault.ts'
import type { SimulatorOptions } from '../options.ts'
import { createRandom, integerBetween, pick } from '../random.ts'
import type { ScriptedChange } from '../workspace/live-changes.ts'
import type { Mutation } from '../workspace/mutations.ts'
import { drawContentMutations, drawDuring, drawHiding, drawMutations, drawReferenceMutations } from './change-draw.ts'
import { drawFaults } from './fault-draw.ts'
import { drawStubborn, type Stubborn } from './stubborn.ts'
import { drawShortAnswers, drawUnreliableIndex } from './unreliable-draw.ts'
import { drawWorkspace, scenarioKey } from './workspace-draw.ts'

/** The API versions that differ in how they search or in how they write records. */
export const scenarioVersions = ['2.11', '2.14', '2.16', '2.17'] as const

/** One sync and what happens around it. */
export interface Increment {
  /** How long nothing happens after the increment before, ms. */
  waitMs: number
  /** The zone the workspace moves to before the sync. @defaultValue it stays where it is */
  timezone?: string
  /** Changes before the sync … */
  before: Mutation[]
  /** … while it runs, by the number of requests answered since its start … */
  during: ScriptedChange[]
  /** … and after it: these belong to the next increment, which may begin before the index lag is over. */
  after: Mutation[]
  /** The faults during the sync: a sync must survive all of these without loss. */
  faults: Fault[]
  /** Records that this sync cannot read: everything else must come, and these with the next sync. */
  stubborn: Stubborn[]
}

/** A workspace and everything that happens in it. Plain data: one line of JSON describes it and replays it. */
export interface Scenario {
  seed: number
  /** The API version to sync with. */
  version: (typeof scenarioVersions)[number]
  /** The time on the clock at first, ms since the epoch. */
  startsAt: number
  /** Everything except the clock. */
  options: Omit<SimulatorOptions, 'clock'>
  increments: Increment[]
}

const incrementCount = 5
const minute = 60_000
/** Shorter and longer than every overlap of a sync. */
const waits: readonly (readonly [from: number, to: number])[] = [
  [0, minute],
  [minute, 10 * minute],
  [10 * minute, 120 * minute],
  [120 * minute, 26 * 60 * minute],
]

/** Everything follows from the seed, an integer: equal seeds give equal scenarios. */
export function drawScenario(seed: number): Scenario {
  const random = createRandom(seed, scenarioKey)
  const version = pick(random, scenarioVersions)
  const { startsAt, options } = drawWorkspace(seed, version)
  const increments = Array.from({ length: incrementCount }, (_, place) => drawIncrement(seed, place))
  const index = drawUnreliableIndex(createRandom(seed, scenarioKey, 20), options.indexLagsMs ?? {})
  const hasReferences = (options.references ?? 0) > 0
  const references = (place: number) =>
    hasReferences ? drawReferenceMutations(createRandom(seed, scenarioKey, 22, place)) : []
  const content = (place: number) =>
    options.lists ? drawContentMutations(createRandom(seed, scenarioKey, 23, place)) : []
  const hides = createRandom(seed, scenarioKey, 24)() < 0.5
  const hiding = (when: number, place: number) =>
    hides ? drawHiding(createRandom(seed, scenarioKey, 24, when, place)) : []
  const short = (place: number) => drawShortAnswers(createRandom(seed, scenarioKey, 21, place))
  return {
    seed,
    version,
    startsAt,
    options: { ...options, ...index },
    increments: increments.map((one, place) => ({
      ...one,
      before: [...one.before, ...references(place), ...content(place), ...hiding(0, place)],
      during: [
        ...one.during,
        ...hiding(1, place).map((mutation, at) => ({ after: 5 * (at + 1), mutations: [mutation] })),
      ],
      faults: [...one.faults, ...short(place)],
    })),
  }
}

function drawIncrement(seed: number, place: number): Increment {
  const random = createRandom(seed, scenarioKey, 1, place)
  const [from, to] = pick(random, waits)
  const waitMs = integerBetween(random, from, to)
  const moves = place > 0 && random() < 0.1
  return {
    waitMs,
    ...(moves ? { timezone: pick(random, ['Europe/Berlin', 'Asia/Tokyo', 'America/Los_Angeles']) } : {}),
    before: drawMutations(createRandom(seed, scenarioKey, 2, place), 8),
    during: drawDuring(createRandom(seed, scenarioKey, 3, place)),
    after: drawMutations(createRandom(seed, scenarioKey, 4, place), 5),
    faults: drawFaults(createRandom(seed, scenarioKey, 5, place)),
    stubborn: drawStubborn(createRandom(seed, scenarioKey, 6, place)),
  }
}
