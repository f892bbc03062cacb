import t from 'tap'
import type { CatalogMessage } from '../../src/airbyte/connector-messages.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

interface ListedStream {
  name: string
  syncModes: string[]
  primaryKey: string[]
  cursor?: string
  optIn: boolean
  permissions: string[]
  parentStream?: string
  requestPerParent: boolean
}

const list = async (query = ''): Promise<ListedStream[]> =>
  ((await (await api.fetch(`/v1/streams${query}`)).json()) as { data: ListedStream[] }).data

t.test('each stream is listed with its modes as discover has them, its permissions, and whom it costs', async (t) => {
  const streams = await list('?apiVersion=2.17')
  const { catalog } = (await (await api.fetch('/v1/discover', { method: 'POST' })).json()) as CatalogMessage
  t.same(
    streams.map(({ name }) => name),
    catalog.streams.map(({ name }) => name).toSorted(),
  )
  for (const { name, syncModes, primaryKey, permissions, parentStream, requestPerParent } of streams) {
    const found = catalog.streams.find((stream) => stream.name === name)
    t.same(syncModes.toSorted(), found?.supported_sync_modes.toSorted(), name)
    t.same(
      primaryKey,
      found?.source_defined_primary_key.map((path) => path.join('.')),
      name,
    )
    t.ok(permissions.length > 0, name)
    if (requestPerParent)
      t.ok(
        streams.some((stream) => stream.name === parentStream),
        name,
      )
  }
  const named = (name: string) => streams.find((stream) => stream.name === name)
  t.match(named('contacts'), { optIn: false, requestPerParent: false, cursor: 'updated_at' })
  t.match(named('article_statistics'), { optIn: true, parentStream: 'articles', requestPerParent: true })
  t.notOk(named('ticket_parts')?.requestPerParent, 'they come with their tickets')
  t.match(named('contact_tags'), { parentStream: 'contacts', requestPerParent: false })
})

t.test('a version of Intercom has only its streams; the usual one is that of a config', async (t) => {
  const [usual, latest, first] = await Promise.all([list(), list('?apiVersion=2.17'), list('?apiVersion=2.11')])
  t.same(usual, await list('?apiVersion=2.16'))
  t.ok(first.length < usual.length && usual.length < latest.length)
  t.equal((await api.fetch('/v1/streams?apiVersion=1.0')).status, 400)
})
