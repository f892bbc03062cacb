import fc from 'fast-check'
import t from 'tap'
import { addressGroup, plainAddress } from '../../src/network/addresses.ts'
import { trustProxies } from '../../src/network/trusted-proxies.ts'

const byte = fc.integer({ min: 0, max: 255 })
const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'))
const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })

/** An IPv6 address written with zeros, in full, in upper case, or with its longest zeros left out as URLs do. */
function formsOf(numbers: number[]): string[] {
  const short = numbers.map((number) => number.toString(16)).join(':')
  const full = numbers.map((number) => number.toString(16).padStart(4, '0')).join(':')
  const compressed = new URL(`http://[${short}]`).hostname
  return [short, full, full.toUpperCase(), compressed, compressed.slice(1, -1), `${compressed}:443`, `${short}%eth0`]
}

t.test('an address is the same in every form that a peer or a header gives it', async (t) => {
  fc.assert(
    fc.property(ipv4, fc.integer({ min: 1, max: 65_535 }), (address, port) => {
      for (const form of [address, ` ${address} `, `${address}:${port}`, `::ffff:${address}`, `[::FFFF:${address}]:1`])
        if (plainAddress(form) !== address) throw new Error(`${form} is ${plainAddress(form)}`)
    }),
  )
  fc.assert(
    fc.property(groups, (numbers) => {
      const plain = new Set(formsOf(numbers).map(plainAddress))
      if (plain.size !== 1 || plain.has(undefined)) throw new Error([...plain].join(' '))
    }),
  )
  for (const text of ['', 'unix:', 'evil.example', '1.2.3', '1.2.3.4.5', '[::1', '::1]:80:80', undefined])
    t.equal(plainAddress(text), undefined, String(text))
})

t.test('callers are told apart by IPv4 address and by /64 of IPv6', async (t) => {
  fc.assert(
    fc.property(groups, groups, (one, other) => {
      const neighbour = [...one.slice(0, 4), ...other.slice(4)]
      const isMapped = one.slice(0, 4).every((number) => number === 0)
      const same = formsOf(one).map(addressGroup)
      if (!isMapped && addressGroup(formsOf(neighbour)[0]) !== same[0]) throw new Error('neighbours are one caller')
      if (new Set(same).size !== 1) throw new Error(`one address is many callers: ${same}`)
    }),
  )
  t.not(addressGroup('2001:db8:0:1::1'), addressGroup('2001:db8:0:2::1'))
  t.not(addressGroup('10.0.0.1'), addressGroup('10.0.0.2'))
  t.equal(addressGroup('anything'), addressGroup('else'))
})

t.test('only the proxies that are named are believed', async (t) => {
  const isTrusted = trustProxies(['10.1.0.0/16', '192.0.2.7', '2001:db8::/32', 'Loopback'])
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:DB8::1', '127.9.9.9', '::1'])
    t.equal(isTrusted(address), true, address)
  for (const address of ['10.2.0.1', '192.0.2.8', '2001:db9::1', '8.8.8.8', '', 'evil', undefined])
    t.equal(isTrusted(address), false, String(address))
  t.equal(trustProxies([])('127.0.0.1'), false)
  fc.assert(
    fc.property(ipv4, fc.integer({ min: 0, max: 32 }), ipv4, (network, bits, address) => {
      const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
      const isIn = Math.floor(number(network) / 2 ** (32 - bits)) === Math.floor(number(address) / 2 ** (32 - bits))
      return trustProxies([`${network}/${bits}`])(address) === isIn
    }),
  )
})

t.test('whatever is no address and no range is refused, a number of hops with its reason', async (t) => {
  for (const entry of ['1', '2', 'true'])
    t.throws(() => trustProxies([entry]), /would believe whoever reaches the port/)
  for (const entry of ['10.0.0.0/33', '::/129', '10.0.0/8', '10.0.0.0/', '10.0.0.0/8/8', 'nginx', '*', '127.0.0.1:80'])
    t.throws(() => trustProxies([entry]), /name addresses, ranges/, entry)
})
