import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type t from 'tap'
import type { Teardown } from '../support/processes.ts'
import type { Stage } from './stage.ts'

type Test = Pick<typeof t, 'test'>

interface Received {
  headers: IncomingHttpHeaders
  body: string
}

/** Takes every message. */
async function startReceiver(t: Teardown): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) })
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received }
}

/** Who is told. */
export async function testWebhooks(t: Test, stage: Stage): Promise<void> {
  await t.test('a webhook is added, its secret shown once, and a test of it delivered', async (t) => {
    const { url, received } = await startReceiver(t)
    await stage.connect('told')
    const page = await stage.open(t, '/connections/told')
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    await page.getByLabel('Webhook address').fill('example.com')
    await page.getByText('Write the whole address').waitFor()
    await page.getByLabel('Webhook address').fill(url)
    const secret = (await page.getByText(/^whsec_/).textContent()) ?? ''
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: 'Send a test' }).click()
    const row = page.getByRole('listitem').filter({ hasText: 'webhook.test' })
    await row.getByText('Delivered').waitFor()
    t.notOk((await page.content()).includes(secret))

    const [{ headers = {}, body = '' } = {}] = received
    const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.')
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`)

    await page.getByRole('button', { name: `Remove ${url}` }).click()
    await page.getByText('Nobody is told when a sync has ended or fails.').waitFor()
  })
}
