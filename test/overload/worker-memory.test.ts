import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { runCompiled } from '../support/processes.ts'
import { listenRaw } from '../support/raw-server.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { peakMemory } from '../support/whole-service.ts'
import { openService, untilEnded } from '../support/worker.ts'

/**
 * MiB that a worker may take, whatever it is answered: its own hundred, the 64 that all answers may have while they are
 * unpacked, the same again where one is joined, and what is not collected yet. Without that limit it is 700.
 */
const most = 450
const answers = 12

/** Sixty mebibytes of a list that are sixty kilobytes on their way: as much as one answer may hold. */
const piece = gzipSync(Buffer.from(`${'{"type":"contact","id":"1"},'.repeat(37_450)}`))
const bomb = Buffer.concat([
  gzipSync(Buffer.from('{"type":"list","data":[')),
  ...Array.from({ length: 58 }, () => piece),
  gzipSync(Buffer.from('1]}')),
])

t.test('a worker whose answers unpack to gigabytes keeps its memory within bounds', async (t) => {
  const redis = await startRedis(t)
  const key = randomBytes(32)
  const service = openService(redis, (close) => t.teardown(close), { keys: [encryptionKey('test', key)] })
  let asked = 0
  let enough = () => undefined as unknown
  const answered = new Promise((resolve) => {
    enough = () => resolve(undefined)
  })
  const intercom = await listenRaw(t, (socket, text) => {
    for (let request = 0; request < text.split('HTTP/1.1').length - 1; request++) {
      const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`
      socket.write(Buffer.concat([Buffer.from(head), bomb]))
      if (++asked === answers) enough()
    }
  })
  const worker = runCompiled(t, 'test/support/sync-worker-process.js', [redis.socket, key.toString('hex'), intercom])
  const request = parseSyncRequest({ config: { access_token: 'a-token' }, streams: ['tags', 'admins', 'segments'] })
  const jobs = await Promise.all(Array.from({ length: 4 }, () => service.jobs.create({ tenant, request })))
  await answered
  const peak = await peakMemory(worker)
  for (const { jobId } of jobs) await service.jobs.cancel(tenant, jobId)
  for (const { jobId } of jobs) t.match((await untilEnded(service, jobId)).status, /cancelled|failed/)
  t.equal(await worker.end('SIGTERM'), 0, 'it lives, and ends in order')
  t.ok((peak ?? 0) < most, `${Math.round(peak ?? 0)} MiB`)
})
