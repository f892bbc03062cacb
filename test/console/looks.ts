import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import type t from 'tap'
import { belowPath, type Stage } from './stage.ts'

type Test = Pick<typeof t, 'test'>

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

  await t.test('axe finds nothing serious, in light and dark, and nothing is wider than 360 pixels', async (t) => {
    for (const isDark of [false, true]) {
      const page = await stage.open(t, '/', { isDark, width: isDark ? 360 : 1200 })
      for (const [path, text] of Object.entries(pages)) {
        await page.goto(stage.service.url + path)
        await page.locator('main').getByText(text).first().waitFor()
        t.same(await faultsOf(page), [], `${path} ${isDark ? 'dark' : 'light'}`)
        if (isDark)
          t.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 360, `${path} is narrow`)
      }
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
