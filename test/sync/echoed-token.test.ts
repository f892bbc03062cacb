import t from 'tap'
import type { Fault } from '../../simulator/faults/fault.ts'
import { reportOf } from '../../src/error-report.ts'
import { CodedError } from '../../src/errors.ts'
import { type BriefClient, withBriefClient } from '../../src/intercom/brief-client.ts'
import { createRedact } from '../../src/redaction.ts'
import { checkConnection } from '../../src/streams/check-connection.ts'
import { discoverStreams } from '../../src/streams/discover.ts'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { createOutbox } from '../../src/sync/output/outbox.ts'
import { canary, givenAway, writings } from '../support/canary.ts'
import { collectSync, joined, parseLines } from '../support/engine.ts'
import { createEventClock } from '../support/event-clock.ts'
import { openWorld, type World } from '../support/in-process-world.ts'
import { createMemorySpool } from '../support/memory-spool.ts'
import { quietWorkspace } from '../support/quiet-workspace.ts'

t.setTimeout(300_000)

const config = { access_token: canary }

const errorList = (code: string, message: string) => ({ body: { type: 'error.list', errors: [{ code, message }] } })

/** Answers that give the token back, in whatever writing. */
const echoes: Readonly<Record<string, (text: string) => Fault>> = {
  'a refusal': (text) => ({ status: 400, ...errorList('bad', `You sent ${text}`) }),
  'a refusal, where it is cut off': (text) => ({ status: 400, ...errorList('bad', `${'x'.repeat(190)}${text}`) }),
  'the code of a refusal': (text) => ({ status: 422, ...errorList(text, 'no') }),
  'a code without a message': (text) => ({ status: 400, body: { type: 'error.list', errors: [{ code: text }] } }),
  'a token refused': (text) => ({ status: 401, ...errorList('unauthorized', `Access Token ${text} Invalid`) }),
  'a permission refused': (text) => ({ status: 403, ...errorList('forbidden', text) }),
  'what is gone': (text) => ({ status: 404, ...errorList('not_found', text) }),
  'the rate limit': (text) => ({ status: 429, ...errorList('rate_limit_exceeded', text) }),
  'what passes': (text) => ({ status: 503, ...errorList('down', text) }),
  'the older form': (text) => ({ status: 400, body: { status: 400, error: text } }),
  'a page': (text) => ({ status: 403, foreign: true, html: `<html><body>Blocked: ${text}</body></html>` }),
  'a page, where it is cut off': (text) => ({ status: 502, foreign: true, html: `<p>${'y'.repeat(70)}${text}</p>` }),
  'a long page': (text) => ({ status: 502, foreign: true, html: `${'<p>'.repeat(1362)}${text}` }),
  'a page for people': () => ({
    status: 403,
    foreign: true,
    html: canary.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  }),
  headers: (text) => ({ status: 502, foreign: true, text: '', headers: { Server: text, Via: `1.1 ${text}` } }),
  'a redirect': (text) => ({
    status: 302,
    foreign: true,
    text: '',
    headers: { Location: `https://a.invalid/${text}` },
  }),
  'the host of a redirect': (text) => ({
    status: 302,
    foreign: true,
    text: '',
    headers: { Location: `https://${text}/` },
  }),
  'the version': (text) => ({ headers: { 'Intercom-Version': text } }),
  'the version of a later page': (text) => ({
    match: { path: '/contacts/search' },
    skip: 1,
    headers: { 'Intercom-Version': text },
  }),
  'a list of another form': (text) => ({ body: { data: [], echo: text } }),
  'the workspace': (text) => ({ body: { type: 'admin', app: { id_code: 'a', region: text, timezone: text } } }),
  'an answer cut off': (text) => ({ text: `{"type":"list","data":[{"token":${JSON.stringify(text)}` }),
}

const places = ['/me', '/contacts/search', '/conversations/:id', '/contacts/:id/tags', undefined]
const askedPlaces = ['/me', undefined]

function openCanaryWorld(): World {
  const world = openWorld({ ...quietWorkspace, contacts: 2, conversations: 2 })
  world.intercom.dependencies.options.accessTokens[canary] = []
  return world
}

/** All that a sync tells, records apart. */
async function toldBySync({ baseUrl, adapter, clock }: World): Promise<unknown> {
  const held: Commit[] = []
  const streams = ['contacts', 'conversations', 'conversation_parts']
  const ports = { createSpool: createMemorySpool }
  const taken = (commit: Commit) => void held.push(commit)
  const error = await collectSync({ baseUrl, adapter, clock, streams, config, taken, ports }).then(
    ({ outcome }) => outcome,
    (error: unknown) => ({ error, logged: reportOf(error, config) }),
  )
  const lines = parseLines(joined(held).messages).filter(({ type }) => type === 'LOG' || type === 'TRACE')
  return { error, lines: lines.map((line) => JSON.stringify(line)), told: held.map((commit) => commit.streams) }
}

function toldBy<Result>(
  { baseUrl, adapter, clock }: World,
  work: (client: BriefClient) => Promise<Result>,
): Promise<unknown> {
  const { signal } = new AbortController()
  return withBriefClient({ config, baseUrl, adapter, clock, random: () => 0.5, signal }, work).catch(
    (error: unknown) => error,
  )
}

t.test('a token that comes back is told by nothing', async (t) => {
  const world = openCanaryWorld()
  const { faults } = world.intercom
  // Turn and turn about: as many writings as places, and two more.
  let turn = 0
  for (const [kind, echo] of Object.entries(echoes))
    for (const [writing, text] of Object.entries(writings)) {
      turn++
      const path = places[turn % places.length]
      const asked = askedPlaces[turn % 2]
      const questions = [
        (client: BriefClient) => checkConnection(client, config, []),
        (client: BriefClient) => discoverStreams(client),
      ]
      const question = questions[Math.floor(turn / 2) % 2] ?? discoverStreams
      const works = [
        { path, work: () => toldBySync(world) },
        { path: asked, work: () => toldBy<unknown>(world, question) },
      ]
      for (const [place, { path, work }] of works.entries()) {
        faults.clear()
        faults.next([{ ...(path !== undefined && { match: { path } }), ...echo(text), repeat: 10_000 }])
        world.clock.advance(60_000)
        t.equal(givenAway(await work()), undefined, `${kind}, ${writing}, ${path}, ${place}`)
      }
    }
})

t.test('nor by a log of what Intercom says of itself', async (t) => {
  const outbox = createOutbox(new Map(), createEventClock(0), 0, createRedact(config))
  outbox.log('WARN', `the time zone of the workspace is ${canary} now`)
  const { body } = outbox.takeCommit({}, [], true) ?? {}
  t.match(String(body), 'the time zone of the workspace is [hidden] now')
})

t.test('what is told in place of a token says that something is hidden', async (t) => {
  const world = openCanaryWorld()
  world.intercom.faults.next([{ status: 400, ...errorList('bad', `You sent ${canary}.`), repeat: 100 }])
  const { baseUrl, adapter, clock } = world
  const error = await collectSync({ baseUrl, adapter, clock, streams: ['contacts'], config }).catch(
    (error: unknown) => error,
  )
  t.ok(error instanceof CodedError)
  t.match(error, { message: 'Intercom answered 400 to /me: You sent [hidden].' })
})
