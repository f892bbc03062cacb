import { readFile } from 'node:fs/promises'
import type t from 'tap'
import { belowPath, type Stage } from './stage.ts'

type Test = Pick<typeof t, 'test'>

/** The log of a sync: read, searched, lost, downloaded. */
export async function testLog(t: Test, stage: Stage): Promise<void> {
  const { faults } = stage.service.intercom

  await t.test('a log that has gone back is read again from its beginning', async (t) => {
    await stage.connect('gone-back')
    faults.next([
      { match: { method: 'POST', path: '/contacts/search', paged: true }, holdUntil: 'it went back', repeat: 100 },
    ])
    t.teardown(() => faults.clear())
    const jobId = await stage.sync('gone-back')
    const page = await stage.open(t, `/jobs/${jobId}`)
    const contacts = page.getByRole('progressbar', { name: 'Rows of contacts', exact: true })
    await page
      .getByRole('row', { name: /^contacts / })
      .getByRole('link', { name: 'Records' })
      .waitFor()
    const redis = stage.service.redis.connect()
    await redis.hset(`intercom-sync:{job:${jobId}}:record`, 'epoch', 'another')
    redis.disconnect()
    faults.open('it went back')
    await page.getByText('Succeeded').waitFor()
    const lines = page.getByLabel('Lines of the log').locator('.line')
    await lines.filter({ hasText: 'contacts complete' }).waitFor()
    const rows = (await stage.service.messages(jobId))
      .toString()
      .match(/"type":"RECORD","record":\{"stream":"contacts"/g)
    t.equal(Number(await contacts.getAttribute('aria-valuenow')), rows?.length, 'each row is counted once')
  })

  await t.test('a row that lies far back is found without a click, and a search can be stopped', async (t) => {
    await stage.connect('far-back', { streams: ['contacts', 'tags'] })
    // More than one call looks through, and delivered after all contacts.
    const tags = Array.from({ length: 40 }, (_, index) => ({
      type: 'tag',
      id: String(index),
      name: 'x'.repeat(250_000),
    }))
    faults.next([{ match: { path: '/tags' }, holdUntil: 'all contacts are there', body: { type: 'list', data: tags } }])
    t.teardown(() => faults.clear())
    const jobId = await stage.sync('far-back')
    const page = await stage.open(t, `/jobs/${jobId}`)
    await page
      .getByRole('row', { name: /^contacts / })
      .getByText('Complete')
      .waitFor()
    faults.open('all contacts are there')
    await stage.service.untilStatus(jobId, 'succeeded')
    const first = await stage.service.fetch(`/v1/jobs/${jobId}/records?stream=contacts`)
    t.match(await first.json(), { data: [], next: String }, 'one call finds none of them')

    let answers = 0
    let [isHeld, release] = [false, () => {}]
    await page.route(/\/records\?/, async (route) => {
      answers++
      if (isHeld) await new Promise<void>((resolve) => (release = resolve))
      await route.continue()
    })
    await page.goto(`${stage.service.url}/jobs/${jobId}/records/contacts`)
    await page.getByRole('row').nth(20).waitFor()
    t.ok(answers > 1, 'it went on by itself')
    isHeld = true
    await page.getByLabel('Id').fill('nobody')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('Searching the log').waitFor()
    t.equal(await page.getByText(/This sync brought no/).count(), 0, 'nothing is said before it is known')
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Searching the log').waitFor({ state: 'detached' })
    isHeld = false
    release()
  })

  await t.test('a log that was removed says so', async (t) => {
    await stage.connect('removed', { streams: ['tags'] })
    const jobId = await stage.sync('removed')
    await stage.service.untilStatus(jobId, 'succeeded')
    t.equal((await stage.service.fetch(`/v1/jobs/${jobId}/messages`, { method: 'DELETE' })).status, 204)
    const page = await stage.open(t, `/jobs/${jobId}`)
    await page.getByText('Succeeded').waitFor()
    await page.getByText('The log of this sync is past its time and gone.').waitFor()
  })

  await t.test('without a key of its own the page downloads by a link; a curl line is copied', async (t) => {
    await stage.connect('taken-home', { streams: ['tags'] })
    const jobId = await stage.sync('taken-home')
    await stage.service.untilStatus(jobId, 'succeeded')
    // The proxy in front gives the key.
    const url = await belowPath(t, stage.service, '/open', stage.service.key)
    const page = await stage.visit(t, `/jobs/${jobId}`, { url })
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ])
    t.equal(download.suggestedFilename(), `job-${jobId}.ndjson`)
    t.same(await readFile(await download.path()), await stage.service.messages(jobId))
    await page.getByRole('button', { name: 'Copy as curl' }).first().click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = String(await page.evaluate('navigator.clipboard.readText()'))
    t.match(copied, `'${url}/v1/jobs/${jobId}'`)
    t.notMatch(copied, 'Authorization')
  })
}
