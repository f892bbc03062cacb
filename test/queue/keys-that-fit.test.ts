import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readSharedSecret } from '../../src/store/limits/shared-secret.ts'
import { adoptKeys, checkKeys, KeysDoNotFitError } from '../../src/store/secrets/key-canaries.ts'
import { type EncryptionKey, encryptionKey } from '../../src/store/secrets/sealing.ts'
import { keyspace } from '../support/keys.ts'
import { runCompiled } from '../support/processes.ts'
import { connectTo, startRedis } from '../support/redis.ts'

const text = () => randomBytes(32).toString('base64')
const keyOf = (kid: string) => encryptionKey(kid, randomBytes(32))

t.test('keys that cannot open what others seal are refused, in every order but that of a rotation', async (t) => {
  const redis = (await startRedis(t)).connect()
  const [k1, k2, k3] = [keyOf('k1'), keyOf('k2'), keyOf('k3')]
  const start = (...keys: EncryptionKey[]) => checkKeys(redis, keys, 'at its start')
  for (const keys of [[k1], [k1, k2], [k1], [k2, k1], [k1, k2], [k2, k1], [k2]]) await t.resolves(start(...keys))
  await t.rejects(start(k1), { name: 'KeysDoNotFitError', message: /sealed with the key k2, .* has k1/ })
  await t.rejects(start(k3), { message: /sealed with the key k2, .* has k3/ })
  await t.rejects(start(k2, keyOf('k1')), { message: /the key k1 is another one/ }, 'wherever it stands')
  await t.rejects(start(keyOf('k2')), { message: /the key k2 is another one/ })
  await t.resolves(checkKeys(redis, [k2]))
  t.same((await redis.hkeys(keyspace.keyCanaries)).sort(), [':sealing', 'k1', 'k2'], 'who is refused leaves nothing')
  await redis.flushall()
  await t.resolves(start(k3), "a new Redis is anybody's")
  await t.rejects(start(k1), KeysDoNotFitError)
  await adoptKeys(redis, [k1])
  await t.resolves(checkKeys(redis, [k1]))
})

t.test('a service that goes on with other keys of the same ids has a secret to share, too', async (t) => {
  const redis = (await startRedis(t)).connect()
  const lost = await readSharedSecret(redis, [keyOf('k1')])
  const k1 = keyOf('k1')
  await t.rejects(readSharedSecret(redis, [k1]), { code: 'seal_broken' })
  await adoptKeys(redis, [k1])
  const secret = await readSharedSecret(redis, [k1])
  t.notOk(secret.equals(lost))
  t.ok(secret.equals(await readSharedSecret(redis, [k1])))
})

async function serve(t: Test, args: string[], environment: Record<string, string>) {
  const process = runCompiled(t, 'test/support/serve-process.js', args, { PORT: '0', ...environment })
  const urlOf = async () => (await process.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
  return { process, urlOf }
}

async function folderOf(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

t.test('a worker that joins a service by its folder has its keys, or does not start', async (t) => {
  const DATA_DIR = await folderOf(t)
  const ENCRYPTION_KEYS = `k1:${text()}`
  const api = await serve(t, ['--api'], { DATA_DIR, ENCRYPTION_KEYS })
  await api.urlOf()
  const without = await serve(t, ['--worker'], { DATA_DIR })
  t.equal(await without.process.exited, 1)
  t.match(without.process.stderr(), /ENCRYPTION_KEYS: .* give this worker the same/)
  const other = await serve(t, ['--worker'], { DATA_DIR, ENCRYPTION_KEYS: `k1:${text()}` })
  t.equal(await other.process.exited, 1)
  t.match(other.process.stderr(), /ENCRYPTION_KEYS: the key k1 is another one/)
  t.notOk((await readdir(DATA_DIR)).includes('keys.json'))
  const same = await serve(t, ['--worker'], { DATA_DIR, ENCRYPTION_KEYS })
  await same.process.untilLine(/worker started/)
  t.equal(await same.process.end('SIGTERM'), 0)
})

t.test("a Redis that was exchanged for another one's makes the service unready, and says why", async (t) => {
  const DATA_DIR = await folderOf(t)
  const server = await startRedis(t)
  const api = await serve(t, ['--api'], { DATA_DIR })
  const url = await api.urlOf()
  const ready = async () => {
    const response = await fetch(`${url}/health/ready`)
    return { status: response.status, body: (await response.json()) as object }
  }
  t.match(await ready(), { status: 200 })
  const { socket } = JSON.parse(await readFile(join(DATA_DIR, 'service.json'), 'utf8')) as { socket: string }
  const redis = connectTo(socket).connect()
  t.teardown(() => redis.disconnect())
  await redis.flushall()
  t.match(await ready(), { status: 200 }, 'what is lost is made anew')
  const foreign = server.connect()
  await checkKeys(foreign, [keyOf('k9')])
  await redis.del(keyspace.keyCanaries)
  await redis.hset(keyspace.keyCanaries, await foreign.hgetall(keyspace.keyCanaries))
  t.match(await ready(), { status: 503, body: { code: 'store_unavailable', detail: /sealed with the key k9/ } })
})
