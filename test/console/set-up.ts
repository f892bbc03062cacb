import type t from 'tap'
import { untilHolds } from '../support/polling.ts'
import { lackingToken, type Stage, token } from './stage.ts'

type Test = Pick<typeof t, 'test'>

/** From an empty service to a finished sync. */
export async function testSetUp(t: Test, stage: Stage): Promise<void> {
  await t.test('a source is set up with a token, in seven clicks, and its rows come', async (t) => {
    const page = await stage.open(t, '/')
    await page.evaluate('addEventListener("click", () => { window.clicks = (window.clicks ?? 0) + 1 }, true)')
    await page.getByRole('link', { name: 'Add a source' }).click()
    // A person clicks into the field to paste the token.
    await page.getByLabel('Access token').click()
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Test connection' }).click()
    await page.getByText('Connected to workspace sim1').waitFor()
    await page.getByText('All streams can be read.').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText(/^14 of \d+ chosen\.$/).waitFor()
    await page
      .getByText(/^The first sync: about [\d,]+ rows, about [\d,]+ requests.* at Intercom's rate limit\.$/)
      .waitFor()
    const contacts = [...stage.service.intercom.workspace.truth({ streams: ['contacts'] })].length
    await page
      .getByRole('listitem')
      .filter({ hasText: /^contacts/ })
      .getByText(`${contacts} rows`)
      .waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Set up source' }).click()
    await page.getByRole('heading', { name: /^Sync \d+$/ }).waitFor()
    await page.getByText('Succeeded').waitFor()
    t.ok(Number(await page.evaluate('window.clicks')) <= 8)
    await page.getByRole('table').last().getByRole('columnheader', { name: 'email' }).waitFor()

    const jobId = Number(page.url().split('/').at(-1))
    const job = (await (await stage.service.fetch(`/v1/jobs/${jobId}`)).json()) as {
      rowsSynced: number
      streams: { streamName: string; rowsSynced: number }[]
    }
    for (const { streamName, rowsSynced } of job.streams) {
      const bar = page.getByRole('progressbar', { name: `Rows of ${streamName}`, exact: true })
      t.equal(await bar.getAttribute('aria-valuenow'), String(rowsSynced), streamName)
    }
    const body = await page.content()
    t.notOk(body.includes(token))
    t.notOk(String(await page.evaluate('JSON.stringify(sessionStorage)')).includes(token), 'the token is kept nowhere')
  })

  await t.test('a wrong token is told before anything is made, and a missing permission with its stream', async (t) => {
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('two words')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('Use letters, digits').waitFor()
    await page.getByText('Paste the access token').waitFor()
    await page.getByLabel('Name').fill('lacking')
    await page.getByLabel('Access token').fill('no-such-token')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('Intercom does not accept the access token').waitFor()

    await page.getByLabel('Access token').fill(lackingToken)
    await page.getByRole('button', { name: 'Test connection' }).click()
    await page.getByText('It works, but not for every stream').waitFor()
    await page
      .getByText(/^[a-z_, ]*tickets[a-z_, ]*: the token lacks the permission “Read tickets”.*Add the permission/)
      .waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('The token may not read it').first().waitFor()
    t.equal(await page.getByLabel('tickets', { exact: true }).isChecked(), false)
    const states = page.getByRole('listitem').filter({ hasText: /^ticket_states/ })
    await states.getByText('The token may not read it').waitFor()
    t.equal(await page.getByLabel('contacts', { exact: true }).isChecked(), true)
  })

  await t.test('a draft outlives a reload, its token does not, and a name that is taken is refused', async (t) => {
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('kept')
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText(/^14 of \d+ chosen\.$/).waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('Webhook address').fill('https://example.com/hook')
    await page.getByLabel('Form').selectOption('Slack')
    await page.getByLabel('Form').selectOption('Standard Webhooks')
    const secret = (await page.getByText(/^whsec_/).textContent()) ?? ''
    await page.reload()
    await page.getByText('You were at “Schedule”').waitFor()
    const kept = String(await page.evaluate('JSON.stringify(sessionStorage)'))
    for (const never of [token, secret]) t.notOk(kept.includes(never))
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('heading', { name: 'Schedule', exact: true }).waitFor()
    t.equal(await page.getByLabel('Webhook address').inputValue(), 'https://example.com/hook')
    await page.goBack()
    await page.getByRole('heading', { name: 'Streams', exact: true }).waitFor()
    await page.goBack()
    await page.getByLabel('Name').fill('ours')
    await page.getByLabel('Start date').fill('2025-02-03')
    await page.getByLabel('Access token').fill(token)
    await page.reload()
    t.equal(await page.getByLabel('Name').inputValue(), 'ours')
    t.equal(await page.getByLabel('Start date').inputValue(), '2025-02-03')
    t.equal(await page.getByLabel('Access token').inputValue(), '')
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('There is a source of this name already').waitFor()
  })

  await t.test('streams, start date and a schedule in words are kept as they were chosen', async (t) => {
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('nightly')
    await page.getByLabel('Start date').fill('2025-02-03')
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    // Some are ticked.
    await page.locator('input:indeterminate').waitFor()
    const statistics = page.getByRole('listitem').filter({ hasText: /^article_statistics/ })
    await statistics.getByText('costly: Up to one request for each row of articles.').waitFor()
    await page.getByLabel('Select all').check()
    await page.getByText(/^(\d+) of \1 chosen\.$/).waitFor()
    const total = page.getByText(
      /^The first sync: at least [\d,]+ rows \(those of \d+ streams are not known beforehand\), about [\d,]+ requests.* at Intercom's rate limit\.$/,
    )
    await total.waitFor()
    await page.getByLabel('tags', { exact: true }).uncheck()
    // What is left of an estimate is not asked for again.
    await page.getByText(/^The first sync: at least /).waitFor()
    await page.getByRole('button', { name: 'Select none' }).click()
    await page.getByText('Choose a stream to go on.').waitFor()
    await page.getByLabel('Search streams').fill('contact')
    await page.getByLabel('contacts', { exact: true }).check()
    await page.getByLabel('How contacts is read').selectOption('full_refresh')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('Every day').check()
    await page.getByLabel('Time', { exact: true }).fill('03:00')
    await page.getByText('Syncs every day at 03:00, Europe/Berlin; next:').waitFor()
    await page.getByLabel('Time zone').fill('Nowhere')
    await page.getByText('There is no such time zone.').waitFor()
    await page.getByLabel('Time zone').fill('tokyo')
    await page.getByRole('button', { name: 'Asia/Tokyo' }).waitFor()
    await page.getByLabel('Time zone').press('Tab')
    await page.getByText(/Syncs every day at 03:00, Asia\/Tokyo; next: .* 03:00 Asia\/Tokyo$/).waitFor()
    await page.getByText('Times without a zone are in Europe/Berlin').waitFor()
    await page.getByText('Without such a program only the first sync runs by itself.').waitFor()
    await page.getByRole('button', { name: 'Set up source' }).click()
    await page.getByText('Succeeded').waitFor()
    const made = (await (await stage.service.fetch('/v1/connections/nightly')).json()) as Record<string, unknown>
    t.match(made, {
      config: { start_date: '2025-02-03T00:00:00Z' },
      schedule: { type: 'cron', cron: '0 3 * * *', timeZone: 'Asia/Tokyo' },
      catalog: { streams: [{ stream: { name: 'contacts' }, sync_mode: 'full_refresh' }] },
    })
  })

  await t.test('a verdict is of what was tested: what is changed meanwhile or later is tested anew', async (t) => {
    const page = await stage.open(t, '/setup')
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route('**/v1/check', async (route) => {
      await held
      await route.continue()
    })
    await page.getByLabel('Name').fill('changed')
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('Asking Intercom …').waitFor()
    t.equal(await page.getByLabel('Name').isDisabled(), true)
    await page.getByLabel('Access token').fill('no-such-token')
    release()
    await page.getByText('Something was changed since the last test.').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('Intercom does not accept the access token').waitFor()
    await page.getByLabel('Access token').fill(token)
    for (const change of [
      () => page.getByLabel('Start date').fill('2025-02-03'),
      () => page.getByLabel('Region').selectOption('Europe'),
    ]) {
      await page.getByRole('button', { name: 'Test connection' }).click()
      await page.getByText('Connected to workspace').waitFor()
      await change()
      await page.getByText('Connected to workspace').waitFor({ state: 'detached' })
    }
  })

  await t.test('who leaves while a source is set up stays where they went', async (t) => {
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('left')
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText(/chosen\.$/).waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route('**/v1/connections/left', async (route) => {
      await held
      await route.continue()
    })
    await page.getByRole('button', { name: 'Set up source' }).click()
    await page.getByRole('link', { name: 'Sources' }).click()
    await page.getByRole('heading', { name: 'Sources' }).waitFor()
    const started = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.status() === 202)
    release()
    await (await started).finished()
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
    t.notMatch(page.url(), /jobs/)
    t.equal(await page.getByRole('heading', { name: 'Sources' }).count(), 1)
  })

  await t.test("steps are gone through by the browser's own buttons, and the focus goes with them", async (t) => {
    const page = await stage.open(t, '/')
    await page.getByRole('link', { name: 'Add a source' }).click()
    const isAt = async (name: string) => {
      await page.getByRole('heading', { name, exact: true }).waitFor()
      await untilHolds(async () => (await page.evaluate('document.activeElement?.textContent')) === name)
    }
    await isAt('Add a source')
    await page.getByLabel('Name').fill('stepwise')
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await isAt('Streams')
    t.equal(await page.title(), 'Streams · Add a source · intercom-sync')
    await page.getByText(/^14 of \d+ chosen\.$/).waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await isAt('Schedule')
    await page.goBack()
    await isAt('Streams')
    await page.goForward()
    await isAt('Schedule')
    await page.getByRole('button', { name: 'Back' }).click()
    await isAt('Streams')
    await page.getByRole('button', { name: 'Next' }).click()
    await isAt('Schedule')
    await page.getByRole('button', { name: '1. Workspace' }).click()
    await isAt('Workspace')
    t.equal(await page.getByLabel('Access token').inputValue(), token)
    // With another token nothing is tested: a later step does not open.
    await page.getByLabel('Access token').fill('no-such-token')
    await page.goForward()
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
    t.equal(await page.getByRole('heading', { name: 'Workspace', exact: true }).count(), 1)
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await isAt('Streams')
    await page.reload()
    await page.getByLabel('Access token').waitFor()
    t.equal(await page.getByLabel('Name').inputValue(), 'stepwise')
    // Behind it are the entry that did not open, and the one that the set-up began with.
    await page.evaluate('history.go(-3)')
    await page.getByRole('heading', { name: 'Sources' }).waitFor()
  })

  await t.test('of a draft of another version what fits is kept, and the rest is left out', async (t) => {
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('of-another-version')
    const [key] = (await page.evaluate(
      'Object.keys(sessionStorage).filter((key) => key.includes(" draft "))',
    )) as string[]
    const setUpPage = page.url()
    const reopen = async (draft: unknown) => {
      const text = JSON.stringify(JSON.stringify(draft))
      // On another page: this one writes its own draft whenever it has drawn a step.
      await page.goto(new URL('/', setUpPage).href)
      await page.evaluate(`sessionStorage.setItem(${JSON.stringify(key)}, ${text})`)
      await page.goto(setUpPage)
      return page.getByLabel('Name').inputValue()
    }
    for (const draft of [null, [], 'text', 7, { name: null }, { name: { first: 'a' }, signedInAs: 'two words' }])
      t.equal(await reopen(draft), 'intercom', JSON.stringify(draft))
    const kept = {
      name: 'of-another-version',
      region: 'mars',
      startDate: 20250203,
      streams: { contacts: 'full_refresh', tags: 'by_moonlight', tickets: null, yesterdays_stream: 'incremental' },
      schedule: null,
      ack: 'never',
    }
    t.equal(await reopen(kept), 'of-another-version')
    t.equal(await page.getByLabel('Region').inputValue(), 'auto')
    t.equal(await page.getByLabel('Start date').inputValue(), '')
    await page.getByLabel('Access token').fill(token)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText(/^1 of \d+ chosen\.$/).waitFor()
    t.equal(await page.getByLabel('How contacts is read').inputValue(), 'full_refresh')
    await page.getByText(/^The first sync: /).waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    t.equal(await page.getByLabel('Only when asked').isChecked(), true)
    for (const schedule of [{}, { type: 'cron' }, { type: 'cron', cron: 5 }, { type: 'interval', every: 'often' }]) {
      await reopen({ name: 'of-another-version', schedule, streams: { contacts: 'incremental' } })
      await page.getByLabel('Access token').fill(token)
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByText(/^1 of \d+ chosen\.$/).waitFor()
      await page.getByRole('button', { name: 'Next' }).click()
      t.equal(await page.getByLabel('Only when asked').isChecked(), true, JSON.stringify(schedule))
    }
  })
}
