import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../../src/clock.ts'
import type { StoreClient } from '../../src/store/keys.ts'
import { findFreePort } from '../support/free-port.ts'
import { untilHolds } from '../support/polling.ts'
import { runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { leapingClock, writeLeap } from './leaping-clock.ts'
import type { ProcessSettings } from './service-process.ts'

/** An API and a worker, each a process of its own, and their Redis. */
export interface Fleet {
  clock: Clock
  redis: StoreClient
  /** Calls the API, again as long as it is not available. */
  call(tenant: string, path: string, init?: RequestInit): Promise<Response>
  /** Ends a process, and starts another in its place. */
  replace(role: ProcessSettings['role'], signal: NodeJS.Signals): Promise<void>
  /** Ends Redis in order, and starts it again with all that it had. */
  restartRedis(): Promise<void>
  /** New data is sealed with a new key from now on; the keys before still open what they have sealed. */
  rotateKey(): Promise<void>
  /** Puts the clocks of all processes forward. */
  advance(ms: number): void
}

export interface FleetOptions {
  /** Address of Intercom. */
  intercom: string
  tenant: string
}

/** How much faster than the machine's the service's time runs. */
const speed = 30
/** An API that has been replaced answers by then. */
const longestAbsenceMs = 30_000

export async function startFleet(t: Teardown, { intercom, tenant }: FleetOptions): Promise<Fleet> {
  const server = await startRedis(t)
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const apiKey = randomBytes(24).toString('hex')
  const file = join(server.directory, 'leap')
  let leapMs = 0
  writeLeap(file, leapMs)
  const time = { began: Date.now(), speed, file }
  const keys: ProcessSettings['keys'] = [newKey(0)]
  const processes = new Map<ProcessSettings['role'], TestProcess>()
  const start = async (role: ProcessSettings['role']) => {
    const settings: ProcessSettings = {
      role,
      socket: server.socket,
      keys,
      baseUrl: intercom,
      port,
      time,
      tenant,
      apiKey,
    }
    const started = runCompiled(t, 'test/model-histories/service-process.js', [JSON.stringify(settings)])
    processes.set(role, started)
    await started.untilLine(/^ready$/)
  }
  await Promise.all([start('api'), start('worker')])
  const fleet: Fleet = {
    clock: leapingClock(time),
    redis: server.connect(),
    async call(_tenant, path, init = {}) {
      const headers = {
        authorization: `Bearer ${apiKey}`,
        ...(init.body && { 'content-type': 'application/json' }),
        ...init.headers,
      }
      const began = performance.now()
      for (;;) {
        const response = await fetch(url + path, { ...init, headers }).catch((cause: unknown) => {
          if (performance.now() - began > longestAbsenceMs) throw new Error('the API does not answer', { cause })
        })
        if (response && response.status !== 503) return response
        await response?.arrayBuffer()
        await fleet.clock.sleep(1000)
      }
    },
    async replace(role, signal) {
      await processes.get(role)?.end(signal)
      await start(role)
    },
    async restartRedis() {
      await server.endInOrder()
      await server.restart()
      await untilHolds(async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok === true)
    },
    async rotateKey() {
      keys.unshift(newKey(keys.length))
      // In this order: what seals with the new key must be readable for the others.
      await fleet.replace('worker', 'SIGTERM')
      await fleet.replace('api', 'SIGTERM')
    },
    advance(ms) {
      leapMs += ms
      writeLeap(file, leapMs)
    },
  }
  return fleet
}

function newKey(number: number): [kid: string, key: string] {
  return [`k${number}`, randomBytes(32).toString('hex')]
}
