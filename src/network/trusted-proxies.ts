import { BlockList, isIP, isIPv4 } from 'node:net'
import { plainAddress } from './addresses.ts'

/** Whether an address is that of a proxy whose `X-Forwarded-…` headers are believed. */
export type TrustedProxies = (address: string | undefined) => boolean

/** Ranges that have a name, under the names that Express and Fastify give them. */
const namedRanges: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

const demand = 'name addresses, ranges (10.0.0.0/8), loopback, linklocal or uniquelocal'

/** @param entries addresses, ranges in CIDR, names of ranges. @throws RangeError that says what is wrong with one */
export function trustProxies(entries: readonly string[]): TrustedProxies {
  const list = new BlockList()
  for (const entry of entries) for (const range of namedRanges[entry.toLowerCase()] ?? [entry]) addRange(list, range)
  return (text) => {
    const address = plainAddress(text)
    return address !== undefined && list.check(address, familyOf(address))
  }
}

function addRange(list: BlockList, range: string): void {
  const [address = '', bits, ...rest] = range.split('/')
  const longest = isIPv4(address) ? 32 : 128
  const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (/^(\d+|true)$/i.test(range)) {
    throw new RangeError(`is "${range}", which would believe whoever reaches the port; ${demand}`)
  }
  if (!isIP(address) || !(prefix <= longest) || rest.length > 0) throw new RangeError(`has "${range}"; ${demand}`)
  list.addSubnet(address, prefix, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}
