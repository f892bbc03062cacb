import { createHash, randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { commitScript } from '../../src/store/attempts/commit.lua.ts'
import { endScript } from '../../src/store/attempts/end.lua.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { listenSimulator } from '../simulator/listening-simulator.ts'
import { judge } from '../support/engine.ts'
import { runCompiled, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { type Interception, killAt, openPort, startProxy } from '../support/tcp-proxy.ts'
import { openService, untilEnded, wholeLog } from '../support/worker.ts'

const digest = (script: { lua: string }) => createHash('sha1').update(script.lua).digest('hex')
// A connection sends a script's text when it first uses it, its digest from then on.
const calls = (script: { lua: string }) => (chunk: Buffer) =>
  chunk.includes(digest(script)) || chunk.includes(script.lua)

interface Wires {
  redis: Interception
  intercom: Interception
}

/** Every step of a page at which a worker can die; `skip` pages go well before. */
const steps: Record<string, (skip: number, kill: () => void) => Wires> = {
  'before the request': (skip, kill) => ({
    redis: {},
    intercom: { toServer: killAt((chunk) => chunk.includes('POST /contacts/search'), skip, kill) },
  }),
  'after the answer': (skip, kill) => {
    let answers = 0
    return {
      // Commits are held from that answer on, so that it can only be in the worker's memory.
      redis: {
        toServer: (chunk) => (answers > skip && calls(commitScript)(chunk) ? new Promise(() => undefined) : undefined),
      },
      intercom: {
        sentToClient(chunk) {
          if (chunk.includes('HTTP/1.1 200') && ++answers > skip + 1) kill()
        },
      },
    }
  },
  'before the commit': (skip, kill) => ({ redis: { toServer: killAt(calls(commitScript), skip, kill) }, intercom: {} }),
  'after the commit': (skip, kill) => {
    let commits = 0
    const toServer = (chunk: Buffer) => void (calls(commitScript)(chunk) && commits++)
    const toClient = killAt((chunk) => commits > skip && chunk.includes('COMMITTED'), 0, kill)
    return { redis: { toServer, toClient }, intercom: {} }
  },
  'before the end script': (_skip, kill) => ({ redis: { toServer: killAt(calls(endScript), 0, kill) }, intercom: {} }),
}

for (const [step, wiresOf] of Object.entries(steps))
  for (const skip of step === 'before the end script' ? [0] : [0, 7])
    t.test(`a worker killed ${step}, ${skip} of them before: nothing lost, nothing twice`, async (t) => {
      const redis = await startRedis(t)
      const key = randomBytes(32)
      const service = openService(redis, t.teardown, { keys: [encryptionKey('test', key)] })
      const simulator = await listenSimulator(t, { contacts: 3500 })
      const intercomPort = (simulator.app.server.address() as AddressInfo).port

      let victim: TestProcess | undefined
      const wires = wiresOf(skip, () => victim?.child.kill('SIGKILL'))
      const redisWire = await startProxy(t, { path: redis.socket }, wires.redis)
      const intercomWire = await startProxy(t, { port: intercomPort, host: '127.0.0.1' }, wires.intercom)
      const intercomUrl = `http://127.0.0.1:${await openPort(t, intercomWire.socket)}`

      const request = parseSyncRequest({
        config: { access_token: 'simulator-token' },
        streams: ['contacts', 'tags'],
      })
      const { jobId } = await service.jobs.create({ tenant, request })
      const start = (socket: string, url: string) =>
        runCompiled(t, 'test/support/sync-worker-process.js', [socket, key.toString('hex'), url])
      victim = start(redisWire.socket, intercomUrl)
      t.equal(await victim.exited, 'SIGKILL')
      const heir = start(redis.socket, simulator.url)
      const job = await untilEnded(service, jobId)
      await heir.end('SIGTERM')

      t.match(job, { status: 'succeeded', attempts: 2 })
      const report = await judge(simulator, Buffer.from(await wholeLog(service, jobId)))
      t.same(report.faults, [])
      t.equal(report.streams.contacts?.setHash, report.streams.contacts?.truthHash)
      t.equal(report.lines, job.messageCount)
    })
