import { shellSecrets } from '../api/curl.ts'
import type { Connection, Schedule, SourceConfig } from '../api/types.ts'
import type { WebhookAddress } from '../webhooks/webhook.ts'

export type SyncMode = 'incremental' | 'full_refresh'
export type Region = NonNullable<SourceConfig['region']>

/** A source as far as it has been described. The token is never part of it: a draft is kept in the tab's storage. */
export interface Draft {
  name: string
  region: Region
  /** `2026-01-31`; empty = everything. */
  startDate: string
  /** The chosen streams and how they are read; undefined = those that the service reads unless told otherwise. */
  streams: Record<string, SyncMode> | undefined
  schedule: Schedule
  ack: NonNullable<Connection['ack']>
  /** Whom to tell; the secret is not part of it. An empty address = nobody. */
  webhook: WebhookAddress
  /** The step that was reached. */
  step: number
  /** The connection that signing in at Intercom has made, paused; setting up the source changes and resumes it. */
  signedInAs?: string
}

/** The region in a source's config. */
export function regionOf({ config }: Pick<Connection, 'config'>): Region {
  return isRegion(config?.region) ? config.region : 'auto'
}

export function isRegion(value: unknown): value is Region {
  return value === 'auto' || value === 'us' || value === 'eu' || value === 'au'
}

export const emptyDraft: Draft = {
  name: 'intercom',
  region: 'auto',
  startDate: '',
  streams: undefined,
  schedule: { type: 'manual' },
  ack: 'client',
  webhook: { url: '', isSlack: false },
  step: 0,
}

/** What calls about a source take: a config with its token, or the connection that holds one already. */
export type Access = { config: SourceConfig } | { connectionId: string }

/** The same for a curl line, which takes the token from the environment. */
export function shownAccess(access: Access): Access {
  return 'config' in access ? { config: { ...access.config, access_token: shellSecrets.token } } : access
}

export function accessOf(draft: Draft, token: string): Access {
  return draft.signedInAs === undefined ? { config: configOf(draft, token) } : { connectionId: draft.signedInAs }
}

/** What the connector takes. */
export function configOf({ region, startDate }: Draft, token: string): SourceConfig {
  return {
    access_token: token.trim(),
    ...(region !== 'auto' && { region }),
    ...(startDate !== '' && { start_date: `${startDate}T00:00:00Z` }),
  }
}

/** @returns what is wrong with a name, or undefined */
export function faultOfName(name: string): string | undefined {
  if (name.trim() === '') return 'Give the source a name.'
  if (!/^[A-Za-z0-9_-]+$/.test(name)) return 'Use letters, digits, - and _ only, without spaces.'
  return name.length > 64 ? 'Use 64 characters at most.' : undefined
}

/** @returns what is wrong with a token, as far as it can be seen without asking Intercom */
export function faultOfToken(token: string): string | undefined {
  if (token.trim() === '')
    return "Paste the access token of your Intercom app. You find it in Intercom's Developer Hub."
  return /^[\x21-\x7e]+$/.test(token.trim()) ? undefined : 'A token has no spaces and no special characters.'
}
