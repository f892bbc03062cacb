import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import type t from 'tap'
import { untilHolds } from '../support/polling.ts'
import { answerWith, startReceiver } from '../support/webhooks.ts'
import { type Stage, token } from './stage.ts'

type Test = Pick<typeof t, 'test'>

const run = promisify(execFile)
const webhookSecret = `whsec_${Buffer.alloc(32, 'a secret of a test').toString('base64')}`

/** What the page does, done by the lines that it gives. */
export async function testCurl(t: Test, stage: Stage): Promise<void> {
  const { service } = stage
  const { faults } = service.intercom

  const open = async (t: Parameters<Stage['open']>[0], path: string) => {
    const page = await stage.open(t, path)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    return page
  }

  /**
   * Copies the line, and runs it as a person does. curl fails on any answer but a 2xx.
   *
   * @param of what it does, where a menu has several
   * @returns what it has written
   */
  const press = async (scope: Page | Locator, of?: string): Promise<unknown> => {
    const page = 'page' in scope ? scope.page() : scope
    await page.evaluate('navigator.clipboard.writeText("")')
    const name =
      of === undefined
        ? /^(Copy as curl|Copied)$/
        : new RegExp(`^(Copy as curl|Copied): ${of.replaceAll(/[.?/]/g, '\\$&')}$`)
    await scope.getByRole('button', { name }).click()
    const copied = async () => String(await page.evaluate('navigator.clipboard.readText()'))
    await untilHolds(async () => (await copied()) !== '')
    const line = await copied()
    for (const secret of [service.key, token]) if (line.includes(secret)) throw new Error(`a secret is in ${line}`)
    const { stdout } = await run('bash', ['-c', line], {
      env: {
        PATH: process.env.PATH,
        API_KEY: service.key,
        INTERCOM_ACCESS_TOKEN: token,
        WEBHOOK_SECRET: webhookSecret,
      },
    })
    return stdout === '' ? undefined : JSON.parse(stdout)
  }
  const stored = async (path = '') => (await service.fetch(`/v1/connections/by-curl${path}`)).json()

  await t.test('a source is set up by the lines that the steps give', async (t) => {
    const receiver = await startReceiver(t)
    const page = await open(t, '/setup')
    await page.getByLabel('Name').fill('by-curl')
    await page.getByLabel('Start date').fill('2001-02-03')
    await page.getByLabel('Access token').fill(token)
    t.match(await press(page), { connectionStatus: { status: 'SUCCEEDED' }, unreadableStreams: [] })
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Select none' }).click()
    await page.getByLabel('tags', { exact: true }).check()
    await page.getByLabel('contacts', { exact: true }).check()
    t.match(await press(page), { streams: [{ streamName: 'contacts' }, { streamName: 'tags' }] })
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('Webhook address').fill(receiver.url)
    await page.getByText('By curl', { exact: true }).click()
    t.match(await press(page, 'Send a test'), { status: 'delivered' })
    t.match(JSON.parse(receiver.received[0]?.body ?? '{}'), { data: { connectionId: 'by-curl' } })
    await press(page, 'Make the source')
    const { jobId } = (await press(page, 'Start the first sync')) as { jobId: number }
    await service.untilStatus(jobId, 'succeeded')
    t.match(await stored(), {
      config: { start_date: '2001-02-03T00:00:00Z' },
      webhooks: [{ url: receiver.url }],
      catalog: { streams: [{ stream: { name: 'contacts' } }, { stream: { name: 'tags' } }] },
    })
    await t.rejects(
      press(page, 'Make the source').catch((error) => Promise.reject(new Error(error.stdout))),
      {
        message: /connection_exists/,
      },
    )
  })

  await t.test('a source is synced, paused, changed, reset and deleted by the lines of its page', async (t) => {
    const page = await open(t, '/connections/by-curl')
    await page.getByText('By curl', { exact: true }).first().click()
    t.match(await press(page, 'This source'), { connectionId: 'by-curl' })
    const { jobId } = (await press(page, 'Sync now')) as { jobId: number }
    await service.untilStatus(jobId, 'succeeded')
    await press(page, 'Pause')
    t.match(await stored(), { paused: true })
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor()
    await press(page, 'Resume')
    t.notMatch(await stored(), { paused: true })

    await page.getByRole('button', { name: 'Full refresh of contacts' }).click()
    const refresh = (await press(page.getByRole('dialog'))) as { jobId: number; jobType: string }
    t.equal(refresh.jobType, 'refresh')
    await page.keyboard.press('Escape')
    await service.untilStatus(refresh.jobId, 'succeeded')

    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Every few hours').check()
    await press(page.getByRole('region', { name: 'Edit by-curl' }))
    t.match(await stored(), { schedule: { type: 'interval' } })
    await page.getByRole('button', { name: 'Leave it as it was' }).click()
    await press(page, 'Reset')
    t.same(await stored('/state'), [])
    await press(page, 'Delete')
    t.match(await stored(), { code: 'connection_not_found' })
  })

  await t.test('webhooks are added, tested, sent again and removed by lines', async (t) => {
    const receiver = await startReceiver(t)
    // Whoever is gone is not asked again by itself.
    receiver.answers.push(answerWith(410))
    await stage.connect('told-by-curl')
    const page = await open(t, '/connections/told-by-curl')
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    await page.getByLabel('Webhook address').fill(receiver.url)
    await press(page.getByRole('region', { name: 'Webhooks' }))
    await page.getByRole('button', { name: 'Leave it' }).click()
    await page.getByRole('button', { name: `Remove ${receiver.url}` }).waitFor()
    await page.getByText('By curl', { exact: true }).last().click()
    await press(page, 'Send a test')
    const row = page.getByRole('listitem').filter({ hasText: 'webhook.test' })
    await row.getByText('Given up').waitFor()
    await press(row)
    await row.getByText('Delivered').waitFor()
    t.equal(receiver.received.length, 2)
    await press(page, `Remove ${receiver.url}`)
    await page.getByText('Nobody is told when a sync has ended or fails.').waitFor()
  })

  await t.test('a sync is cancelled, and records are looked at, by lines', async (t) => {
    await stage.connect('ended-by-curl')
    faults.next([
      { match: { method: 'POST', path: '/contacts/search', paged: true }, holdUntil: 'nobody opens this', repeat: 100 },
    ])
    t.teardown(() => faults.clear())
    const jobId = await stage.sync('ended-by-curl')
    const page = await open(t, `/jobs/${jobId}`)
    await page
      .getByRole('row', { name: /^contacts / })
      .getByRole('link', { name: 'Records' })
      .waitFor()
    await page.getByText('By curl', { exact: true }).click()
    t.match(await press(page, 'This sync'), { jobId })
    await press(page, 'Cancel')
    await page.getByText('Cancelled', { exact: true }).waitFor()
    await page.goto(`${service.url}/jobs/${jobId}/records/contacts`)
    await page.getByRole('row').nth(20).waitFor()
    t.match(await press(page), { data: [{ stream: String }] })
  })
}
