import { BlockList, isIPv4, isIPv6 } from 'node:net'

/**
 * IPv4 networks that lead to no host of the public internet: IANA's registry of special-purpose addresses, multicast, and
 * the address at which Azure serves its own machines.
 */
const specialIPv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/**
 * The only IPv6 network whose addresses are given to hosts. Outside of it are loopback, link-local, unique-local and
 * multicast addresses, and most that hold an IPv4 address: mapped, compatible, NAT64.
 */
const globalIPv6 = '2000::/3'

/** Networks in it that lead to no host either, or to one by its IPv4 address (6to4, Teredo). */
const specialIPv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']

const special = networks([...specialIPv4, ...specialIPv6])
const global = networks([globalIPv6])

/** Whether an address is that of a host of the public internet, as far as its numbers tell. False for other texts. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4')
  // A zone is a link of this machine.
  if (!isIPv6(address) || address.includes('%')) return false
  return global.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

function networks(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits), isIPv4(network) ? 'ipv4' : 'ipv6')
  }
  return list
}
