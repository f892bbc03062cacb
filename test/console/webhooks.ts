import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type t from 'tap'
import type { Teardown } from '../support/processes.ts'
import { type Stage, token } from './stage.ts'

type Test = Pick<typeof t, 'test'>

interface Received {
  headers: IncomingHttpHeaders
  body: string
}

interface Receiver {
  url: string
  received: Received[]
  /** How it answers. @defaultValue 200 */
  status: number
}

/** Takes every message. */
async function startReceiver(t: Teardown): Promise<Receiver> {
  const receiver: Receiver = { url: '', received: [], status: 200 }
  const server = createServer(async (request, response) => {
    receiver.received.push({ headers: request.headers, body: await text(request) })
    response.writeHead(receiver.status).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return receiver
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

  await t.test('a webhook of step 3 is told of the first sync; what was given up is sent again by hand', async (t) => {
    const receiver = await startReceiver(t)
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('told-at-once')
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Select none' }).click()
    await page.getByLabel('tags', { exact: true }).check()
    await page.getByRole('button', { name: 'Next' }).click()
    receiver.status = 500
    await page.getByLabel('Webhook address').fill(receiver.url)
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('The receiver answered 500.').waitFor()
    receiver.status = 200
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('The receiver took the test').waitFor()
    t.match(JSON.parse(receiver.received.splice(0).at(-1)?.body ?? '{}'), {
      type: 'webhook.test',
      data: { connectionId: 'told-at-once' },
    })
    await page.getByLabel('Webhook address').fill('https://10.0.0.1/')
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('leads to a private network').waitFor()
    // Whoever is gone is not asked again by itself.
    receiver.status = 410
    await page.getByLabel('Webhook address').fill(receiver.url)
    await page.getByText(/^whsec_/).waitFor()
    await page.getByRole('button', { name: 'Set up source' }).click()
    await page.getByText('Succeeded').waitFor()
    await page.getByRole('link', { name: 'told-at-once' }).click()
    const row = page.getByRole('listitem').filter({ hasText: 'job.succeeded' })
    await row.getByText('Given up').waitFor()
    receiver.status = 200
    await row.getByRole('button', { name: 'Retry' }).click()
    await row.getByText('Delivered').waitFor()
    const [first, second] = receiver.received
    t.equal(second?.headers['webhook-id'], first?.headers['webhook-id'])
    t.match(JSON.parse(second?.body ?? '{}'), { type: 'job.succeeded', data: { connectionId: 'told-at-once' } })
  })
}
