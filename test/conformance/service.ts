import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCompiled, type Teardown } from '../support/processes.ts'

/** API and worker in one process, with a Redis of its own; gives the address. */
export async function startService(t: Teardown, intercom: string): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-conformance-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const environment = { PORT: '0', DATA_DIR: dataDir, INTERCOM_BASE_URL: intercom }
  const service = runCompiled(t, 'test/support/serve-process.js', [], environment)
  return (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
}
