import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { untilHolds } from '../support/polling.ts'
import { crowd } from './crowds.ts'
import { startOverloaded } from './service.ts'

const openFiles = 256
const connections = 3 * openFiles

t.test('three times as many idle connections as open files: the process lives, and answers others', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-connections-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const api = await startOverloaded({ dataDir, role: '--api', openFiles })
  t.teardown(() => api.stop())
  const sockets = await crowd(api.url, connections, '')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  // Each call is a connection of its own, for which the one that has been idle for longest gives way.
  for (let call = 0; call < 20; call++)
    t.equal((await fetch(`${api.url}/v1/jobs`, { headers: { connection: 'close' } })).status, 200)
  await untilHolds(() => sockets.filter(({ closed }) => closed).length >= connections - openFiles)
  t.ok(
    sockets.some(({ closed }) => !closed),
    'the others are left alone',
  )
  t.equal(api.ended(), undefined)
})
