import { BlockList, isIPv4, isIPv6 } from 'node:net'

/**
 * Whether `NO_PROXY` exempts a host from proxies, by curl's rules: `*` alone exempts all; a name exempts itself and its
 * subdomains, with or without a dot before it; an address exempts itself, or, with `/bits`, its network. Commas and
 * blanks separate entries. A port in an entry makes it match nothing. Curl's manual has networks of IPv6, though some of
 * its versions match none; here they count, and an entry may have the brackets that a URL needs.
 *
 * @param hostname as in a URL: an IPv6 address has brackets
 */
export function isExempt(hostname: string, noProxy: string): boolean {
  if (noProxy === '*') return true
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const entries = noProxy.split(/[, \t]+/).filter((entry) => entry !== '')
  if (isIPv4(host)) return entries.some((entry) => isInNetwork(host, entry, 'ipv4'))
  if (isIPv6(host)) return entries.some((entry) => isInNetwork(host, entry, 'ipv6'))
  return entries.some((entry) => isInDomain(withoutEndDot(host), entry.toLowerCase()))
}

function isInDomain(host: string, entry: string): boolean {
  const domain = withoutEndDot(entry).replace(/^\./, '')
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`))
}

function isInNetwork(address: string, entry: string, family: 'ipv4' | 'ipv6'): boolean {
  const [network = '', bits = ''] = entry.replace(/[[\]]/g, '').split('/')
  const isAddress = family === 'ipv4' ? isIPv4 : isIPv6
  // Curl takes 0 bits, and what is no number, for the address itself.
  const most = family === 'ipv4' ? 32 : 128
  const prefix = Number.parseInt(bits, 10) || most
  if (!isAddress(network) || prefix < 0 || prefix > most) return false
  const list = new BlockList()
  list.addSubnet(network, prefix, family)
  return list.check(address, family)
}

function withoutEndDot(name: string): string {
  return name.replace(/\.$/, '')
}
