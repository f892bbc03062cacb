import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CodedError } from '../../errors.ts'
import { type ApiKey, digestKey } from '../../store/secrets/api-key.ts'

export type { ApiKey } from '../../store/secrets/api-key.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose jobs the caller may see; set on every call under `/v1`. */
    tenant: string
  }
}

/** The tenant of every caller where no API keys are configured. */
const defaultTenant = 'default'

/**
 * An `onRequest` hook that finds the caller's tenant.
 *
 * @throws CodedError `unauthorized`
 */
export function authenticate(apiKeys: readonly ApiKey[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (apiKeys.length === 0) {
      request.tenant = defaultTenant
      return
    }
    const key = readBearer(request.headers.authorization)
    const owner = key && findOwner(apiKeys, key)
    if (!owner) {
      reply.header('WWW-Authenticate', key ? 'Bearer error="invalid_token"' : 'Bearer')
      throw new CodedError(
        'unauthorized',
        key ? 'This API key is not known' : 'Send an API key as "Authorization: Bearer <key>"',
      )
    }
    request.tenant = owner.tenant
  }
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
