import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { CodedError } from '../../src/errors.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { openConnector } from '../support/connector.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { runCompiled } from '../support/processes.ts'

/** Names that JavaScript's own objects have: to Intercom's users they are names like others. */
const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']

// Its first contacts have custom attributes of such names, with values.
const simulator = await listenSimulator(t, { contacts: 30, companies: 3, oddities: true })
const intercom = await editAnswers(t, simulator, ({ path, body }) => {
  if (!path.startsWith('/data_attributes') || !path.includes('model=contact')) return {}
  const attributes = names.map((name, index) =>
    JSON.stringify({
      type: 'data_attribute',
      id: 990_000 + index,
      name,
      full_name: `custom_attributes.${name}`,
      data_type: 'string',
      custom: true,
      archived: false,
      model: 'contact',
    }),
  )
  return { body: body.replace('"data":[', `"data":[${attributes.join()},`) }
})

const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-names-'))
t.teardown(() => rm(dataDir, { recursive: true, force: true }))
const settings = { PORT: '0', DATA_DIR: dataDir, INTERCOM_BASE_URL: intercom }
const server = runCompiled(t, 'test/support/serve-process.js', [], settings)
const service = (await server.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
const bench = openConnector(t)

// A text, because an object literal would take `__proto__` for a prototype.
const config = `{"access_token":"simulator-token","__proto__":{"a":1},"constructor":{"prototype":{"b":2}}}`
const bridgeConfig = config.replace('{', `{"service_url":"${service}",`)

const call = async (method: string, path: string, body?: string, accept = 'application/json') => {
  const response = await fetch(service + path, {
    method,
    headers: { accept, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body }),
  })
  return { status: response.status, text: await response.text(), location: response.headers.get('location') ?? '' }
}

/** The custom attributes of contacts in a catalog, by name. */
function attributesIn(catalog: string): string[] {
  const { streams } = JSON.parse(catalog).catalog as { streams: Record<string, unknown>[] }
  const contacts = streams.find(({ name }) => name === 'contacts') as {
    json_schema: { properties: { custom_attributes: { properties: object } } }
  }
  return Object.keys(contacts.json_schema.properties.custom_attributes.properties)
}

const judge = async (messages: string | Buffer, streams: string[]) => {
  const truth = [...simulator.workspace.truth()].filter(({ stream }) => streams.includes(stream))
  return checkMessages([Buffer.from(messages)], truth)
}

const discovered = await call('POST', '/v1/discover', `{"config":${config}}`)

t.test('discover gives them in process, over HTTP and through the bridge, the same to the byte', async (t) => {
  t.equal(discovered.status, 200)
  t.same(
    names.filter((name) => !attributesIn(discovered.text).includes(name)),
    [],
  )
  for (const [file, options] of [
    [bench.write('config.json', config), { intercom }],
    [bench.write('bridge.json', bridgeConfig), {}],
  ] as const) {
    const { end, stdout, stderr } = await bench.run(['discover', '--config', file], options)
    t.equal(end, 0, stderr)
    t.equal(stdout.toString(), `${discovered.text}\n`)
  }
})

t.test('what discover gave is taken back as the catalog of a job, and the states as those of the next', async (t) => {
  const body = `{"config":${config},"catalog":${onlyContacts(discovered.text)}}`
  const live = await call('POST', '/v1/jobs', body, 'application/x-ndjson')
  t.equal(live.status, 200, live.text)
  t.match(await judge(live.text, ['contacts']), { ok: true })
  t.match(live.text, '"custom_attributes":{"__proto__":{"polluted":true}')
  t.match(JSON.parse((await call('GET', live.location)).text), { status: 'succeeded' })

  const { text: states } = await call('GET', `${live.location}/state`)
  const next = await call('POST', '/v1/jobs', body.replace(/\}$/, `,"state":${states}}`), 'application/x-ndjson')
  t.equal(next.status, 200, next.text)
  t.equal(next.text.match(/"type":"RECORD"/g), null, 'nothing has changed')
})

t.test('a connection keeps such a catalog and config, and its jobs read by them', async (t) => {
  const put = await call(
    'PUT',
    '/v1/connections/named',
    `{"config":${config},"catalog":${onlyContacts(discovered.text)}}`,
  )
  t.equal(put.status, 201, put.text)
  const { text } = await call('GET', '/v1/connections/named')
  t.match(text, '"__proto__":"**********","constructor":"**********"')
  for (const name of names) t.match(text, `"${name}":{"type":["null","string"]}`)
  t.equal((await call('PUT', '/v1/connections/named', text)).status, 200)
  const { lastUpdatedAt: _then, ...after } = JSON.parse((await call('GET', '/v1/connections/named')).text)
  const { lastUpdatedAt: _now, ...before } = JSON.parse(text)
  t.equal(JSON.stringify(after), JSON.stringify(before))
  const live = await call('POST', '/v1/jobs', '{"connectionId":"named"}', 'application/x-ndjson')
  t.match(await judge(live.text, ['contacts']), { ok: true })
})

t.test('the command line reads with the same files in process and through the bridge', async (t) => {
  const catalog = bench.write('catalog.json', configured(discovered.text))
  for (const [file, options] of [
    [bench.write('config.json', config), { intercom }],
    [bench.write('bridge.json', bridgeConfig), {}],
  ] as const) {
    const { end, stdout, stderr } = await bench.run(['read', '--config', file, '--catalog', catalog], options)
    t.equal(end, 0, stderr)
    t.match(await judge(stdout, ['contacts']), { ok: true })
  }
})

const given = `{"config":${config},"streams":["contacts"]`
const requests: [what: string, body: string][] = [
  ['a config with them', `${given}}`],
  [
    'a schema with them',
    `{"config":${config},"catalog":{"streams":[{"stream":{"name":"tags","json_schema":{"__proto__":{"x":1}}},"sync_mode":"full_refresh"}]}}`,
  ],
  [
    'a state with them',
    `${given},"state":[{"type":"STREAM","stream":{"stream_descriptor":{"name":"contacts"},"stream_state":{"updated_at":1,"__proto__":{"x":1},"constructor":{"prototype":{}}}}}]}`,
  ],
  [
    'a state of a stream of such a name',
    `${given},"state":[{"type":"STREAM","stream":{"stream_descriptor":{"name":"__proto__"},"stream_state":{"updated_at":1}}}]}`,
  ],
  [
    'a LEGACY state with them',
    `${given},"state":{"contacts":{"updated_at":1,"__proto__":null},"__proto__":{"updated_at":1}}}`,
  ],
  ['a stream of such a name', `{"config":${config},"streams":["__proto__","constructor"]}`],
  ['a token that is only inherited', `{"config":{"__proto__":{"access_token":"simulator-token"}},"streams":["tags"]}`],
]
for (const [what, body] of requests)
  t.test(`${what} is judged over HTTP as in process`, async (t) => {
    const answer = await call('POST', '/v1/jobs', body)
    const { errors = [] } = JSON.parse(answer.text) as { errors?: { pointer: string }[] }
    t.same(
      errors.map(({ pointer }) => pointer),
      faultsInProcess(body),
      answer.text,
    )
    t.equal(answer.status, errors.length > 0 ? 400 : 202)
  })

t.test('a member of the request itself must be one that there is', async (t) => {
  const { status, text } = await call('POST', '/v1/jobs', `${given},"__proto__":{"state":[]},"\\u0063onstructor":1}`)
  t.equal(status, 400)
  t.match(JSON.parse(text), { errors: [{ pointer: '/__proto__' }, { pointer: '/constructor' }] })
  t.equal(({} as Record<string, unknown>).state, undefined)
})

function faultsInProcess(body: string): string[] {
  try {
    parseSyncRequest(JSON.parse(body))
    return []
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return error.faults.map(({ pointer }) => pointer)
  }
}

/** The CATALOG message with nothing but contacts, text for text. */
function onlyContacts(message: string): string {
  const parsed = JSON.parse(message) as { catalog: { streams: { name: string }[] } }
  return JSON.stringify({
    ...parsed,
    catalog: { streams: parsed.catalog.streams.filter(({ name }) => name === 'contacts') },
  })
}

function configured(message: string): string {
  const { catalog } = JSON.parse(onlyContacts(message)) as { catalog: { streams: object[] } }
  const streams = catalog.streams.map((stream) => ({
    stream,
    sync_mode: 'incremental',
    destination_sync_mode: 'append_dedup',
  }))
  return JSON.stringify({ streams })
}
