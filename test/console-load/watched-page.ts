import { chromium, type Page } from 'playwright-core'
import type { Teardown } from '../support/processes.ts'

/** The page of a job in a browser, and what it costs that browser. */
export interface WatchedPage {
  /** Resolves once the page shows so many rows of contacts. */
  untilShown(rows: number): Promise<void>
  /** The longest task of the page's main thread since it was last asked, ms; 0 where none took 50 ms. */
  longestTask(): Promise<number>
  /** Memory of its scripts after a collection, MiB, and the number of its nodes. */
  size(): Promise<{ mebibytes: number; nodes: number }>
}

/** Before anything of the page runs. Browsers tell tasks from 50 ms on. */
const watchTasks = `
  window.longTasks = []
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longTasks.push(duration)
  }).observe({ type: 'longtask', buffered: true })
`

export async function watchPage(t: Teardown, url: string): Promise<WatchedPage> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  await page.addInitScript(watchTasks)
  await page.goto(url)
  const client = await page.context().newCDPSession(page)
  return {
    untilShown: (rows) => untilShown(page, rows),
    async longestTask() {
      return Number(await page.evaluate('Math.max(0, ...window.longTasks.splice(0))'))
    },
    async size() {
      await client.send('HeapProfiler.collectGarbage')
      const [memory, nodes] = await Promise.all([
        client.send('Runtime.getHeapUsage'),
        page.evaluate('document.getElementsByTagName("*").length'),
      ])
      return { mebibytes: memory.usedSize / 2 ** 20, nodes: Number(nodes) }
    },
  }
}

async function untilShown(page: Page, rows: number): Promise<void> {
  const bar = page.getByRole('progressbar', { name: 'Rows of contacts', exact: true })
  const shown = `[aria-valuenow="${rows}"]`
  await bar.and(page.locator(shown)).waitFor({ timeout: 600_000 })
}
