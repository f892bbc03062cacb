import fc from 'fast-check'
import { apiPoints, workerPoints } from '../support/failpoint-list.ts'
import type { ArmedFailpoint } from '../support/failpoints.ts'
import type { NetworkFault } from '../support/fault-proxy.ts'
import type { FullAt } from '../support/faulty-disk.ts'
import type { FileDamage } from './segment-files.ts'

/** Callers of the API who keep what they read: one has its own states, the other a connection. */
export const clientNames = ['keeper', 'acknowledger'] as const
export type ClientName = (typeof clientNames)[number]

/** Bridges with a platform that starts them again: one has a token, the other the connection of the acknowledger. */
export const bridgeNames = ['tokenBridge', 'connectionBridge'] as const
export type BridgeName = (typeof bridgeNames)[number]

/** What somebody does, or what becomes of the service. */
export type Step =
  | { does: 'start'; client: ClientName; live: boolean; detach: boolean; join: boolean }
  | { does: 'repeat'; client: ClientName }
  | { does: 'read'; client: ClientName; messages: number }
  | { does: 'acknowledge'; client: ClientName; back: number }
  | { does: 'forget'; client: ClientName }
  | { does: 'cancel'; client: ClientName }
  | { does: 'launch'; bridge: BridgeName }
  | { does: 'await'; bridge: BridgeName; lines: number }
  | { does: 'kill'; bridge: BridgeName }
  | { does: 'stop'; bridge: BridgeName }
  | { does: 'settle'; client: ClientName }
  | { does: 'change'; workspace: number; kind: 'update' | 'create' | 'delete'; count: number }
  | { does: 'restore'; back: number }
  | { does: 'restart' }
  | { does: 'replace'; signal: 'SIGKILL' | 'SIGTERM' }
  /** The service is replaced by one that dies, or sleeps, at a failpoint. */
  | { does: 'arm'; failpoint: ArmedFailpoint }
  | { does: 'freeze'; what: 'service' | 'redis'; forMs: number }
  /** On the way to Redis or to Intercom. */
  | { does: 'network'; to: 'redis' | 'intercom'; fault: NetworkFault }
  /** The disk for long logs is full from now on, or there is room again. */
  | { does: 'fill'; at: FullAt }
  | { does: 'makeRoom' }
  /** One of the files of long logs comes to harm. */
  | { does: 'damage'; damage: FileDamage }

/** Two clients, two bridges and one service, and what happens to them in turn. */
export interface Schedule {
  seed: number
  /** Contacts of each workspace. */
  contacts: number
  /** Records on a page at most. */
  pageSize: number
  steps: Step[]
}

const upTo = (max: number) => fc.nat({ max })
const client = fc.constantFrom(...clientNames)
const bridge = fc.constantFrom(...bridgeNames)
const read = fc.record({ does: fc.constant('read' as const), client, messages: upTo(60) })
const acknowledge = fc.record({ does: fc.constant('acknowledge' as const), client, back: upTo(20) })
/** Mostly a short way back, as a replica that takes over; now and then to any moment since the beginning. */
const restore = fc.record({
  does: fc.constant('restore' as const),
  back: fc.oneof({ weight: 3, arbitrary: upTo(6) }, { weight: 1, arbitrary: upTo(60) }),
})
const change = fc.record({
  does: fc.constant('change' as const),
  workspace: upTo(2),
  kind: fc.constantFrom('update' as const, 'create' as const, 'delete' as const),
  count: fc.integer({ min: 1, max: 9 }),
})
/** The failpoints that the service of a schedule comes to: its streams need no scroll, and it tells no activity. */
const reached = [...Object.keys(workerPoints), ...apiPoints].filter((name) => !/Activity|Lease/.test(name))
const arm = fc.record({
  does: fc.constant('arm' as const),
  failpoint: fc.record({
    does: fc.constant('kill' as const),
    when: fc.constantFrom('before' as const, 'after' as const),
    name: fc.constantFrom(...reached),
    hit: fc.integer({ min: 1, max: 3 }),
  }),
})
const freeze = fc.record({
  does: fc.constant('freeze' as const),
  what: fc.constantFrom('service' as const, 'redis' as const),
  forMs: upTo(1500),
})
const network = fc.record({
  does: fc.constant('network' as const),
  to: fc.constantFrom('redis' as const, 'intercom' as const),
  fault: fc.record({
    does: fc.constantFrom<NetworkFault['does']>('cut', 'reset', 'halfClose', 'stall', 'delay'),
    afterBytes: upTo(5000),
    forMs: upTo(1500),
  }),
})
const fill = fc.record({
  does: fc.constant('fill' as const),
  at: fc.constantFrom<FullAt>('create', 'write', 'sync'),
})
const makeRoom: fc.Arbitrary<Step> = fc.constant({ does: 'makeRoom' })
const damage = fc.record({
  does: fc.constant('damage' as const),
  damage: fc.record({
    does: fc.constantFrom<FileDamage['does']>('cut', 'flip', 'remove'),
    file: upTo(1000),
    place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  }),
})
const oneStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('start' as const),
      client,
      live: fc.boolean(),
      detach: fc.boolean(),
      join: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('repeat' as const), client }) },
  { weight: 7, arbitrary: read },
  { weight: 5, arbitrary: acknowledge },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('settle' as const), client }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('forget' as const), client }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('cancel' as const), client }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('launch' as const), bridge }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('await' as const), bridge, lines: upTo(60) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('kill' as const), bridge }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('stop' as const), bridge }) },
  { weight: 3, arbitrary: change },
  { weight: 3, arbitrary: restore },
  { weight: 1, arbitrary: fc.constant({ does: 'restart' as const }) },
  { weight: 1, arbitrary: arm },
  { weight: 1, arbitrary: freeze },
  { weight: 1, arbitrary: network },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('replace' as const),
      signal: fc.constantFrom('SIGKILL' as const, 'SIGTERM' as const),
    }),
  },
  { weight: 1, arbitrary: fill },
  { weight: 1, arbitrary: makeRoom },
  { weight: 1, arbitrary: damage },
)

/**
 * A client reads, the workspace changes, Redis goes back to before the reading and the job is done again: the client holds
 * messages of a log that is no more, and says so. Single steps seldom come to that.
 */
const rollback: fc.Arbitrary<Step[]> = fc
  .record({
    name: client,
    messages: fc.integer({ min: 5, max: 60 }),
    changes: fc.array(change, { maxLength: 2 }),
    back: upTo(3),
  })
  .map(({ name, messages, changes, back }) => {
    const workspace = clientNames.indexOf(name)
    return [
      { does: 'start', client: name, live: false, detach: false, join: false },
      { does: 'read', client: name, messages },
      ...changes.map((one) => ({ ...one, workspace })),
      { does: 'restore', back: changes.length + back },
      { does: 'settle', client: name },
      { does: 'acknowledge', client: name, back: 0 },
      { does: 'read', client: name, messages: 20 },
    ]
  })

/** Something goes wrong while a job is made, run, read and acknowledged: there is much to come to harm. */
const harm: fc.Arbitrary<Step[]> = fc
  .record({ name: client, live: fc.boolean(), harms: fc.array(fc.oneof(arm, network), { minLength: 1, maxLength: 2 }) })
  .map(({ name, live, harms }) => [
    ...harms,
    { does: 'start', client: name, live, detach: true, join: false },
    { does: 'read', client: name, messages: 30 },
    { does: 'acknowledge', client: name, back: 0 },
    { does: 'settle', client: name },
  ])

/** The disk is full while a job runs, or one of the job's files comes to harm before it is read to its end. */
const brokenDisk: fc.Arbitrary<Step[]> = fc
  .record({ name: client, fault: fc.oneof(fill, damage), messages: upTo(40), later: fc.boolean() })
  .map(({ name, fault, messages, later }) => [
    ...(fault.does === 'fill' ? [fault] : []),
    { does: 'start', client: name, live: false, detach: true, join: false },
    ...(later ? [{ does: 'settle', client: name } as const] : []),
    { does: 'read', client: name, messages },
    ...(fault.does === 'damage' ? [fault] : []),
    { does: 'acknowledge', client: name, back: 0 },
    { does: 'makeRoom' },
    { does: 'read', client: name, messages: 60 },
  ])

/** Schedules that shrink to few steps. */
export function schedules(): fc.Arbitrary<Schedule> {
  const steps = fc.oneof(
    { weight: 6, arbitrary: oneStep.map((step) => [step]) },
    { weight: 1, arbitrary: rollback },
    { weight: 1, arbitrary: harm },
    { weight: 1, arbitrary: brokenDisk },
  )
  return fc.record({
    seed: fc.nat({ max: 999 }),
    contacts: fc.integer({ min: 5, max: 60 }),
    pageSize: fc.integer({ min: 2, max: 15 }),
    steps: fc.array(steps, { minLength: 1, maxLength: 20, size: 'max' }).map((episodes) => episodes.flat()),
  })
}
