import { mkdir } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { runWithTeardown } from '../support/long-run.ts'
import type { Teardown } from '../support/processes.ts'
import { openStage, type Stage, token } from './stage.ts'

// The pictures of docs/console.md and README.md: npm run screenshots

const folder = 'docs/console'

async function takeAll(t: Teardown): Promise<void> {
  const stage = await openStage(t)
  await mkdir(folder, { recursive: true })
  const { faults } = stage.service.intercom
  const take = async (page: Page, name: string) => {
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
    process.stdout.write(`${folder}/${name}.png\n`)
  }

  const page = await stage.open(t, '/setup')
  await page.getByLabel('Name').fill('acme')
  await page.getByLabel('Access token').fill(token)
  await page.getByRole('button', { name: 'Test connection' }).click()
  await page.getByText('All streams can be read.').waitFor()
  await take(page, 'workspace')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByText('The first sync:').waitFor()
  await take(page, 'streams')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByLabel('Every day').check()
  await page.getByLabel('Do not wait').check()
  await take(page, 'schedule')

  // So that there is something to see while it runs.
  faults.next([
    { match: { method: 'POST', path: '/contacts/search', paged: true }, holdUntil: 'it is seen', repeat: 100 },
  ])
  await page.getByRole('button', { name: 'Set up source' }).click()
  await page
    .getByRole('row', { name: /^conversation_parts / })
    .getByText('Complete')
    .waitFor()
  await page
    .getByRole('row', { name: /^contacts / })
    .getByRole('link', { name: 'Records' })
    .waitFor()
  await take(page, 'job')
  faults.open('it is seen')
  faults.clear()
  await page.getByText('Succeeded', { exact: true }).waitFor()

  await haveHistory(stage)
  await page.goto(`${stage.service.url}/connections/acme`)
  await page.getByText('Healthy').waitFor()
  await page.getByText('Rows of the last').waitFor()
  await take(page, 'connection')

  const dark = await stage.open(t, '/', { isDark: true })
  await dark.getByText('Recent syncs').waitFor()
  await take(dark, 'connections-dark')
}

/** A week of syncs of a workspace in which people work, and one that fails. */
async function haveHistory(stage: Stage): Promise<void> {
  const { workspace } = stage.service.intercom
  for (const count of [12, 40, 25, 60, 8, 33]) {
    workspace.mutate({ kind: 'update', count })
    await stage.service.untilStatus(await stage.sync('acme'), 'succeeded')
  }
  await stage.connect('beta', { config: { access_token: 'revoked' }, schedule: { type: 'interval', every: 'PT1H' } })
  await stage.service.untilStatus(await stage.sync('beta'), 'failed')
}

await runWithTeardown(takeAll)
