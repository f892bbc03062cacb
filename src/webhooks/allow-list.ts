import { BlockList, isIP, isIPv4 } from 'node:net'

/** Receivers that the operator allows although they are not public. */
export interface AllowList {
  /** @param host in the form of a URL, without brackets */
  hasName(host: string): boolean
  hasAddress(address: string): boolean
}

const demand = 'name addresses (10.1.2.3), networks (10.1.0.0/16) and host names (hooks.internal), by commas'
const nameForm = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/

/** @throws RangeError that says what is wrong with an entry */
export function createAllowList(entries: readonly string[]): AllowList {
  const names = new Set<string>()
  const addresses = new BlockList()
  for (const entry of entries) {
    const [host = '', bits, ...rest] = entry.replace(/^\[([^\]]*)\]/, '$1').split('/')
    if (isIP(host)) {
      const longest = isIPv4(host) ? 32 : 128
      const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
      if (!(prefix <= longest) || rest.length > 0) throw new RangeError(`has "${entry}"; ${demand}`)
      addresses.addSubnet(host, prefix, familyOf(host))
      continue
    }
    const name = withoutEndDot(host.toLowerCase())
    // Numbers alone would be an address in another notation.
    if (bits !== undefined || !nameForm.test(name) || /^[0-9.]+$/.test(name))
      throw new RangeError(`has "${entry}"; ${demand}`)
    names.add(name)
  }
  return {
    hasName: (host) => names.has(withoutEndDot(host)),
    hasAddress: (address) => isIP(address) !== 0 && addresses.check(address, familyOf(address)),
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}

function withoutEndDot(name: string): string {
  return name.replace(/\.$/, '')
}
