import { connect } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { noProxies } from '../../src/network/proxies.ts'
import { createAllowList } from '../../src/webhooks/allow-list.ts'
import type { Connect } from '../../src/webhooks/connect.ts'
import { isPublicAddress } from '../../src/webhooks/public-addresses.ts'
import { createReceivers, type Resolve } from '../../src/webhooks/receivers.ts'
import { sendMessage } from '../../src/webhooks/send.ts'
import { answerWith, startReceiver } from '../support/webhooks.ts'

/** IPv4 addresses that are no public host, of every kind. */
const inside = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '198.18.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '168.63.129.16',
]
const insideIPv6 = [
  ...['::1', '::', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001', 'fe80::1', 'febf::1', 'fec0::1'],
  ...['fc00::1', 'fd00:ec2::254', 'ff02::1', 'ff0e::1', '100::1', '2001::1', '2001:2::1', '2001:10::1', '2001:db8::1'],
  ...['3fff::1', '2620:4f:8000::1', '5f00::1', '4000::1', '64:ff9b:1::a00:1'],
]
const words = (address: string) => address.split('.').map(Number)
const hex = (address: string, separator = ':') => {
  const [a = 0, b = 0, c = 0, d = 0] = words(address)
  return `${((a << 8) | b).toString(16)}${separator}${((c << 8) | d).toString(16)}`
}
const number = (address: string) => words(address).reduce((sum, part) => sum * 256 + part, 0)
/** Addresses in IPv6 that lead to an IPv4 address. */
const inIPv6 = (address: string) => [
  `::ffff:${address}`,
  `::ffff:${hex(address)}`,
  `::${address}`,
  `64:ff9b::${address}`,
  `2002:${hex(address)}::1`,
  `2001:0:4136:e378:8000:63bf:${hex(
    words(address)
      .map((part) => 255 - part)
      .join('.'),
  )}`,
]
/** The hosts of URLs that some parser takes for the address. */
const notations = (address: string) => {
  const [a = 0, b = 0, c = 0, d = 0] = words(address)
  return [
    address,
    `${address}.`,
    String(number(address)),
    `0x${number(address).toString(16)}`,
    words(address)
      .map((part) => `0${part.toString(8)}`)
      .join('.'),
    words(address)
      .map((part) => `0X${part.toString(16)}`)
      .join('.'),
    `${a}.${(b << 16) | (c << 8) | d}`,
    `${a}.${b}.${(c << 8) | d}`,
    address.replaceAll('.', '。'),
    address.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    address.replace(/^\d/, (digit) => `%3${digit}`),
    `example.com@${address}`,
    `${address}#@example.com`,
    `${address}\\@example.com`,
    ...inIPv6(address).map((one) => `[${one}]`),
  ]
}
const urls = [
  ...inside.flatMap(notations).map((host) => `https://${host}/hook`),
  ...insideIPv6.map((host) => `https://[${host}]/hook`),
  ...['https:\\\\127.0.0.1/hook', 'https:/127.0.0.1/hook', 'https:127.0.0.1', ' https://127.0.0.1/', '//127.0.0.1/'],
  ...[
    'https://[fe80::1%25eth0]/',
    'gopher://127.0.0.1/',
    'file:///etc/passwd',
    'http://8.8.8.8/',
    'unix:/run/redis.sock',
  ],
  ...['https://0x08080808/', 'https://134744072/', 'https://010.8.8.8/', 'https://8.8.2056/'],
]

/** What was asked for, and where connections went. Only loopback is ever connected to. */
function openNetwork(allow: string[], resolve: Resolve = async () => [], port?: number) {
  const asked: string[] = []
  const connected: string[] = []
  const receivers = createReceivers({
    allowed: createAllowList(allow),
    resolve(host) {
      asked.push(host)
      return resolve(host)
    },
  })
  const connectTo: Connect = async ({ address }, signal) => {
    connected.push(address)
    if (port === undefined) throw Object.assign(new Error('not really'), { code: 'ECONNREFUSED' })
    const socket = connect({ host: '127.0.0.1', port, signal })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return socket
  }
  const send = (url: string) =>
    sendMessage(
      { receivers, connect: connectTo, proxies: noProxies, clock: systemClock },
      { url, body: '{}', headers: {} },
      new AbortController().signal,
    )
  return { asked, connected, send, receivers }
}

t.test('no notation of an address that is not public is connected to', async (t) => {
  const { asked, connected, send } = openNetwork([])
  t.ok(urls.length >= 150, `${urls.length} forms`)
  for (const url of urls) {
    const { failure, statusCode } = await send(url)
    t.equal(statusCode, undefined)
    t.ok(failure && !failure.startsWith('cannot be reached'), `${url}: ${failure}`)
  }
  t.same(connected, [])
  t.same(asked, [], 'and no name is asked for')
})

t.test('no name that leads to such an address is connected to, alone or beside a public one', async (t) => {
  const answers = [...inside, ...insideIPv6, ...inside.flatMap(inIPv6), 'fe80::1%eth0', 'not an address', '']
  let answer: string[] = []
  const { connected, send } = openNetwork([], async () => answer)
  for (const address of answers)
    for (answer of [[address], ['8.8.8.8', address], [address, '2606:4700::1111']])
      t.match((await send('https://hooks.example/hook')).failure, /is not public/, answer.join(' '))
  t.same(connected, [])
})

t.test('a name whose address changes leads only to an address that was looked at', async (t) => {
  let asked = 0
  // Every other answer is that of somebody who wants to get in.
  const { connected, send } = openNetwork([], async () => [asked++ % 2 === 0 ? '93.184.216.34' : '127.0.0.1'])
  for (let time = 0; time < 20; time++) await send('https://rebinding.example/hook')
  t.equal(asked, 20, 'each try looks once')
  t.same(connected, Array(10).fill('93.184.216.34'))
})

t.test('redirects lead nowhere', async (t) => {
  const receiver = await startReceiver(t)
  const elsewhere = await startReceiver(t)
  const { connected, send } = openNetwork(['127.0.0.1'], undefined, Number(new URL(receiver.url).port))
  for (const status of [300, 301, 302, 303, 307, 308])
    for (const location of [elsewhere.url, 'http://169.254.169.254/latest/meta-data/', '/hook']) {
      receiver.answers.push(answerWith(status, { location }))
      t.match(await send(receiver.url), { statusCode: status, failure: /redirects are not followed/ })
    }
  t.equal(connected.length, 18)
  t.equal(receiver.received.length, 18)
  t.same(elsewhere.received, [])
})

t.test('the operator allows addresses, networks and names, and these alone may have plain http', async (t) => {
  const names: Record<string, string[]> = {
    'hooks.internal': ['10.9.9.9'],
    'in-network.example': ['10.1.2.3', '10.1.2.4'],
    'half.example': ['10.1.2.3', '10.2.2.4'],
    'public.example': ['93.184.216.34'],
  }
  const allow = ['10.1.0.0/16', '192.168.7.7', 'Hooks.Internal.', '[fd00::7]', 'fd12::/16']
  const { connected, send } = openNetwork(allow, async (host) => names[host.replace(/\.$/, '')] ?? [])
  const cases: [url: string, address: string | undefined][] = [
    ['http://hooks.internal/hook', '10.9.9.9'],
    ['https://HOOKS.internal./hook', '10.9.9.9'],
    ['https://other.hooks.internal/hook', undefined],
    ['http://in-network.example/hook', '10.1.2.3'],
    ['https://half.example/hook', undefined],
    ['http://192.168.7.7:8080/hook', '192.168.7.7'],
    ['http://192.168.7.8:8080/hook', undefined],
    ['http://[fd00::7]/', 'fd00::7'],
    ['http://[fd12:1::1]/', 'fd12:1::1'],
    ['http://public.example/', undefined],
    ['https://public.example/', '93.184.216.34'],
    ['https://8.8.8.8/', '8.8.8.8'],
    ['https://[2606:4700::1111]/', '2606:4700::1111'],
  ]
  for (const [url, address] of cases) {
    connected.length = 0
    const { failure } = await send(url)
    t.equal(connected[0], address, `${url}: ${failure}`)
  }
  for (const entry of [
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    'https://example.com',
    '*.example.com',
    '10.1',
    'a b',
    '0x7f.1/8',
  ])
    t.throws(() => createAllowList([entry]), { message: /has ".*"; name addresses/ }, entry)
})

t.test('what counts as public is public to others, too', async (t) => {
  const isUnicast = (address: string) => ipaddr.parse(address).range() === 'unicast'
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    // Near the edges of networks.
    fc.tuple(fc.constantFrom(...inside), fc.integer({ min: -2, max: 2 }), fc.nat({ max: 3 })).map(([base, by, place]) =>
      words(base)
        .map((part, at) => (at === place ? (part + by + 256) % 256 : part))
        .join('.'),
    ),
    fc
      .tuple(fc.constantFrom('2000', '2001', '2002', '2620', '3fff', '3ffe', '64', '100'), fc.nat({ max: 0xffff }))
      .map(([first, second]) => `${first}:${second.toString(16)}::1`),
  )
  fc.assert(
    fc.property(address, (one) => !isPublicAddress(one) || isUnicast(one)),
    { numRuns: 5000 },
  )
  for (const one of ['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '223.255.255.255', '192.0.1.1'])
    t.ok(isPublicAddress(one), one)
  for (const one of ['2606:4700::1111', '2a00:1450:4001::1', '2400:cb00::1', '2001:4860:4860::8888'])
    t.ok(isPublicAddress(one), one)
})
