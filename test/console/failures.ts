import type t from 'tap'
import type { Stage } from './stage.ts'

type Test = Pick<typeof t, 'test'>

/** What is left to somebody when the page itself fails. */
export async function testFailures(t: Test, stage: Stage): Promise<void> {
  await t.test('a page that cannot be shown says so, can be tried again, and leads on', async (t) => {
    const page = await stage.open(t, '/setup')
    await page.getByLabel('Name').fill('half')
    // No answer of this service: the page has no check against it.
    await page.route('**/v1/connections?*', (route) => route.fulfill({ json: { data: [null] } }))
    await page.getByRole('link', { name: 'Sources' }).click()
    const heading = page.getByRole('heading', { name: 'This page has failed' })
    await heading.waitFor()
    t.equal(await page.title(), 'This page has failed · intercom-sync')
    await page.getByRole('button', { name: 'Try again' }).click()
    await heading.waitFor()
    await page.unroute('**/v1/connections?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Sources' }).waitFor()
    t.equal(await heading.count(), 0)
    await page.getByRole('link', { name: 'Add a source' }).click()
    t.equal(await page.getByLabel('Name').inputValue(), 'half', 'what was filled in is still there')
  })

  await t.test('a page whose program does not come says what to do', async (t) => {
    const page = await stage.visit(t, '/')
    await page.getByLabel('API key').waitFor()
    await page.route('**/assets/*.js', (route) => route.fulfill({ status: 503 }))
    await page.goto(`${stage.service.url}/connections`)
    await page.getByText('The page is being loaded.').waitFor()
    await page.unroute('**/assets/*.js')
    await page.getByRole('link', { name: 'load it again' }).click()
    await page.getByLabel('API key').waitFor()
    t.equal(await page.getByText('The page is being loaded.').count(), 0)
  })
}
