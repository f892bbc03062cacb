import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CodedError } from '../../errors.ts'
import type { Metrics } from '../../metrics.ts'
import { type ApiKey, digestKey } from '../../store/secrets/api-key.ts'
import type { WrongKeys } from '../callers/wrong-keys.ts'

export type { ApiKey } from '../../store/secrets/api-key.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose jobs the caller may see; set on every call under `/v1`. */
    tenant: string
    /** Which API key it came with: a digest, or the tenant where there are no keys. */
    caller: string
  }
}

/** The tenant of every caller where no API keys are configured. */
const defaultTenant = 'default'

/** Parameters under which people put a key into a URL. */
const keyParameters = ['access_token', 'api_key', 'apikey', 'apiKey', 'authorization', 'key', 'token']

interface KeyWatch {
  wrongKeys: WrongKeys
  metrics: Metrics
}

/**
 * An `onRequest` hook that finds the caller's tenant. A right key always passes; callers who try wrong ones are slowed.
 *
 * @throws CodedError `unauthorized`; `too_many_requests`
 */
export function authenticate(apiKeys: readonly ApiKey[], { wrongKeys, metrics }: KeyWatch) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (apiKeys.length === 0) {
      request.tenant = defaultTenant
      request.caller = defaultTenant
      return
    }
    const key = readBearer(request.headers.authorization)
    const owner = key && findOwner(apiKeys, key)
    if (owner) {
      request.tenant = owner.tenant
      request.caller = owner.digest.toString('base64url')
      return
    }
    const waitSeconds = key ? wrongKeys.count(request.ip) : 0
    if (key) metrics.add('intercom_sync_wrong_api_keys_total', { answer: waitSeconds > 0 ? '429' : '401' })
    if (waitSeconds > 0) {
      reply.header('Retry-After', waitSeconds)
      throw new CodedError('too_many_requests', 'Too many wrong API keys from this address; a right one passes at once')
    }
    reply.header('WWW-Authenticate', key ? 'Bearer error="invalid_token"' : 'Bearer')
    throw new CodedError('unauthorized', key ? 'This API key is not known' : howToSendKey(request.query))
  }
}

function howToSendKey(query: unknown): string {
  const parameter = keyParameters.find((name) => Object.hasOwn(Object(query), name))
  const hint = 'Send an API key as "Authorization: Bearer <key>"'
  if (parameter === undefined) return hint
  return `${hint}, not as ${parameter} in the URL: the logs of proxies hold URLs. If it was a key, replace it`
}

function readBearer(header: string | undefined): string | undefined {
  return header?.match(/^Bearer +([\x21-\x7e]+) *$/i)?.[1]
}

/** Checks every key, so that the time taken does not reveal which one matched. */
function findOwner(apiKeys: readonly ApiKey[], key: string): ApiKey | undefined {
  const digest = digestKey(key)
  let owner: ApiKey | undefined
  for (const candidate of apiKeys) {
    if (timingSafeEqual(candidate.digest, digest)) owner = candidate
  }
  return owner
}
