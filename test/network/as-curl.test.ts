import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { createRandom, integerBetween, pick, type Random } from '../../simulator/random.ts'
import { readProxies } from '../../src/network/proxies.ts'
import { withTools } from '../support/tools.ts'

/** The proxy that was asked, by its port, and what it was shown; undefined = none. */
type Asked = { port: number; authorization: string | undefined } | undefined

const variables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const
const forms = [
  (port: number) => `http://127.0.0.1:${port}`,
  (port: number) => `127.0.0.1:${port}`,
  (port: number) => `HTTP://localhost:${port}/path?query`,
  (port: number) => `http://user:p%40ss%2Fw%3Ard@127.0.0.1:${port}/`,
  (port: number) => `us%20er:100%25%zz@127.0.0.1:${port}`,
  (port: number) => `http://only-a-user@127.0.0.1:${port}`,
]
const hosts = [
  'api.intercom.test',
  'INTERCOM.test',
  'notintercom.test',
  'a.b.intercom.test.',
  'localhost',
  '127.1.2.3',
  '127.200.0.1',
  '[::1]',
  '[fd00:1::2]',
]
const exemptions = [
  'intercom.test',
  '.intercom.test',
  'Intercom.Test.',
  '*.intercom.test',
  'api.intercom.test:443',
  '*',
  '.',
  'test',
  'localhost',
  '127.0.0.0/8',
  '127.1.0.0/16',
  '127.1.2.3/31',
  '127.1.2.3',
  '127.200.0.0/0',
  '127.200.0.1/99',
  '127.1.2.3/x',
  '127.1',
  '::1',
  'fd00:1::2',
  'fd00:1::3',
]
const separators = [',', ', ', ' ', ' , ', '\t', ',,']

/** Two of three variables are not set, or empty. */
function drawEnvironment(random: Random, portOf: (name: string) => number): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of variables) {
    const draw = random()
    if (draw < 0.15) environment[name] = ''
    else if (draw < 0.55) environment[name] = pick(random, forms)(portOf(name))
  }
  for (const name of ['no_proxy', 'NO_PROXY']) {
    if (random() < 0.4) continue
    const count = integerBetween(random, 0, 3)
    let list = random() < 0.1 ? ' ' : ''
    for (let place = 0; place < count; place++)
      list += (place === 0 ? '' : pick(random, separators)) + pick(random, exemptions)
    environment[name] = list
  }
  return environment
}

/** A port for each variable, which refuses every request, and writes down what it was asked. */
async function listenForEach(t: Test) {
  const asked: NonNullable<Asked>[] = []
  const ports = new Map<string, number>()
  for (const name of variables) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (head) => {
        const [, authorization] = head.toString().match(/^proxy-authorization: (.*)\r$/im) ?? []
        asked.push({ port: ports.get(name) ?? 0, authorization })
        socket.end('HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    ports.set(name, (server.address() as AddressInfo).port)
    t.teardown(() => server.close())
  }
  return { asked, portOf: (name: string) => ports.get(name) ?? 0 }
}

async function runCurl(environment: Record<string, string>, url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const names = ['--resolve', `${hostname}:${port}:127.0.0.1`]
  const child = spawn('curl', ['-q', '-s', '-g', '-m', '10', ...(hostname.startsWith('[') ? [] : names), url], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: 'ignore',
  })
  await once(child, 'close')
}

t.test('the variables of proxies mean what they mean to curl', withTools('curl'), async (t) => {
  const { asked, portOf } = await listenForEach(t)
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  const random = createRandom(seed)
  let proxied = 0
  for (let round = 0; round < 60; round++) {
    const environment = drawEnvironment(random, portOf)
    // Nobody listens on port 9.
    const url = `${pick(random, ['http', 'https'])}://${pick(random, hosts)}:9/`
    await runCurl(environment, url)
    const [curls] = asked.splice(0)
    const proxy = readProxies(environment).proxyFor(new URL(url))
    const ours = proxy && { port: proxy.port, authorization: proxy.credentials?.authorization }
    if (curls) proxied++
    t.same(ours, curls, `SEED=${seed}, round ${round}: ${url} with ${JSON.stringify(environment)}`)
  }
  t.ok(proxied > 5 && proxied < 58, `${proxied} went through a proxy`)
})

t.test('networks of IPv6 are exempt as the manual of curl says; curl 7.88 has none', async (t) => {
  const isExempt = (host: string, list: string) =>
    readProxies({ http_proxy: 'proxy:3128', NO_PROXY: list }).proxyFor(new URL(`http://${host}/`)) === undefined
  for (const list of ['fd00:1::/32', 'fd00:1::/126', '[fd00:1::2]', '[fd00:1::]/64', 'a.test fd00::/8'])
    t.ok(isExempt('[fd00:1::2]', list), list)
  for (const list of ['fd00:2::/32', 'fd00:1::3', 'fd00:1::2/129', '10.0.0.0/8', 'fd00:1::/-1'])
    t.notOk(isExempt('[fd00:1::2]', list), list)
})

t.test(
  'a proxy without a port has that of curl, and one that cannot be read is told without its password',
  async (t) => {
    const read = (value: string) => readProxies({ HTTPS_PROXY: value }).proxyFor(new URL('https://api.intercom.io'))
    t.match(read('proxy'), {
      protocol: 'http:',
      hostname: 'proxy',
      port: 1080,
      place: 'http://proxy:1080 (HTTPS_PROXY)',
    })
    t.match(read('https://[fd00::1]'), { protocol: 'https:', hostname: 'fd00::1', port: 443 })
    t.match(read('http://proxy:80'), { port: 80 })
    for (const [value, reason] of [
      ['socks5h://user:hunter2hunter2@proxy:1080', /^HTTPS_PROXY names a SOCKS proxy/],
      ['ftp://user:hunter2hunter2@proxy', /^HTTPS_PROXY names a proxy with another scheme/],
      ['http://user:hunter2@hunter2@proxy:3128', /^HTTPS_PROXY is not the address of a proxy.*%40/],
      ['http://user:hunter2/hunter2@proxy:3128', /^HTTPS_PROXY is not the address of a proxy.*%2F/],
      ['http://proxy:65536', /^HTTPS_PROXY is not the address/],
      ['http://', /^HTTPS_PROXY is not the address/],
      ['http://pro xy:3128', /^HTTPS_PROXY is not the address/],
    ] as const) {
      t.throws(() => read(value), { code: 'invalid_request', message: reason }, value)
      const faults = readProxies({ HTTPS_PROXY: value }).faults()
      t.match(faults, [reason])
      t.notMatch(faults.join(), 'hunter2')
    }
  },
)

t.test('only a variable that is in force can be wrong', async (t) => {
  const socks = 'socks5://127.0.0.1:1080'
  for (const environment of [
    { HTTPS_PROXY: socks, https_proxy: 'proxy:3128' },
    { ALL_PROXY: socks, https_proxy: 'proxy:3128' },
    { ALL_PROXY: socks, NO_PROXY: '*' },
    { HTTP_PROXY: socks },
  ])
    t.same(readProxies(environment).faults(), [], JSON.stringify(environment))
  for (const environment of [
    { ALL_PROXY: socks },
    { ALL_PROXY: socks, http_proxy: 'proxy:3128' },
    { http_proxy: socks, https_proxy: 'proxy:3128' },
  ])
    t.equal(readProxies(environment).faults().length, 1, JSON.stringify(environment))
})
