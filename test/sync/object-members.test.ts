import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { listStreams } from '../../src/streams/discover.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, judge, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

/** Members that Intercom writes as a text in one API version or workspace, and as an object in another. */

type Row = Record<string, unknown>

/** A configured catalog with one stream, whose schema declares only this. */
const catalogOf = (name: string, properties: object) => ({
  streams: [{ stream: { name, json_schema: { properties } }, sync_mode: 'incremental' }],
})
/** What catalogs declare that were discovered with 0.1.0. */
const eitherType = { type: ['null', 'string', 'object'] }

t.test('each column has one type, so that every warehouse can make it', async (t) => {
  for (const { name, json_schema } of listStreams()) {
    for (const [member, { type }] of Object.entries(json_schema.properties as Record<string, { type: string[] }>))
      t.equal(type.filter((one) => one !== 'null').length, 1, `${name}.${member}`)
  }
})

for (const version of ['2.11', '2.12', '2.14', '2.16', '2.17'])
  t.test(`API ${version}: the state of a ticket is an object`, async (t) => {
    const simulator = await listenSimulator(t, { contacts: 10, tickets: 40, newestVersion: '2.17' })
    const config = { access_token: 'simulator-token', api_version: version }
    const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['tickets'], config })
    t.same((await checkMessages([messages], simulator.workspace.truth({ version }))).faults, [])
    const states = recordsOf(messages, 'tickets').map(({ ticket_state: state }) => state as Row)
    t.equal(states.length, 40)
    const isRight = ({ type, category }: Row) => type === 'ticket_state' && /^[a-z_]+$/.test(String(category))
    t.same(
      states.filter((state) => !isRight(state)),
      [],
    )
  })

t.test('the avatar of a contact is an object with the address, in which nothing is changed', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 60 })
  const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['contacts'] })
  const earlier = await collectSync({ baseUrl: simulator.url, catalog: catalogOf('contacts', { avatar: eitherType }) })
  const avatarsIn = (buffer: Buffer) => new Map(recordsOf(buffer, 'contacts').map(({ id, avatar }) => [id, avatar]))
  const addresses = avatarsIn(earlier.messages)
  t.ok(
    [...addresses.values()].some((address) => typeof address === 'string'),
    'a catalog that was discovered earlier gets texts',
  )
  const objects = [...addresses].map(
    ([id, address]) => [id, address && { type: 'avatar', image_url: address }] as const,
  )
  t.same(avatarsIn(messages), new Map(objects))
  for (const buffer of [messages, earlier.messages]) t.same((await judge(simulator, buffer)).faults, [])
})

t.test('texts become objects wherever Intercom writes them, and objects stay', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 5, admins: 3, conversations: 5, longConversations: 0 })
  const address = String.raw`https:\/\/example.com\/Ü?a=1&b=\u00e4`
  const avatars = [`"${address}"`, '{"image_url":"x"}', 'null']
  const url = await editAnswers(t, simulator, ({ body, path }) => ({
    body: path.startsWith('/admins')
      ? body.replace(/"type":"admin",/g, (text) => `${text}"avatar":${avatars.shift()},`)
      : body.replaceAll('"assigned_to":null', '"assigned_to":"991267615"'),
  }))
  const { messages } = await collectSync({ baseUrl: url, streams: ['admins', 'conversation_parts'] })
  t.same(
    recordsOf(messages, 'admins').map(({ avatar }) => avatar),
    [{ type: 'avatar', image_url: 'https://example.com/Ü?a=1&b=ä' }, { image_url: 'x' }, null],
  )
  t.ok(messages.includes(`"avatar":{"type":"avatar","image_url":"${address}"}`), 'character by character')
  const assigned = recordsOf(messages, 'conversation_parts').map(({ assigned_to: to }) => JSON.stringify(to))
  t.ok(assigned.includes('{"id":"991267615"}'))
  t.ok(assigned.some((text) => text.startsWith('{"type":"admin",')))
  t.same(
    assigned.filter((text) => !text.startsWith('{')),
    [],
  )
})

t.test('a catalog decides by what it declares, and another catalog goes on from the same state', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 40, tickets: 40 })
  const config = { access_token: 'simulator-token', api_version: '2.11' }
  const read = async (properties: object) => {
    const { messages, state } = await collectSync({
      baseUrl: simulator.url,
      config,
      catalog: catalogOf('tickets', properties),
    })
    return { types: [...new Set(recordsOf(messages, 'tickets').map((ticket) => typeof ticket.ticket_state))], state }
  }
  const earlier = await read({ ticket_state: eitherType })
  t.same(earlier.types, ['string'])
  t.same(
    (await read({ ticket_state: { type: ['null', 'string'] } })).types,
    ['string'],
    'as source-intercom declares it',
  )
  t.same((await read({})).types, ['string'], 'a catalog that does not declare it')
  t.same((await read({ ticket_state: { type: 'object' } })).types, ['object'])

  const next = await collectSync({ baseUrl: simulator.url, config, streams: ['tickets'], state: earlier.state })
  t.equal(next.outcome?.failure, undefined)
  t.same(recordsOf(next.messages, 'tickets'), [], 'the hashes in a state are of what Intercom wrote')
})

t.test('an id that a catalog declares as number and text comes as Intercom wrote it', async (t) => {
  const simulator = await listenSimulator(t, { articles: 5 })
  const url = await editAnswers(t, simulator, ({ body }) => ({
    body: body.replaceAll('"created_by_id":null', '"created_by_id":"5017691"'),
  }))
  const idsBy = async (selection: { streams?: string[]; catalog?: object }) => {
    const { messages } = await collectSync({ baseUrl: url, ...selection })
    return [...new Set(recordsOf(messages, 'articles').map(({ created_by_id: id }) => id))]
  }
  t.strictSame(await idsBy({ streams: ['articles'] }), [5017691])
  const both = { type: ['null', 'string', 'integer'] }
  t.strictSame(await idsBy({ catalog: catalogOf('articles', { created_by_id: both }) }), ['5017691'])
})
