import { once } from 'node:events'
import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { type BridgedService, startBridgedService } from '../support/bridged-service.ts'
import type { Teardown } from '../support/processes.ts'
import { simulatedApp } from '../support/sign-ins.ts'

/** Debian's; `.ci/run` installs it. */
const program = '/usr/bin/chromium'

/** One browser and one service for all tests of the console: each takes seconds to start. */
export interface Stage {
  service: BridgedService
  browser: Browser
  /** The key of another tenant of the service. */
  otherKey: string
  /** A page of its own, as a new visitor has it. What it reports of itself fails the test. */
  visit(t: BrowserTest, path: string, options?: VisitOptions): Promise<Page>
  /** The same, signed in. */
  open(t: BrowserTest, path: string, options?: VisitOptions): Promise<Page>
  /** Makes a connection over the API, unchecked. */
  connect(connectionId: string, more?: object): Promise<void>
  /** Starts a job of it, and returns its id. */
  sync(connectionId: string): Promise<number>
}

/** A test that tells what the page shows when it has failed; the script of the pictures is none. */
interface BrowserTest extends Teardown {
  passing?(): boolean
  comment?(text: string): unknown
}

interface VisitOptions {
  /** Where the service is reached. @defaultValue at its own address */
  url?: string
  width?: number
  isDark?: boolean
}

export const token = 'simulator-token'
/** A token that lacks the permission for tickets. */
export const lackingToken = 'token-without-tickets'

const workspace: SimulatorOptions = {
  contacts: 300,
  conversations: 20,
  companies: 10,
  tickets: 5,
  longConversations: 0,
  rateLimitPerWindow: 100_000,
  accessTokens: { [token]: [], [lackingToken]: ['read_tickets'] },
}

export async function openStage(t: Teardown): Promise<Stage> {
  const otherKey = 'key-of-another-tenant-0123456789'
  const [service, browser] = await Promise.all([
    startBridgedService(t, workspace, ({ url, intercom }) => ({
      API_KEYS: `other:${otherKey}`,
      WEBHOOK_ALLOW: '127.0.0.1',
      PUBLIC_URL: url,
      INTERCOM_APP_URL: intercom,
      INTERCOM_CLIENT_ID: simulatedApp.clientId,
      INTERCOM_CLIENT_SECRET: simulatedApp.clientSecret,
    })),
    chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] }),
  ])
  t.teardown(() => browser.close())

  const visit: Stage['visit'] = async (t, path, { url = service.url, width = 1200, isDark = false } = {}) => {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme: isDark ? 'dark' : 'light',
      timezoneId: 'Europe/Berlin',
      locale: 'en-GB',
    })
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('dialog', (dialog) => complaints.push(`a dialog: ${dialog.message()}`))
    page.on('console', (line) => {
      // That an answer was a problem document is no fault of the page.
      if (line.type() === 'error' && !/^Failed to load resource/.test(line.text())) complaints.push(line.text())
    })
    t.teardown(async () => {
      if (t.passing?.() === false) t.comment?.(`${page.url()} shows:\n${await page.locator('body').ariaSnapshot()}`)
      await context.close()
      // A script has failed, or the security policy has refused something.
      if (complaints.length > 0) throw new Error(complaints.join('\n'))
    })
    await page.goto(`${url}${path}`)
    return page
  }

  return {
    service,
    browser,
    otherKey,
    visit,
    async open(t, path, options) {
      const page = await visit(t, path, options)
      await signIn(page, service.key)
      return page
    },
    async connect(connectionId, more = {}) {
      const body = { config: { access_token: token }, streams: ['contacts', 'tags'], ...more }
      const path = `/v1/connections/${connectionId}?validate=false`
      const made = await service.fetch(path, { method: 'PUT', body: JSON.stringify(body) })
      if (!made.ok) throw new Error(await made.text())
    },
    async sync(connectionId) {
      const started = await service.fetch('/v1/jobs', { method: 'POST', body: JSON.stringify({ connectionId }) })
      return ((await started.json()) as { jobId: number }).jobId
    },
  }
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

/**
 * A proxy that has the service below a path, and tells it nothing of that.
 *
 * @param key that it gives with each request @defaultValue the one that comes
 * @returns where it listens, with the path
 */
export async function belowPath(t: Teardown, { port }: BridgedService, path: string, key?: string): Promise<string> {
  const front = createServer((request, response) => {
    const { url = '', method, headers } = request
    if (!url.startsWith(`${path}/`)) return void response.writeHead(404).end('not here')
    const given = key === undefined ? headers : { ...headers, authorization: `Bearer ${key}` }
    const onward = ask({ port, host: '127.0.0.1', path: url.slice(path.length), method, headers: given }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(front, 'listening')
  t.teardown(() => {
    front.closeAllConnections()
    front.close()
  })
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}${path}`
}
