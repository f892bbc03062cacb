import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { reportOf } from '../../src/error-report.ts'
import { CodedError } from '../../src/errors.ts'
import { shutDown } from '../../src/process/lifecycle.ts'
import { judgeFacts, readFacts, type ServerFacts } from '../../src/redis/checks/server-facts.ts'
import { delayBeforeNextAttempt } from '../../src/sync/attempt/retry-policy.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { untilAborted } from '../support/worker.ts'

t.test('the wait before another attempt grows only while nothing is won', (t) => {
  t.same([0, 1, 2, 3, 4].map(delayBeforeNextAttempt), [500, 10_000, 30_000, 90_000, 270_000])
  t.end()
})

t.test('shutting down goes on when a phase fails or takes too long', async (t) => {
  const ran: string[] = []
  const problems: string[] = []
  const phase = (name: string, work: () => unknown, timeoutMs = 10_000) => ({
    name,
    timeoutMs,
    run: () => {
      ran.push(name)
      return work()
    },
  })
  await shutDown(
    [
      phase('quick', () => undefined),
      phase('broken', () => {
        throw new Error('broken')
      }),
      phase('stuck', () => untilAborted(new AbortController().signal), 1),
      phase('last', async () => undefined),
    ],
    systemClock,
    (name, problem) => problems.push(`${name}: ${problem instanceof Error ? problem.message : problem}`),
  )
  t.same(ran, ['quick', 'broken', 'stuck', 'last'])
  t.same(problems, ['broken: broken', 'stuck: not done after 1 ms'])
})

t.test('what the log says of an error holds neither its request nor a secret of the config', (t) => {
  const token = 'dG9rZW46Y2FuYXJ5'
  const foreign = Object.assign(new Error(`401 for Bearer ${token}`), { config: { headers: { Authorization: token } } })
  const error = new CodedError('intercom_unavailable', 'Intercom is away', { cause: foreign })
  const text = JSON.stringify(reportOf(error, { access_token: token, nested: { client_secret: 'another-secret' } }))
  t.notOk(text.includes(token))
  t.match(JSON.parse(text), {
    code: 'intercom_unavailable',
    message: 'Intercom is away',
    cause: { message: '401 for Bearer [hidden]', stack: /policies\.test/ },
  })
  t.equal(reportOf('just text').message, 'just text')
  t.end()
})

t.test('a provided Redis is judged by what it would do to jobs', onRealRedis, async (t) => {
  const good = await startRedis(t, ['--appendonly', 'yes'])
  const judge = (facts: ServerFacts) => judgeFacts(facts, 256 * 1024 * 1024)
  t.same(judge(await readFacts(good.connect())), [])
  const bad = await startRedis(t, ['--maxmemory-policy', 'allkeys-lru'])
  t.match(judge(await readFacts(bad.connect())), [
    { severity: 'fault', message: /maxmemory-policy allkeys-lru.*CONFIG SET maxmemory-policy noeviction/ },
    { severity: 'warning', message: /appendonly yes/ },
  ])
  const old = 'redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n'
  t.match(judge({ info: old }), [{ severity: 'fault', message: /6\.0\.16 is too old: 6\.2/ }])
  t.same(judge({ info: 'server:unknown' }), [], 'what is not told is not judged')
  t.match(judge({ info: 'maxmemory:1000\r\n' }), [{ severity: 'warning', message: /maxmemory.*LOG_LIMIT_BYTES/ }])
  for (const told of ['cluster_enabled:1\r\n', 'redis_mode:cluster\r\n'])
    t.match(judge({ info: told }), [{ severity: 'fault', message: /cluster mode/ }])
  t.match(judge({ info: undefined }), [{ severity: 'warning', message: /INFO.*noeviction.*409 log_rewound.*\+info/ }])
  t.match(judge({ info: undefined, policy: 'allkeys-lru' }), [{ severity: 'fault', message: /allkeys-lru/ }, {}])
})
