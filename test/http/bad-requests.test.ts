import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import type { Problem } from '../../src/http/requests/problem.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const api = await startApp(t, server, { limits: { bodyBytes: 1_000_000 } })
const jobId = await api.createJob()

const secret = 'dG9rOmNhbmFyeV90b2tlbg'

const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  api.fetch('/v1/jobs', { method: 'POST', headers, body })

async function problemOf(response: Response): Promise<Problem> {
  return (await response.json()) as Problem
}

/** Every problem has the same shape, tells its code and shows nothing of the inside. */
function checkProblem(t: Test, response: Response, problem: Problem, status: number, code: string): void {
  t.equal(response.status, status)
  t.equal(response.headers.get('content-type'), 'application/problem+json')
  t.match(problem, { type: `urn:intercom-sync:problem:${code}`, status, code })
  t.ok(problem.title && problem.detail)
  const text = JSON.stringify(problem)
  t.notMatch(text, /node_modules|\.js:|at \w+ \(/, 'no stack')
  t.notOk(text.includes(secret), 'no secret')
}

const deep = (levels: number) => `{"config":${'['.repeat(levels)}${']'.repeat(levels)}}`

const badBodies: [what: string, body: string, status: number, code: string, pointers: string[]][] = [
  ['not JSON', `{"config": {"access_token": "${secret}`, 400, 'malformed_json', []],
  ['not JSON after a secret', `{"config": "${secret}"} x`, 400, 'malformed_json', []],
  ['no body', '', 400, 'invalid_request', ['']],
  ['an array', '[]', 400, 'invalid_request', ['']],
  ['null', 'null', 400, 'invalid_request', ['']],
  ['no config', '{}', 400, 'invalid_request', ['/config']],
  ['unknown members', '{"config":{},"confg":1,"a/b~":2}', 400, 'invalid_request', ['/confg', '/a~1b~0']],
  ['65 levels', deep(65), 400, 'invalid_request', ['']],
  ['100,000 levels', deep(100_000), 400, 'invalid_request', ['']],
  ['100,000 levels, never closed', `{"config":${'{"a":'.repeat(100_000)}`, 400, 'invalid_request', ['']],
  ['too many bytes', `{"config":"${'x'.repeat(1_000_000)}"}`, 413, 'body_too_large', []],
]

for (const [what, body, status, code, pointers] of badBodies) {
  t.test(`a body with ${what} is refused as ${code}`, async (t) => {
    const response = await post(body)
    const problem = await problemOf(response)
    checkProblem(t, response, problem, status, code)
    t.same(problem.errors?.map(({ pointer }) => pointer) ?? [], pointers)
  })
}

/** What Node's own parser tells no position of is among them. */
const faultyBodies: [body: string, place: string][] = [
  ['{"config": tru}', 'line 1, column 12'],
  ['{"config": {', 'line 1, column 13'],
  ['{\n  "config": {}\n  "streams": []\n}', 'line 3, column 3'],
  [`{"config": "${secret}", }`, `line 1, column ${secret.length + 16}`],
  [`{"config": "${'x'.repeat(900_000)}`, 'line 1, column 12'],
]

for (const [body, place] of faultyBodies) {
  t.test(`${body.slice(0, 40)} is told to be no JSON at ${place}`, async (t) => {
    const response = await post(body)
    const problem = await problemOf(response)
    checkProblem(t, response, problem, 400, 'malformed_json')
    t.equal(problem.detail, `The body is not JSON: look at ${place}`)
  })
}

t.test('a body that is not UTF-8 is refused as malformed_json', async (t) => {
  const response = await api.fetch('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"config":"\xff"}', 'latin1'),
  })
  checkProblem(t, response, await problemOf(response), 400, 'malformed_json')
})

t.test('a body of many faults names the first fifty and counts all', async (t) => {
  const names = Array.from({ length: 99 }, (_, index) => `"m${index}":1`)
  const problem = await problemOf(await post(`{"config":{},${names.join(',')}}`))
  t.match([problem.errors?.length, problem.errorCount], [50, 99])
  t.match(problem.errors?.[0], { pointer: '/m0' })
})

t.test('a body of more members than any call has is refused as a whole', async (t) => {
  const names = Array.from({ length: 1000 }, (_, index) => `"m${index}":1`)
  const problem = await problemOf(await post(`{"config":{},${names.join(',')}}`))
  t.match(problem, { errors: [{ pointer: '', detail: /has more than 100 members/ }], errorCount: 1 })
})

for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', undefined]) {
  t.test(`a body of type ${type} is refused as unsupported_media_type`, async (t) => {
    const response = await api.fetch('/v1/jobs', {
      method: 'POST',
      body: Buffer.from('{"config":{}}'),
      ...(type && { headers: { 'content-type': type } }),
    })
    checkProblem(t, response, await problemOf(response), 415, 'unsupported_media_type')
  })
}

const badQueries: [path: string, pointers: string[]][] = [
  [`/v1/jobs/${jobId}/messages?after=-1`, ['after']],
  [`/v1/jobs/${jobId}/messages?after=1.5`, ['after']],
  [`/v1/jobs/${jobId}/messages?after=0x10`, ['after']],
  [`/v1/jobs/${jobId}/messages?after=1e3`, ['after']],
  [`/v1/jobs/${jobId}/messages?after=`, ['after']],
  [`/v1/jobs/${jobId}/messages?after=1&after=2`, ['after']],
  [`/v1/jobs/${jobId}/messages?after=99999999999999999999`, ['after']],
  [`/v1/jobs/${jobId}/messages?follow=yes&heartbeat=x`, ['follow', 'heartbeat']],
  [`/v1/jobs/${jobId}/messages?folow=true`, ['folow']],
  [`/v1/jobs/${jobId}/messages?__proto__=1`, ['__proto__']],
  [`/v1/jobs/${jobId}?wait=61`, ['wait']],
  [`/v1/jobs/${jobId}?wait=1&verbose=1`, ['verbose']],
  ['/v1/connections?limit=x&cursor=a.b', ['limit', 'cursor']],
  ['/v1/connections/a.b', ['connectionId']],
  [`/v1/connections/${'x'.repeat(65)}`, ['connectionId']],
  ['/v1/jobs?limit=0', ['limit']],
  ['/v1/jobs?limit=101&cursor=x', ['limit', 'cursor']],
  ['/v1/jobs?status=done&connectionId=a%20b', ['status', 'connectionId']],
  [`/v1/jobs/${jobId}/state?at=last`, ['at']],
  ['/v1/jobs/0', ['jobId']],
  ['/v1/jobs/abc', ['jobId']],
  ['/v1/jobs/1%00', ['jobId']],
  ['/health/ready?deep=1', ['deep']],
]

for (const [path, pointers] of badQueries) {
  t.test(`${path} is refused, naming ${pointers}`, async (t) => {
    const response = await api.fetch(path)
    const problem = await problemOf(response)
    checkProblem(t, response, problem, 400, 'invalid_request')
    t.same(
      problem.errors?.map(({ pointer }) => pointer),
      pointers,
    )
  })
}

for (const [path, options] of [
  ['/v1/jobs?grace=-1', { method: 'POST' }],
  ['/v1/jobs?detach=1', { method: 'POST' }],
  [`/v1/jobs/${jobId}?force=true`, { method: 'DELETE' }],
] as const) {
  t.test(`${options.method} ${path} is refused`, async (t) => {
    const response = await api.fetch(path, {
      ...options,
      ...(options.method === 'POST' && { headers: { 'content-type': 'application/json' }, body: '{"config":{}}' }),
    })
    checkProblem(t, response, await problemOf(response), 400, 'invalid_request')
  })
}

t.test('a path that leads nowhere and a method that is not there are route_not_found', async (t) => {
  for (const [method, path] of [
    ['GET', '/nothing'],
    ['POST', '/'],
    ['GET', '/v1/nothing'],
    ['PATCH', `/v1/jobs/${jobId}`],
    ['HEAD', '/v1/nothing'],
  ] as const) {
    const response = await api.fetch(path, { method })
    t.equal(response.status, 404, `${method} ${path}`)
    if (method !== 'HEAD') checkProblem(t, response, await problemOf(response), 404, 'route_not_found')
  }
})

t.test('a path that cannot be decoded is a bad request', async (t) => {
  const response = await api.fetch('/v1/jobs/%zz')
  checkProblem(t, response, await problemOf(response), 400, 'invalid_request')
})

t.test('an Accept header that nothing offered fits is refused as not_acceptable', async (t) => {
  const starting = await post('{"config":{}}', { 'content-type': 'application/json', accept: 'text/csv' })
  checkProblem(t, starting, await problemOf(starting), 406, 'not_acceptable')
  const reading = await api.fetch(`/v1/jobs/${jobId}/messages`, { headers: { accept: 'application/json' } })
  checkProblem(t, reading, await problemOf(reading), 406, 'not_acceptable')
})

t.test('a call that is no HTTP is told so and cut off', async (t) => {
  const socket = connect(api.port, '127.0.0.1')
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  socket.write('GET / HTTP/1.1\r\nno header\r\n\r\n')
  await once(socket, 'close')
  const answer = Buffer.concat(pieces).toString()
  t.match(answer, /^HTTP\/1\.1 400 /)
  t.match(answer, '"code":"not_http"')
})

t.test(
  'an error that is not in the table is told without a word of its own, and logged under a request id',
  async (t) => {
    const broken = await startApp(t, server, {
      wrapMessages: (messages) => ({
        ...messages,
        read: () => Promise.reject(Object.assign(new Error('the inside'), { command: { args: [secret] } })),
      }),
    })
    const response = await broken.fetch(`/v1/jobs/${jobId}/messages`)
    const problem = await problemOf(response)
    checkProblem(t, response, problem, 500, 'internal_error')
    t.notMatch(JSON.stringify(problem), 'the inside')
    t.ok(problem.requestId)
    const line = broken.logged.find((entry) => entry.includes('the inside'))
    t.ok(line?.includes(problem.requestId ?? '-'))
    t.notOk(broken.logged.join('').includes(secret))
  },
)
