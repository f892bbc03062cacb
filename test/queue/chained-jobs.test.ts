import fc from 'fast-check'
import t from 'tap'
import { hasEnded } from '../../src/store/job.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { judge } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { untilHolds } from '../support/polling.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { openService, silentLog, steadyLocks, untilEnded, wholeLog } from '../support/worker.ts'

const server = await startRedis(t)
const streams = ['contacts', 'conversations', 'conversation_parts', 'tickets', 'ticket_parts', 'tags']

/** A workspace, and what a job's log may hold: its request, and a few answers, but not all. */
const drawn = fc.record({
  seed: fc.integer({ min: 1, max: 1000 }),
  logLimitBytes: fc.integer({ min: 200_000, max: 300_000 }),
  contacts: fc.integer({ min: 0, max: 1500 }),
  conversations: fc.integer({ min: 0, max: 300 }),
  partsPerConversation: fc.integer({ min: 0, max: 10 }),
})

/** Needs the most jobs of all that may be drawn. */
const mostDrawn = { seed: 1, logLimitBytes: 200_000, contacts: 1500, conversations: 300, partsPerConversation: 10 }

/** Several times as many as anything drawn here needs. */
const mostJobs = 40

t.test('jobs that begin where the last log was full come to the end of a catalog', onRealRedis, async (t) => {
  let most = 0
  await fc.assert(
    fc.asyncProperty(drawn, async ({ logLimitBytes, partsPerConversation, ...sizes }) => {
      await server.connect().flushall()
      const closing: (() => unknown)[] = []
      const teardown = (close: () => unknown) => void closing.unshift(close)
      try {
        const simulator = await listenSimulator(
          { teardown },
          {
            ...sizes,
            partsPerConversation: { from: 0, to: partsPerConversation },
            companies: 0,
            tickets: 15,
            largestPage: 10,
          },
        )
        const service = openService(server, teardown, { logLimitBytes })
        const startSync = createEngine({
          ...{ clock: service.clock, random: Math.random, baseUrl: simulator.url, createSpool: createFileSpool },
          scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
          logLimitBytes,
        })
        service.startWorker(startSync, steadyLocks, undefined, silentLog)
        const request = parseSyncRequest({ config: { access_token: 'simulator-token' }, streams })
        const logs: string[] = []
        for (let states = request.states; ; ) {
          const { jobId } = await service.jobs.create({ tenant, request: { ...request, states } })
          const read = () => service.jobs.read(tenant, jobId)
          await untilHolds(async () => {
            const job = await read()
            return hasEnded(job) || job.waitingFor === 'log_space'
          })
          if (!hasEnded(await read())) await service.jobs.cancel(tenant, jobId)
          const { status, failure } = await untilEnded(service, jobId)
          logs.push(await wholeLog(service, jobId))
          if (status === 'succeeded') break
          if (status !== 'cancelled') throw new Error(`job ${logs.length} ${status}: ${failure?.message}`)
          const after = await service.jobs.readStates(tenant, jobId)
          if (logs.length > mostJobs) throw new Error('the jobs get no further')
          states = { ...states, ...after }
        }
        most = Math.max(most, logs.length)
        const ledger = new Map()
        for (const [place, log] of logs.entries()) {
          const isLast = place === logs.length - 1
          const report = await judge(simulator, Buffer.from(log), { ledger, ...(!isLast && { expectStreams: [] }) })
          const wrong = report.faults.filter(({ kind }) => isLast || kind === 'duplicate' || kind === 'unexpected')
          if (wrong.length > 0) throw new Error(JSON.stringify(wrong))
        }
      } finally {
        for (const close of closing) await close()
      }
    }),
    { numRuns: 4, examples: [[mostDrawn]] },
  )
  t.ok(most > 2, `${most} jobs`)
})
