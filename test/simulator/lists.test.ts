import t from 'tap'
import { listenSimulator } from '../support/listening-simulator.ts'

type Row = Record<string, unknown>

const refusalOf = async (response: Response): Promise<unknown[]> => {
  const { errors } = (await response.json()) as { errors: { code: string; message: string }[] }
  return [response.status, errors[0]?.code]
}

t.test('admins and teams come whole; avatars only when asked for', async (t) => {
  const { read } = await listenSimulator(t, { admins: 7, teams: 3 })
  const plain = await read<{ type: string; admins: Row[] }>('/admins')
  t.match(plain, { type: 'admin.list', admins: Array(7).fill({ type: 'admin', id: /^\d+$/, team_ids: Array }) })
  t.notOk(plain.admins.some((admin) => 'avatar' in admin))
  const { admins } = await read<{ admins: Row[] }>('/admins?display_avatar=true')
  t.ok(admins.every((admin) => 'avatar' in admin))
  t.match(await read('/teams'), { type: 'team.list', teams: Array(3).fill({ type: 'team', id: /^\d+$/ }) })
})

t.test('segments carry times, and a count only when asked for', async (t) => {
  const { read } = await listenSimulator(t, { segments: 4 })
  const row = { type: 'segment', id: /^[0-9a-f]{24}$/, created_at: Number, updated_at: Number }
  const { segments } = await read<{ segments: Row[] }>('/segments')
  t.match(segments, [row, row, row, row])
  t.notOk(segments.some((segment) => 'count' in segment))
  const counted = await read<{ segments: Row[] }>('/segments?include_count=true')
  t.match(counted.segments, Array(4).fill({ ...row, count: Number }))
})

t.test('built-in attributes have no id and no times, and a name may be used twice', async (t) => {
  const { read } = await listenSimulator(t, { attributes: 7 })
  const { data } = await read<{ data: Row[] }>('/data_attributes?model=company')
  const fullNames = data.map((attribute) => attribute.full_name)
  t.equal(new Set(fullNames).size, data.length)
  t.same(
    data.filter(({ name }) => name === 'name').map((attribute) => attribute.full_name),
    ['name', 'plan.name'],
  )
  for (const { id, created_at: created, updated_at: updated, custom } of data) {
    t.same(
      [id, created, updated].map((value) => typeof value),
      Array(3).fill(custom ? 'number' : 'undefined'),
    )
  }
  const all = await read<{ data: Row[] }>('/data_attributes?model=company&include_archived=true')
  t.same(all.data.filter(({ archived }) => archived).length, all.data.length - data.length)
  t.ok(all.data.length > data.length)
})

t.test('from 2.17 the dates of contacts are called datetime', async (t) => {
  const { read } = await listenSimulator(t)
  const typeOf = async (version: string, fullName: string): Promise<unknown> => {
    const { data } = await read<{ data: Row[] }>('/data_attributes?model=contact', { version })
    return data.find((attribute) => attribute.full_name === fullName)?.data_type
  }
  t.same([await typeOf('2.16', 'updated_at'), await typeOf('2.17', 'updated_at')], ['date', 'datetime'])
  t.equal(await typeOf('2.17', 'custom_attributes.renewal_at'), 'date')
})

t.test('attributes of conversations have moved in 2.16', async (t) => {
  const { ask, read } = await listenSimulator(t)
  const old = '/data_attributes?model=conversation'
  const before = await read<{ data: Row[] }>(old, { version: '2.15' })
  t.match(before.data, [{ type: 'data_attribute', model: 'conversation' }])
  t.same(await refusalOf(await ask(old, { version: '2.16' })), [422, 'parameter_invalid'])
  const { data } = await read<{ data: Row[] }>('/conversations/attributes', { version: '2.16' })
  t.match(data, [{ type: 'conversation_attribute', name: before.data[0]?.name }])
  const early = await ask('/conversations/attributes', { version: '2.15' })
  t.same(await refusalOf(early), [400, 'intercom_version_invalid'])
})

t.test('attributes of no model or an unknown one are refused', async (t) => {
  const { ask } = await listenSimulator(t)
  t.same(await refusalOf(await ask('/data_attributes')), [400, 'parameter_not_found'])
  t.same(await refusalOf(await ask('/data_attributes?model=mood')), [400, 'parameter_invalid'])
})

t.test('what is no version is refused, a newer one only where the API is told to', async (t) => {
  const { ask } = await listenSimulator(t)
  for (const version of ['nonsense', '2.18', '2.99', '2', '1.4', '02.16']) {
    t.same(await refusalOf(await ask('/tags', { version })), [400, 'intercom_version_invalid'], version)
  }
  for (const version of ['2.9', '2.11', '2.17', 'Preview']) t.equal((await ask('/tags', { version })).status, 200)
  const { ask: askOld } = await listenSimulator(t, { newestVersion: '2.16', refuseNewerVersions: true })
  t.same(await refusalOf(await askOld('/tags', { version: '2.17' })), [400, 'intercom_version_invalid'])
})

const scopes: [scope: string, paths: string[]][] = [
  ['read_admins', ['/admins', '/teams']],
  ['read_tags', ['/tags']],
  ['read_users', ['/segments', '/data_attributes?model=contact', '/companies/scroll', '/companies/6/segments']],
  ['read_conversations', ['/conversations/5']],
]

for (const [scope, paths] of scopes) {
  t.test(`without ${scope} its endpoints are refused, and no others`, async (t) => {
    const { ask } = await listenSimulator(t, { accessTokens: { narrow: [scope] } })
    for (const [other, otherPaths] of scopes) {
      for (const path of otherPaths) {
        const { status } = await ask(path, { token: 'narrow' })
        t.equal(status === 403, paths.includes(path) && other === scope, path)
      }
    }
  })
}
