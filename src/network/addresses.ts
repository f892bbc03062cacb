import { isIPv4, isIPv6 } from 'node:net'

/**
 * An address of a peer or of `X-Forwarded-For` as one text for each address: without port, brackets and zone, IPv4
 * within IPv6 (`::ffff:10.0.0.1`) as IPv4. Undefined if it is no address.
 */
export function plainAddress(text: string | undefined): string | undefined {
  const [, bracketed, withPort] = text?.trim().match(/^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/) ?? []
  const address = (bracketed ?? withPort ?? text?.trim() ?? '').replace(/%.*$/, '')
  if (isIPv4(address)) return address
  if (!isIPv6(address)) return undefined
  const groups = groupsOf(address)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  return isMapped ? toIPv4(groups.slice(6)) : groups.map((group) => group.toString(16)).join(':')
}

/**
 * What is counted as one caller: an IPv4 address, or the /64 of an IPv6 address, all of which a single machine has for
 * itself. What is no address is one caller, too.
 */
export function addressGroup(text: string | undefined): string {
  const address = plainAddress(text)
  if (address === undefined) return 'unknown'
  return isIPv4(address) ? address : `${address.split(':', 4).join(':')}::/64`
}

/** The eight numbers of an IPv6 address in any of its forms. */
function groupsOf(address: string): number[] {
  const inHex = address.replace(/\d+\.\d+\.\d+\.\d+$/, (tail) => {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head = [], tail = []] = inHex.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16))
}

function toIPv4([high = 0, low = 0]: number[]): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
