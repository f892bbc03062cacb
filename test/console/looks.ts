import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import type t from 'tap'
import { belowPath, type Stage, token } from './stage.ts'

type Tap = typeof t
type Test = Pick<Tap, 'test'>

const narrow = 360

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  impact: string
  nodes: { target: string[] }[]
}

/** What axe finds that is serious or worse. It runs in a world of its own, which the page's policy does not bind. */
async function faultsOf(page: Page): Promise<string[]> {
  const client = await page.context().newCDPSession(page)
  const { frameTree } = await client.send('Page.getFrameTree')
  const { executionContextId: contextId } = await client.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  })
  await client.send('Runtime.evaluate', { expression: axe, contextId })
  const { result } = await client.send('Runtime.evaluate', {
    expression: 'axe.run().then(({ violations }) => JSON.stringify(violations))',
    contextId,
    awaitPromise: true,
  })
  const violations = JSON.parse(String(result.value)) as Violation[]
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}

/** What can be scrolled sideways, or is cut, though it holds no table and no line of code. */
const cutElements = `[document.documentElement, ...document.querySelectorAll('main *, dialog, dialog *')]
  .filter((element) => element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1)
  .filter((element) => element === document.documentElement || getComputedStyle(element).overflowX !== 'visible')
  .filter((element) => !element.matches('input, select, pre') && !element.querySelector('table, pre'))
  .map((element) => element.tagName + '.' + element.className + ' ' + element.scrollWidth)`

/** How the pages look, to everybody. */
export async function testLooks(t: Test, stage: Stage): Promise<void> {
  const [{ jobId } = { jobId: 0 }] = await stage.service.jobs()
  const pages = {
    '/': 'Sources',
    '/setup': 'Access token',
    [`/jobs/${jobId}`]: 'Streams',
    '/connections/watched': 'Syncs',
    [`/jobs/${jobId}/records/contacts`]: 'Records of contacts',
  }

  const judge = async (t: Pick<Tap, 'same'>, page: Page, name: string) => {
    t.same(await faultsOf(page), [], name)
    if (page.viewportSize()?.width === narrow) t.same(await page.evaluate(cutElements), [], `${name} is narrow`)
  }
  const looks = [
    { isDark: false, width: 1200 },
    { isDark: true, width: narrow },
  ]

  await t.test('axe finds nothing serious, in light and dark, and nothing is wider than 360 pixels', async (t) => {
    for (const look of looks) {
      const page = await stage.open(t, '/', look)
      for (const [path, text] of Object.entries(pages)) {
        await page.goto(stage.service.url + path)
        await page.locator('main').getByText(text).first().waitFor()
        await judge(t, page, `${path} ${look.width}`)
      }
    }
  })

  await t.test('nor in the steps of a new source', async (t) => {
    for (const look of looks) {
      const page = await stage.open(t, '/setup', look)
      await page.getByLabel('Name').fill('a-look')
      await page.getByLabel('Access token').fill(token)
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByText(/^The first sync: /).waitFor()
      await page.getByLabel('Select all').check()
      await judge(t, page, `streams ${look.width}`)
      await page.getByRole('button', { name: 'Next' }).click()
      for (const kind of ['Only when asked', 'Every few hours', 'Every day', 'Cron']) {
        await page.getByLabel(kind, { exact: true }).check()
        await judge(t, page, `schedule ${kind} ${look.width}`)
      }
      await page.getByLabel('Webhook address').fill('https://example.com/hook')
      await page.getByText('By curl', { exact: true }).click()
      await judge(t, page, `webhook ${look.width}`)
    }
  })

  await t.test('nor in dialogs about a source with a long name', async (t) => {
    const name = 'n'.repeat(64)
    await stage.connect(name, { paused: true })
    for (const look of looks) {
      const page = await stage.open(t, `/connections/${name}`, look)
      for (const action of ['Reset …', 'Delete …', 'Full refresh of contacts']) {
        await page.getByRole('button', { name: action }).click()
        await page.getByRole('dialog').getByRole('heading').waitFor()
        await judge(t, page, `${action} ${look.width}`)
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
      await page.goto(`${stage.service.url}/jobs/${jobId}`)
      await page.getByRole('button', { name: 'Download' }).click()
      await page.getByRole('dialog').getByRole('heading').waitFor()
      await judge(t, page, `Download ${look.width}`)
    }
  })

  await t.test('below a path of a proxy every address can be opened, and leads on', async (t) => {
    const url = await belowPath(t, stage.service, '/team/sync')
    const page = await stage.open(t, `/jobs/${jobId}`, { url })
    await page.getByText('Streams', { exact: true }).waitFor()
    await page.getByText('Log', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Sources' }).click()
    await page.getByRole('region', { name: 'Sources' }).getByRole('link', { name: 'watched', exact: true }).click()
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    t.equal(page.url(), `${url}/connections/watched`)
    await page.reload()
    await page.getByRole('button', { name: 'Resume' }).waitFor()
  })

  await t.test('an address that leads nowhere says so', async (t) => {
    const page = await stage.open(t, '/')
    // The second cannot be decoded; a source cannot have the name of the third.
    for (const path of ['/jobs/none', '/connections/%E0%A4%A', '/connections/a%2Fb']) {
      await page.goto(stage.service.url + path)
      await page.getByText('Nothing is here').waitFor()
    }
    await page.getByRole('link', { name: 'Go to all sources' }).click()
    await page.getByRole('heading', { name: 'Sources' }).waitFor()
  })
}
