import fc from 'fast-check'
import t from 'tap'
import { createTurns, type Flow, type QueueEntry } from '../../src/queue/turns/turns.ts'
import type { StoreClient } from '../../src/store/keys.ts'
import { startRedis } from '../support/redis.ts'
import { openStore } from '../support/store.ts'

const server = await startRedis(t)

const flow = fc.record({ tenant: fc.constantFrom('a', 'b', 'c d'), token: fc.constantFrom('one', 'two') })

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('join' as const), flow }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), place: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rest' as const), place: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), place: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), place: fc.nat(20) }) },
)

/** As many as turns.ts keeps in BullMQ's queue. */
const most = 8
const nameOf = ({ token, tenant }: Flow) => `${token} ${tenant}`
const places = { tenant: ({ tenant }: Flow) => tenant, flow: nameOf }

function holds(what: string, fact: boolean): void {
  if (!fact) throw new Error(what)
}

/** What a caller knows of the jobs, and BullMQ's queue, which the test keeps itself. */
function createWorld() {
  const pending = new Map<number, Flow>()
  const queued = new Map<number, { flow: Flow; priority: number }>()
  const running = new Map<number, Flow>()
  const limited = new Set<string>()
  /** Tenants and flows that have had a turn, each with those that have had one since. */
  const since = new Map<string, Set<string>>()
  const lastRound = new Map<string, number>()
  /** The latest round of which a job has begun, or is the next to begin. */
  let served = 0
  const isFree = ({ token }: Flow) => !limited.has(token)

  const countOf = (tenant: string) =>
    [...queued.values(), ...[...running.values()].map((flow) => ({ flow }))].filter(
      ({ flow }) => flow.tenant === tenant,
    ).length

  /** Whoever waits and could begin, of which `others` names the kind. */
  const eligible = (of: (flow: Flow) => string) => new Set([...pending.values()].filter(isFree).map(of))

  /** Whether everybody who could have had a turn since this one's last has had it. */
  function isFair(kind: keyof typeof places, own: string, rivals: Iterable<string>): void {
    const seen = since.get(`${kind} ${own}`)
    if (seen) for (const rival of rivals) holds(`${rival} comes before ${own} again`, rival === own || seen.has(rival))
  }

  /** Those that came later than a turn need not have one before the next: they count as served. */
  function noteArrival({ tenant, token }: Flow): void {
    for (const [kind, of] of Object.entries(places)) {
      const name = of({ tenant, token })
      const isNew = ![...pending.values()].some((other) => of(other) === name && isFree(other))
      if (isNew) for (const [key, seen] of since) if (key.startsWith(`${kind} `)) seen.add(name)
    }
  }

  function take({ jobId, priority }: QueueEntry): void {
    const own = pending.get(jobId)
    if (!own) throw new Error(`job ${jobId} does not wait`)
    holds('a token at its limit is passed over', isFree(own))
    const ahead = [...pending].filter(([other, flow]) => nameOf(flow) === nameOf(own) && other < jobId)
    holds('the jobs of a token come in their order', ahead.length === 0)
    const hasOthers = countOf(own.tenant) > 0
    holds('beyond the room only for a tenant that has nothing', queued.size < most || !hasOthers)
    if (hasOthers) isFair('tenant', own.tenant, eligible(places.tenant))
    const ofTenant = [...eligible(nameOf)].filter((name) => name.endsWith(` ${own.tenant}`))
    isFair('flow', nameOf(own), ofTenant)
    holds('never before a round that was served', priority >= served)
    const last = lastRound.get(own.tenant)
    holds('a round after the last one of its tenant', last === undefined || priority > last)
    lastRound.set(own.tenant, priority)
    for (const [kind, of] of Object.entries(places)) {
      for (const [key, seen] of since) if (key.startsWith(`${kind} `)) seen.add(of(own))
      since.set(`${kind} ${of(own)}`, new Set())
    }
    pending.delete(jobId)
    queued.set(jobId, { flow: own, priority })
  }

  /** Before an admission: rounds begin anew when nothing is under way. */
  function noteServed(): void {
    const rounds =
      queued.size > 0 ? [Math.min(...[...queued.values()].map((entry) => entry.priority))] : lastRound.values()
    if (queued.size + running.size > 0) served = Math.max(served, ...rounds)
    else {
      lastRound.clear()
      served = 0
    }
  }

  /** After an admission whoever could begin waits only for room, and every tenant has something. */
  function checkWaiting(): void {
    for (const own of pending.values())
      holds(`${nameOf(own)} waits for no reason`, !isFree(own) || (queued.size >= most && countOf(own.tenant) > 0))
  }

  return { pending, queued, running, limited, noteArrival, noteServed, take, checkWaiting }
}

t.test('any order of joins, ends and limits: every job gets its turn, and nobody takes it from another', async (t) => {
  const { redis } = openStore(server)
  const queueKey = `${redis.keyspace.queuePrefix}:sync`
  const turns = createTurns(redis, queueKey, 'job-')
  let admissions = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 80 }), async (steps) => {
      await redis.flushall()
      const world = createWorld()
      const { pending, queued, running, limited } = world
      let jobs = 0

      const admit = async (entries: QueueEntry[]) => {
        for (const entry of entries) {
          admissions++
          world.take(entry)
          await enqueue(redis, queueKey, entry)
        }
        world.checkWaiting()
      }
      const pick = <Key>(of: Iterable<Key>, place: number) => {
        const all = [...of]
        return all[place % all.length]
      }
      const act = {
        async join(own: Flow, jobId = ++jobs) {
          if (!limited.has(own.token)) world.noteArrival(own)
          pending.set(jobId, own)
          world.noteServed()
          await admit(await turns.join(jobId, own))
          if (pending.has(jobId))
            holds('a job that waits is taken in once', (await turns.join(jobId, own)).length === 0)
        },
        /** A job that has given its slot back waits for its turn again. */
        async rest(place: number) {
          const jobId = pick(running.keys(), place)
          const own = jobId === undefined ? undefined : running.get(jobId)
          if (jobId === undefined || !own) return
          running.delete(jobId)
          await act.join(own, jobId)
        },
        async begin() {
          const [first] = [...queued].toSorted(([, one], [, other]) => one.priority - other.priority)
          if (!first) return
          queued.delete(first[0])
          running.set(first[0], first[1].flow)
          await redis.zrem(`${queueKey}:prioritized`, `job-${first[0]}`)
          world.noteServed()
          await admit(await turns.admit())
        },
        async end(place: number) {
          const jobId = pick(running.keys(), place)
          if (jobId === undefined) return
          running.delete(jobId)
          await turns.leave(jobId)
          world.noteServed()
          await admit(await turns.admit())
        },
        async limit(place: number) {
          const jobId = pick(running.keys(), place)
          const own = jobId === undefined ? undefined : running.get(jobId)
          if (jobId === undefined || !own) return
          limited.add(own.token)
          const { waiting, own: flows } = await turns.look([{ jobId, limitedMs: 1e9 }])
          t.same(flows, [own])
          const expected = [...queued.values()]
            .map(({ flow }) => nameOf(flow))
            .filter((name) => !limited.has(name.split(' ')[0] ?? ''))
          t.same(waiting.map(nameOf).toSorted(), expected.toSorted(), 'who waits in the queue and could begin')
        },
        async leave(place: number) {
          const jobId = pick(pending.keys(), place)
          if (jobId === undefined) return
          pending.delete(jobId)
          await turns.leave(jobId)
        },
      }
      for (const drawn of steps)
        if (drawn.kind === 'join') await act.join(drawn.flow)
        else if (drawn.kind === 'begin') await act.begin()
        else await act[drawn.kind](drawn.place)
      t.same((await turns.listPending()).toSorted(), [...pending.keys()].toSorted())
      t.equal(await turns.count(), pending.size)
      t.same((await turns.listUnderWay()).toSorted(), [...queued.keys(), ...running.keys()].toSorted())
    }),
    { numRuns: 200 },
  )
  t.ok(admissions > 400, `${admissions} jobs had their turn`)
})

t.test('a tenant that was alone for long is not put behind all jobs of one that has just come', async (t) => {
  const { redis } = openStore(server)
  await redis.flushall()
  const queueKey = `${redis.keyspace.queuePrefix}:sync`
  const turns = createTurns(redis, queueKey, 'job-')
  const old = { tenant: 'old', token: 'one' }
  // Each job begins at once, before the one before it has ended.
  for (let jobId = 1; jobId <= 100; jobId++) {
    t.equal((await turns.join(jobId, old)).length, 1)
    if (jobId > 1) await turns.leave(jobId - 1)
  }
  const join = async (jobId: number, flow: Flow) => {
    for (const entry of await turns.join(jobId, flow)) await enqueue(redis, queueKey, entry)
  }
  for (let jobId = 101; jobId <= 104; jobId++) await join(jobId, { tenant: 'new', token: 'two' })
  await join(105, old)
  const order = await redis.zrange(`${queueKey}:prioritized`, '0', '-1')
  t.same(order, ['job-101', 'job-102', 'job-105', 'job-103', 'job-104'])
})

/** As BullMQ keeps a job until a worker takes it. */
async function enqueue(redis: StoreClient, queueKey: string, { jobId, priority }: QueueEntry): Promise<void> {
  await redis.zadd(`${queueKey}:prioritized`, priority * 2 ** 32 + jobId, `job-${jobId}`)
}
