import type t from 'tap'
import type { Stage } from './stage.ts'

type Test = Pick<typeof t, 'test'>

/** In the record of one contact; no number of JavaScript holds it. */
const longNumber = '12345678901234567890'

const hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>'

/** What the simulator allows in a window. */
const limitless = 100_000

/** A job as it runs. */
export async function testJobPage(t: Test, stage: Stage): Promise<void> {
  const { faults } = stage.service.intercom
  const search = { method: 'POST', path: '/contacts/search' }

  await t.test('a job is followed live over a reload and a restart of the API, to its end', async (t) => {
    await stage.connect('followed')
    // The first page comes, the others wait.
    faults.next([{ match: { ...search, paged: true }, holdUntil: 'the reader has seen enough', repeat: 100 }])
    t.teardown(() => faults.clear())
    const jobId = await stage.sync('followed')
    const page = await stage.open(t, `/jobs/${jobId}`)
    await page.getByText('Running', { exact: true }).waitFor()
    const contacts = page.getByRole('progressbar', { name: 'Rows of contacts', exact: true })
    const rows = async () => Number(await contacts.getAttribute('aria-valuenow'))
    await page
      .getByRole('row', { name: /^contacts / })
      .getByRole('link', { name: 'Records' })
      .waitFor()
    t.equal(await rows(), 150, 'one page of contacts')
    // A worker tells it once a second.
    await page.getByRole('meter', { name: "Requests left of Intercom's rate limit" }).waitFor()
    const { rateLimit } = (await (await stage.service.fetch(`/v1/jobs/${jobId}`)).json()) as {
      rateLimit?: { limit: number; remaining: number; resetsAt: string }
    }
    t.equal(rateLimit?.limit, limitless, 'what Intercom has said, over HTTP')
    t.ok((rateLimit?.remaining ?? -1) >= 0 && (rateLimit?.remaining ?? limitless) < limitless)
    t.ok(Math.abs(Date.parse(rateLimit?.resetsAt ?? '') - Date.now()) < 60_000)
    await page.reload()
    await page
      .getByRole('row', { name: /^contacts / })
      .getByRole('link', { name: 'Records' })
      .waitFor()
    t.equal(await rows(), 150)

    await stage.service.stopApi('SIGKILL')
    await page.getByText('The connection to the service broke').waitFor()
    await stage.service.startApiAgain()
    await page.getByText('The connection to the service broke').waitFor({ state: 'detached' })
    faults.open('the reader has seen enough')
    await page.getByText('Succeeded').waitFor()
    const { streams } = (await (await stage.service.fetch(`/v1/jobs/${jobId}`)).json()) as {
      streams: { streamName: string; rowsSynced: number }[]
    }
    t.equal(await rows(), streams.find(({ streamName }) => streamName === 'contacts')?.rowsSynced)
    t.equal(await rows(), [...stage.service.intercom.workspace.truth({ streams: ['contacts'] })].length)
  })

  await t.test('a sync that tries again says why', async (t) => {
    await stage.connect('doubted', { config: { access_token: 'no-such-token' } })
    const jobId = await stage.sync('doubted')
    const page = await stage.open(t, `/jobs/${jobId}`)
    const notice = page.getByRole('status').filter({ hasText: 'Attempt 1 failed: the sync tries again' })
    await notice.getByText('What to do:').waitFor()
    t.match(await notice.textContent(), /does not accept the access token/)
    await notice.getByRole('link', { name: 'All errors' }).waitFor()
    await page.getByText('Trying again, since the last attempt failed:').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled', { exact: true }).waitFor()
    await notice.waitFor({ state: 'detached' })
  })

  await t.test('a page that was out of sight, or asleep, goes on where it was', async (t) => {
    await stage.connect('asleep')
    faults.next([{ match: { ...search, paged: true }, holdUntil: 'nobody looks', repeat: 100 }])
    t.teardown(() => faults.clear())
    const jobId = await stage.sync('asleep')
    const page = await stage.open(t, `/jobs/${jobId}`)
    const contacts = page.getByRole('progressbar', { name: 'Rows of contacts', exact: true })
    const first = page.getByText('From line 1 on.')
    await page.locator('[aria-label="Rows of contacts"][aria-valuenow="150"]').waitFor()
    t.equal(await first.count(), 0)
    const client = await page.context().newCDPSession(page)
    await client.send('Page.setWebLifecycleState', { state: 'frozen' })
    faults.open('nobody looks')
    await stage.service.untilStatus(jobId, 'succeeded')
    await client.send('Page.setWebLifecycleState', { state: 'active' })
    await page.getByText('Succeeded').waitFor()
    await page.getByLabel('Lines of the log').locator('.line').filter({ hasText: 'contacts complete' }).waitFor()
    const all = [...stage.service.intercom.workspace.truth({ streams: ['contacts'] })].length
    t.equal(Number(await contacts.getAttribute('aria-valuenow')), all, 'each row is counted once')
    const offsets = await page.getByLabel('Lines of the log').locator('.offset').allTextContents()
    t.equal(new Set(offsets).size, offsets.length, 'and each line is there once')
  })

  await t.test('a job is cancelled', async (t) => {
    await stage.connect('stopped')
    faults.next([{ match: search, holdUntil: 'nobody opens this', repeat: 100 }])
    t.teardown(() => faults.clear())
    const jobId = await stage.sync('stopped')
    const page = await stage.open(t, `/jobs/${jobId}`)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled', { exact: true }).waitFor()
    t.equal(await page.getByRole('button', { name: 'Cancel' }).count(), 0)
    t.equal(await page.getByText('as many as Intercom counts').count(), 0, 'a stream that was cut short is not whole')
    await page.getByRole('link', { name: 'stopped' }).click()
    await page.getByText('Last sync cancelled').waitFor()
    await page
      .getByRole('row', { name: /^contacts / })
      .getByText('Stopped')
      .waitFor()
  })

  await t.test('records of strangers are text, whatever they hold', async (t) => {
    await stage.connect('hostile', { streams: ['tags'] })
    faults.next([{ match: { path: '/tags' }, body: { type: 'list', data: [{ type: 'tag', id: '7', name: hostile }] } }])
    t.teardown(() => faults.clear())
    const jobId = await stage.sync('hostile')
    const page = await stage.open(t, `/jobs/${jobId}`)
    await page.getByText('Succeeded').waitFor()
    await page.getByRole('cell', { name: hostile }).waitFor()
    t.equal(await page.locator('main img, main script').count(), 0)
  })

  await t.test('the records of a stream are looked at, page by page and by id, with all their digits', async (t) => {
    await stage.connect('looked-at', { streams: ['contacts'] })
    const jobId = await stage.sync('looked-at')
    await stage.service.untilStatus(jobId, 'succeeded')
    const page = await stage.open(t, `/jobs/${jobId}`)
    await page
      .getByRole('row', { name: /^contacts / })
      .getByRole('link', { name: 'Records' })
      .click()
    await page.getByRole('heading', { name: 'Records of contacts' }).waitFor()
    const rows = page.getByRole('row')
    await rows.nth(20).waitFor()
    t.equal(await rows.count(), 21)
    await page.getByRole('button', { name: 'Look further back' }).click()
    await rows.nth(40).waitFor()

    const lines = (await stage.service.messages(jobId)).toString().split('\n')
    const [, id = ''] = /"id":"([^"]+)"/.exec(lines.find((line) => line.includes(longNumber)) ?? '') ?? []
    await page.getByLabel('Id').fill(id)
    await page.getByRole('button', { name: 'Search' }).click()
    await rows.nth(2).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'JSON' }).click()
    await page.getByText(longNumber).waitFor()
    await page.getByLabel('Id').fill('nobody-has-this')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('This sync brought no row of contacts with the id nobody-has-this.').waitFor()
  })

  await t.test('a record leads to what belongs to it', async (t) => {
    await stage.connect('with-parts', { streams: ['conversations', 'conversation_parts'] })
    const jobId = await stage.sync('with-parts')
    await stage.service.untilStatus(jobId, 'succeeded')
    const parts = (await stage.service.messages(jobId))
      .toString()
      .split('\n')
      .flatMap((line) => {
        const { record } = JSON.parse(line || '{}') as {
          record?: { stream: string; data: { conversation_id: string } }
        }
        return record?.stream === 'conversation_parts' ? [record.data.conversation_id] : []
      })
    const page = await stage.open(t, `/jobs/${jobId}/records/conversations`)
    await page.getByRole('row').nth(1).waitFor()
    const conversationId = parts[0] ?? ''
    await page.getByLabel('Id').fill(conversationId)
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('row').nth(2).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'JSON' }).click()
    await page.getByRole('link', { name: 'conversation_parts' }).click()
    await page.getByRole('heading', { name: 'Records of conversation_parts' }).waitFor()
    await page.getByRole('columnheader', { name: 'author' }).waitFor()
    await page.getByRole('columnheader', { name: 'body' }).waitFor()
    await page.getByText(`of conversations ${conversationId}`).waitFor()
    const own = parts.filter((id) => id === conversationId).length
    await page
      .getByRole('button', { name: 'JSON' })
      .nth(Math.min(own, 20) - 1)
      .waitFor()
    if (own < 20) t.equal(await page.getByRole('button', { name: 'JSON' }).count(), own)
    await page.reload()
    await page.getByText(`of conversations ${conversationId}`).waitFor()
    await page.getByRole('link', { name: 'show all' }).click()
    await page.getByText(`of conversations ${conversationId}`).waitFor({ state: 'detached' })
  })

  await t.test('a key of several members has a field for each, and a row without any of its own says so', async (t) => {
    await stage.connect('keyed', { streams: ['contact_attributes', 'teams', 'team_admins'] })
    const jobId = await stage.sync('keyed')
    await stage.service.untilStatus(jobId, 'succeeded')
    const page = await stage.open(t, `/jobs/${jobId}/records/contact_attributes`)
    await page.getByRole('row').nth(2).waitFor()
    await page.getByLabel('model').fill('contact')
    await page.getByLabel('full_name').fill('email')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('row').nth(2).waitFor({ state: 'detached' })
    t.match(await page.getByRole('row').nth(1).textContent(), /email/)
    await page.getByLabel('full_name').fill('no-such-name')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('This sync brought no row of contact_attributes with the id contact, no-such-name.').waitFor()
    await page.goto(`${stage.service.url}/jobs/${jobId}/records/team_admins/of/nobody`)
    await page.getByText('This sync brought no row of team_admins that belongs to nobody.').waitFor()
  })

  await t.test('a cancel that does not reach the service is told once, and can be done again', async (t) => {
    await stage.connect('unreached')
    faults.next([{ match: { ...search, paged: true }, holdUntil: 'it was cancelled', repeat: 100 }])
    t.teardown(() => faults.clear())
    const page = await stage.open(t, `/jobs/${await stage.sync('unreached')}`)
    await page.getByText('Running', { exact: true }).waitFor()
    await page.route('**/v1/**', (route) => route.abort())
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Do it again as soon as the service answers.').waitFor()
    // The page tells what it asks for itself after the second failure.
    for (let failures = 0; failures < 3; failures++) await page.waitForEvent('requestfailed')
    t.equal(await page.getByText('The service does not answer').count(), 1)
    t.equal(await page.getByText('tries again by itself').count(), 0)
    await page.unroute('**/v1/**')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled', { exact: true }).waitFor()
    faults.open('it was cancelled')
  })

  await t.test('a failed job says why, and what to do', async (t) => {
    await stage.connect('failing', { config: { access_token: 'revoked-token' } })
    const jobId = await stage.sync('failing')
    const page = await stage.open(t, `/jobs/${jobId}`)
    const notice = page.getByRole('alert')
    await notice.getByText('The sync failed').waitFor()
    await notice.getByText('What to do:').waitFor()
    t.match(await notice.textContent(), /access token/)
    t.match(await notice.getByRole('link').getAttribute('href'), /docs\/errors\.md$/)
    await page.getByText('Log', { exact: true }).waitFor()
    await page.getByLabel('Show').selectOption('Errors')
    await page.getByLabel('Lines of the log').getByText('access token').first().waitFor()
    await page.getByLabel('Filter the log').fill('nothing has this')
    await page.getByText('No line matches.').waitFor()
    await page.getByLabel('Filter the log').fill('')
    await page.getByLabel('Lines of the log').locator('time').first().waitFor()
  })

  await t.test('the page shows how to do the same by curl, without the key', async (t) => {
    const [{ jobId } = { jobId: 0 }] = await stage.service.jobs()
    const page = await stage.open(t, `/jobs/${jobId}`)
    await page.getByRole('button', { name: 'Download' }).click()
    const line = page.getByRole('dialog').locator('pre')
    const text = (await line.textContent()) ?? ''
    t.match(text, `${stage.service.url}/v1/jobs/${jobId}/messages?follow=false`)
    t.match(text, 'Authorization: Bearer $API_KEY')
    t.notOk(text.includes(stage.service.key))
  })
}
