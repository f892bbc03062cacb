import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../src/clock.ts'
import { type ArmedFailpoint, armedWith } from '../support/failpoints.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { type FillableDisk, openFillableDisk } from '../support/faulty-disk.ts'
import { findFreePort } from '../support/free-port.ts'
import { untilHolds } from '../support/polling.ts'
import { runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { damageFile, type FileDamage, segmentFolder } from './segment-files.ts'
import { type FastTime, sharedClock } from './shared-clock.ts'

/** A service whose process and whose Redis can be replaced at any moment. */
export interface Service {
  url: string
  port: number
  clock: Clock
  /** Calls the API as a tenant, again as long as it is not available. */
  call(tenant: string, path: string, init?: RequestInit): Promise<Response>
  keyOf(tenant: string): string
  /** Keeps what Redis holds now. Returns its number, from 0. */
  takeSnapshot(): Promise<number>
  /** Removes all that was kept; the next number is 0 again. */
  dropSnapshots(): Promise<void>
  /** Redis comes back as it was. */
  restore(snapshot: number): Promise<void>
  /** Redis is ended in order, and started again with all that it had. */
  restart(): Promise<void>
  /** @param failpoint the new process comes to harm there, and another one takes its place */
  replace(signal: NodeJS.Signals, failpoint?: ArmedFailpoint): Promise<void>
  /** Stops the process, or Redis, and lets it go on later. */
  freeze(what: 'service' | 'redis', forMs: number): Promise<void>
  /** Between the service and Redis. */
  redisNetwork: FaultProxy
  /** Where long logs continue. */
  disk: Pick<FillableDisk, 'fill' | 'makeRoom'>
  /** Damages a file of a long log. @returns the job whose messages are lost; undefined when there is no file */
  damage(how: FileDamage): Promise<number | undefined>
  /** Puts an end to faults that have not come yet, and makes room on the disk. */
  calm(): Promise<void>
  /** Processes that have died at a failpoint. */
  deaths(): number
}

export interface ServiceOptions {
  /** Address of Intercom. */
  intercom: string
  /** Each gets an API key. */
  tenants: readonly string[]
  time: FastTime
}

/** A process that has died is replaced by then. */
const longestDeathMs = 30_000

export async function startService(t: Teardown, { intercom, tenants, time }: ServiceOptions): Promise<Service> {
  const clock = sharedClock(time)
  const redis = await startRedis(t)
  const keys = new Map(tenants.map((tenant) => [tenant, randomBytes(24).toString('hex')]))
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const encryption = randomBytes(32).toString('hex')
  const apiKeys = [...keys].map(([tenant, key]) => `${tenant}:${key}`)
  const redisNetwork = await startFaultProxy(t, { path: redis.socket }, 'socket')
  const root = await mkdtemp(join(tmpdir(), 'intercom-sync-schedules-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, segmentFolder))
  const disk = openFillableDisk(root)
  const args = [
    redisNetwork.socket,
    root,
    encryption,
    intercom,
    String(port),
    String(time.speed),
    String(time.began),
    ...apiKeys,
  ]
  let service: TestProcess | undefined
  let deaths = 0
  let isArmed = false
  const start = async (failpoint?: ArmedFailpoint): Promise<void> => {
    const armed = failpoint ? armedWith(failpoint) : {}
    // What ends with its test is not replaced.
    const own: Teardown = { teardown: (close) => t.teardown(() => end('SIGKILL').then(close)) }
    const started = runCompiled(own, 'test/schedules/service-process.js', args, armed)
    service = started
    isArmed = failpoint !== undefined
    const listens = started.untilLine(/^listening$/).then(() => true)
    // One that dies at its failpoint before it listens is replaced like one that dies later.
    const isUp = await listens.catch((error: Error) => {
      if (!failpoint && service === started) throw error
      return false
    })
    // It may have been ended while it started. Then whoever did so starts the next one, on the same port.
    if (service !== started) return
    if (!isUp) return start()
    void started.exited.then((end) => {
      if (service !== started || end !== 'SIGKILL') return
      deaths++
      return start()
    })
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const old = service
    service = undefined
    await old?.end(signal)
  }
  await start()
  let snapshots = 0
  const dump = join(redis.directory, 'dump.rdb')
  const keep = redis.connect()
  const copyOf = (snapshot: number) => join(redis.directory, `snapshot-${snapshot}.rdb`)
  const untilReady = async () => {
    await untilHolds(async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok === true)
  }
  return {
    url,
    port,
    clock,
    keyOf: (tenant) => keys.get(tenant) ?? '',
    async call(tenant, path, init = {}) {
      const headers = {
        authorization: `Bearer ${keys.get(tenant)}`,
        ...(init.body && { 'content-type': 'application/json' }),
        ...init.headers,
      }
      const began = performance.now()
      for (;;) {
        const response = await fetch(url + path, { ...init, headers }).catch((cause: unknown) => {
          // One that has died at a failpoint is about to be replaced.
          if (performance.now() - began > longestDeathMs)
            throw new Error(`the service does not answer: ${service?.stderr()}`, { cause })
        })
        // A busy machine, or a Redis that has just come back: whoever is told so comes again.
        if (response && response.status !== 503) return response
        await clock.sleep(1000)
      }
    },
    async takeSnapshot() {
      await keep.save()
      await copyFile(dump, copyOf(snapshots))
      return snapshots++
    },
    async dropSnapshots() {
      while (snapshots > 0) await rm(copyOf(--snapshots), { force: true })
    },
    async restore(snapshot) {
      await redis.kill()
      await copyFile(copyOf(snapshot), dump)
      await redis.restart()
      await untilReady()
    },
    async restart() {
      await redis.endInOrder()
      await redis.restart()
      await untilReady()
    },
    async replace(signal, failpoint) {
      await end(signal)
      await start(failpoint)
      await untilReady()
    },
    async freeze(what, forMs) {
      const frozen = what === 'redis' ? redis.process : service?.child
      frozen?.kill('SIGSTOP')
      await pause(forMs)
      frozen?.kill('SIGCONT')
    },
    redisNetwork,
    disk,
    damage: (how) => damageFile(join(root, segmentFolder), how),
    async calm() {
      redisNetwork.calm()
      await disk.makeRoom()
      if (!isArmed) return
      await end('SIGKILL')
      await start()
      await untilReady()
    },
    deaths: () => deaths,
  }
}
