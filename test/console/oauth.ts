import type { Page } from 'playwright-core'
import type t from 'tap'
import type { Stage } from './stage.ts'

type Test = Pick<typeof t, 'test'>

/** Answers in the tab that the page opens at Intercom. */
async function answerInNewTab(page: Page, button: string, answer: 'Authorize access' | 'Cancel'): Promise<void> {
  const [tab] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: button }).click()])
  await tab.getByRole('button', { name: answer }).click()
  await tab.getByRole('heading').waitFor()
  await tab.close()
}

/** Signing in at Intercom in place of a token. */
export async function testOAuth(t: Test, stage: Stage): Promise<void> {
  const stored = async () =>
    (await (await stage.service.fetch('/v1/connections/signed-in')).json()) as Record<string, unknown>

  await t.test('a source is set up by signing in at Intercom', async (t) => {
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('signed-in')
    await answerInNewTab(page, 'Authenticate your Intercom account', 'Cancel')
    await page.getByText('Access was not allowed').waitFor()
    await answerInNewTab(page, 'Authenticate your Intercom account', 'Authorize access')
    await page.getByText('Access granted').waitFor()
    await page.getByText('Connected to workspace').waitFor()
    t.equal(await page.getByLabel('Name').isDisabled(), true)
    t.equal(await page.getByLabel('Region').isDisabled(), true)
    t.equal((await stored()).paused, true, 'it begins nothing before it is set up')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('Select all').waitFor()
    await page.getByLabel('conversations', { exact: true }).uncheck()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('Every few hours').check()
    await page.getByRole('button', { name: 'Set up source' }).click()
    await page.getByText('Succeeded').waitFor()
    t.match(await stored(), { paused: false, schedule: { type: 'interval', every: 'PT1H' } })
  })

  await t.test('consent given in another browser counts once its code is typed here', async (t) => {
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('by-code')
    const button = page.getByRole('button', { name: 'Authenticate your Intercom account' })
    const [tab] = await Promise.all([page.waitForEvent('popup'), button.click()])
    const other = await stage.visit(t, '/')
    await tab.getByRole('button', { name: 'Authorize access' }).waitFor()
    await other.goto(tab.url())
    await tab.close()
    await other.getByRole('button', { name: 'Authorize access' }).click()
    const code = (await other.locator('#confirmation-code').textContent()) ?? ''
    await page.getByText('Type the code that the other browser shows').waitFor()
    await page.getByLabel('Confirmation code').fill('wrong')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('alert').getByText('This is not the code of this sign-in').waitFor()
    t.equal((await stage.service.fetch('/v1/connections/by-code')).status, 404, 'nothing is connected before')
    await page.getByLabel('Confirmation code').fill(code)
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('Access granted').waitFor()
    await page.getByText('Connected to workspace').waitFor()
    await page.getByRole('button', { name: 'Leave it, and describe another source' }).click()
    await page.getByLabel('Access token').waitFor()
  })

  await t.test('a token that was revoked is told, and signing in again mends it', async (t) => {
    await fetch(`${stage.service.intercom.url}/_simulator/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    const jobId = await stage.sync('signed-in')
    await stage.service.untilStatus(jobId, 'failed')
    const page = await stage.open(t, '/connections/signed-in')
    await page.getByText('Needs a sign-in').waitFor()
    await answerInNewTab(page, 'Sign in again', 'Authorize access')
    await page.getByText('Needs a sign-in').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Sync now' }).click()
    await page.getByRole('heading', { name: /^Sync \d+$/ }).waitFor()
    await page.getByText('Succeeded').waitFor()
    t.equal((await stored()).health, 'waiting_for_acknowledgement')
  })
}
