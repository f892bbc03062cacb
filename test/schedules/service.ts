import { randomBytes } from 'node:crypto'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../src/clock.ts'
import { untilHolds } from '../support/polling.ts'
import { findFreePort, runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
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
  replace(signal: NodeJS.Signals): Promise<void>
}

export interface ServiceOptions {
  /** Address of Intercom. */
  intercom: string
  /** Each gets an API key. */
  tenants: readonly string[]
  time: FastTime
}

export async function startService(t: Teardown, { intercom, tenants, time }: ServiceOptions): Promise<Service> {
  const clock = sharedClock(time)
  const redis = await startRedis(t)
  const keys = new Map(tenants.map((tenant) => [tenant, randomBytes(24).toString('hex')]))
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const encryption = randomBytes(32).toString('hex')
  const apiKeys = [...keys].map(([tenant, key]) => `${tenant}:${key}`)
  const args = [redis.socket, encryption, intercom, String(port), String(time.speed), String(time.began), ...apiKeys]
  const start = async (): Promise<TestProcess> => {
    const service = runCompiled(t, 'test/schedules/service-process.js', args)
    await service.untilLine(/^listening$/)
    return service
  }
  let service = await start()
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
      for (;;) {
        const response = await fetch(url + path, { ...init, headers }).catch((cause: unknown) => {
          throw new Error(`the service does not answer: ${service.stderr()}`, { cause })
        })
        // A busy machine, or a Redis that has just come back: whoever is told so comes again.
        if (response.status !== 503) return response
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
    async replace(signal) {
      await service.end(signal)
      service = await start()
      await untilReady()
    },
  }
}
