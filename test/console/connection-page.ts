import type t from 'tap'
import type { Stage } from './stage.ts'

type Test = Pick<typeof t, 'test'>

/** One connection. */
export async function testConnectionPage(t: Test, stage: Stage): Promise<void> {
  const stored = async (path = '') =>
    (await (await stage.service.fetch(`/v1/connections/watched${path}`)).json()) as Record<string, unknown>

  await t.test('a connection is synced, paused, changed and reset from its page', async (t) => {
    await stage.connect('watched', { schedule: { type: 'interval', every: 'PT6H' }, ack: 'on_success' })
    const page = await stage.open(t, '/connections/watched')
    await page.getByText('Not synced yet').waitFor()
    await page.getByText('every 6 h').waitFor()
    await page.getByRole('button', { name: 'Sync now' }).click()
    await page.getByText('Succeeded').waitFor()
    await page.getByRole('link', { name: 'watched' }).click()
    await page.getByText('Healthy').waitFor()
    const contacts = page.getByRole('row', { name: /^contacts / })
    await contacts.getByText('Complete').waitFor()
    t.match(await contacts.locator('time').getAttribute('title'), /UTC$/)

    await contacts.getByRole('button', { name: 'Full refresh of contacts' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start full refresh' }).click()
    await page.getByRole('heading', { name: /^Full refresh \d+$/ }).waitFor()
    await page.getByText('by hand, or by a call').waitFor()
    await page.getByText('Succeeded').waitFor()
    await page.getByRole('link', { name: 'watched' }).click()
    const syncs = page.getByRole('list').filter({ hasText: 'full refresh, by hand' })
    await syncs.getByText('Succeeded').nth(1).waitFor()
    await page.getByText('full refreshes do not count').waitFor()
    await contacts.getByText('goes on').waitFor()

    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    await page.getByText('“Sync now” works all the same.').waitFor()
    t.equal((await stored()).paused, true)

    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('heading', { name: 'Edit watched' }).waitFor()
    await page.getByRole('button', { name: 'Sign in again at Intercom' }).waitFor()
    await page.getByLabel('Only when asked').check()
    await page.getByLabel('tags', { exact: true }).uncheck()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' })
    t.match(await stored(), { schedule: { type: 'manual' }, ack: 'on_success', paused: true })
    t.equal(
      (
        await stage.service
          .fetch('/v1/check', {
            method: 'POST',
            body: JSON.stringify({ connectionId: 'watched' }),
          })
          .then(async (answer) => (await answer.json()) as { connectionStatus: { status: string } })
      ).connectionStatus.status,
      'SUCCEEDED',
      'the token has stayed',
    )

    t.not(JSON.stringify(await stored('/state')), '[]')
    await page.getByRole('button', { name: 'Reset' }).click()
    const dialog = page.getByRole('dialog')
    const reset = dialog.getByRole('button', { name: 'Reset' })
    t.equal(await reset.isDisabled(), true)
    await dialog.getByLabel('Type watched to confirm').fill('watched')
    await reset.click()
    await dialog.waitFor({ state: 'detached' })
    t.same(await stored('/state'), [])
    await page.getByText('It has forgotten how far it had read.').waitFor()
    await contacts.getByText('from the start').waitFor()
  })

  await t.test('a source of every stream shows what these are, and stays one when it is edited', async (t) => {
    await stage.connect('every', { streams: ['*', 'article_statistics'], ack: 'on_success' })
    const page = await stage.open(t, '/connections/every')
    await page.getByText('new ones come by themselves').waitFor()
    await stage.service.untilStatus(await stage.sync('every'), 'succeeded')
    const contacts = page.getByRole('row', { name: /^contacts / })
    await contacts.getByText('goes on').waitFor()
    t.equal(await page.getByRole('row', { name: /^\* / }).count(), 0)
    await contacts.getByRole('button', { name: 'Full refresh of contacts' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start full refresh' }).click()
    await page.getByRole('heading', { name: /^Full refresh \d+$/ }).waitFor()
    await page.getByText('Succeeded').waitFor()
    await page.getByRole('link', { name: 'every', exact: true }).click()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('articles', { exact: true }).check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' })
    const edited = (await (await stage.service.fetch('/v1/connections?limit=100')).json()) as {
      data: { connectionId: string; streams: { name: string }[] }[]
    }
    t.same(
      edited.data
        .find(({ connectionId }) => connectionId === 'every')
        ?.streams.map(({ name }) => name)
        .toSorted(),
      ['*', 'article_statistics', 'articles'],
    )
  })

  await t.test(
    'a connection that fails says why on its page and in the list, and one is deleted by its name',
    async (t) => {
      const page = await stage.open(t, '/')
      const row = page.getByRole('region', { name: 'Sources' }).getByRole('listitem').filter({ hasText: 'failing' })
      await row.getByText('Needs a sign-in').waitFor()
      await row.getByRole('link', { name: 'failing' }).click()
      const notice = page.getByRole('alert')
      await notice.getByText('What to do:').waitFor()
      t.match(await notice.textContent(), /no longer accepts the token.*Put a valid token/)
      await page.getByRole('button', { name: 'Delete' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Type failing to confirm').fill('failing')
      await dialog.getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('heading', { name: 'Sources' }).waitFor()
      t.equal((await stage.service.fetch('/v1/connections/failing')).status, 404)
    },
  )
}
