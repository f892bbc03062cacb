import { isIP, isIPv4 } from 'node:net'
import type { AllowList } from './allow-list.ts'
import { isPublicAddress } from './public-addresses.ts'

/** Finds the addresses of a host name. */
export type Resolve = (hostname: string) => Promise<string[]>

/** Where messages of a webhook may be sent to: addresses that were looked at. Nothing else may be connected to. */
export interface Receiver {
  url: URL
  addresses: string[]
}

/** Messages may not be sent there. The reason is for whoever has set the webhook: it tells no address of a network. */
export class ReceiverRefusedError extends Error {
  override name = 'ReceiverRefusedError'
}

/** A host name has no address at present. */
export class UnknownHostError extends Error {
  override name = 'UnknownHostError'
}

/** Finds out where the messages of webhooks may be sent to. */
export interface Receivers {
  /** @throws ReceiverRefusedError, UnknownHostError */
  find(url: string): Promise<Receiver>
}

const notPublic =
  'leads to a private network, this machine, or another address that is not public; the operator may allow it, e.g. by WEBHOOK_ALLOW=127.0.0.1 (addresses, networks, host names, by commas)'

/** More addresses of one name are not tried. */
const mostAddresses = 8

export function createReceivers({ allowed, resolve }: { allowed: AllowList; resolve: Resolve }): Receivers {
  return {
    async find(text) {
      const url = parseReceiver(text)
      const host = url.hostname.replace(/^\[|\]$/g, '')
      const addresses = isIP(host) ? [host] : await resolve(host).catch(() => [])
      const isListed = allowed.hasName(host)
      // All of them: whoever answers for the name could choose another one later.
      if (!isListed && !addresses.every((address) => allowed.hasAddress(address) || isPublicAddress(address)))
        throw new ReceiverRefusedError(notPublic)
      const isAllowed = isListed || (addresses.length > 0 && addresses.every(allowed.hasAddress))
      if (url.protocol === 'http:' && !isAllowed)
        throw new ReceiverRefusedError('must start with https://; only hosts in WEBHOOK_ALLOW may have plain http')
      if (addresses.length === 0) throw new UnknownHostError('has a host that has no address in DNS')
      return { url, addresses: addresses.slice(0, mostAddresses) }
    },
  }
}

/** @throws ReceiverRefusedError */
function parseReceiver(text: string): URL {
  // Parsers differ in what they make of these characters.
  const [, authority = ''] = /^https?:\/\/([^/?#\\\s]+)([/?][^\s\\#]*)?$/i.exec(text) ?? []
  if (authority === '' || !URL.canParse(text))
    throw new ReceiverRefusedError('is not a URL like https://example.com/hooks, without a fragment and blanks')
  const url = new URL(text)
  if (authority.includes('@')) throw new ReceiverRefusedError('holds a user or a password; leave them out')
  const given = authority.replace(/:\d*$/, '').toLowerCase()
  const isNumber = isIPv4(url.hostname) && given !== url.hostname
  if (isNumber) throw new ReceiverRefusedError('has an address in an unusual notation; write it like 192.0.2.1')
  return url
}
