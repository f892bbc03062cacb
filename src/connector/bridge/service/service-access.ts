import { bridgeMembers, configMembers } from '../../../airbyte/config-members.ts'
import { faultOfMember } from '../../../airbyte/source-config.ts'
import { CodedError, type Fault } from '../../../errors.ts'
import { isObject } from '../../../json-object.ts'
import { isLoopback } from '../../../network/loopback.ts'

/** Where the service is, and how to use it. */
export interface ServiceAccess {
  /** Without a slash at its end. */
  address: string
  /** How errors name it: the address, and what sets it. */
  place: string
  apiKey?: string
  /** If set, the service holds the config. */
  connectionId?: string
  /** The part of the config that goes to the service, without the members meant for the bridge. */
  config: Record<string, unknown>
}

/** @throws CodedError `invalid_request` naming every wrong member */
export function readServiceAccess(value: unknown): ServiceAccess {
  const members = isObject(value) ? value : {}
  const given = new Map(Object.entries(members).filter(([, member]) => (member ?? '') !== ''))
  const faults: Fault[] = []
  for (const name of bridgeMembers) {
    const detail = given.has(name) ? faultOfMember(name, given.get(name)) : undefined
    if (detail !== undefined) faults.push({ pointer: `/config/${name}`, detail })
  }
  const address = faults.length === 0 ? readAddress(String(given.get('service_url')), given, faults) : ''
  if (faults.length > 0) throw new CodedError('invalid_request', undefined, { faults })
  const apiKey = given.get('service_api_key')
  const connectionId = given.get('connection_id')
  return {
    address,
    place: `service_url (${address})`,
    ...(typeof apiKey === 'string' && { apiKey }),
    ...(typeof connectionId === 'string' && { connectionId }),
    config: withoutBridgeMembers(members),
  }
}

/** The part of a config that is meant for Intercom. */
export function withoutBridgeMembers(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !isBridgeMember(name)))
}

function readAddress(text: string, given: ReadonlyMap<string, unknown>, faults: Fault[]): string {
  const pointer = '/config/service_url'
  if (!URL.canParse(text)) {
    faults.push({ pointer, detail: configMembers.service_url.demand })
    return ''
  }
  const url = new URL(text)
  if (url.username || url.password || url.search || url.hash)
    faults.push({ pointer, detail: 'must be a bare address; the key goes into service_api_key' })
  const isNear = isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
  if (url.protocol === 'http:' && !isNear && given.get('allow_insecure_http') !== true) {
    const detail =
      'must begin with https: plain http would show tokens and records to the network. Where that is safe, set allow_insecure_http to true'
    faults.push({ pointer, detail })
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function isBridgeMember(name: string): boolean {
  return bridgeMembers.some((member) => member === name)
}
