import type t from 'tap'
import { type Stage, signIn } from './stage.ts'

type Test = Pick<typeof t, 'test'>

/** Who sees what. */
export async function testSignIn(t: Test, stage: Stage): Promise<void> {
  await t.test('a wrong key is refused in words, a right one opens the page, also after a reload', async (t) => {
    const page = await stage.visit(t, '/connections')
    await page.getByLabel('API key').fill('a-key-that-nobody-has-made')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The service does not know this key').waitFor()
    await signIn(page, stage.service.key)
    await page.getByText('No source yet').waitFor()
    await page.reload()
    await page.getByText('No source yet').waitFor()
    t.notOk(page.url().includes(stage.service.key))
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('API key').waitFor()
    await page.reload()
    await page.getByLabel('API key').waitFor()
  })

  await t.test('another tenant sees nothing of the first, in the same tab', async (t) => {
    await stage.connect('ours')
    const jobId = await stage.sync('ours')
    await stage.service.untilStatus(jobId, 'succeeded')
    const page = await stage.open(t, '/connections/ours')
    await page.getByRole('heading', { name: 'ours', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signIn(page, stage.otherKey)
    await page.getByRole('alert').getByText('There is no such connection').waitFor()
    await page.getByRole('link', { name: 'Sources' }).click()
    await page.getByText('No source yet').waitFor()
    t.equal(await page.getByText('ours', { exact: true }).count(), 0)
    await page.goto(`${stage.service.url}/jobs/${jobId}`)
    await page.getByRole('alert').getByText('There is no such job').waitFor()
  })

  await t.test(
    'where the browser keeps nothing the page works all the same, and it forgets only what is its own',
    async (t) => {
      const page = await stage.visit(t, '/')
      await page.evaluate('sessionStorage.setItem("of another program", "stays")')
      await page.addInitScript('Storage.prototype.setItem = () => { throw new Error("full") }')
      await page.reload()
      await page.getByLabel('API key').fill(stage.service.key)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('link', { name: 'Add a source' }).first().click()
      await page.getByLabel('Name').fill('kept')
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('API key').waitFor()
      t.equal(await page.evaluate('sessionStorage.getItem("of another program")'), 'stays')
    },
  )
}
