import type { Problem } from '../../src/http/requests/problem.ts'
import type { SignInBody } from '../../src/http/sign-in/sign-in-schemas.ts'
import { type ApiKey, digestKey } from '../../src/store/secrets/api-key.ts'
import { type AppOptions, startApp, type TestApp } from './app.ts'
import { findFreePort } from './free-port.ts'
import type { Teardown } from './processes.ts'
import type { RedisAccess } from './redis.ts'

/** The app of the simulator. */
export const simulatedApp = { clientId: 'simulator-app', clientSecret: 'simulator-secret' }

export const tenants = ['acme', 'other'] as const
export type Tenant = (typeof tenants)[number]

const keyOf = (tenant: Tenant) => `key-of-the-tenant-${tenant}-for-tests`

/** Settings with which two tenants can sign in at a simulator. */
export async function signInOptions(intercomUrl: string): Promise<AppOptions & { port: number }> {
  const port = await findFreePort()
  const apiKeys = tenants.map((tenant): ApiKey => ({ tenant, digest: digestKey(keyOf(tenant)) }))
  return {
    port,
    apiKeys,
    intercomBaseUrl: intercomUrl,
    oauth: { ...simulatedApp, appUrl: intercomUrl },
    front: { publicUrl: `http://127.0.0.1:${port}` },
  }
}

/** An API at which two tenants can sign in, without a worker. */
export async function startSignInService(
  t: Teardown,
  redis: RedisAccess,
  intercomUrl: string,
  options: AppOptions = {},
): Promise<TestApp> {
  return startApp(t, redis, { ...(await signInOptions(intercomUrl)), ...options })
}

export interface BegunBody {
  flowId: string
  authorizeUrl: string
  expiresAt: string
}

/** Calls the API as a tenant. */
export function caller(app: TestApp, tenant: Tenant = 'acme') {
  return async <Body>(method: string, path: string, body?: object) => {
    const response = await app.fetch(`/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${keyOf(tenant)}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const value = (await response.json()) as Body & Problem
    return { status: response.status, value, cookie: response.headers.get('set-cookie') ?? '' }
  }
}

export const readFlow = async (app: TestApp, flowId: string, tenant: Tenant = 'acme') =>
  (await caller(app, tenant)<SignInBody>('GET', `/oauth/flows/${flowId}`)).value

/** What a person answers at Intercom. */
export interface Answer {
  decision?: 'allow' | 'deny'
  /** @defaultValue that of the simulator */
  workspace?: string
}

/** A person answers at Intercom. @returns where Intercom sends the browser */
export async function answerAtIntercom(
  authorizeUrl: string,
  { decision = 'allow', workspace }: Answer = {},
): Promise<string> {
  const page = await fetch(authorizeUrl)
  if (page.status !== 200) throw new Error(`Intercom shows ${page.status}: ${await page.text()}`)
  const { origin, pathname, searchParams } = new URL(authorizeUrl)
  const form = new URLSearchParams([...searchParams, ['decision', decision]])
  if (workspace !== undefined) form.set('workspace', workspace)
  const sent = await fetch(origin + pathname, { method: 'POST', body: form, redirect: 'manual' })
  return sent.headers.get('location') ?? ''
}

/** A browser opens a page of the service. @param setCookie the header that has set the cookie it keeps */
export async function openPage(address: string, setCookie = '') {
  const cookie = setCookie.split(';', 1)[0] ?? ''
  const response = await fetch(address, { headers: { accept: 'text/html', ...(cookie && { cookie }) } })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, code: codeIn(text) }
}

function codeIn(page: string): string {
  return /<code id="confirmation-code">([^<]+)<\/code>/.exec(page)?.[1] ?? ''
}
